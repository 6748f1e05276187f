"""The pieces that pages are put together from: tables, bars, badges, times, lists in pages."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Sequence

from gitsidecar.dashboard import elements, links
from gitsidecar.reporting import moments, texts

element = elements.element

PAGE = 50
"""So many rows stand on one page."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; numbers stand flush right."""

    name: str
    is_number: bool = False


def columns(*names: str, numbers: Iterable[str] = ()) -> tuple[Column, ...]:
    """Return columns of these *names*, of which *numbers* are."""
    right = frozenset(numbers)
    return tuple(Column(name, name in right) for name in names)


def table(caption: str, header: Sequence[Column], rows: Iterable[Sequence[elements.Content]]) -> elements.Html:
    """
    Return a table; the first cell of a row is its heading.

    The roles stand there because a narrow screen shows a row as a block, which would else be no table any more to
    whoever listens to the page.
    """
    heads = (element("th", each.name, scope="col", role="columnheader", class_=_align(each)) for each in header)
    return element(
        "table",
        element("caption", caption, class_="unseen"),
        element("thead", element("tr", heads, role="row"), role="rowgroup"),
        element("tbody", (_row(header, row) for row in rows), role="rowgroup"),
        role="table",
    )


def section(title: str, *content: elements.Content, name: str) -> elements.Html:
    """Return a section of a page under its heading."""
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, *content, id=name, aria_labelledby=f"{name}-title")


def badge(words: str, kind: str) -> elements.Html:
    """Return *words* as a badge that says good, busy, wait, bad or idle by its colour as well."""
    return element("span", words, class_=f"badge {kind}")


def code(text: str) -> elements.Html:
    """Return a name, an image or a hash."""
    return element("code", texts.one_line(text))


def whole(content: elements.Content) -> elements.Html:
    """Return a short word of a table that is never broken in two."""
    return element("span", content, class_="whole")


def words(text: str) -> str:
    """Return a sentence that may come from outside, on one line."""
    return texts.one_line(text, 2000)


def at(moment: datetime.datetime) -> elements.Html:
    """Return a moment as people read it: ``Tue 2026-11-24 02:00:00 UTC``."""
    utc = moment.astimezone(datetime.UTC)
    shown = f"{_DAYS[utc.weekday()]} {utc:%Y-%m-%d %H:%M:%S} UTC"
    return element("time", shown, datetime=moments.to_seconds(utc))


def clock(moment: datetime.datetime) -> elements.Html:
    """Return the time of day: ``02:00:00``."""
    utc = moment.astimezone(datetime.UTC)
    return element("time", f"{utc:%H:%M:%S}", datetime=moments.to_seconds(utc))


def pod(key: str) -> elements.Html:
    """Return a pod's key as the link to why it is where it is."""
    return element("a", code(key), href=links.to(links.POD, name=key))


def pods(number: int) -> str:
    """Return ``1 pod``, ``1,200 pods``."""
    return f"{number:,} pod" if number == 1 else f"{number:,} pods"


def facts(rows: Iterable[tuple[str, elements.Content]]) -> elements.Html:
    """Return a list of names and values."""
    return element("dl", (element("div", element("dt", name), element("dd", value)) for name, value in rows))


def turner(path: str, page: int, total: int, **query: str) -> elements.Html | None:
    """Return the links to the pages before and after *page* of so many rows; nothing if one page has them all."""
    last = max(1, -(-total // PAGE))
    if last == 1:
        return None
    first_row = (page - 1) * PAGE + 1
    shown = f"{first_row:,} to {min(page * PAGE, total):,} of {total:,}" if page <= last else f"{total:,} in all"

    def step(words: str, to: int, rel: str) -> elements.Html:
        if not 1 <= to <= last:
            return element("span", words, class_="off", aria_hidden="true")
        return element("a", words, href=links.to(path, **query, page=to), rel=rel)

    before, after = step("Previous", min(page - 1, last), "prev"), step("Next", page + 1, "next")
    return element("nav", before, element("span", shown), after, class_="turner", aria_label="Pages of this list")


def _row(header: Sequence[Column], cells: Sequence[elements.Content]) -> elements.Html:
    first, *rest = zip(header, cells, strict=True)
    heading = element("th", first[1], scope="row", role="rowheader", class_=_align(first[0]))
    return element("tr", heading, (_cell(*each) for each in rest), role="row")


def _cell(column: Column, content: elements.Content) -> elements.Html:
    # The heading of its column stands before a cell where a row is a block.
    return element("td", element("div", content), role="cell", class_=_align(column), data_label=column.name)


def _align(column: Column) -> str | None:
    return "number" if column.is_number else None
