"""Conditions tell complete from rolling, waiting and blocked, and their times do not move by themselves."""

from __future__ import annotations

import dataclasses

import pytest

from gitsidecar.model import censuses, outcomes, plans, reports
from tests.unit.reporting import builders as b

_Reason = plans.HoldReason
_DONE = [b.pod(number, b.NEW) for number in range(5)]


def _stand(report: reports.SetReport) -> tuple[bool, bool, str]:
    complete, blocked = report.condition("Complete"), report.condition("Blocked")
    assert complete is not None
    assert blocked is not None
    assert complete.reason == blocked.reason
    return complete.status, blocked.status, complete.reason


def _holds(*reasons: plans.HoldReason) -> list[plans.Hold]:
    return [b.hold(b.pod(50 + number), reason) for number, reason in enumerate(reasons)]


@pytest.mark.parametrize(
    ("state", "stands"),
    [
        (b.set_plan(done=_DONE), (True, False, "RolledOut")),
        (b.set_plan(), (True, False, "NoPods")),
        (b.set_plan(missing=(b.pod(1),)), (True, False, "NoPods")),
        (b.set_plan(done=_DONE, flying=[b.pod(9, b.NEW)]), (False, False, "RollingOut")),
        (b.set_plan(actions=[b.pod(9)]), (False, False, "RollingOut")),
        (b.set_plan(flying=[b.pod(9, b.NEW)], holds=_holds(_Reason.BUDGET_EXHAUSTED)), (False, False, "RollingOut")),
        (b.set_plan(flying=[b.pod(9, b.NEW)], holds=_holds(_Reason.PARTITION_KEPT)), (False, False, "RollingOut")),
        (b.set_plan(done=_DONE, holds=_holds(_Reason.PARTITION_KEPT)), (False, True, "PartitionKept")),
        (b.set_plan(holds=_holds(_Reason.PAUSED)), (False, True, "Paused")),
        (b.set_plan(holds=_holds(_Reason.NOT_SELECTED)), (False, True, "NotSelected")),
        (b.set_plan(holds=_holds(_Reason.NOT_UPGRADABLE)), (False, True, "NotUpgradable")),
        (b.set_plan(holds=_holds(_Reason.IMAGE_REWRITTEN)), (False, True, "ImageRewritten")),
        (b.set_plan(holds=_holds(_Reason.POD_UNREADABLE)), (False, True, "PodUnreadable")),
        (b.set_plan(holds=_holds(_Reason.MANIFEST_REJECTED)), (False, True, "ManifestRejected")),
        (b.set_plan(holds=_holds(_Reason.BUDGET_EXHAUSTED)), (False, True, "BudgetExhausted")),
        (
            b.set_plan(holds=_holds(_Reason.PARTITION_KEPT, *[_Reason.NOT_UPGRADABLE] * 2)),
            (False, True, "NotUpgradable"),
        ),
        (b.set_plan(holds=_holds(_Reason.NOT_UPGRADABLE, _Reason.PAUSED)), (False, True, "Paused")),
        (b.set_plan(holds=_holds(_Reason.WINDOW_CLOSED)), (False, False, "WindowClosed")),
        (b.set_plan(holds=_holds(_Reason.FROZEN, _Reason.NOT_UPGRADABLE)), (False, False, "Frozen")),
        (b.set_plan(holds=_holds(_Reason.SETTLING, _Reason.PARTITION_KEPT)), (False, False, "RollingOut")),
        (b.set_plan(holds=_holds(_Reason.POD_BUSY)), (False, False, "RollingOut")),
        (
            b.set_plan(flying=[b.pod(9, b.NEW)], holds=_holds(_Reason.DEADLINE_EXCEEDED), overdue=(b.pod(9, b.NEW),)),
            (False, True, "DeadlineExceeded"),
        ),
        (
            b.set_plan(flying=[b.pod(9, b.NEW)], overdue=(b.pod(9, b.NEW),)),
            (False, True, "DeadlineExceeded"),
        ),
    ],
)
def test_standing(state: plans.SetPlan, stands: tuple[bool, bool, str]) -> None:
    """Complete, rolling out, waiting and blocked are told apart: (Complete, Blocked, reason)."""
    assert _stand(b.report(state)) == stands


