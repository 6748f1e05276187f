"""The virtual clock never waits and keeps the order; the fast clock only waits less."""

from __future__ import annotations

import asyncio
import datetime
import time

import pytest

from gitsidecar.simulation import clocks

START = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)
DAY = 86_400.0


def _seconds(clock: clocks.VirtualClock) -> float:
    return (clock.now() - START).total_seconds()


async def test_sleeping_moves_the_virtual_clock_by_as_much() -> None:
    """A task that sleeps a day wakes a day later, at once."""
    clock = clocks.VirtualClock(START)
    await clock.sleep(DAY)
    assert _seconds(clock) == DAY


async def test_sleepers_wake_in_order_whoever_slept_first() -> None:
    """Each of several tasks wakes at its own moment, the earliest first, and none sees the moment of another."""
    clock = clocks.VirtualClock(START)
    woken: list[tuple[float, float]] = []

    async def sleep_twice(first: float, second: float) -> None:
        for seconds in (first, second):
            await clock.sleep(seconds)
            woken.append((first, _seconds(clock)))

    await asyncio.gather(sleep_twice(30, 1), sleep_twice(10, 10), sleep_twice(20, 20))
    assert woken == [(10, 10), (20, 20), (10, 20), (30, 30), (30, 31), (20, 40)]


async def test_work_between_two_moments_is_done_before_time_moves() -> None:
    """What a woken task sets going without sleeping is finished at the same moment."""
    clock = clocks.VirtualClock(START)
    seen: list[float] = []

    async def note() -> None:
        await asyncio.sleep(0)
        seen.append(_seconds(clock))

    async def work() -> None:
        await clock.sleep(1)
        await asyncio.gather(note(), asyncio.create_task(note()))

    await asyncio.gather(work(), clock.sleep(2))
    assert seen == [1, 1]


async def test_without_automatic_sleepers_wait_for_advance() -> None:
    """With automatic off, a sleeper stays asleep until the clock is advanced."""
    clock = clocks.VirtualClock(START, is_automatic=False)
    sleeper = asyncio.create_task(clock.sleep(10))
    for _ in range(3 * clocks.PATIENCE):
        await asyncio.sleep(0)
    assert not sleeper.done()
    clock.advance(10)
    await sleeper


async def test_a_cancelled_sleeper_holds_nobody_up() -> None:
    """The clock stands still when its only sleeper was cancelled, and others sleep on undisturbed."""
    clock = clocks.VirtualClock(START)
    sleeper = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    sleeper.cancel()
    await clock.sleep(20)
    assert _seconds(clock) == 20


async def test_a_fault_in_an_event_reaches_the_sleeper() -> None:
    """An event that raises while the clock moves by itself is raised where somebody waits for it."""
    clock = clocks.VirtualClock(START)

    def fail() -> None:
        raise RuntimeError("in an event")

    clock.timeline.after(1, fail)
    with pytest.raises(RuntimeError, match="in an event"):
        await clock.sleep(5)


def test_advance_runs_what_is_due_at_its_own_moment() -> None:
    """An event sees the moment at which it was due, not the end of the advance."""
    clock = clocks.VirtualClock(START)
    seen: list[float] = []
    clock.timeline.after(3, lambda: seen.append(_seconds(clock)))
    clock.advance(10)
    assert (seen, _seconds(clock)) == ([3], 10)


async def test_the_fast_clock_sleeps_a_day_in_a_moment() -> None:
    """At a million times the speed, a day takes less than a second and is a day on the clock."""
    clock = clocks.FastClock(1_000_000, START)
    began = time.monotonic()
    await clock.sleep(DAY)
    assert clock.now() >= START + datetime.timedelta(days=1)
    assert time.monotonic() - began < 60


def test_a_clock_that_stands_still_is_refused() -> None:
    """A speed of zero would let every sleep last for ever."""
    with pytest.raises(ValueError, match="above 0"):
        clocks.FastClock(0, START)
