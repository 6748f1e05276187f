"""The first page: every set with how far it has come, how it stands and why, and when it may move."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence

from gitsidecar.dashboard import bars, calendars, elements, links, pages, pieces, sights
from gitsidecar.model import findings, reports
from gitsidecar.planning import governing
from gitsidecar.reconciler import reconcilers
from gitsidecar.reporting import records, texts, wording

element = elements.element

_MOST_FINDINGS = 50
_KINDS = {"complete": "good", "rolling": "busy", "waits": "wait", "blocked": "bad"}


def make(sight: sights.Sight, query: pages.Query) -> pages.Page:
    """Return the page; sets in order of name."""
    done = sight.done
    if done is None:
        return pages.Page("Sets", elements.join(element("h1", "Sets"), element("p", "No pass has ended yet.")))
    found = done.report.sets
    begin = (query.page - 1) * pieces.PAGE
    listed = found[begin : begin + pieces.PAGE]
    body = elements.join(
        element("h1", "Sets"),
        element("p", _summary(found), class_="lead", id="summary"),
        element("ul", _cards(done, listed), class_="cards"),
        pieces.turner(links.SETS, query.page, len(found)),
        _findings("Errors in the manifests", records.rejections(done.report.found), "errors"),
        _findings("Warnings", [each for each in done.report.found if each.level is findings.Level.WARNING], "warnings"),
    )
    return pages.Page("Sets", body)


def state(report: reports.SetReport) -> elements.Html:
    """Return how a set stands, as a badge."""
    words = wording.state(report)
    return pieces.badge(words, _KINDS.get(words.partition(" ")[0], "idle"))


def reason(report: reports.SetReport) -> str:
    """Return why a set stands as it does, and why a newer manifest of it is not in force."""
    return pieces.words(wording.sentence(report).removeprefix(wording.state(report)).removeprefix(": "))


def progress(report: reports.SetReport) -> elements.Html:
    """Return the bar of a set with its numbers."""
    parts = bars.parts(report)
    pods = "pod" if report.matched == 1 else "pods"
    numbers = element(
        "p",
        element("strong", report.updated, " of ", report.matched),
        f" {pods} on ",
        pieces.code(texts.short(report.commit)),
        element("span", texts.percent(report.updated, report.matched), class_="share"),
        class_="numbers",
    )
    return element("div", numbers, bars.draw(parts), bars.legend(parts), class_="progress")


def _summary(found: Sequence[reports.SetReport]) -> str:
    counts = collections.Counter(wording.state(each).partition(" (")[0] for each in found)
    if not counts:
        return "No SidecarSet is in force: nothing is moved."
    return f"{texts.count(len(found), 'set')}: " + ", ".join(f"{counts[words]} {words}" for words in sorted(counts))


def _cards(done: reconcilers.Pass, listed: Iterable[reports.SetReport]) -> Iterable[elements.Html]:
    plan = done.plan
    governed = governing.govern([each.sidecar_set for each in plan.sets], plan.policies, plan.now)
    for each in listed:
        name = texts.one_line(each.name)
        heading = element("h2", element("a", name, href=links.to(links.SET, name=each.name)), state(each))
        window = calendars.window(governed.get(each.name))
        yield element("li", heading, progress(each), element("p", reason(each), class_="why"), window, id=f"set-{name}")


def _findings(title: str, found: Sequence[findings.Finding], name: str) -> elements.Html | None:
    if not found:
        return None
    more = len(found) - _MOST_FINDINGS
    rows = [
        (pieces.code(str(each.place)), pieces.code(each.field) if each.field else None, pieces.words(each.message))
        for each in found[:_MOST_FINDINGS]
    ]
    rest = element("p", f"and {more:,} more") if more > 0 else None
    return pieces.section(
        title, pieces.table(title, pieces.columns("Place", "Field", "Message"), rows), rest, name=name
    )
