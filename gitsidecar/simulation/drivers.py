"""The thin asyncio driver: it runs a timeline along with a clock that moves by itself."""

from __future__ import annotations

import asyncio
import contextlib
import datetime

from gitsidecar import ports
from gitsidecar.simulation import timelines


class Driver:
    """Sleep until the next event is due by *clock*, run it, and so on; nothing polls."""

    def __init__(self, clock: ports.Clock, timeline: timelines.Timeline) -> None:
        self._clock = clock
        self._timeline = timeline
        self._task: asyncio.Task[None] | None = None
        self._aim: datetime.datetime | None = None

    def start(self) -> None:
        """Begin to drive, on the running loop."""
        self._timeline.stirred.append(self._aim_at_next)
        self._aim_at_next()

    async def close(self) -> None:
        """Stop driving and wait until the last sleep has ended."""
        if self._aim_at_next in self._timeline.stirred:
            self._timeline.stirred.remove(self._aim_at_next)
        task, self._task, self._aim = self._task, None, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def catch_up(self) -> None:
        """Run what is due by now."""
        self._timeline.run_until(self._clock.now())

    def _aim_at_next(self) -> None:
        """Sleep until the event that is next now, unless a sleep ends before it anyway."""
        due = self._timeline.next_due
        if due is None or (self._aim is not None and self._aim <= due):
            return
        if self._task is not None:
            self._task.cancel()
        self._aim = due
        self._task = asyncio.get_running_loop().create_task(self._run_at(due))

    async def _run_at(self, due: datetime.datetime) -> None:
        await self._clock.sleep((due - self._clock.now()).total_seconds())
        self.catch_up()
        self._task = self._aim = None
        self._aim_at_next()