def test_failing_pods_that_use_up_the_budget_block() -> None:
    """Nobody else moves until the failing pods start: blocked, in words that name a pod and the kubelet's reason."""
    failing = [b.pod(number, b.NEW, waiting="ImagePullBackOff") for number in range(3)]
    report = b.report(b.set_plan(failing=failing, holds=_holds(*[_Reason.BUDGET_EXHAUSTED] * 7)))
    assert _stand(report) == (False, True, "PodsFailing")
    blocked = report.condition("Blocked")
    assert blocked is not None
    assert "shop/web-000 (logtail: ImagePullBackOff)" in blocked.message
    assert "7 pods not moved" in blocked.message


@pytest.mark.parametrize("reason", [_Reason.PAUSED, _Reason.PARTITION_KEPT])
def test_a_stop_outranks_the_failing_pods(reason: plans.HoldReason) -> None:
    """Whoever paused shall not be told to fix the image; that pods cannot start is said as well."""
    failing = [b.pod(number, b.NEW, waiting="ImagePullBackOff") for number in range(3)]
    report = b.report(b.set_plan(failing=failing, holds=_holds(*[reason] * 7)))
    assert _stand(report) == (False, True, str(reason))
    blocked = report.condition("Blocked")
    assert blocked is not None
    assert "3 pods cannot start" in blocked.message


def test_failing_pods_alone_block() -> None:
    """Where every pod was moved and some do not start, the rollout does not end by itself either."""
    assert _stand(b.report(b.set_plan(done=_DONE, failing=[b.pod(9, b.NEW, waiting="ErrImagePull")]))) == (
        False,
        True,
        "PodsFailing",
    )


def test_failing_pods_beside_moving_ones_do_not_block() -> None:
    """While others still come up, the rollout goes on."""
    state = b.set_plan(
        failing=[b.pod(1, b.NEW, waiting="ImagePullBackOff")],
        flying=[b.pod(2, b.NEW)],
        holds=_holds(_Reason.BUDGET_EXHAUSTED),
    )
    assert _stand(b.report(state)) == (False, False, "RollingOut")


def test_budget_used_by_pods_that_start_up_does_not_block() -> None:
    """A pod that was injected with the latest spec and is not Ready yet uses budget, but not for long."""
    state = b.set_plan(holds=_holds(_Reason.BUDGET_EXHAUSTED))
    state = dataclasses.replace(state, census={**state.census, censuses.STARTING: 1})
    assert _stand(b.report(state)) == (False, False, "RollingOut")


def test_refused_writes_block() -> None:
    """A set whose patches are all refused is blocked, in the pass that finds out and in those after."""
    moving = b.set_plan(actions=[b.pod(1), b.pod(2), b.pod(3), b.pod(4)])
    refused = b.results(moving, outcomes.OutcomeKind.FORBIDDEN, "cannot patch pods")
    first = [*refused[:3], outcomes.Outcome(moving.actions[3], outcomes.OutcomeKind.WITHDRAWN, "like the others")]
    assert _stand(b.report(moving, first)) == (False, True, "WritesForbidden")
    assert b.report(moving, first) == b.report(moving, refused)


def test_one_refused_pod_beside_moved_ones_does_not_block() -> None:
    """A webhook that refuses one pod does not stop the set."""
    moving = b.set_plan(actions=[b.pod(1), b.pod(2)])
    refused = b.results(moving, outcomes.OutcomeKind.FORBIDDEN)[0]
    assert _stand(b.report(moving, [refused, b.results(moving)[1]])) == (False, False, "RollingOut")


