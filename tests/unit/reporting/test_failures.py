"""A pod that cannot start is told as one until it runs for good, and a set with many of them keeps to a page."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from gitsidecar.model import histories, plans, pods, reports
from gitsidecar.reporting import files
from gitsidecar.reporting import histories as memories
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies

_Reason = plans.HoldReason
_MINUTE = datetime.timedelta(minutes=1)
_DONE = [b.pod(number, b.NEW) for number in range(5)]


def _moved(number: int, **fields: Any) -> pods.Pod:
    """Return a pod that we moved an hour ago."""
    move = pods.Move(b.NOW - 60 * _MINUTE)
    mark = pods.Mark("logtail", b.NEW_SPEC, "v1-00000000000000cc", b.REVISION, ("logtail",), move)
    return b.pod(number, b.NEW, marks=(mark,), **fields)


def _crashed(*numbers: int) -> plans.SetPlan:
    return b.set_plan(done=_DONE, failing=[_moved(each, waiting="CrashLoopBackOff") for each in numbers])


def _remembered(report: reports.SetReport) -> histories.History:
    """Return the history that a process reads back which starts after *report* was recorded."""
    content = files.render(reports.Report("prod", b.REVISION, (report,)))
    return memories.read(content, b.restore, policies.restore)


def _after(first: plans.SetPlan, *then: plans.SetPlan, now: datetime.datetime = b.NOW) -> reports.SetReport:
    """Return the report of the last of these passes; each knows what the one before it has recorded."""
    report = b.report(first, now=now)
    for each in then:
        report = b.report(each, known=_remembered(report), now=now)
    return report


def _stand(report: reports.SetReport) -> tuple[bool, bool, str]:
    complete, blocked = report.condition("Complete"), report.condition("Blocked")
    assert complete is not None
    assert blocked is not None
    return complete.status, blocked.status, complete.reason


def _ready(minutes: float, *numbers: int) -> plans.SetPlan:
    since = b.NOW - minutes * _MINUTE
    return b.set_plan(done=[*_DONE, *(_moved(each, ready_since=since) for each in numbers)])


def test_a_crashing_pod_that_is_ready_for_a_moment_is_still_failing() -> None:
    """Without a readiness probe a pod is Ready between two crashes; the set stays blocked, with the same words."""
    crashed = _after(_crashed(8))
    between = _after(_crashed(8), _ready(0.1, 8))
    assert _stand(between) == (False, True, "PodsFailing")
    assert (between.conditions, between.failing) == (crashed.conditions, crashed.failing)


def test_a_complete_set_is_reopened_once_by_a_crashing_pod() -> None:
    """Crash and start in turn, six times over: Complete goes, and does not come back between the crashes."""
    turns = [_crashed(8), _ready(0.1, 8)] * 3
    stands = [_stand(_after(_ready(60, 8), *turns[:number])) for number in range(7)]
    assert stands == [(True, False, "RolledOut"), *[(False, True, "PodsFailing")] * 6]


def test_a_pod_that_runs_for_five_minutes_is_not_failing() -> None:
    """By then it has outlived the kubelet's longest pause between two attempts."""
    assert _after(_crashed(8), _ready(4.9, 8)).failing
    assert _after(_crashed(8), _ready(5, 8)).failing == {}
    assert _stand(_after(_crashed(8), _ready(5, 8))) == (True, False, "RolledOut")


def test_a_pod_that_crashed_once_alarms_nobody() -> None:
    """While it proves itself the set is neither complete nor blocked: as a rule it stays up."""
    others = b.set_plan(failing=[_moved(8, waiting="CrashLoopBackOff")], flying=[_moved(9)])
    assert _stand(_after(others)) == (False, False, "RollingOut")
    assert _stand(_after(others, _ready(0.1, 8, 9))) == (False, False, "RollingOut")
    assert _stand(_after(others, _ready(0.1, 8, 9), _ready(5, 8, 9))) == (True, False, "RolledOut")
    night = b.set_plan(done=[_moved(8, ready_since=b.NOW)], holds=[b.hold(b.pod(50), _Reason.WINDOW_CLOSED)])
    assert _stand(_after(others, night)) == (False, False, "WindowClosed")


def test_an_image_that_was_pulled_at_last_needs_no_proof() -> None:
    """What could not be pulled does not crash: the pod is fine as soon as its sidecars are ready."""
    missing = b.set_plan(done=_DONE, failing=[_moved(8, waiting="ImagePullBackOff")])
    assert _stand(_after(missing, _ready(0.1, 8))) == (True, False, "RolledOut")


def test_a_pod_whose_application_is_down_is_not_failing_for_ever() -> None:
    """Where the sidecars run and the pod has not been Ready for long, that is the application's doing."""
    down = _moved(8, is_ready=False, unready_since=b.NOW - 30 * _MINUTE)
    assert _after(_crashed(8), b.set_plan(done=_DONE, flying=[down])).failing == {}


def test_a_new_pod_of_the_same_name_is_not_failing() -> None:
    """A StatefulSet's pod that was recreated has never been moved, and starts up like any other."""
    new = b.pod(8, b.NEW, ready_since=b.NOW)
    assert _after(_crashed(8), b.set_plan(done=[*_DONE, new])).failing == {}


