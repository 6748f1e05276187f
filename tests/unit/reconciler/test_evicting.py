"""Which evictions of a plan are sent: those that the branch knows of as the plan does, while nothing has changed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gitsidecar.model import histories, outcomes, plans, reports
from gitsidecar.reconciler import evicting
from tests.support import benches
from tests.unit.planning import builders

NOTED = builders.NOW
POD = builders.pod(workload="Deployment/web", marks=())
ATTEMPT = reports.Attempt("default", POD.name, POD.uid, POD.workload, f"v1-{builders.NEW}", NOTED, NOTED)
EVICTION = plans.Eviction(POD, "logtail", "it lacks the sidecars", at=NOTED, after=NOTED, noted_at=NOTED)


def _sent(eviction: plans.Eviction, *attempts: reports.Attempt) -> list[plans.Eviction]:
    wanted = builders.sidecar_set()
    planned = plans.SetPlan(wanted, 1, "4f2a9c1", evictions=(eviction,))
    known = histories.SetHistory(wanted, 1, "4f2a9c1", attempts=attempts)
    return list(evicting.noted([planned], histories.History(sets={"logtail": known})))


def test_who_is_noted_is_evicted() -> None:
    """And nobody that the branch doesn't know of, whatever this process believes."""
    assert _sent(EVICTION, ATTEMPT) == [EVICTION]
    assert _sent(EVICTION) == []
    assert _sent(EVICTION, dataclasses.replace(ATTEMPT, uid="uid-of-another")) == []


def test_a_note_of_before_is_made_anew_first() -> None:
    """For another spec, or of more than an hour ago: the plan has it as not noted, or at another time."""
    assert _sent(dataclasses.replace(EVICTION, noted_at=None), ATTEMPT) == []
    assert _sent(EVICTION, dataclasses.replace(ATTEMPT, at=NOTED.replace(minute=30))) == []


def _evictions(bench: benches.Bench) -> list[plans.Eviction]:
    found = bench.cluster.snapshot().pods
    return [plans.Eviction(pod, "logtail", "", at=NOTED, after=NOTED, noted_at=NOTED) for pod in found]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({}, ""),
        ({"uid": "uid-of-the-one-before"}, "the pod is gone"),
        ({"name": "other"}, "the pod is gone"),
        ({"labels": {"app": "web", "version": "1"}}, "the pod has changed"),
        ({"marks": (builders.mark(),)}, "the pod has changed"),
        ({"workload": "Deployment/other"}, "the pod has changed"),
    ],
)
async def test_what_changed_since_it_was_planned_stays(bench: benches.Bench, seen: dict[str, Any], words: str) -> None:
    """Not the other one of its name, nor one that has become another set's, or another owner's."""
    first = _evictions(bench)[0]
    planned = dataclasses.replace(first, pod=dataclasses.replace(first.pod, **seen))
    [found] = await evicting.send([planned], bench.cluster, objection=lambda _: "", now=bench.clock.now)
    assert words in found.message
    assert found.kind is (outcomes.OutcomeKind.WITHDRAWN if words else outcomes.OutcomeKind.APPLIED)
    assert len(bench.cluster.ledger.evictions) == int(not words)


async def test_a_stop_between_two_evictions_is_seen(bench: benches.Bench) -> None:
    """The question is asked before each of them."""

    def objection(_: plans.Eviction) -> str:
        return "revision 5d10e77 came first" if bench.cluster.ledger.evictions else ""

    found = await evicting.send(_evictions(bench), bench.cluster, objection=objection, now=bench.clock.now)
    assert [each.kind for each in found] == [outcomes.OutcomeKind.APPLIED, *[outcomes.OutcomeKind.WITHDRAWN] * 3]
    assert {each.message for each in found[1:]} == {"revision 5d10e77 came first"}


async def test_who_is_ending_is_left_to_end(bench: benches.Bench) -> None:
    """Whoever did it: the owner makes the new pod anyway."""
    first = _evictions(bench)[0]
    bench.cluster.evict_now(first)
    bench.wait(1)
    [found] = await evicting.send([first], bench.cluster, objection=lambda _: "", now=bench.clock.now)
    assert (found.kind, found.message) == (outcomes.OutcomeKind.WITHDRAWN, "the pod is ending")
