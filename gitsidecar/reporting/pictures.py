"""The picture on a set's page: one bar of its matched pods by state, the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gitsidecar.model import reports
from gitsidecar.reporting import standings, svgs, texts

_WIDTH, _BAR, _LINE, _HAIR = 720, 20, 22, 2
_LETTER = 7  # about the width of one, at the size of the legend's
_PACING = frozenset(str(reason) for reason in standings.PACING)
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#24292f}"
    ".finished{fill:#1a7f37}.flying{fill:#0969da}.waiting{fill:#afb8c1}.held{fill:#bf8700}.failing{fill:#cf222e}"
    ".none{fill:#afb8c1;opacity:.3}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}"
    ".finished{fill:#3fb950}.flying{fill:#58a6ff}.waiting{fill:#6e7681}.held{fill:#d29922}.failing{fill:#f85149}}"
)
_LABELS = {
    "finished": "finished",
    "flying": "in flight",
    "failing": "cannot start",
    "waiting": "waiting",
    "held": "held",
}
"""The states by the name of their colour, in the order of the bar."""

Parts = tuple[str, int, tuple[tuple[str, int], ...]]


def parts(report: reports.SetReport) -> Parts:
    """
    Return all that the picture shows: the set's name, its matched pods, and how many are in which state.

    Held are those that wait for a person or the calendar; whoever only waits for others to finish is waiting. The
    states of a few pods overlap, as when one that had finished fails: each counts once, so that they add up.
    """
    held = sum(each.count for each in report.held if each.reason not in _PACING)
    flying = report.in_flight - min(report.in_flight, report.failing_pods)
    counts = {"failing": report.failing_pods, "finished": report.finished, "flying": flying, "held": held}
    rest = report.matched
    found = {}
    for state, number in counts.items():
        found[state] = min(rest, number)
        rest -= found[state]
    found["waiting"] = rest
    return (report.name, report.matched, tuple((state, found[state]) for state in _LABELS))


def words(report: reports.SetReport) -> str:
    """Return in one sentence what the picture shows."""
    name, matched, states = parts(report)
    told = ", ".join(f"{number} {_LABELS[state]}" for state, number in states if number)
    return f"{texts.one_line(name)}: {texts.count(matched, 'pod')}{told and f', {told}'}"


def draw(report: reports.SetReport) -> str:
    """Return the picture as SVG, for light and dark pages."""
    _, matched, states = parts(report)
    shown = [(state, number) for state, number in states if number]
    keys = list(_keys(shown))
    height = _BAR + _LINE * max((line for *_, line in keys), default=0) + 8
    root: dict[str, svgs.Value] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": _WIDTH,
        "height": height,
        "viewBox": f"0 0 {_WIDTH} {height}",
        "role": "img",
        "aria-labelledby": "title desc",
    }
    lines = [
        svgs.element("title", {"id": "title"}, svgs.escape(words(report))),
        svgs.element("desc", {"id": "desc"}, "A bar of all matched pods by state, and below it the number of each."),
        svgs.element("style", None, _STYLE),
        svgs.element("clipPath", {"id": "round"}, svgs.element("rect", {"width": _WIDTH, "height": _BAR, "rx": 4})),
        svgs.element("g", {"clip-path": "url(#round)"}, *(f"{each}\n" for each in _bar(shown, matched))),
        *(_key(*each) for each in keys),
    ]
    return svgs.element("svg", root, "\n", *(f"{each}\n" for each in lines)) + "\n"


def _bar(shown: Sequence[tuple[str, int]], matched: int) -> Iterator[str]:
    """Yield the bar's pieces: each at least a hair wide, so that one failing pod of thousands is seen."""
    if not shown:
        yield svgs.rectangle((0, 0), _WIDTH, _BAR, kind="none")
    begin = total = 0
    for place, (state, number) in enumerate(shown, 1):
        total += number
        end = total * (_WIDTH - _HAIR * len(shown)) // matched + _HAIR * place
        yield svgs.rectangle((begin, 0), end - begin, _BAR, kind=state)
        begin = end


def _keys(shown: Iterable[tuple[str, int]]) -> Iterator[tuple[str, str, int, int]]:
    """Yield state, label, distance from the left and line of each entry below the bar."""
    left, line = 0, 1
    for state, number in shown:
        label = f"{number} {_LABELS[state]}"
        width = 34 + _LETTER * len(label)
        if left + width > _WIDTH:
            left, line = 0, line + 1
        yield state, label, left, line
        left += width


def _key(state: str, label: str, left: int, line: int) -> str:
    top = _BAR + _LINE * line
    return svgs.rectangle((left, top - 10), 10, 10, kind=state) + svgs.text(label, (left + 16, top))
