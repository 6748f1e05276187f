"""What RolloutPolicies do to a plan: who is stopped and in which words, until when; settling pods; deadlines."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest

from gitsidecar.model import censuses, desires, histories, plans, pods, policies, sidecarsets
from gitsidecar.planning import ledgers, planner
from tests.unit.planning import builders

HOUR, MINUTE, SECOND = (datetime.timedelta(**{unit: 1}) for unit in ("hours", "minutes", "seconds"))
CLOSED = policies.Window(policies.WindowType.ALLOW, "0 13 * * *", HOUR)
OPEN = policies.Window(policies.WindowType.ALLOW, "30 11 * * *", HOUR)
FREEZE = policies.Freeze("Incident 42")
LOGTAIL = (builders.target("logtail"),)


def _stuck(number: int = 0, *, ago: float = 601, **live: Any) -> pods.Pod:
    """Return a pod that was moved to the latest spec so long ago, and whose sidecar has not come up since."""
    fields = {"container_id": "id-0", "is_ready": False, "waiting": "ImagePullBackOff", **live}
    return builders.pod(number, builders.NEW, ready=False, move=builders.moved(ago=ago), live=fields)


def _ready_for(seconds: float, number: int = 0, **move: Any) -> pods.Pod:
    """Return a pod that was moved, came up, and has been Ready for so many seconds."""
    since = builders.NOW - datetime.timedelta(seconds=seconds)
    return builders.pod(number, builders.NEW, move=builders.moved(ago=seconds + 5, **move), ready_since=since)


def _messages(planned: plans.SetPlan) -> set[str]:
    return {hold.message for hold in planned.holds}


# --- who is stopped, in which words


@pytest.mark.parametrize(
    ("policy", "update", "reason"),
    [
        ({"rejection": "no", "freezes": (FREEZE,)}, {"paused": True}, "ManifestRejected"),
        ({"freezes": (FREEZE,), "windows": (CLOSED,)}, {"paused": True}, "Paused"),
        ({"freezes": (FREEZE,), "windows": (CLOSED,)}, {}, "Frozen"),
        ({"windows": (CLOSED,)}, {}, "WindowClosed"),
        ({"windows": (OPEN,)}, {}, "DeadlineExceeded"),
    ],
)
def test_the_ladder(policy: dict[str, Any], update: dict[str, Any], reason: str) -> None:
    """Of several stops the one is told that a person would ask for first; the numbers come after all of them."""
    governing = builders.policy(progress_deadline=10 * MINUTE, pods_per_minute=1, **policy)
    wanted = builders.sidecar_set(partition=2, update=update)
    planned = builders.plan_set(wanted, [_stuck(0), builders.pod(1)], policies=[governing])
    assert builders.reasons(planned) == {"1": reason}
    assert not planned.actions


def test_a_refused_policy_holds_its_sets_only() -> None:
    """What it does not cover goes on; what it covers says why it does not."""
    refused = builders.policy(targets=LOGTAIL, rejection="RolloutPolicy calm was refused (calm.yaml:7:3)")
    sets = [builders.sidecar_set(), builders.sidecar_set(name="proxy", selector=builders.labelled(app="proxy"))]
    proxy = pods.Pod(
        "default",
        "proxy-0",
        "uid-p",
        {"app": "proxy"},
        (builders.container("proxy"),),
        (builders.mark(name="proxy"),),
        phase="Running",
        is_ready=True,
    )
    logtail, other = builders.plan_sets(sets, [builders.pod(1), proxy], policies=[refused]).sets
    assert builders.reasons(logtail) == {"1": "ManifestRejected"}
    assert _messages(logtail) == {"RolloutPolicy calm was refused (calm.yaml:7:3)"}
    assert builders.moves(other) == ["proxy-0"]


@pytest.mark.parametrize(
    ("partition", "policy", "taken"),
    [
        (0, {}, 6),
        (4, {}, 2),
        (0, {"pods_per_minute": 1, "windows": ("0 13 * * *", 4 * MINUTE)}, 4),
        (0, {"pods_per_minute": 2, "windows": ("0 13 * * *", 90 * SECOND)}, 4),
        (0, {"pods_per_minute": 5, "windows": ("0 13 * * *", 30 * SECOND)}, 5),
        (3, {"pods_per_minute": 1, "windows": ("0 13 * * *", 4 * MINUTE)}, 3),
        (0, {"pods_per_minute": 100, "windows": ("0 13 * * *", 4 * MINUTE)}, 6),
    ],
)
def test_a_closed_window_says_when_it_opens_and_how_many_it_takes(
    partition: int, policy: dict[str, Any], taken: int
) -> None:
    """The words name the policy, the opening, and the pods that partition and pace times duration let go then."""
    schedule, duration = policy.pop("windows", ("0 13 * * *", HOUR))
    window = policies.Window(policies.WindowType.ALLOW, schedule, duration)
    found = [builders.pod(number) for number in range(6)]
    wanted = builders.sidecar_set(partition=partition)
    [message] = _messages(builders.plan_set(wanted, found, policies=[builders.policy(windows=(window,), **policy)]))
    assert "RolloutPolicy calm (calm.yaml:4:9)" in message
    assert "window opens Tue 2026-11-24 13:00 UTC" in message
    assert message.endswith(f"; it takes {taken} of 6 waiting pods")


def test_a_freeze_with_an_end_says_how_many_it_takes_and_one_without_does_not() -> None:
    """Nobody knows what an opening takes that never comes."""
    until = policies.Freeze("close", end=builders.NOW + HOUR)
    for freeze, is_told in ((until, True), (FREEZE, False)):
        planned = builders.plan_set(
            builders.sidecar_set(), [builders.pod(1)], policies=[builders.policy(freezes=(freeze,))]
        )
        [message] = _messages(planned)
        assert ("it takes 1 of 1 waiting pod" in message) == is_told


def test_a_stop_that_outranks_the_calendar_says_nothing_of_openings() -> None:
    """A paused set goes on when somebody lifts the pause, whatever window is open then."""
    policy = builders.policy(windows=(CLOSED,))
    planned = builders.plan_set(builders.sidecar_set(update={"paused": True}), [builders.pod(1)], policies=[policy])
    assert _messages(planned) == {"updateStrategy.paused is true; set it to false to release"}


# --- until when


def test_an_open_window_says_when_it_closes() -> None:
    """The senders and the alarm both read the end of the opening."""
    planned = builders.plan_set(
        builders.sidecar_set(), [builders.pod(1), builders.pod(2)], policies=[builders.policy(windows=(OPEN,))]
    )
    assert planned.closes_at == planned.wakes_at == builders.NOW + HOUR / 2
    assert builders.moves(planned) == ["2"]


def test_a_closed_window_wakes_when_it_opens() -> None:
    """At the opening the plan differs though no pod has changed."""
    policy = builders.policy(windows=(CLOSED,))
    planned = builders.plan_set(builders.sidecar_set(), [builders.pod(1)], policies=[policy])
    assert (planned.wakes_at, planned.closes_at) == (builders.NOW + HOUR, None)
    later = builders.plan_set(builders.sidecar_set(), [builders.pod(1)], policies=[policy], after=3600)
    assert builders.moves(later) == ["1"]


def test_nobody_is_woken_who_waits_for_nothing() -> None:
    """A set without drifted pods does not care for openings."""
    policy = builders.policy(windows=(CLOSED,), freezes=(policies.Freeze("x", end=builders.NOW + HOUR),))
    planned = builders.plan_set(builders.sidecar_set(), [builders.pod(1, builders.NEW)], policies=[policy])
    assert planned.wakes_at is None


# --- minReadySeconds


def test_a_settling_pod_uses_budget_and_is_not_finished() -> None:
    """Ready for half of minReadySeconds: in flight, not finished, and the next one waits for it and says so."""
    calm = builders.policy(min_ready=MINUTE)
    planned = builders.plan_set(builders.sidecar_set(), [_ready_for(30, 0), builders.pod(1)], policies=[calm])
    assert builders.reasons(planned) == {"1": "Settling"}
    assert [pod.name for pod in planned.settling] == [pod.name for pod in planned.in_flight] == ["pod-0"]
    assert planned.finished == ()
    assert planned.count(censuses.FINISHED) == 0
    assert planned.wakes_at == builders.NOW + 30 * SECOND
    [message] = _messages(planned)
    assert message.startswith("1 moved pod has not been Ready for 60 s yet (minReadySeconds)")


def test_a_pod_that_has_settled_makes_room() -> None:
    """At the very end of minReadySeconds it is finished, and the next one goes."""
    calm = builders.policy(min_ready=MINUTE)
    planned = builders.plan_set(builders.sidecar_set(), [_ready_for(60, 0), builders.pod(1)], policies=[calm])
    assert builders.moves(planned) == ["1"]
    assert [pod.name for pod in planned.finished] == ["pod-0"]
    assert planned.settling == ()


def test_who_waits_for_settling_pods_is_told_apart_from_who_waits_for_budget() -> None:
    """Of five that wait, two take the places of the two that settle, and the rest wait for budget."""
    found = [_ready_for(30, 0), _ready_for(30, 1), builders.flying(2), *(builders.pod(n) for n in range(3, 8))]
    wanted = builders.sidecar_set(max_unavailable=3)
    planned = builders.plan_set(wanted, found, policies=[builders.policy(min_ready=MINUTE)])
    assert sorted(builders.reasons(planned).values()) == ["BudgetExhausted"] * 3 + ["Settling"] * 2
    assert {builders.reasons(planned)[name] for name in ("7", "6")} == {"Settling"}


def test_the_longest_of_several_min_ready_counts() -> None:
    """All policies must be content."""
    both = [builders.policy("a", min_ready=10 * SECOND), builders.policy("b", min_ready=MINUTE)]
    planned = builders.plan_set(builders.sidecar_set(), [_ready_for(30)], policies=both)
    assert planned.wakes_at == builders.NOW + 30 * SECOND


def test_only_pods_that_we_moved_settle() -> None:
    """A new pod that brought the latest spec along is finished as soon as it is Ready."""
    fresh = builders.pod(0, builders.NEW, ready_since=builders.NOW - SECOND)
    planned = builders.plan_set(
        builders.sidecar_set(), [fresh, builders.pod(1)], policies=[builders.policy(min_ready=MINUTE)]
    )
    assert builders.moves(planned) == ["1"]


def test_an_ailing_pod_that_settles_leaves_the_budget_of_the_healthy_alone() -> None:
    """It cost none when it was moved, so it costs none while it settles."""
    found = [_ready_for(30, 0, was_ready=False), builders.pod(1)]
    planned = builders.plan_set(builders.sidecar_set(), found, policies=[builders.policy(min_ready=MINUTE)])
    assert builders.moves(planned) == ["1"]
    assert [pod.name for pod in planned.settling] == ["pod-0"]


# --- progressDeadlineSeconds


def _plan_late(found: list[pods.Pod], **context: Any) -> plans.SetPlan:
    deadline = builders.policy(progress_deadline=10 * MINUTE)
    wanted = builders.sidecar_set(max_unavailable=2)
    return builders.plan_set(wanted, found, **{"policies": [deadline], **context})


def test_before_the_deadline_nothing_is_held_and_the_alarm_is_set() -> None:
    """A pod that is in flight for less than the deadline leaves the rest of the budget to others."""
    planned = _plan_late([_stuck(0, ago=590), builders.pod(1), builders.pod(2)])
    assert builders.moves(planned) == ["2"]
    assert planned.overdue == ()
    assert planned.wakes_at == builders.NOW + 10 * SECOND


def test_after_the_deadline_everything_waiting_is_held() -> None:
    """Nothing starts, though there is budget left, and the words name the pod, the policy and what releases."""
    planned = _plan_late([_stuck(0, ago=600), builders.pod(1), builders.pod(2)])
    assert builders.reasons(planned) == {"1": "DeadlineExceeded", "2": "DeadlineExceeded"}
    assert [pod.name for pod in planned.overdue] == ["pod-0"]
    assert _messages(planned) == {
        "no pod has come further for 600 s (progressDeadlineSeconds of RolloutPolicy calm, calm.yaml:4:9): 1 in flight "
        "(e.g. default/pod-0); released when they are Ready, or by another spec"
    }
    assert planned.wakes_at is None


def test_no_deadline_is_missed_while_moves_go_on() -> None:
    """One pod hangs for an hour, others were moved within the deadline: the rollout comes further."""
    planned = _plan_late([_stuck(0, ago=3600), _ready_for(300, 1), builders.pod(2), builders.pod(3)])
    assert builders.moves(planned) == ["3"]


def test_a_new_spec_begins_anew() -> None:
    """The failing pods of the old spec are moved on at once, however late they are."""
    stuck = builders.pod(
        0,
        "logtail:bad",
        ready=False,
        move=builders.moved(ago=3600),
        live={"container_id": "id-0", "waiting": "ErrImagePull"},
    )
    planned = _plan_late([stuck, builders.pod(1)])
    assert builders.moves(planned)[0] == "0"
    assert planned.overdue == ()


@pytest.mark.parametrize(("unready_after", "is_late"), [(3600, False), (40, True)])
def test_an_application_that_failed_on_its_own_later_does_not_count(unready_after: int, is_late: bool) -> None:
    """One that lost readiness long after our move is not our doing; one that lost it right after it is."""
    failed = builders.pod(
        0,
        builders.NEW,
        ready=False,
        live={"is_ready": True},
        move=builders.moved(ago=7200),
        unready_since=builders.NOW - datetime.timedelta(seconds=7200 - unready_after),
    )
    planned = _plan_late([failed, builders.pod(1)])
    assert bool(planned.overdue) == is_late
    assert bool(planned.actions) != is_late


def test_it_goes_on_once_the_pod_is_ready() -> None:
    """The deadline is a state, not a verdict."""
    planned = _plan_late([builders.pod(0, builders.NEW, move=builders.moved(ago=3600)), builders.pod(1)])
    assert builders.moves(planned) == ["1"]


def test_other_sets_go_on() -> None:
    """A set that has missed its deadline holds itself only."""
    proxy = builders.sidecar_set(name="proxy", max_unavailable=2)
    both = [
        pods.Pod(
            "default",
            f"pod-{number}",
            f"uid-{number}",
            {"app": "web"},
            (*row.containers, builders.container("proxy", index=2)),
            (*row.marks, builders.mark(name="proxy")),
            phase="Running",
            is_ready=row.is_ready,
        )
        for number, row in enumerate([_stuck(0), builders.pod(1)])
    ]
    deadline = builders.policy(targets=LOGTAIL, progress_deadline=10 * MINUTE)
    logtail, other = builders.plan_sets([builders.sidecar_set(), proxy], both, policies=[deadline]).sets
    assert builders.reasons(logtail) == {"1": "DeadlineExceeded"}
    assert builders.moves(other) == ["1"]
    assert not other.has_deadline


def test_the_shortest_of_several_deadlines_counts() -> None:
    """The policy that is the first to lose patience is the one that is named."""
    several = [
        builders.policy("a", progress_deadline=HOUR),
        builders.policy("b", progress_deadline=10 * MINUTE),
    ]
    [message] = _messages(_plan_late([_stuck(0), builders.pod(1)], policies=several))
    assert "of RolloutPolicy b, b.yaml:4:9" in message


# --- what no stop may hide


@pytest.mark.parametrize(
    ("stop", "reasons"),
    [
        ({"policies": [builders.policy(windows=(CLOSED,))]}, {"0": "NotUpgradable", "1": "WindowClosed"}),
        ({"policies": [builders.policy(freezes=(FREEZE,))]}, {"0": "NotUpgradable", "1": "Frozen"}),
    ],
)
def test_the_calendar_holds_those_who_wait_for_it(stop: dict[str, Any], reasons: dict[str, str]) -> None:
    """Of a pod that must be recreated it would be no truth that it moves when the window opens."""
    bound = builders.pod(0, marks=(builders.mark(shape="v1-other"),))
    planned = builders.plan_set(builders.sidecar_set(), [bound, builders.pod(1)], **stop)
    assert builders.reasons(planned) == reasons


@pytest.mark.parametrize("update", [{}, {"paused": True}])
@pytest.mark.parametrize("image", [builders.OLD, builders.NEW])
def test_no_stop_hides_a_conflict(update: dict[str, Any], image: str) -> None:
    """Only a person settles whose a container is: paused or not, drifted or not, the pod says so."""
    rival = builders.sidecar_set("other:1", name="rival", sidecars=(sidecarsets.Sidecar("logtail", "other:1"),))
    marks = (builders.mark(image), builders.mark(image, name="rival"))
    marks = (marks[0], dataclasses.replace(marks[1], containers=("logtail",)))
    [ours, _] = builders.plan_sets(
        [builders.sidecar_set(update=update), rival], [builders.pod(0, image, marks=marks)]
    ).sets
    assert builders.reasons(ours) == {"0": "ConflictingSets"}


def test_a_window_takes_nobody_whom_the_budget_never_lets_go() -> None:
    """With maxUnavailable 0 only ailing pods will move, whatever the window."""
    found = [builders.pod(0), builders.pod(1), builders.pod(2, ready=False)]
    shut = builders.policy(windows=(CLOSED,))
    [message] = _messages(builders.plan_set(builders.sidecar_set(max_unavailable=0), found, policies=[shut]))
    assert message.endswith("; it takes 1 of 3 waiting pods")


def test_a_missed_deadline_stays_missed_while_the_pod_is_in_flight() -> None:
    """A sidecar that crashes again and again is Ready in between: that is no progress."""
    policy = builders.policy(progress_deadline=10 * MINUTE, min_ready=MINUTE)
    between = builders.pod(0, builders.NEW, move=builders.moved(ago=1200), ready_since=builders.NOW - 10 * SECOND)
    known = histories.SetHistory(
        builders.sidecar_set(), 1, builders.REVISION, conditions={"DeadlineExceeded": ("True", "2026-11-24T00:00:00Z")}
    )
    history = histories.History({"logtail": known})
    found = [between, builders.pod(1), builders.pod(2)]
    late = builders.plan_set(builders.sidecar_set(max_unavailable=2), found, policies=[policy], history=history)
    assert builders.reasons(late) == {"1": "DeadlineExceeded", "2": "DeadlineExceeded"}
    fresh = builders.plan_set(builders.sidecar_set(max_unavailable=2), found, policies=[policy])
    assert builders.moves(fresh) == ["2"]


def test_a_missed_deadline_is_released_as_the_pod_has_settled() -> None:
    """Also for who planned before and remembers the pod as one that settles: nobody looked at it since."""
    rule = builders.policy(progress_deadline=10 * MINUTE, min_ready=MINUTE)
    between = builders.pod(0, builders.NEW, move=builders.moved(ago=1200), ready_since=builders.NOW - 10 * SECOND)
    wanted = builders.sidecar_set(max_unavailable=2)
    late = {"DeadlineExceeded": ("True", "2026-11-24T00:00:00Z")}
    history = histories.History({"logtail": histories.SetHistory(wanted, 1, builders.REVISION, conditions=late)})
    desired = desires.Desired(builders.REVISION, (wanted,), policies=(rule,))
    snapshot = pods.snapshot([between, builders.pod(1), builders.pod(2)])
    memory = ledgers.Ledgers()
    [now] = planner.plan(desired, snapshot, history, builders.NOW, memory=memory).sets
    assert [pod.name for pod in now.overdue] == ["pod-0"]
    [then] = planner.plan(desired, snapshot, history, builders.NOW + MINUTE, memory=memory).sets
    assert builders.moves(then) == ["2", "1"]
    assert then.overdue == ()


def test_a_crash_loop_is_late_while_others_wait_for_it() -> None:
    """It was Ready for a moment long after its move, and crashes again: nobody else shall follow it."""
    crashing = _stuck(0, ago=1200, container_id="id-2", waiting="CrashLoopBackOff", restarts=9)
    crashing = dataclasses.replace(crashing, unready_since=builders.NOW - MINUTE)
    policy = builders.policy(progress_deadline=10 * MINUTE)
    planned = builders.plan_set(builders.sidecar_set(max_unavailable=2), [crashing, builders.pod(1)], policies=[policy])
    assert builders.reasons(planned) == {"1": "DeadlineExceeded"}
    alone = builders.plan_set(builders.sidecar_set(), [crashing], policies=[policy])
    assert not alone.overdue
