"""How many pods may still move within the minute, reckoned from the times that our moves left on the pods."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.model import pods
from gitsidecar.planning import paces
from tests.unit.planning import builders

SECOND = datetime.timedelta(seconds=1)
PROXY = builders.sidecar_set(name="proxy", max_unavailable=9)
LOGTAIL = builders.sidecar_set(max_unavailable=9)


def _moved(number: int, ago: float) -> pods.Pod:
    """Return a pod that was moved so long ago and serves."""
    return builders.pod(number, builders.NEW, move=builders.moved(ago=ago))


def _with_proxy(number: int) -> pods.Pod:
    """Return a pod with the sidecars of both sets."""
    return builders.pod(
        number,
        containers=(builders.container("logtail"), builders.container("proxy", "proxy:1", index=2)),
        marks=(builders.mark(), builders.mark("proxy:1", name="proxy")),
    )


def _ago(*seconds: float) -> list[datetime.datetime]:
    return [builders.NOW - each * SECOND for each in seconds]


@pytest.mark.parametrize(
    ("moved", "pods_left", "more_in"),
    [
        ((), 3, 60),
        ((10,), 2, 50),
        ((10, 40), 1, 20),
        ((10, 20, 40), 0, 20),
        ((59.999,), 2, 0.001),
        ((60,), 3, 60),
        ((61, 3600), 3, 60),
        ((10, 20, 30, 40, 50), 0, 30),  # the pace was lowered: three must be over before one more may go
        ((-5,), 2, 65),  # by a clock that is ahead of ours
    ],
)
def test_the_allowance(moved: tuple[float, ...], pods_left: int, more_in: float) -> None:
    """Moves of the last minute use the pace up; the next place comes when enough of them are a minute old."""
    found = paces.allow(builders.policy(pods_per_minute=3), _ago(*moved), builders.NOW)
    assert (found.pods, found.more_at) == (pods_left, builders.NOW + more_in * SECOND)


@given(st.lists(st.floats(0, 300), max_size=30), st.integers(1, 5))
def test_when_more_may_go_more_may_go_and_not_before(moved: list[float], pace: int) -> None:
    """At `more_at` there is room for one more than now, or the whole pace; right before that there is not."""
    policy, recent = builders.policy(pods_per_minute=pace), _ago(*moved)
    now = paces.allow(policy, recent, builders.NOW)
    recent += [builders.NOW] * now.pods
    assert paces.allow(policy, recent, now.more_at).pods > 0
    assert paces.allow(policy, recent, now.more_at - datetime.timedelta(microseconds=1)).pods == 0


def test_the_strictest_of_several_paces_counts() -> None:
    """Of two paces the one that leaves fewer is told; of two alike the one that lets go later."""
    fast, slow = builders.policy("fast", pods_per_minute=9), builders.policy("slow", pods_per_minute=2)
    found = paces.tightest([fast, slow], {"fast": [], "slow": _ago(10)}, builders.NOW)
    assert found is not None
    assert (found.policy, found.pods) == (slow, 1)
    even = builders.policy("even", pods_per_minute=2)
    later = paces.tightest([slow, even], {"slow": _ago(10, 20), "even": _ago(5, 6)}, builders.NOW)
    assert later is not None
    assert later.policy is even


def test_without_a_pace_there_is_no_allowance() -> None:
    """Who asks for no pace is bounded by none."""
    assert paces.tightest([], {}, builders.NOW) is None


def test_the_pace_is_counted_from_the_pods() -> None:
    """A plan made from the pods alone, as a new process makes it, knows what moved within the minute."""
    found = [_moved(0, 30), _moved(1, 61), *(builders.pod(n) for n in range(2, 7))]
    planned = builders.plan_set(LOGTAIL, found, policies=[builders.policy(pods_per_minute=3)])
    assert builders.moves(planned) == ["6", "5"]
    assert set(builders.reasons(planned).values()) == {"PaceLimited"}
    assert planned.wakes_at == builders.NOW + 30 * SECOND
    later = builders.plan_set(LOGTAIL, found, policies=[builders.policy(pods_per_minute=3)], after=30)
    assert len(later.actions) == 3


def test_the_words_name_policy_and_pace() -> None:
    """Who waits reads which policy it is, where it stands and what it says."""
    found = [builders.pod(0), builders.pod(1)]
    [hold] = builders.plan_set(LOGTAIL, found, policies=[builders.policy(pods_per_minute=1)]).holds
    assert hold.message == (
        "RolloutPolicy calm (calm.yaml:4:9) lets 1 pod move a minute (podsPerMinute); released within the minute"
    )


def test_sets_of_one_policy_share_its_pace() -> None:
    """What one set moves in this very pass is gone for the next, and the moves of either count for both."""
    found = [_with_proxy(number) for number in range(4)]
    sets = [LOGTAIL, PROXY]
    logtail, proxy = builders.plan_sets(sets, found, policies=[builders.policy(pods_per_minute=3)]).sets
    assert len(logtail.actions) == 3
    assert builders.moves(proxy) == []
    assert builders.reasons(proxy)["0"] == "PaceLimited"
    assert proxy.wakes_at == builders.NOW + 60 * SECOND
    logtail, proxy = builders.plan_sets(sets, found, policies=[builders.policy(pods_per_minute=5)]).sets
    assert (len(logtail.actions), builders.moves(proxy)) == (4, [])
    assert set(builders.reasons(proxy).values()) == {"PodBusy"}


def test_a_policy_does_not_count_what_it_does_not_cover() -> None:
    """The moves of another set leave its pace alone."""
    ours = builders.policy(pods_per_minute=1, targets=(builders.target("logtail"),))
    busy = builders.pod(
        0,
        containers=(builders.container("logtail"), builders.container("proxy", "proxy:1")),
        marks=(builders.mark(), builders.mark("proxy:1", name="proxy", move=builders.moved("proxy", ago=5))),
    )
    logtail, _ = builders.plan_sets([LOGTAIL, PROXY], [busy], policies=[ours]).sets
    assert builders.moves(logtail) == ["0"]


@pytest.mark.parametrize(
    ("update", "pace", "held"),
    [
        ({"max_unavailable": 2}, 2, {"BudgetExhausted": 4}),
        ({"max_unavailable": 3}, 2, {"PaceLimited": 4}),
        ({"max_unavailable": 9, "partition": 4}, 2, {"PartitionKept": 4}),
        ({"max_unavailable": 9, "partition": 3}, 2, {"PartitionKept": 3, "PaceLimited": 1}),
    ],
)
def test_what_binds_is_what_is_told(update: dict[str, Any], pace: int, held: dict[str, int]) -> None:
    """The budget where it is used up as well, the pace where only the pace is; the partition's pods are its own."""
    planned = builders.plan_set(
        builders.sidecar_set(**update),
        [builders.pod(n) for n in range(6)],
        policies=[builders.policy(pods_per_minute=pace)],
    )
    assert builders.moves(planned) == ["5", "4"]
    assert {str(each.reason): len(each.members) for each in planned.held} == held


def test_a_pace_lets_failing_pods_go_first() -> None:
    """The places of the minute go to those that a fix cures, then to the ailing, then to the healthy."""
    found = [
        builders.pod(0),
        builders.pod(1, ready=False),
        builders.flying(2, "logtail:bad", waiting="ErrImagePull"),
    ]
    for ago, moves in ((10, ["2"]), (90, ["2", "1"])):
        found[2] = builders.pod(
            2,
            "logtail:bad",
            ready=False,
            live={"container_id": "id-0", "waiting": "ErrImagePull"},
            move=builders.moved(ago=ago),
        )
        planned = builders.plan_set(LOGTAIL, found, policies=[builders.policy(pods_per_minute=2)])
        assert builders.moves(planned) == moves
