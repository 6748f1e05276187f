"""Budget and lanes: what is in flight, what it costs, and how a bad spec is cured (DESIGN §5, rules 3 to 5)."""

from __future__ import annotations

import datetime

import pytest

from gitsidecar.model import plans, pods
from tests.unit.planning import builders

BAD, FIX = "logtail:bad", "logtail:0.16.19"


def _move(planned: plans.SetPlan, name: str) -> pods.Move:
    [action] = [action for action in planned.actions if action.pod.name == f"pod-{name}"]
    [mark] = [mark for mark in action.marks if mark.set_name == planned.sidecar_set.name]
    assert mark.move is not None
    return mark.move


def _names(found: tuple[pods.Pod, ...]) -> list[str]:
    return [pod.name.removeprefix("pod-") for pod in found]


def test_partition_counts_pods_that_are_kept_old_anyway() -> None:
    """Rule 3: of 10 pods 5 are not upgradable; partition 5 is met by them, and the other 5 move."""
    found = [builders.pod(n, marks=(builders.mark(shape="v1-old" if n < 5 else builders.SHAPE),)) for n in range(10)]
    planned = builders.plan_set(builders.sidecar_set(partition=5, max_unavailable=10), found)
    assert len(planned.actions) == 5


def test_partition_counts_pods_that_are_not_selected() -> None:
    """Rule 3 with an update selector: 20 of 100 are selected and 90 stay old, so 10 of the 20 move."""
    wanted = builders.sidecar_set(
        partition=90, max_unavailable=100, update={"selector": builders.labelled(canary="yes")}
    )
    found = [builders.pod(n, labels={"app": "web", **({"canary": "yes"} if n < 20 else {})}) for n in range(100)]
    assert len(builders.plan_set(wanted, found).actions) == 10


def test_a_raised_partition_moves_nobody_back() -> None:
    """More are updated than the partition allows: none is moved, and nothing breaks."""
    planned = builders.plan_set(builders.sidecar_set(partition=9), builders.fleet(10, updated=5))
    assert not planned.actions
    assert set(builders.reasons(planned).values()) == {"PartitionKept"}


def test_ailing_pods_are_capped() -> None:
    """Rule 4: of 5 pods that are down, no more than maxUnavailable move at once."""
    found = [builders.pod(n, ready=False) for n in range(5)]
    planned = builders.plan_set(builders.sidecar_set(max_unavailable=2), found)
    assert builders.moves(planned) == ["4", "3"]
    assert set(builders.reasons(planned).values()) == {"BudgetExhausted"}
    assert "not Ready, and of such pods 2 are in flight" in planned.holds[0].message


def test_one_ailing_pod_moves_though_no_healthy_one_may() -> None:
    """Rule 4: with maxUnavailable 0 the lane of ailing pods is still one wide."""
    found = [builders.pod(1), builders.pod(2, ready=False), builders.pod(3, ready=False)]
    assert builders.moves(builders.plan_set(builders.sidecar_set(max_unavailable=0), found)) == ["3"]


def test_a_pod_that_was_down_before_uses_no_budget_afterwards() -> None:
    """Rule 4: it stays down after its move, and a healthy pod moves all the same."""
    found = [builders.flying("down", was_ready=False), builders.pod("up")]
    planned = builders.plan_set(builders.sidecar_set(), found)
    assert builders.moves(planned) == ["up"]
    assert _names(planned.in_flight) == ["down"]


def test_the_lane_is_full_while_ailing_pods_have_not_come_up() -> None:
    """Rule 4: one is in flight in the lane, so the next that is down waits."""
    found = [builders.flying("down", was_ready=False), builders.pod("next", ready=False)]
    planned = builders.plan_set(builders.sidecar_set(), found)
    assert builders.reasons(planned) == {"next": "BudgetExhausted"}


def test_an_application_that_is_down_for_good_does_not_close_the_lane() -> None:
    """Its sidecar restarted and serves: what else is wrong with the pod is not our move's doing."""
    landed = builders.pod(
        "broken", builders.NEW, ready=False, move=builders.moved(was_ready=False), live={"is_ready": True}
    )
    planned = builders.plan_set(builders.sidecar_set(), [landed, builders.pod("next", ready=False)])
    assert builders.moves(planned) == ["next"]
    assert _names(planned.in_flight) == ["broken"]


