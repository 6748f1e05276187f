"""How far a set or a workload has come, as a bar: drawn with attributes alone, because no page may carry a style."""

from __future__ import annotations

import dataclasses

from gitsidecar.dashboard import elements
from gitsidecar.model import reports
from gitsidecar.reporting import texts

element = elements.element


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """So many pods, what they are, and the name of their colour."""

    kind: str
    name: str
    pods: int


def parts(report: reports.SetReport) -> tuple[Part, ...]:
    """Return the matched pods of a set, each in one part."""
    underway = max(0, report.updated - report.finished)
    failing = min(report.failing_pods, underway)
    return (
        Part("done", "finished", min(report.finished, report.updated)),
        Part("busy", "moved, not finished", underway - failing),
        Part("bad", "cannot start", failing),
        Part("left", "on an older spec", max(0, report.matched - report.updated)),
    )


def legend(found: tuple[Part, ...]) -> elements.Html:
    """Return the numbers of a bar in words."""
    shown = [each for each in found if each.pods]
    keys = (element("li", element("span", class_=f"key {each.kind}"), each.pods, " ", each.name) for each in shown)
    return element("ul", keys, class_="legend")


def draw(found: tuple[Part, ...]) -> elements.Html:
    """Return the bar; its label says the same in words."""
    whole = sum(each.pods for each in found)
    shown = [each for each in found if each.pods]
    label = ", ".join(f"{each.pods:,} {each.name}" for each in shown) or "no pods"
    rects, begin = [], 0
    for each in shown:
        place = {"x": _share(begin, whole), "width": _share(each.pods, whole), "height": "100%"}
        rects.append(element("rect", class_=each.kind, **place))
        begin += each.pods
    return element("svg", rects, class_="bar", role="img", aria_label=label)


def small(updated: int, matched: int) -> elements.Html:
    """Return the bar of a workload, which says in words what share of it is updated."""
    done = Part("done", "updated", updated)
    bar = draw((done, Part("left", "not", max(0, matched - updated))))
    return element("span", bar, element("span", texts.percent(updated, matched), class_="share"), class_="small")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f}%"
