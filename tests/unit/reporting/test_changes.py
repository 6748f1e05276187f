"""Transitions are told at once, progress is not."""

from __future__ import annotations

import dataclasses

import pytest

from gitsidecar.model import censuses, findings, histories, outcomes, plans, reports
from gitsidecar.reporting import changes, files
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies

_Reason = plans.HoldReason


def _rollout(done: int, *reasons: plans.HoldReason, fly: int = 1, commit: str = b.REVISION) -> plans.SetPlan:
    """Return a rollout of 20 pods in which *done* are finished and *fly* in flight; the rest is held."""
    pods = [b.pod(number, b.NEW if number < done + fly else b.OLD) for number in range(20)]
    rest = pods[done + fly :]
    holds = [b.hold(each, reasons[number % len(reasons)]) for number, each in enumerate(rest)]
    return b.set_plan(done=pods[:done], flying=pods[done : done + fly], holds=holds, commit=commit)


_BEFORE = _rollout(3, _Reason.BUDGET_EXHAUSTED, _Reason.PARTITION_KEPT)


def _record(state: plans.SetPlan, found: tuple[findings.Finding, ...] = ()) -> histories.History:
    report = summaries.summarise(b.plan(state, found=found), (), histories.History(), cluster="prod")
    return memories.read(files.render(report), b.restore, policies.restore)


def _is_transition(state: plans.SetPlan, before: plans.SetPlan = _BEFORE) -> bool:
    history = _record(before)
    return changes.is_transition(summaries.summarise(b.plan(state), (), history, cluster="prod"), history)


@pytest.mark.parametrize(
    "state",
    [
        _BEFORE,
        _rollout(9, _Reason.BUDGET_EXHAUSTED, _Reason.PARTITION_KEPT),
        _rollout(3, _Reason.PARTITION_KEPT),
        _rollout(3, _Reason.SETTLING, _Reason.PARTITION_KEPT, _Reason.PACE_LIMITED, _Reason.POD_BUSY),
        dataclasses.replace(_BEFORE, census={**_BEFORE.census, censuses.MISSING: 1}),
    ],
)
def test_progress_is_no_transition(state: plans.SetPlan) -> None:
    """Counts, and the holds that come and go in a healthy rollout, can wait for the interval."""
    assert not _is_transition(state)


@pytest.mark.parametrize(
    "state",
    [
        _rollout(20, _Reason.PAUSED, fly=0),
        _rollout(3, _Reason.PARTITION_KEPT, fly=0),
        _rollout(3, _Reason.PARTITION_KEPT, _Reason.NOT_UPGRADABLE),
        _rollout(3, _Reason.BUDGET_EXHAUSTED),
        dataclasses.replace(_BEFORE, generation=3),
        dataclasses.replace(_BEFORE, commit="0" * 40),
        dataclasses.replace(_BEFORE, sidecar_set=b.sidecar_set(rejection="sets/logtail.yaml:1:1: error: no")),
        dataclasses.replace(_BEFORE, sidecar_set=b.sidecar_set("proxy")),
    ],
)
def test_news_is_a_transition(state: plans.SetPlan) -> None:
    """Conditions, reasons to hold, a new manifest, a refusal, a set that comes or goes are told at once."""
    assert _is_transition(state)


def test_reason_of_a_condition_is_news() -> None:
    """Blocked for another reason is another story."""
    before = _rollout(3, _Reason.PARTITION_KEPT, _Reason.PARTITION_KEPT, _Reason.NOT_SELECTED, fly=0)
    after = _rollout(3, _Reason.PARTITION_KEPT, _Reason.NOT_SELECTED, _Reason.NOT_SELECTED, fly=0)
    assert _is_transition(after, before)


def test_rejections_are_news() -> None:
    """An error in any file is told at once, and so is its end; warnings are not."""
    error = findings.Finding("a.yaml", 1, 1, "spec", "no")
    warning = dataclasses.replace(error, level=findings.Level.WARNING)
    clean, faulty = _record(_BEFORE), _record(_BEFORE, (error,))

    def report(history: histories.History, *found: findings.Finding) -> reports.Report:
        return summaries.summarise(b.plan(_BEFORE, found=found), (), history, cluster="prod")

    assert changes.is_transition(report(clean, error), clean)
    assert changes.is_transition(report(faulty), faulty)
    assert not changes.is_transition(report(faulty, error), faulty)
    assert not changes.is_transition(report(clean, warning), clean)


def test_first_refused_write_is_news() -> None:
    """That the API server refuses the patches of a set is told in the pass that finds it out."""
    moving = b.set_plan(actions=[b.pod(1), b.pod(2)])
    history = _record(moving)
    refused = b.results(moving, outcomes.OutcomeKind.FORBIDDEN)[:1]
    moved = b.results(moving)[1:]
    report = summaries.summarise(b.plan(moving), (*refused, *moved), history, cluster="prod")
    assert changes.is_transition(report, history)


def test_first_record_is_a_transition() -> None:
    """Where nothing was recorded, everything is news."""
    assert changes.is_transition(reports.Report("prod", ""), histories.History())
