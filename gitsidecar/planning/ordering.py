"""Who goes first: the least disruptive pod, and the same one every time (reference §5.5, DESIGN §5.2)."""

from __future__ import annotations

import datetime

from gitsidecar.model import pods

_PHASES = {"Unknown": 1, "Running": 2}  # Pending, and any other, comes before both

OrderKey = tuple[bool, int, bool, float, tuple[int, int], float, str]


def key(pod: pods.Pod) -> OrderKey:
    """
    Return what sorts pods into the default order, Kubernetes' own for pods that may be disturbed.

    Unscheduled before scheduled; Pending, Unknown, Running; not Ready before Ready; the most recently ready first;
    the most restarts first; the youngest first; then namespace/name.
    """
    return (
        bool(pod.node),
        _PHASES.get(pod.phase, 0),
        pod.is_ready,
        _newest_first(pod.ready_since) if pod.is_ready else 0.0,
        _restarts(pod),
        _newest_first(pod.created),
        pod.key,
    )


def _newest_first(moment: datetime.datetime | None) -> float:
    return float("-inf") if moment is None else -moment.timestamp()


def _restarts(pod: pods.Pod) -> tuple[int, int]:
    """Return the most restarts of any container, and of any native sidecar, negated: more come first."""
    regular = native = 0
    for each in pod.containers:
        if not each.restarts:
            continue
        if each.is_native:
            native = max(native, each.restarts)
        else:
            regular = max(regular, each.restarts)
    return -regular, -native
