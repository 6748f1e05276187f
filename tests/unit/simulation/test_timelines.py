"""A timeline runs events in order of time, however they were put in."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.simulation import timelines

START = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)


def _at(seconds: float) -> datetime.datetime:
    return START + datetime.timedelta(seconds=seconds)


@given(st.lists(st.integers(0, 20), max_size=30))
def test_events_run_in_order_of_time_and_then_of_entry(delays: list[int]) -> None:
    """What is due earlier runs earlier; what is due together runs in the order in which it was put in."""
    timeline = timelines.Timeline(START)
    ran: list[tuple[datetime.datetime, int]] = []
    for number, delay in enumerate(delays):
        timeline.after(delay, lambda number=number: ran.append((timeline.now, number)))  # type: ignore[misc]
    timeline.run_until(_at(20))
    assert ran == sorted((_at(delay), number) for number, delay in enumerate(delays))


def test_nothing_runs_before_it_is_due() -> None:
    """Time stops where it was told to, and what is due later stays."""
    timeline = timelines.Timeline(START)
    ran: list[str] = []
    timeline.after(5, lambda: ran.append("late"))
    timeline.run_until(_at(4.9))
    assert (ran, timeline.now, timeline.next_due) == ([], _at(4.9), _at(5))


def test_what_an_event_brings_on_in_time_runs_too() -> None:
    """An event that puts another one in before the end has it run in the same call."""
    timeline = timelines.Timeline(START)
    ran: list[datetime.datetime] = []
    timeline.after(1, lambda: timeline.after(1, lambda: ran.append(timeline.now)))
    timeline.run_until(_at(10))
    assert ran == [_at(2)]


def test_a_past_moment_means_now() -> None:
    """Time never goes back, neither by an event nor by a call."""
    timeline = timelines.Timeline(START)
    timeline.run_until(_at(5))
    ran: list[datetime.datetime] = []
    timeline.at(_at(1), lambda: ran.append(timeline.now))
    timeline.run_until(_at(2))
    assert (ran, timeline.now) == ([], _at(5))
    timeline.run_until(_at(5))
    assert ran == [_at(5)]


def test_an_event_cannot_move_time() -> None:
    """An event that asks for time to move does not make later events run inside it."""
    timeline = timelines.Timeline(START)
    ran: list[str] = []

    def first() -> None:
        timeline.run_until(_at(9))
        ran.append("first")

    timeline.after(1, first)
    timeline.after(2, lambda: ran.append("second"))
    timeline.run_until(_at(3))
    assert ran == ["first", "second"]


def test_run_next_jumps_to_the_next_moment() -> None:
    """All of the next moment runs and nothing after it; without events there is no next moment."""
    timeline = timelines.Timeline(START)
    ran: list[int] = []
    for delay in (3, 3, 4):
        timeline.after(delay, lambda delay=delay: ran.append(delay))  # type: ignore[misc]
    assert timeline.run_next()
    assert (ran, timeline.now) == ([3, 3], _at(3))
    assert timeline.run_next()
    assert not timeline.run_next()


def test_a_driver_is_told_of_an_earlier_event() -> None:
    """`stirred` is called when a new event became the next one, and not for a later one."""
    timeline = timelines.Timeline(START)
    told: list[datetime.datetime | None] = []
    timeline.stirred.append(lambda: told.append(timeline.next_due))
    for delay in (5, 7, 3):
        timeline.after(delay, lambda: None)
    assert told == [_at(5), _at(3)]