def test_updated_pods_that_are_not_ready_use_budget_without_a_move() -> None:
    """A new pod with the latest spec that does not come up counts, as in the reference."""
    found = [builders.pod("new", builders.NEW, ready=False), builders.pod("old")]
    assert builders.reasons(builders.plan_set(builders.sidecar_set(), found)) == {"old": "BudgetExhausted"}


@pytest.mark.parametrize(
    ("live", "fields"),
    [
        ({"container_id": "id-0"}, {}),
        ({"container_id": ""}, {}),
        ({}, {"has_seen_spec": False}),
        ({"is_ready": False}, {"is_ready": False}),
    ],
)
def test_a_move_is_unfinished_until_the_container_itself_is_another(
    live: dict[str, object], fields: dict[str, bool]
) -> None:
    """Rule 5: same ID, no ID, a kubelet that lags, or a pod not Ready: each alone keeps it in flight."""
    flying = builders.pod("a", builders.NEW, move=builders.moved(origin="id-0"), live=live)
    flying = pods.Pod(**{name: getattr(flying, name) for name in pods.Pod.__slots__} | fields)
    planned = builders.plan_set(builders.sidecar_set(), [flying, builders.pod("b")])
    assert _names(planned.in_flight) == ["a"]
    assert not planned.finished
    assert builders.reasons(planned) == {"b": "BudgetExhausted"}


def test_two_tags_of_one_image_do_not_stall() -> None:
    """Rule 5: the image ID stays and the container's own ID changes: finished."""
    live = {"image_id": "sha256:same"}
    found = [builders.pod("a", builders.NEW, move=builders.moved(), live=live), builders.pod("b", live=live)]
    planned = builders.plan_set(builders.sidecar_set(), found)
    assert _names(planned.finished) == ["a"]
    assert builders.moves(planned) == ["b"]


def test_pods_that_cannot_start_are_failing() -> None:
    """In flight and waiting for a reason that time does not cure; one that is merely starting is not failing."""
    found = [builders.flying(n, waiting=reason) for n, reason in enumerate(("ErrImagePull", "ContainerCreating"))]
    planned = builders.plan_set(builders.sidecar_set(), found)
    assert _names(planned.failing) == ["0"]
    assert _names(planned.in_flight) == ["0", "1"]


def test_a_fix_moves_exactly_the_failing_pods_first() -> None:
    """A rollout stuck on a bad image: the fix goes to the pods that fail, all at once, and the budget stays used."""
    failing = [builders.flying(n, BAD, waiting="ImagePullBackOff") for n in range(3)]
    found = failing + [builders.pod(n, "logtail:0.16.16") for n in range(3, 30)]
    planned = builders.plan_set(builders.sidecar_set(FIX, max_unavailable=3), found)
    assert sorted(builders.moves(planned)) == ["0", "1", "2"]
    assert _move(planned, "0").was_ready
    # The fix has been written and not started: nobody else goes. When it has come up, the next three do.
    flying = [builders.flying(n, FIX, waiting="ImagePullBackOff") for n in range(3)]
    assert not builders.plan_set(builders.sidecar_set(FIX, max_unavailable=3), flying + found[3:]).actions
    done = [builders.pod(n, FIX, move=builders.moved()) for n in range(3)]
    planned = builders.plan_set(builders.sidecar_set(FIX, max_unavailable=3), done + found[3:])
    assert builders.moves(planned) == ["29", "28", "27"]


def test_a_fix_reaches_failing_pods_past_a_full_lane_and_a_lowered_budget() -> None:
    """They are in flight as it is: moving them on costs nothing, so nothing may keep the fix from them."""
    found = [
        *(builders.flying(f"served-{n}", BAD, waiting="ImagePullBackOff") for n in range(2)),
        *(builders.flying(f"down-{n}", BAD, waiting="ImagePullBackOff", was_ready=False) for n in range(2)),
        builders.pod("healthy"),
        builders.pod("ailing", ready=False),
    ]
    planned = builders.plan_set(builders.sidecar_set(FIX, max_unavailable=1), found)
    assert sorted(builders.moves(planned)) == ["down-0", "down-1", "served-0", "served-1"]
    assert _move(planned, "served-0").was_ready
    assert not _move(planned, "down-0").was_ready


