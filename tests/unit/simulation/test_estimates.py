"""Restart times as a list of pods shows them."""

from __future__ import annotations

import dataclasses
import datetime

from gitsidecar.model import pods
from gitsidecar.simulation import estimates

MOVED = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)


def moved(name: str, seconds: float | None, *, container_id: str = "new") -> pods.Pod:
    """Return a pod that was Ready again so many *seconds* after its move; ``None`` = never."""
    move = pods.Move(MOVED, (("logtail", "old"),))
    return pods.Pod(
        "shop",
        name,
        name,
        {},
        (pods.Container("logtail", "logtail:2", 0, container_id=container_id, is_ready=seconds is not None),),
        (pods.Mark("logtail", "v1-a", "v1-b", "4f2a9c1", ("logtail",), move),),
        phase="Running",
        is_ready=seconds is not None,
        ready_since=None if seconds is None else MOVED + datetime.timedelta(seconds=seconds),
    )


def test_the_median_of_the_moved_pods_counts() -> None:
    """One that lost readiness long after its move changes little."""
    found = [moved("a", 6), moved("b", 8), moved("c", 3000)]
    assert estimates.restart_seconds(pods.snapshot(found)) == (8.0, 3)


def test_who_does_not_tell_is_not_asked() -> None:
    """Not those in flight, those that were never moved, and those that came back hours later."""
    never = dataclasses.replace(moved("d", 5), marks=())
    found = [moved("a", None), moved("b", 5, container_id="old"), moved("c", 9000), never]
    assert estimates.restart_seconds(pods.snapshot(found)) is None


def test_a_restart_takes_a_second_at_least() -> None:
    """Lists have whole seconds, moves have milliseconds."""
    assert estimates.restart_seconds(pods.snapshot([moved("a", 0.2)])) == (1.0, 1)
