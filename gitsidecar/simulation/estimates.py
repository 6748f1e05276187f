"""How long a restart takes, as the pods of a list show it that were moved before."""

from __future__ import annotations

import statistics

from gitsidecar.model import pods
from gitsidecar.planning import flights

_LONGEST = 3600.0  # seconds; one that became Ready later than that was not Ready for another reason
_LEAST = 1.0  # a list has its times to the second


def restart_seconds(snapshot: pods.Snapshot) -> tuple[float, int] | None:
    """
    Return the median seconds from a move until the pod was Ready again, and how many moved pods tell of it.

    ``None`` when none does. A pod that lost readiness later would tell of that: so the median, and a bound.
    """
    found = [seconds for chunk in snapshot.chunks for pod in chunk if (seconds := _seconds(pod)) is not None]
    return (max(_LEAST, statistics.median(found)), len(found)) if found else None


def _seconds(pod: pods.Pod) -> float | None:
    moves = [mark.move for mark in pod.marks if mark.move is not None]
    if not moves or not pod.is_ready or pod.ready_since is None:
        return None
    move = max(moves, key=lambda each: each.at)
    seconds = (pod.ready_since - move.at).total_seconds()
    return seconds if 0 < seconds <= _LONGEST and flights.has_landed(pod, move) else None
