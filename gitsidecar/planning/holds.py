"""Why a drifted pod may not move, and what releases it: a ladder of early exits (DESIGN §5.12)."""

from __future__ import annotations

import datetime
from collections.abc import Container

from gitsidecar.model import plans, sidecarsets
from gitsidecar.planning import flights, governing, standings

Why = tuple[plans.HoldReason, str]
"""A reason, and the words that end with what releases the pods."""


def of_set(
    sidecar_set: sidecarsets.SidecarSet, governance: governing.Governance, *, is_of_running: bool = True
) -> Why | None:
    """
    Say why no pod of the set may start, or return ``None``.

    The order is the order in which a person would ask: what was refused, a stop given by hand, the calendar. The type
    NotUpdate is for running pods alone: without *is_of_running* it is no reason.
    """
    if rejection := sidecar_set.rejection or governance.rejection:
        return plans.HoldReason.MANIFEST_REJECTED, rejection
    if sidecar_set.update.paused:
        return plans.HoldReason.PAUSED, _PAUSED
    if is_of_running and sidecar_set.update.type is sidecarsets.StrategyType.NOT_UPDATE:
        return plans.HoldReason.PAUSED, _NOT_UPDATE
    verdict = governance.verdict
    return None if verdict.reason is None else (verdict.reason, verdict.message)


def of_pod(standing: standings.Standing, sidecar_set: sidecarsets.SidecarSet, rival: str) -> Why | None:
    """
    Say why a drifted pod may not move whatever the time and the numbers, or return ``None`` when it waits for its turn.

    First who is meant at all, then what a person has to put right. *rival* says which other set claims one of its
    containers.
    """
    if rival:
        return plans.HoldReason.CONFLICTING_SETS, rival
    if sidecar_set.update.selector is not None and not sidecar_set.update.selector.matches(standing.pod.labels):
        return plans.HoldReason.NOT_SELECTED, _NOT_SELECTED
    if not standing.has_shape:
        return plans.HoldReason.NOT_UPGRADABLE, _not_upgradable(standing, sidecar_set)
    if pair := next((each.pair for each in sidecar_set.sidecars if each.pair), ""):
        return plans.HoldReason.NOT_UPGRADABLE, _HOT.format(pair)
    if rewritten := _rewritten(standing, sidecar_set):
        return plans.HoldReason.IMAGE_REWRITTEN, rewritten
    return None


def of_own_flight(standing: standings.Standing, now: datetime.datetime) -> str:
    """Say why a waiting pod that we have in flight must not be moved on yet, or return an empty string."""
    if standing.move is not None and standing.is_in_flight and flights.is_unnoticed(standing.pod, standing.move, now):
        return "the kubelet has not begun our last move of the pod; released when it has restarted the container"
    return ""


def of_other_flight(standing: standings.Standing, set_name: str, others: Container[str]) -> str:
    """Say which of the *others* has a waiting pod of *set_name* in flight, or return an empty string."""
    pod = standing.pod
    if standing.move is not None and standing.is_in_flight and not flights.serves_anew(pod, standing.move):
        return ""  # ours already: asking for theirs too could make two sets wait for each other for ever
    for mark in sorted(pod.marks, key=lambda mark: mark.set_name):
        is_other = mark.set_name in others and mark.set_name != set_name
        if is_other and mark.move is not None and not flights.has_landed(pod, mark.move):
            return f"SidecarSet {mark.set_name} has the pod in flight; released when that move finishes"
    return ""


_PAUSED = "updateStrategy.paused is true; set it to false to release"
_NOT_UPDATE = "updateStrategy.type is NotUpdate; set it to RollingUpdate to release"
_NOT_SELECTED = "updateStrategy.selector does not match the pod's labels; change or remove the selector to release"


# Neither is anything beside such a pair moved: a pod with half of the latest spec would pass for one that has it.
_HOT = "container {} is of HotUpgrade, and no running pod with such a pair is moved; released when the pod is recreated"


def _not_upgradable(standing: standings.Standing, sidecar_set: sidecarsets.SidecarSet) -> str:
    fields = standings.shape_differences(standing, sidecar_set)
    return f"only an image can change in a running pod, and more differs ({fields}); released when the pod is recreated"


def _rewritten(standing: standings.Standing, sidecar_set: sidecarsets.SidecarSet) -> str:
    mark = standing.mark
    if mark is None or mark.move is None or not mark.move.is_heal or mark.spec_hash != sidecar_set.spec_hash:
        return ""
    if not standing.is_ours:
        return ""  # another set has moved the container since, as when a pod is relabelled there and back
    images = ", ".join(
        f"{live.name} is {live.image}, not {sidecar.image}"
        for sidecar, live in standing.pairs
        if live.image != sidecar.image
    )
    return (
        f"someone changes the image after us, twice for this spec ({images}); stop what rewrites it, then push a new "
        f"spec or recreate the pod to release"
    )
