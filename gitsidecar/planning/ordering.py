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
        (-_restarts(pod, is_native=False), -_restarts(pod, is_native=True)),
        _newest_first(pod.created),
        pod.key,
    )


def _newest_first(moment: datetime.datetime | None) -> float:
    return float("-inf") if moment is None else -moment.timestamp()


def _restarts(pod: pods.Pod, *, is_native: bool) -> int:
    return max((each.restarts for each in pod.containers if each.is_native == is_native), default=0)