def test_complete_survives_a_pod_that_starts() -> None:
    """Once complete, a pod that starts up or loses readiness does not reopen the rollout of the same spec."""
    wobble = b.set_plan(done=_DONE, flying=[b.pod(9, b.NEW)])
    report = b.report(wobble, known=b.history(Complete=True, Blocked=False))
    assert _stand(report) == (True, False, "RolledOut")
    assert _stand(b.report(wobble, known=b.history(spec=b.OLD_SPEC, Complete=True))) == (False, False, "RollingOut")


def test_complete_ends_with_a_failing_or_drifted_pod() -> None:
    """A sidecar that cannot start, or a pod with another spec, reopens it."""
    known = b.history(Complete=True, Blocked=False)
    failing = b.set_plan(done=_DONE, failing=[b.pod(9, b.NEW, waiting="CrashLoopBackOff")])
    assert _stand(b.report(failing, known=known)) == (False, True, "PodsFailing")
    drifted = b.set_plan(done=_DONE, holds=_holds(_Reason.NOT_UPGRADABLE))
    assert _stand(b.report(drifted, known=known)) == (False, True, "NotUpgradable")


def test_blocked_survives_a_pod_that_loses_readiness() -> None:
    """A canary that holds at its partition stays blocked while one of its moved pods restarts."""
    wobble = b.set_plan(done=_DONE, flying=[b.pod(9, b.NEW)], holds=_holds(_Reason.PARTITION_KEPT))
    assert _stand(b.report(wobble, known=b.history(Complete=False, Blocked=True))) == (False, True, "PartitionKept")


def test_blocked_ends_when_something_moves() -> None:
    """The first pod moved after a stop shows that it is over."""
    moving = b.set_plan(actions=[b.pod(1)], holds=_holds(_Reason.BUDGET_EXHAUSTED))
    report = b.report(moving, b.results(moving), b.history(Complete=False, Blocked=True))
    assert _stand(report) == (False, False, "RollingOut")


def test_accepted_tells_the_refusal() -> None:
    """While a last good form stands in, Accepted is false and says why."""
    refused = b.sidecar_set(rejection="sets/logtail.yaml:7:3: error: spec.selector: is required")
    accepted = b.report(b.set_plan(sidecar_set=refused)).condition("Accepted")
    assert accepted is not None
    assert (accepted.status, accepted.reason) == (False, "ManifestRejected")
    assert accepted.message == refused.rejection


def test_times_move_only_with_the_status() -> None:
    """A condition keeps its time while its status stays, also when its reason changes."""
    known = b.history(Accepted=True, Complete=False, Blocked=False)
    report = b.report(b.set_plan(holds=_holds(_Reason.PAUSED)), known=known, now=b.LATER)
    assert {each.type: each.since for each in report.conditions} == {
        "Accepted": "2026-11-24T01:00:00Z",
        "Complete": "2026-11-24T01:00:00Z",
        "Blocked": "2026-11-24T03:00:00Z",
    }


def test_stable_is_the_last_complete_spec() -> None:
    """The stable spec moves when a rollout completes, not before."""
    known = b.history(Complete=False)
    assert b.report(b.set_plan(flying=[b.pod(1, b.NEW)]), known=known).stable == b.OLD_SPEC
    assert b.report(b.set_plan(done=_DONE), known=known).stable == b.NEW_SPEC
    assert b.report(b.set_plan(flying=[b.pod(1, b.NEW)])).stable == ""


def test_a_missed_deadline_is_a_condition_of_its_own() -> None:
    """A set with a deadline says whether it was missed, and for which pods; a set without one says nothing of it."""
    flying = b.pod(9, b.NEW)
    late = b.report(b.set_plan(flying=[flying], overdue=(flying,), has_deadline=True)).condition("DeadlineExceeded")
    assert late is not None
    assert (late.status, late.reason) == (True, "Overdue")
    assert "shop/web-009" in late.message
    in_time = b.report(b.set_plan(flying=[flying], has_deadline=True)).condition("DeadlineExceeded")
    assert in_time is not None
    assert not in_time.status
    assert b.report(b.set_plan(flying=[flying])).condition("DeadlineExceeded") is None