def test_a_pod_that_has_gone_is_not_failing() -> None:
    """Only pods that are there are told."""
    assert _after(_crashed(8), b.set_plan(done=_DONE)).failing == {}


def test_settling_between_two_crashes_is_no_movement() -> None:
    """With minReadySeconds the moment of readiness is one of settling, and the set stays blocked."""
    full = b.hold(b.pod(50), _Reason.BUDGET_EXHAUSTED)
    first = b.set_plan(failing=[_moved(8, waiting="CrashLoopBackOff")], holds=[full])
    moment = _moved(8, ready_since=b.NOW)
    then = b.set_plan(
        done=[moment], in_flight=(moment,), settling=(moment,), holds=[b.hold(b.pod(50), _Reason.SETTLING)]
    )
    assert _stand(_after(first)) == (False, True, "PodsFailing")
    assert _stand(_after(first, then)) == (False, True, "PodsFailing")


@pytest.mark.parametrize("reason", [_Reason.WINDOW_CLOSED, _Reason.FROZEN])
def test_the_calendar_does_not_hide_failing_pods(reason: plans.HoldReason) -> None:
    """A pod that cannot start needs a person by night as well: blocked, and the words say that the window is closed."""
    held = [b.hold(b.pod(number), reason, "not now; the window opens at 22:00") for number in (50, 51)]
    report = b.report(b.set_plan(failing=[_moved(8, waiting="ImagePullBackOff")], holds=held))
    assert _stand(report) == (False, True, "PodsFailing")
    blocked = report.condition("Blocked")
    assert blocked is not None
    assert "shop/web-008 (logtail: ImagePullBackOff)" in blocked.message
    assert "2 held: not now; the window opens at 22:00" in blocked.message
    assert "because of that" not in blocked.message


@pytest.mark.parametrize("reason", [_Reason.WINDOW_CLOSED, _Reason.FROZEN])
def test_a_set_that_waits_goes_on_waiting_while_a_moved_pod_wobbles(reason: plans.HoldReason) -> None:
    """A moved pod that loses readiness in a closed window does not roll anything out."""
    held = [b.hold(b.pod(50), reason)]
    still, wobble = b.set_plan(done=[_moved(1)], holds=held), b.set_plan(flying=[_moved(1)], holds=held)
    assert _stand(_after(still)) == (False, False, str(reason))
    assert _stand(_after(still, wobble)) == (False, False, str(reason))
    assert _stand(_after(wobble)) == (False, False, "RollingOut")


def _failing(numbers: Iterable[int]) -> plans.SetPlan:
    return b.set_plan(failing=[_moved(each, waiting="ImagePullBackOff") for each in numbers])


def test_twenty_failing_pods_are_named_and_all_are_counted() -> None:
    """The file of a set stays small however many pods fail, and comes back as it was written."""
    report = b.report(_failing(range(300)))
    assert (report.failing_pods, len(report.failing)) == (300, 20)
    content = files.render(reports.Report("prod", b.REVISION, (report,)))
    status = yaml.safe_load(content["sets/logtail.yaml"])["status"]
    assert (status["failingPods"], len(status["failing"])) == (300, 20)
    assert "and 290 more" in content["sets/logtail.md"].decode()
    assert "| 300 |" in content["STATUS.md"].decode()
    known = memories.read(content, b.restore, policies.restore).recorded
    assert known is not None
    assert known.sets == (dataclasses.replace(report, moves=(), failed={}),)


def test_those_that_were_named_are_named_again() -> None:
    """A pod that begins to fail pushes none out: who is forgotten would seem to move between its crashes."""
    before = _failing(range(10, 40))
    assert list(_after(before, _failing(range(40))).failing) == list(b.report(before).failing)


def test_more_failing_pods_than_names_stay_a_stop() -> None:
    """Of those without a name some run for a moment: the set that was blocked by them stays blocked."""
    one_runs = b.set_plan(
        failing=[_moved(each, waiting="CrashLoopBackOff") for each in range(29)],
        flying=[_moved(29, sidecar_ready=False, is_ready=False)],
        holds=[b.hold(b.pod(50), _Reason.BUDGET_EXHAUSTED)],
    )
    all_wait = b.set_plan(
        failing=[_moved(each, waiting="CrashLoopBackOff") for each in range(30)],
        holds=[b.hold(b.pod(50), _Reason.BUDGET_EXHAUSTED)],
    )
    assert _stand(_after(all_wait, one_runs)) == (False, True, "PodsFailing")


def test_a_record_without_a_count_counts_the_named() -> None:
    """What an earlier release wrote named every failing pod."""
    content = files.render(reports.Report("prod", b.REVISION, (b.report(_failing(range(3))),)))
    record = yaml.safe_load(content["sets/logtail.yaml"])
    del record["status"]["failingPods"]
    known = memories.read({"sets/logtail.yaml": yaml.safe_dump(record).encode()}, b.restore, policies.restore)
    assert known.recorded is not None
    assert known.recorded.sets[0].failing_pods == 3
