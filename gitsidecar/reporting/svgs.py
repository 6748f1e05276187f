"""
SVG as text, made by hand: elements, escaped words, numbers with two decimals at most. Same input, same bytes.

A picture stands by itself: no script, no font, nothing from elsewhere; light and dark by the reader's own setting.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

from gitsidecar.reporting import texts

Value = str | float
Point = tuple[float, float]

SERIES = 6
"""So many colours there are: the classes `s0` to `s5` fill with one, `l0` to `l5` draw a line of one."""

_LIGHT = ("#2f6fdb", "#a9b4c2", "#d98a1f", "#7d5bc4", "#1f9d7a", "#c2527c")
_DARK = ("#5b93f0", "#5d6876", "#e6a648", "#a288e3", "#45bd9b", "#e07ba2")


def number(value: float) -> str:
    """Return *value* with two decimals at most, and none that say nothing."""
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def escape(words: str) -> str:
    """Return *words* as one line of text that an element or an attribute may hold."""
    return html.escape(texts.one_line(words, max(1, len(words))))


def element(tag: str, attributes: Mapping[str, Value] | None = None, *children: str) -> str:
    """Return an element; *children* are markup already. An attribute that is empty is left out."""
    pairs = ((name, value if isinstance(value, str) else number(value)) for name, value in (attributes or {}).items())
    shown = "".join(f' {name}="{escape(value)}"' for name, value in pairs if value)
    return f"<{tag}{shown}>{''.join(children)}</{tag}>" if children else f"<{tag}{shown}/>"


def text(words: str, at: Point, *, kind: str = "", anchor: str = "") -> str:
    """Return *words* at a point; *kind* is a CSS class, *anchor* is `middle` or `end`."""
    return element("text", {"class": kind, "x": at[0], "y": at[1], "text-anchor": anchor}, escape(words))


def rectangle(at: Point, width: float, height: float, *, kind: str = "", title: str = "") -> str:
    """Return a rectangle whose upper left corner is *at*; the title shows when somebody points at it."""
    attributes: dict[str, Value] = {"class": kind, "x": at[0], "y": at[1], "width": width, "height": height}
    return element("rect", attributes, *([element("title", None, escape(title))] if title else []))


def line(start: Point, end: Point, *, kind: str = "") -> str:
    """Return a straight line."""
    return element("line", {"class": kind, "x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]})


def steps(points: Sequence[Point]) -> str:
    """Return the data of a path that keeps each point's height until the next one."""
    (x, y), *rest = points
    shown = f"M{number(x)} {number(y)}"
    for x, height in rest:
        if height != y:
            shown += f"H{number(x)}V{number(height)}"
            y = height
    return f"{shown}H{number(x)}"


def path(data: str, *, kind: str = "") -> str:
    """Return a path."""
    return element("path", {"class": kind, "d": data})


def document(width: float, height: float, children: Iterable[str], *, title: str, description: str) -> str:
    """Return a whole picture; *title* and *description* are what a screen reader says."""
    head = (
        element("title", {"id": "title"}, escape(title)),
        element("desc", {"id": "desc"}, html.escape(" ".join(description.split()))),
        element("style", None, _style()),
        rectangle((0, 0), width, height, kind="paper"),
    )
    attributes: dict[str, Value] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "width": width,
        "height": height,
        "role": "img",
        "aria-labelledby": "title desc",
    }
    return element("svg", attributes, "\n", "\n".join((*head, *children)), "\n") + "\n"


def _style() -> str:
    light = _rules(paper="#ffffff", ink="#1f2328", soft="#59636e", rule="#d1d9e0", shade="#57606a", colours=_LIGHT)
    dark = _rules(paper="#0d1117", ink="#f0f6fc", soft="#9198a1", rule="#3d444d", shade="#c9d1d9", colours=_DARK)
    form = (
        "text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif}.head{font-size:15px;font-weight:600}"
        ".mark{stroke-width:2;fill:none}.rule{stroke-width:1}.shade{fill-opacity:.35}"
    )
    return f"{form}{light}@media(prefers-color-scheme:dark){{{dark}}}"


def _rules(*, paper: str, ink: str, soft: str, rule: str, shade: str, colours: Sequence[str]) -> str:
    fixed = f".paper{{fill:{paper}}}text{{fill:{ink}}}.soft{{fill:{soft}}}.rule{{stroke:{rule}}}.shade{{fill:{shade}}}"
    series = (f".s{place}{{fill:{colour}}}.l{place}{{stroke:{colour}}}" for place, colour in enumerate(colours))
    return fixed + "".join(series)
