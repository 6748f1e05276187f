"""Clocks for the simulation: one runs fast, one moves only when told or when everybody sleeps."""

from __future__ import annotations

import asyncio
import datetime
import time

from gitsidecar.simulation import timelines

PATIENCE = 25
"""Turns of the event loop that tasks get at one virtual moment: chains of awaits and gathers need a few each."""


class FastClock:
    """A clock that runs *speed* times as fast as real time, from *start* at the moment of its making."""

    def __init__(self, speed: float, start: datetime.datetime) -> None:
        if speed <= 0:
            raise ValueError(f"a clock's speed must be above 0, not {speed}")
        self._speed = speed
        self._start = start
        self._origin = time.monotonic()

    def now(self) -> datetime.datetime:
        """Return start + speed x the real time that has passed."""
        elapsed = time.monotonic() - self._origin
        return self._start + datetime.timedelta(seconds=elapsed * self._speed)

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds* of this clock's time, which is less of real time."""
        await asyncio.sleep(max(0.0, seconds) / self._speed)


class VirtualClock:
    """
    A clock that never waits for real time.

    `advance` moves it and runs what is due on the way, in order. While any task sleeps, it also moves by itself, from
    one due moment to the next, each time after all tasks have had their turns; with *is_automatic* off, sleepers wait
    for `advance`. (Work in threads and on sockets does not hold it back: turn it off there.)
    """

    def __init__(self, start: datetime.datetime, *, is_automatic: bool = True) -> None:
        self.timeline = timelines.Timeline(start)
        self._is_automatic = is_automatic
        self._sleepers: set[asyncio.Future[None]] = set()
        self._is_turning = False

    def now(self) -> datetime.datetime:
        """Return the moment that has been reached."""
        return self.timeline.now

    def advance(self, seconds: float) -> None:
        """Move on by *seconds* and run everything due until then, in order; tasks that slept run after this call."""
        self.timeline.run_until(self.timeline.now + datetime.timedelta(seconds=seconds))

    async def sleep(self, seconds: float) -> None:
        """Return when this clock has moved on by *seconds*."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.add(woken)
        self.timeline.after(seconds, lambda: _wake(woken))
        self._begin_turning()
        try:
            await woken
        finally:
            self._sleepers.discard(woken)

    def _begin_turning(self) -> None:
        if self._is_automatic and not self._is_turning:
            self._is_turning = True
            asyncio.get_running_loop().call_soon(self._turn, PATIENCE)

    def _turn(self, turns_left: int) -> None:
        """Let the other tasks run *turns_left* times more, then jump to the next moment."""
        if not self._sleepers:
            self._is_turning = False
            return
        if turns_left == 0:
            self._jump()
            turns_left = PATIENCE
        asyncio.get_running_loop().call_soon(self._turn, turns_left - 1)

    def _jump(self) -> None:
        try:
            self.timeline.run_next()
        except Exception as error:  # noqa: BLE001  # it belongs to those who wait: here it would only be printed
            for woken in self._sleepers:
                if not woken.done():
                    woken.set_exception(error)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():  # a cancelled sleeper leaves its event behind
        woken.set_result(None)