def test_a_pod_that_fails_on_the_latest_spec_is_not_moved_again() -> None:
    """It carries the latest spec; writing the same once more would change nothing."""
    planned = builders.plan_set(builders.sidecar_set(), [builders.flying(1, waiting="CrashLoopBackOff")])
    assert not planned.actions
    assert not planned.holds


def test_a_pod_whose_kubelet_has_not_begun_is_busy() -> None:
    """It still serves on the container from before: a second write now would hide the end of the first."""
    found = [builders.pod(1, BAD, move=builders.moved(origin="id-1")), builders.pod(2)]
    planned = builders.plan_set(builders.sidecar_set(FIX), found)
    assert builders.reasons(planned) == {"1": "PodBusy", "2": "BudgetExhausted"}


def test_a_failing_pod_is_busy_until_its_kubelet_has_seen_the_last_spec() -> None:
    """A quick revert would be no change to that kubelet: the ID that we wait for would never come."""
    found = [builders.pod(1, BAD, ready=False, move=builders.moved(origin="id-1"), has_seen_spec=False)]
    assert builders.reasons(builders.plan_set(builders.sidecar_set(FIX), found)) == {"1": "PodBusy"}


def test_a_move_that_was_undone_before_the_kubelet_looked_is_not_waited_for_for_ever() -> None:
    """Somebody put the old image back at once, so nothing restarts; after five minutes the pod is moved again."""
    undone = builders.moved(origin="id-1", ago=301)
    found = [builders.pod(1, marks=(builders.mark(BAD, move=undone),))]
    assert builders.moves(builders.plan_set(builders.sidecar_set(FIX), found)) == ["1"]


def test_a_spec_change_in_mid_flight_frees_no_budget() -> None:
    """Pods that went down for the spec before still count, though they are not updated to the newest."""
    found = [builders.flying(1, BAD), builders.pod(2), builders.pod(3)]
    planned = builders.plan_set(builders.sidecar_set(FIX), found)
    assert builders.moves(planned) == ["1"]
    assert builders.reasons(planned) == {"2": "BudgetExhausted", "3": "BudgetExhausted"}


def test_was_ready_is_noted_as_the_pod_was() -> None:
    """A move notes whether the pod served before we touched it."""
    found = [builders.pod("up"), builders.pod("down", ready=False)]
    planned = builders.plan_set(builders.sidecar_set(), found)
    assert (_move(planned, "up").was_ready, _move(planned, "down").was_ready) == (True, False)


def test_a_pod_that_went_down_with_our_move_uses_budget_until_it_was_ready_again() -> None:
    """Its sidecar runs, but the application never came back: each attempted fix must not take one more pod down."""
    down = builders.pod(
        1,
        BAD,
        ready=False,
        live={"is_ready": True},
        move=builders.moved(ago=600),
        unready_since=builders.NOW - datetime.timedelta(seconds=598),
    )
    planned = builders.plan_set(builders.sidecar_set(FIX), [down, builders.pod(2)])
    assert builders.moves(planned) == ["1"]
    assert builders.reasons(planned) == {"2": "BudgetExhausted"}
    assert _move(planned, "1").was_ready


def test_a_pod_that_failed_on_its_own_later_uses_none() -> None:
    """It came back after our move and lost readiness hours later, which is none of our doing."""
    failed = builders.pod(
        1,
        BAD,
        ready=False,
        live={"is_ready": True},
        move=builders.moved(ago=7200),
        unready_since=builders.NOW - datetime.timedelta(seconds=60),
    )
    planned = builders.plan_set(builders.sidecar_set(FIX), [failed, builders.pod(2)])
    assert builders.moves(planned) == ["1", "2"]


def test_a_move_in_the_future_is_not_waited_for() -> None:
    """The clock was set back since: the pod must not be busy until the future has come."""
    found = [builders.pod(1, BAD, move=builders.moved(origin="id-1", ago=-86_400))]
    assert builders.moves(builders.plan_set(builders.sidecar_set(FIX), found)) == ["1"]
