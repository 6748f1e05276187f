"""A timeline: what is to happen when, and the moment that has been reached."""

from __future__ import annotations

import datetime
import heapq
import itertools
from collections.abc import Callable


class Timeline:
    """
    Events in order of time, run by whoever moves the time on.

    Events of one moment run in the order in which they were put in. `stirred` holds callbacks that are told when a new
    event became the next one, for a driver that sleeps until then.
    """

    def __init__(self, start: datetime.datetime) -> None:
        self.stirred: list[Callable[[], None]] = []
        self._now = start
        self._heap: list[tuple[datetime.datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._is_running = False

    @property
    def now(self) -> datetime.datetime:
        """Return the moment that has been reached; while an event runs, the moment it was due."""
        return self._now

    @property
    def next_due(self) -> datetime.datetime | None:
        """Return when the next event is due, or ``None`` when nothing is left to happen."""
        return self._heap[0][0] if self._heap else None

    def at(self, moment: datetime.datetime, event: Callable[[], None]) -> None:
        """Let *event* happen at *moment*, or as soon as time moves when that is past."""
        number = next(self._numbers)
        heapq.heappush(self._heap, (max(moment, self._now), number, event))
        if self._heap[0][1] == number:
            for callback in self.stirred:
                callback()

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        """Let *event* happen *seconds* from now."""
        self.at(self._now + datetime.timedelta(seconds=seconds), event)

    def run_until(self, moment: datetime.datetime) -> None:
        """
        Run everything due up to and including *moment*, in order, and what those events bring on in that time.

        An event that asks for time to move changes nothing: it is in the midst of a moment.
        """
        if self._is_running:
            return
        self._is_running = True
        try:
            while self._heap and self._heap[0][0] <= moment:
                self._now, _, event = heapq.heappop(self._heap)
                event()
            self._now = max(self._now, moment)
        finally:
            self._is_running = False

    def run_next(self) -> bool:
        """Move to the next moment at which anything is due and run all of it; say whether there was one."""
        due = self.next_due
        if due is not None:
            self.run_until(due)
        return due is not None
