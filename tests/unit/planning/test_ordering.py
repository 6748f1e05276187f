"""The default order: the least disruptive pod first, and no ties (reference §5.5)."""

from __future__ import annotations

import datetime
import itertools

import pytest

from gitsidecar.model import pods
from gitsidecar.planning import ordering
from tests.unit.planning import builders

LATER = builders.LONG_AGO + datetime.timedelta(days=1)


def _restarted(count: int, *, native: int = 0) -> tuple[pods.Container, ...]:
    return (
        builders.container("logtail", restarts=count),
        builders.container("proxy", is_native=True, restarts=native),
    )


STEPS = [
    builders.pod("unscheduled", ready=False, phase="Pending", node=""),
    builders.pod("pending", ready=False, phase="Pending"),
    builders.pod("unknown", ready=False, phase="Unknown"),
    builders.pod("not-ready", ready=False),
    builders.pod("never-ready", ready_since=None),
    builders.pod("ready-lately", ready_since=LATER),
    builders.pod("restarts", containers=_restarted(9)),
    builders.pod("native-restarts", containers=_restarted(1, native=9)),
    builders.pod("some-restarts", containers=_restarted(1, native=3)),
    builders.pod("no-age", created=None),
    builders.pod("young", created=LATER),
    builders.pod("a"),
    builders.pod("b"),
    builders.pod("c", namespace="other"),
]


@pytest.mark.parametrize(("first", "second"), list(itertools.pairwise(STEPS)))
def test_each_step_of_the_order(first: pods.Pod, second: pods.Pod) -> None:
    """Each pod goes before the next, which differs from it in one step of the order."""
    assert ordering.key(first) < ordering.key(second)


def test_readiness_times_of_pods_that_are_not_ready_do_not_count() -> None:
    """Of two pods that are down the younger goes first, whatever was noted of their readiness."""
    younger = builders.pod("x", ready=False, created=LATER, ready_since=builders.LONG_AGO)
    older = builders.pod("a", ready=False, ready_since=LATER)
    assert ordering.key(younger) < ordering.key(older)
