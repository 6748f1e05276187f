"""Who is spared after an eviction that failed, and what stops one that was planned at the last moment."""

from __future__ import annotations

import datetime

import pytest

from gitsidecar.model import outcomes, plans, pods
from gitsidecar.reconciler import evicting, sparing
from gitsidecar.simulation import clocks, clusters, workloads
from tests.unit.planning import builders

Kind = outcomes.OutcomeKind
NOW = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)
POD = pods.Pod("shop", "web-1", "uid-1", {"app": "web"})


def _eviction(pod: pods.Pod = POD) -> plans.Eviction:
    return plans.Eviction(pod, "logtail", "it lacks the sidecars", NOW, NOW)


def _after(seconds: float) -> datetime.datetime:
    return NOW + datetime.timedelta(seconds=seconds)


def _noted(kind: outcomes.OutcomeKind, *, tries: int = 1, retry_after: float | None = None) -> sparing.Spares:
    spares = sparing.Spares()
    for _ in range(tries):
        spares.note([outcomes.Evicted(_eviction(), kind, "no", retry_after)], NOW)
    return spares


@pytest.mark.parametrize(
    ("kind", "retry_after", "tries", "rest"),
    [
        (Kind.DEFERRED, 60.0, 1, 60),
        (Kind.DEFERRED, 60.0, 2, 120),
        (Kind.DEFERRED, 60.0, 20, 3600),
        (Kind.DEFERRED, None, 1, 1),
        (Kind.FORBIDDEN, None, 1, 120),
        (Kind.APPLIED, None, 1, 0),
        (Kind.GONE, None, 1, 0),
        (Kind.WITHDRAWN, None, 1, 0),
    ],
)
def test_how_long_a_pod_rests(kind: outcomes.OutcomeKind, retry_after: float | None, tries: int, rest: int) -> None:
    """Twice as long each time, an hour at most; what is no failure rests nobody."""
    spares = _noted(kind, tries=tries, retry_after=retry_after)
    assert ("uid-1" in spares.at(_after(rest - 1)).pods) == (rest > 0)
    assert "uid-1" not in spares.at(_after(rest)).pods


def test_a_refusal_rests_the_set() -> None:
    """For a minute; what the API server said is said until it says something else."""
    spares = _noted(Kind.FORBIDDEN)
    assert spares.at(_after(59)).sets == {"logtail"}
    after = spares.at(_after(60))
    assert (after.sets, after.refusals) == (frozenset(), {"logtail": "no"})
    spares.note([outcomes.Evicted(_eviction(), Kind.DEFERRED, "429")], _after(60))
    assert spares.at(_after(61)).refusals == {}


@pytest.mark.parametrize(
    ("waiting", "silence", "seconds"), [(1, "not registered yet", 5.0), (0, "no", None), (1, "", None)]
)
def test_it_is_asked_again_while_the_webhook_is_silent(waiting: int, silence: str, seconds: float | None) -> None:
    """If anybody waits for it: no event of a pod would tell."""
    spares = sparing.Spares((), lambda: silence)
    planned = plans.SetPlan(builders.sidecar_set(), 1, "4f2a9c1", repair=plans.Repair(waiting=waiting))
    assert spares.next_end(plans.Plan(NOW, "", (planned,)), NOW) == seconds
    assert spares.at(NOW).silence == silence


@pytest.fixture
async def cluster() -> clusters.SimulatedCluster:
    """Return a watched cluster with two pods of one owner."""
    made = clusters.SimulatedCluster(clocks.VirtualClock(NOW), seed=1)
    containers = workloads.containers({"app": "app:1"})
    made.add_workload(workloads.Workload("shop", "Deployment", "web", 2, {"app": "web"}, containers), is_running=True)
    await made.start(lambda: None)
    return made


async def _send(cluster: clusters.SimulatedCluster, pod: pods.Pod, words: str = "") -> outcomes.Evicted:
    [found] = await evicting.send([_eviction(pod)], cluster, objection=lambda _: words, now=lambda: _after(7))
    return found


async def test_it_is_stamped_when_it_is_sent(cluster: clusters.SimulatedCluster) -> None:
    """It may have waited for the API server."""
    outcome = await _send(cluster, cluster.snapshot().pods[0])
    assert (outcome.kind, outcome.eviction.at) == (Kind.APPLIED, _after(7))


async def test_an_objection_comes_first(cluster: clusters.SimulatedCluster) -> None:
    """A stop, a closed window, a webhook that went: nothing is sent."""
    outcome = await _send(cluster, cluster.snapshot().pods[0], "the rollout window has closed")
    assert (outcome.kind, outcome.message) == (Kind.WITHDRAWN, "the rollout window has closed")
    assert cluster.ledger.requests == 0


async def test_a_pod_that_is_another_by_now_stays(cluster: clusters.SimulatedCluster) -> None:
    """Gone, going, or with other labels or marks: it has to be looked at again."""
    first, second = cluster.snapshot().pods
    cluster.delete_pod(first.namespace, first.name)
    assert (await _send(cluster, first)).message == "the pod is ending"
    cluster.delete_pod(first.namespace, first.name, grace=0)
    assert (await _send(cluster, first)).message == "the pod is gone"
    cluster.set_labels_from_outside(second.namespace, second.name, {"app": "web", "gitsidecar.io/inject": "false"})
    assert (await _send(cluster, second)).message == "the pod has changed since it was seen"
    assert cluster.ledger.evictions == []
