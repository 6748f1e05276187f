"""The act phase asks before each eviction: whether its set's window is open, and whether new pods are injected."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from gitsidecar.model import histories, outcomes, plans, reports
from gitsidecar.reconciler import acting, resting, sparing
from tests.support import benches
from tests.unit.planning import builders

CLOSES = builders.NOW + datetime.timedelta(minutes=5)


@pytest.mark.parametrize(
    ("objections", "silence", "words"),
    [
        ({}, "", ""),
        ({CLOSES: "the rollout window has closed"}, "", "the rollout window has closed"),
        ({None: "another set's window"}, "", ""),
        ({}, "the webhook is not registered yet", "the webhook is not registered yet"),
    ],
)
async def test_what_stops_an_eviction_that_is_planned(
    bench: benches.Bench, objections: dict[datetime.datetime | None, str], silence: str, words: str
) -> None:
    """Whatever was so when it was planned."""
    pod = bench.cluster.snapshot().pods[0]
    eviction = plans.Eviction(pod, "logtail", "", at=builders.NOW, after=builders.NOW, noted_at=builders.NOW)
    wanted = builders.sidecar_set()
    planned = plans.SetPlan(wanted, 1, "4f2a9c1", evictions=(eviction,), closes_at=CLOSES)
    note = reports.Attempt(pod.namespace, pod.name, pod.uid, pod.workload, wanted.spec_hash, builders.NOW, builders.NOW)
    known = histories.SetHistory(wanted, 1, "4f2a9c1", attempts=(note,))
    spares = sparing.Spares((), lambda: silence)
    actor = acting.Actor(bench.cluster, bench.clock, resting.Rests(), spares, in_flight=1)
    plan = plans.Plan(builders.NOW, "4f2a9c1", (planned,))
    recorded = histories.History(sets={"logtail": known})
    sent, [found] = await actor.act(plan, recorded, lambda closes_at: objections.get(closes_at, ""))
    assert (sent, found.message) == ((), words)
    assert (found.kind is outcomes.OutcomeKind.WITHDRAWN) == bool(words)
    assert await actor.act(plan, dataclasses.replace(recorded, sets={}), lambda _: "") == ((), ())
