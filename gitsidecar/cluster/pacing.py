"""When to try again: back-off with jitter, one gate for all writes, and turns on the loop."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

Clock = Callable[[], float]
"""Monotonic seconds."""

_LONGEST_STEP = 1.0  # seconds at the gate after which a writer is asked whether it still wants to go
_SPREAD = 1.0  # seconds over which writers that waited for the same moment are spread
_LONGEST_TURN = 0.004  # seconds of work before others get the loop; what is due in it runs after one turn more at worst


class Backoff:
    """
    Delays in seconds that double from *first* to *longest*, each shortened by up to a half at random.

    `failures` counts them since the last success.
    """

    def __init__(self, jitter: random.Random, *, first: float = 0.5, longest: float = 30.0) -> None:
        self._jitter = jitter
        self._first = first
        self._longest = longest
        self.failures = 0

    def next(self, at_least: float = 0.0) -> float:
        """Return the delay after one failure more; never shorter than *at_least*, which the server asked for."""
        delay = min(self._longest, self._first * 2 ** min(self.failures, 32))
        self.failures += 1
        return max(delay, at_least) * self._jitter.uniform(1.0, 1.5) if at_least else self._shortened(delay)

    def reset(self) -> None:
        """Start again with the first delay: it worked."""
        self.failures = 0

    def _shortened(self, delay: float) -> float:
        return delay * self._jitter.uniform(0.5, 1.0)


class Gate:
    """What all writes pass: it stays shut as long as the API server has asked for."""

    def __init__(self, jitter: random.Random, clock: Clock) -> None:
        self._jitter = jitter
        self._clock = clock
        self._opens = 0.0

    @property
    def remaining(self) -> float:
        """Return the seconds until it opens; 0 when it is open."""
        return max(0.0, self._opens - self._clock())

    def shut(self, seconds: float) -> None:
        """Hold every write back for *seconds* from now, unless it is shut for longer already."""
        self._opens = max(self._opens, self._clock() + seconds)

    async def passed(self) -> bool:
        """
        Wait until it opens, but no longer than a second, and say whether it is open.

        Those that wait for the same moment come through one after another, not all at once.
        """
        remaining = self.remaining
        if remaining > 0:
            await asyncio.sleep(min(remaining + self._jitter.uniform(0.0, _SPREAD), _LONGEST_STEP))
        return self.remaining == 0


class Turns:
    """Keeps a long piece of work from blocking the loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock()

    async def give_way(self) -> None:
        """Let others run if this turn has lasted long enough."""
        if self._clock() - self._began > _LONGEST_TURN:
            await asyncio.sleep(0)
            self._began = self._clock()
