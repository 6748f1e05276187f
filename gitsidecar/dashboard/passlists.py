"""The newest passes: when, how long, what was moved, held and failed."""

from __future__ import annotations

from gitsidecar.dashboard import elements, links, pages, pieces, sights
from gitsidecar.reporting import texts

element = elements.element


def make(sight: sights.Sight, query: pages.Query) -> pages.Page:
    """Return the page, the newest pass first."""
    found = sight.passes
    begin = (query.page - 1) * pieces.PAGE
    rows = [_row(each) for each in found[begin : begin + pieces.PAGE]]
    numbers = ("Took", "Moved", "Evicted", "Failed", "Held")
    header = pieces.columns("When (UTC)", "Passes", *numbers, "Revision", "Recorded", numbers=("Passes", *numbers))
    said = (
        "Those in a row in which nothing was done are told as one. A restart forgets them; the status branch does not."
    )
    body = elements.join(
        element("h1", "Passes"),
        element("p", said if rows else "No pass has ended yet.", class_="lead"),
        pieces.table("Passes, the newest first", header, rows) if rows else None,
        pieces.turner(links.PASSES, query.page, len(found)),
    )
    return pages.Page("Passes", body)


def _row(each: sights.Stretch) -> tuple[elements.Content, ...]:
    when = elements.join(f"{each.first:%Y-%m-%d} ", pieces.clock(each.first))
    if each.passes > 1:
        when = elements.join(when, " to ", pieces.clock(each.last))
    when = pieces.whole(when)
    recorded = pieces.code(texts.short(each.commit)) if each.commit else None
    failure = element("span", pieces.words(each.failure), class_="bad-words") if each.failure else None
    return (
        when,
        each.passes,
        f"{each.seconds * 1000:,.0f} ms",
        each.moved,
        each.evicted,
        each.failed,
        each.held,
        pieces.code(texts.short(each.revision)),
        failure or recorded or "nothing new",
    )
