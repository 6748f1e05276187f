"""Why a drifted pod may not move, and what releases it: a ladder of early exits (DESIGN §5.12)."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping, Sequence

from gitsidecar.model import plans, sidecarsets
from gitsidecar.planning import admission, budgets, flights, standings


@dataclasses.dataclass(frozen=True, slots=True)
class Circumstances:
    """What a pod's hold depends on besides the pod: its set, the other sets, and who is taken in this very plan."""

    sidecar_set: sidecarsets.SidecarSet
    others: frozenset[str]
    taken: Mapping[str, str]
    """Pod key → the set that already has an action on it."""
    resting: Mapping[str, str]
    """Pod UID → why the pod is left alone for a while after a write that failed."""
    now: datetime.datetime
    rivals: Mapping[str, str]
    """Pod key → who else claims one of the set's containers on that pod, in words."""


def find(standing: standings.Standing, around: Circumstances) -> plans.Hold | None:
    """
    Say why a drifted pod may not move now, whatever the numbers, or return ``None`` when it waits for its turn.

    The order is the order in which a person would ask: what cannot be read, a stop given by hand, who is meant at
    all, what the API refuses, and only then what passes by itself.
    """
    sidecar_set = around.sidecar_set
    if standing.pod.fault:
        return _hold(standing, plans.HoldReason.POD_UNREADABLE, standing.pod.fault)
    if sidecar_set.rejection:
        return _hold(standing, plans.HoldReason.MANIFEST_REJECTED, sidecar_set.rejection)
    if stop := _stop(sidecar_set.update):
        return _hold(standing, plans.HoldReason.PAUSED, stop)
    if sidecar_set.update.selector is not None and not sidecar_set.update.selector.matches(standing.pod.labels):
        return _hold(standing, plans.HoldReason.NOT_SELECTED, _NOT_SELECTED)
    if rival := around.rivals.get(standing.pod.key):
        return _hold(standing, plans.HoldReason.CONFLICTING_SETS, rival)
    if not standing.has_shape:
        return _hold(standing, plans.HoldReason.NOT_UPGRADABLE, _not_upgradable(standing, sidecar_set))
    if rewritten := _rewritten(standing, sidecar_set):
        return _hold(standing, plans.HoldReason.IMAGE_REWRITTEN, rewritten)
    if busy := _busy(standing, around):
        return _hold(standing, plans.HoldReason.POD_BUSY, busy)
    return None


def of_numbers(
    strategy: sidecarsets.UpdateStrategy, shared: admission.Admission, failing: Sequence[standings.Standing]
) -> Iterator[plans.Hold]:
    """Yield the holds of those whom the numbers keep back; *failing* are the set's pods that cannot start."""
    budget = shared.budget
    kept = (
        f"partition {strategy.partition} keeps {budget.keep} of {budget.matched} pods old"
        f"{_failures([each for each in shared.kept if each.is_failing])}; lower it to release"
    )
    over_budget = _over_budget(strategy, budget, failing)
    over_lane = (
        f"the pod is not Ready, and {budget.lane_used} such pods are in flight, no more than {budget.lane_limit} at "
        f"once{_failures(failing)}; released as they come up"
    )
    for each in shared.kept:
        yield _hold(each, plans.HoldReason.PARTITION_KEPT, kept)
    for each in shared.over_budget:
        yield _hold(each, plans.HoldReason.BUDGET_EXHAUSTED, over_budget)
    for each in shared.over_lane:
        yield _hold(each, plans.HoldReason.BUDGET_EXHAUSTED, over_lane)


_NOT_SELECTED = "updateStrategy.selector does not match the pod's labels; change or remove the selector to release"


def _stop(strategy: sidecarsets.UpdateStrategy) -> str:
    if strategy.paused:
        return "updateStrategy.paused is true; set it to false to release"
    if strategy.type is sidecarsets.StrategyType.NOT_UPDATE:
        return "updateStrategy.type is NotUpdate; set it to RollingUpdate to release"
    return ""


def _not_upgradable(standing: standings.Standing, sidecar_set: sidecarsets.SidecarSet) -> str:
    fields = standings.shape_differences(standing, sidecar_set)
    return f"only an image can change in a running pod, and more differs ({fields}); released when the pod is recreated"


def _rewritten(standing: standings.Standing, sidecar_set: sidecarsets.SidecarSet) -> str:
    mark = standing.mark
    if mark is None or mark.move is None or not mark.move.is_heal or mark.spec_hash != sidecar_set.spec_hash:
        return ""
    pairs = zip(sidecar_set.sidecars, standing.live, strict=True)
    images = ", ".join(
        f"{live.name} is {live.image}, not {sidecar.image}" for sidecar, live in pairs if live.image != sidecar.image
    )
    return (
        f"someone changes the image after us, twice for this spec ({images}); stop what rewrites it, then push a new "
        f"spec or recreate the pod to release"
    )


def _busy(standing: standings.Standing, around: Circumstances) -> str:
    pod, move = standing.pod, standing.move
    if failure := around.resting.get(pod.uid):
        return failure
    if other := around.taken.get(pod.key):
        return f"SidecarSet {other} moves the pod in this pass; released when that move finishes"
    if move is not None and standing.is_in_flight:
        # Ours already, so no other set's: asking for theirs too could make two sets wait for each other for ever.
        if flights.is_unnoticed(pod, move, around.now):
            return "the kubelet has not begun our last move of the pod; released when it has restarted the container"
        return ""
    for mark in sorted(pod.marks, key=lambda mark: mark.set_name):
        is_other = mark.set_name in around.others and mark.set_name != around.sidecar_set.name
        if is_other and mark.move is not None and not flights.has_landed(pod, mark.move):
            return f"SidecarSet {mark.set_name} has the pod in flight; released when that move finishes"
    return ""


def _over_budget(
    strategy: sidecarsets.UpdateStrategy, budget: budgets.Budget, failing: Sequence[standings.Standing]
) -> str:
    limit = f"maxUnavailable {strategy.max_unavailable}"
    if budget.limit == 0:
        return f"{limit} lets no healthy pod move; raise it to release"
    return (
        f"{budget.used} in flight or not Ready, {limit} allows {budget.limit}{_failures(failing)}; "
        f"released as they finish"
    )


def _failures(failing: Sequence[standings.Standing]) -> str:
    if not failing:
        return ""
    first = failing[0]
    assert first.move is not None
    return f", {len(failing)} failing (e.g. {first.pod.key}: {flights.trouble(first.pod, first.move)})"


def _hold(standing: standings.Standing, reason: plans.HoldReason, message: str) -> plans.Hold:
    return plans.Hold(standing.pod, reason, message)
