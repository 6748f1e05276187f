"""How long the phases of a pass took, and when there is more to do by the time alone."""

from __future__ import annotations

import datetime
import time
from collections.abc import Awaitable
from typing import TypeVar

from gitsidecar.model import plans, reports

_T = TypeVar("_T")
_HEARTBEAT = 60.0  # seconds
_GRAIN = 0.001  # seconds, of an alarm; pods keep the times of their moves as finely


class Stopwatch:
    """Takes the seconds of each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    async def time(self, phase: str, work: Awaitable[_T]) -> _T:
        """Return what *work* comes to, and remember how long that took."""
        started = time.perf_counter()
        try:
            return await work
        finally:
            self.seconds[phase] = time.perf_counter() - started


def boundary(plan: plans.Plan, now: datetime.datetime) -> float | None:
    """
    Return the seconds until the plan differs by the time alone: a window, a pace, a deadline, a pod that settles.

    It is a grain more than that: a timer may be a little early, and the pass would find everything as it was.
    """
    wakes = (each.wakes_at for each in plan.sets if each.wakes_at is not None)
    return min((max(0.0, (at - now).total_seconds()) + _GRAIN for at in wakes), default=None)


def heartbeat(plan: plans.Plan, report: reports.Report) -> float | None:
    """
    Return the seconds after which to look again although no pod changes.

    Some holds end by time alone, and so does a failure, when a pod that crashed has run for long enough.
    """
    is_moving = any(each.in_flight or each.held for each in plan.sets)
    return _HEARTBEAT if is_moving or any(each.failing for each in report.sets) else None
