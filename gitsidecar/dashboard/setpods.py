"""The pods of one set that have one thing in common: held for a reason, in flight, failing, missing."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable

from gitsidecar.dashboard import elements, links, pages, pieces, sights
from gitsidecar.model import outcomes, plans, pods
from gitsidecar.reporting import texts

element = elements.element

IN_FLIGHT = "InFlight"
CANNOT_START = "CannotStart"
MISSING = "Missing"
_TITLES = {
    IN_FLIGHT: "Pods in flight",
    CANNOT_START: "Pods that cannot start",
    MISSING: "Pods that are selected, without the sidecars",
}
_RETRIED = (outcomes.OutcomeKind.CONFLICT, outcomes.OutcomeKind.DEFERRED)


@dataclasses.dataclass(frozen=True, slots=True)
class _Group:
    """Pods that share *why*; there may be a hundred thousand, of which only a page's worth is looked at."""

    total: int
    pods: Iterable[pods.Pod]
    why: str


def make(sight: sights.Sight, query: pages.Query) -> pages.Page:
    """Return a page of the list that *query* names; pods that wait stand in the order in which they would go."""
    found = sight.find(query.name)
    if found is None:
        return pages.no_set(query.name)
    _, planned, done = found
    its = [each for each in done.outcomes if each.action.set_name == query.name]
    groups = _groups(planned, its, query.why)
    if groups is None:
        return pages.trouble("No such list", f"No reason is called {texts.one_line(query.why)!r}.", 404)
    total = sum(group.total for group in groups)
    title, name = _TITLES.get(query.why, f"Held: {query.why}"), texts.one_line(query.name)
    body = elements.join(
        element("p", element("a", f"Set {name}", href=links.to(links.SET, name=query.name)), class_="up"),
        element("h1", title),
        element("p", f"{pieces.pods(total)} in the newest pass.", class_="lead"),
        _table(title, groups, query.page) if total else None,
        pieces.turner(links.SET_PODS, query.page, total, name=query.name, why=query.why),
    )
    return pages.Page(f"{title} · {name}", body)


def _table(title: str, groups: list[_Group], page: int) -> elements.Html:
    """Return a page's worth of the pods; words that all of them share stand above it, once."""
    shared = {group.why for group in groups if group.total}
    is_shared = len(shared) == 1
    begin = (page - 1) * pieces.PAGE
    rows = itertools.chain.from_iterable(((pod, group.why) for pod in group.pods) for group in groups)
    cells = (
        (pieces.pod(pod.key), pieces.code(pod.workload or "none"), "yes" if pod.is_ready else "no", pieces.words(why))
        for pod, why in itertools.islice(rows, begin, begin + pieces.PAGE)
    )
    header = pieces.columns("Pod", "Workload", "Ready", "Why")
    if not is_shared:
        return pieces.table(title, header, cells)
    table = pieces.table(title, header[:-1], (each[:-1] for each in cells))
    return elements.join(element("p", pieces.words(shared.pop())), table)


def _groups(planned: plans.SetPlan, its: list[outcomes.Outcome], why: str) -> list[_Group] | None:
    """Return the groups that *why* asks for; ``None`` for what is no reason."""
    if why == IN_FLIGHT:
        return _in_flight(planned, its)
    if why == CANNOT_START:
        names = [each.name for each in planned.sidecar_set.sidecars]
        return [_group((pod,), _troubles(pod, names)) for pod in planned.failing]
    if why == MISSING:
        return [_group(roster.missing, "its containers are missing") for roster in planned.rosters]
    return _held(planned, its, why) if why in set(plans.HoldReason) else None


def _in_flight(planned: plans.SetPlan, its: list[outcomes.Outcome]) -> list[_Group]:
    moved = {each.action.pod.key: each.action.pod for each in its if each.kind is outcomes.OutcomeKind.APPLIED}
    gone = {each.action.pod.key for each in its if each.kind is outcomes.OutcomeKind.GONE}
    earlier = [pod for pod in planned.in_flight if pod.key not in moved and pod.key not in gone]
    return [_group(moved.values(), "moved in the newest pass"), _group(earlier, "moved before")]


def _held(planned: plans.SetPlan, its: list[outcomes.Outcome], why: str) -> list[_Group]:
    found = [_Group(len(each.members), each.members, each.message) for each in planned.held if each.reason == why]
    if why == plans.HoldReason.POD_BUSY:
        found += [_group((each.action.pod,), each.message) for each in its if each.kind in _RETRIED]
    return found


def _troubles(pod: pods.Pod, names: Iterable[str]) -> str:
    found = [container for name in names if (container := pod.container(name)) is not None and container.trouble]
    return ", ".join(f"{each.name}: {each.trouble}" for each in found)


def _group(found: Iterable[pods.Pod], why: str) -> _Group:
    listed = tuple(found)
    return _Group(len(listed), listed, why)
