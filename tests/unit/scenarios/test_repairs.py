"""Repair on the simulated cluster: bare pods are evicted and come back injected, and no process forgets that it did."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime
from typing import Any

import hypothesis
import pytest
import yaml
from hypothesis import strategies as st

from gitsidecar import errors
from gitsidecar.model import outcomes, pods
from gitsidecar.planning import attempts
from gitsidecar.reconciler import reconcilers
from gitsidecar.simulation import apiservers
from tests.support import benches
from tests.unit.scenarios import steps

SECOND = datetime.timedelta(seconds=1)
FILE = "calm.yaml"
BARE = {"app": "app:1"}
Kind = outcomes.OutcomeKind


def _policy(**spec: Any) -> str:
    whole = {"repair": "Evict", **spec}
    metadata = {"name": "calm"}
    return yaml.safe_dump(
        {"apiVersion": "gitsidecar.io/v1alpha1", "kind": "RolloutPolicy", "metadata": metadata, "spec": whole}
    )


def _injected(pod: pods.Pod) -> pods.Pod:
    """Stand for a webhook that works: the pod gets the sidecar."""
    return dataclasses.replace(pod, containers=(*pod.containers, pods.Container("logtail", steps.NEW, 1)))


class Ward:
    """A bench with bare pods in it, a policy that asks for their repair, and a count of who is down by our doing."""

    def __init__(self, bench: benches.Bench) -> None:
        self.bench = bench
        self.most_gone = 0  # Ready pods that were evicted and have no Ready successor yet, at the worst moment

    def push(self, policy: str | None, **update: Any) -> None:
        """Push the set and the policy beside it."""
        self.bench.push_files({benches.FILE: steps.logtail(steps.NEW, update=update), FILE: policy})

    def add_bare(self, name: str, replicas: int, **fields: Any) -> None:
        """Add a Deployment whose pods came while there was no webhook."""
        wanted = {"kind": "Deployment", "labels": {"app": "web", "of": name}, **fields}
        webhook = self.bench.cluster.world.controllers.admit
        self.bench.cluster.admit(lambda pod: pod)
        steps.add_workload(self.bench, name, replicas, images=BARE, **wanted)
        self.bench.cluster.admit(webhook)

    def bare(self, owner: str = "") -> list[str]:
        """Return the names of the active pods without the sidecar."""
        found = (pod for pod in self.bench.cluster.snapshot().pods if pod.is_active and not pod.container("logtail"))
        return [pod.name for pod in found if pod.workload.endswith(owner)]

    def evictions(self) -> dict[str, int]:
        """Return owner → number of evictions."""
        return dict(collections.Counter(each.owner for each in self.bench.cluster.ledger.evictions))

    async def live(self, seconds: float, *, is_restarting: bool = False) -> reconcilers.Pass:
        """Run passes as a daemon would, each second and whenever one is due, until so many seconds have passed."""
        end = self.bench.clock.now() + seconds * SECOND
        while True:
            if is_restarting:
                self.bench.restarted()
            done = await self.bench.poll_and_pass()
            self._look(done)
            left = (end - self.bench.clock.now()).total_seconds()
            if left <= 0:
                return done
            due = done.again_after if done.again_after is not None else 1.0
            self.bench.wait(min(left, max(0.1, min(due, 1.0))))

    def _look(self, done: reconcilers.Pass) -> None:
        owners = collections.Counter(pod.workload for pod in self.bench.cluster.snapshot().pods if pod.is_ready)
        wanted = {each.owner: each.replicas for each in self.bench.cluster.world.controllers.wanted}
        gone = sum(max(0, replicas - owners[owner]) for owner, replicas in wanted.items())
        self.most_gone = max(self.most_gone, gone)


@pytest.fixture
async def ward() -> Ward:
    """Return a ward without a bare pod yet; the set's own four pods have finished their rollout."""
    bench = benches.Bench()
    await bench.start()
    ward = Ward(bench)
    ward.push(_policy())
    bench.cluster.admit(_injected)
    for _ in range(40):
        if (await bench.poll_and_pass()).report.sets[0].finished == 4:
            return ward
        bench.wait(3)
    raise AssertionError("the rollout has not finished")


async def test_bare_pods_are_replaced_one_by_one(ward: Ward) -> None:
    """With maxUnavailable 1 one pod is down at a time; in the end each has the sidecar, and all is told."""
    ward.add_bare("late", 6)
    done = await ward.live(120)
    assert ward.bare() == []
    assert ward.evictions() == {"shop/Deployment/late": 6}
    assert ward.most_gone == 1
    assert (steps.report(done).matched, steps.report(done).missing) == (10, 0)
    assert steps.condition(done, "RepairStopped") == (False, "Repairing")
    told = [line for message in ward.bench.branch.messages for line in message.splitlines() if "it lacks" in line]
    assert len(told) == 6


async def test_it_is_noted_before_it_is_done(ward: Ward) -> None:
    """The first pass only writes down what the second one does; between them nothing is evicted."""
    ward.add_bare("late", 2)
    noting = await ward.bench.poll_and_pass()
    assert (noting.evicted, noting.again_after) == ((), 0.0)
    assert [each["workload"] for each in steps.Memory(ward.bench).status()["repairs"]] == ["Deployment/late"]
    assert "To evict 1 pod for repair:" in ward.bench.branch.messages[-1]
    assert ward.bench.branch.subjects[-1].endswith("1 to evict")
    evicting = await ward.bench.poll_and_pass()
    [evicted] = evicting.evicted
    assert evicted.kind is Kind.APPLIED
    assert "Evicted 1 pod for repair:" in ward.bench.branch.messages[-1]
    assert ward.bench.branch.subjects[-1].endswith("1 evicted")
    assert f"shop/{evicted.eviction.pod.name}: it lacks the sidecars" in ward.bench.branch.messages[-1]


async def test_no_record_no_eviction(ward: Ward) -> None:
    """While the status branch cannot be written nobody is evicted: a crash would make us do it again and again."""
    ward.add_bare("late", 2)
    ward.bench.branch.fault = errors.TransientError("the remote is away")
    await ward.live(30)
    assert ward.evictions() == {}
    ward.bench.branch.fault = None
    await ward.live(60)
    assert ward.bare() == []


async def test_a_restart_at_any_moment_forgets_nothing(ward: Ward) -> None:
    """With a new process for each pass the same is done as with one."""
    ward.add_bare("late", 5)
    await ward.live(120, is_restarting=True)
    assert ward.bare() == []
    assert ward.evictions() == {"shop/Deployment/late": 5}
    assert ward.most_gone == 1


async def test_a_crash_between_eviction_and_record_counts(ward: Ward) -> None:
    """A process dies right after each eviction, and the pods come back bare: two tries it is, all the same."""
    ward.bench.cluster.admit(lambda pod: pod)
    ward.add_bare("late", 3)
    for _ in range(100):
        noting = ward.bench.restarted()
        await noting.poll()
        done = await noting.run_pass("noting")
        if not done.evicted:
            ward.bench.wait(10)
            continue
        # What this pass has recorded is lost, as if the process had died before.
        ward.bench.branch.content = ward.bench.branch.states[-2]
        ward.bench.branch.states.pop()
        ward.bench.wait(10)
    assert ward.evictions() == {"shop/Deployment/late": 2}


async def test_two_tries_an_hour(ward: Ward) -> None:
    """Who comes back bare is evicted twice, and after an hour twice again."""
    ward.bench.cluster.admit(lambda pod: pod)
    ward.add_bare("late", 1)
    done = await ward.live(300)
    assert ward.evictions() == {"shop/Deployment/late": 2}
    assert done.plan.sets[0].evictions == ()
    commits = len(ward.bench.branch.messages)
    done = await ward.live(3000)
    assert ward.evictions() == {"shop/Deployment/late": 2}
    assert len(ward.bench.branch.messages) == commits  # time alone makes none
    await ward.live(1200)
    assert ward.evictions() == {"shop/Deployment/late": 4}
    times = [each.at for each in ward.bench.cluster.ledger.evictions]
    assert min(later - earlier for earlier, later in zip(times, times[2:], strict=False)) >= 3600 * SECOND


async def test_the_breaker_opens(ward: Ward) -> None:
    """Three pods that came back bare stop the set, in words; an hour later a webhook that works has all repaired."""
    ward.bench.cluster.admit(lambda pod: pod)
    for name in ("a", "b", "c", "d"):
        ward.add_bare(name, 1)
    done = await ward.live(300)
    assert sum(ward.evictions().values()) == 3
    assert steps.condition(done, "RepairStopped") == (True, "ComesBackBare")
    message = steps.report(done).condition("RepairStopped")
    assert message is not None
    assert "3 came back no better" in message.message
    assert "look whether the webhook answers" in message.message
    ward.bench.cluster.admit(_injected)
    await ward.live(3000)
    assert sum(ward.evictions().values()) == 3
    done = await ward.live(1200)
    assert ward.bare() == []
    assert steps.condition(done, "RepairStopped") == (False, "Repairing")


async def test_a_new_spec_closes_the_breaker(ward: Ward) -> None:
    """It may be the cure: the next owners are tried at once, those of two tries are not."""
    ward.bench.cluster.admit(lambda pod: pod)
    for name in ("a", "b", "c", "d"):
        ward.add_bare(name, 1)
    await ward.live(300)
    before = ward.evictions()
    ward.bench.push_files({benches.FILE: steps.logtail(steps.NEWEST, update={})})
    done = await ward.live(300)
    assert sum(before.values()) == 3
    assert sum(ward.evictions().values()) > 3
    assert max(ward.evictions().values()) <= 2
    assert steps.condition(done, "RepairStopped")[0]


async def test_a_disruption_budget_is_kept(ward: Ward) -> None:
    """Two of three must stay: no state has fewer, and each refusal holds back that pod alone."""
    ward.push(_policy(), maxUnavailable=3)
    ward.add_bare("late", 3)
    ward.add_bare("tight", 1)
    ward.bench.cluster.protect("shop", "late", {"of": "late"}, min_available=2)
    ward.bench.cluster.protect("shop", "tight", {"of": "tight"}, min_available=1)
    done = await ward.live(300)
    assert ward.bare() == ward.bare("tight") != []
    assert ward.evictions() == {"shop/Deployment/late": 3}
    assert "the PodDisruptionBudget tight allows none now" in str(done.plan.sets[0].repair.resting)


async def test_it_ends_with_the_window(ward: Ward) -> None:
    """Bare pods wait for the window, as moves do, and for its end in the middle."""
    ward.add_bare("late", 4)
    window = {"type": "Allow", "schedule": "10 2 * * *", "duration": "10s"}
    ward.push(_policy(windows=[window]))
    done = await ward.live(120)
    assert ward.evictions() == {}
    assert done.again_after is not None
    assert "window" in done.plan.sets[0].repair.message.lower()
    await ward.live(1200)
    assert 0 < sum(ward.evictions().values()) < 4


@pytest.mark.parametrize(
    ("policies", "update", "evicted"),
    [
        ({FILE: None}, {}, 0),
        ({FILE: _policy(repair="Off")}, {}, 0),
        ({FILE: _policy(), "b.yaml": _policy(podsPerMinute=60).replace("calm", "other")}, {}, 2),
        ({FILE: _policy(), "b.yaml": _policy(repair="Off").replace("calm", "other")}, {}, 0),
        ({FILE: _policy()}, {"paused": True}, 0),
        ({FILE: _policy()}, {"type": "NotUpdate"}, 0),
        ({FILE: _policy(freezes=[{"reason": "Incident 42"}])}, {}, 0),
        ({FILE: _policy()}, {"maxUnavailable": 0}, 0),
        ({FILE: _policy()}, {"partition": "100%"}, 2),
    ],
)
async def test_who_says_so(ward: Ward, policies: dict[str, str | None], update: dict[str, Any], evicted: int) -> None:
    """Some policy asks for it and none forbids it, and nothing stops the set; a partition is about specs."""
    ward.bench.push_files({benches.FILE: steps.logtail(steps.NEW, update=update), **policies})
    ward.add_bare("late", 2)
    await ward.live(120)
    assert sum(ward.evictions().values()) == evicted


async def test_the_pace_is_kept(ward: Ward) -> None:
    """Moves and evictions share podsPerMinute: in any minute no more than two of either start."""
    ward.push(_policy(podsPerMinute=2), maxUnavailable="100%")
    for name in ("a", "b", "c", "d", "e"):
        ward.add_bare(name, 1)
    await ward.live(300)
    assert ward.bare() == []
    times = sorted(each.at for each in ward.bench.cluster.ledger.evictions)
    assert len(times) == 5
    assert min(later - earlier for earlier, later in zip(times, times[2:], strict=False)) >= 60 * SECOND


async def test_unowned_and_unreplaced_pods_stay(ward: Ward) -> None:
    """Nobody would bring them back: they count as missing, and that is all."""
    for name, owner in (("alone", ""), ("batch-1", "Job/batch"), ("mirror", "Node/node-01")):
        row = pods.Pod("shop", name, "", {"app": "web"}, (pods.Container("app", "app:1", 0),), workload=owner)
        ward.bench.cluster.add_pod(dataclasses.replace(row, phase="Pending"))
    ward.add_bare("out", 1, labels={"app": "web", "gitsidecar.io/inject": "false"})
    done = await ward.live(60)
    assert (ward.evictions(), steps.report(done).missing) == ({}, 4)


async def test_forbidden_is_said_once_and_moves_go_on(ward: Ward) -> None:
    """Without the right to evict the condition says so; the set's own moves are not touched by it."""
    ward.bench.cluster.forbid_evictions(True)
    ward.add_bare("late", 2)
    done = await ward.live(180)
    commits = len(ward.bench.branch.messages)
    assert steps.condition(done, "RepairStopped") == (True, "EvictionsForbidden")
    done = await ward.live(600)
    assert len(ward.bench.branch.messages) == commits
    ward.bench.push_files({benches.FILE: steps.logtail(steps.NEWEST, update={"maxUnavailable": 4})})
    done = await ward.live(60)
    assert set(steps.images(ward.bench).values()) == {steps.NEWEST}
    ward.bench.cluster.forbid_evictions(False)
    done = await ward.live(600)
    assert ward.bare() == []
    assert steps.condition(done, "RepairStopped") == (False, "Repairing")


async def test_a_lost_answer_is_looked_into(ward: Ward) -> None:
    """The pod went although nobody said so: it is not evicted again, and counts."""
    ward.add_bare("late", 3)
    ward.bench.cluster.inject(apiservers.Faults(lost_answer=0.5, conflict=0.2, watch_lag=0.5))
    await ward.live(600)
    assert ward.bare() == []
    assert ward.evictions() == {"shop/Deployment/late": 3}
    assert ward.most_gone == 1


@hypothesis.settings(max_examples=8, deadline=None, derandomize=True)
@hypothesis.given(
    seed=st.integers(0, 1000),
    limit=st.integers(1, 3),
    sizes=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    is_working=st.booleans(),
    lost=st.sampled_from([0.0, 0.3]),
    restarts=st.booleans(),
)
def test_laws(seed: int, limit: int, sizes: list[int], is_working: bool, lost: float, restarts: bool) -> None:
    """
    Whatever goes wrong: no more pods are down than the budget allows, and nobody is tried more than twice for nothing.

    With a webhook that works each bare pod is evicted once and comes back injected; with none the breaker opens.
    """

    async def story() -> Ward:
        bench = benches.Bench(2, seed=seed)
        await bench.start()
        ward = Ward(bench)
        ward.push(_policy(), maxUnavailable=limit)
        for number, size in enumerate(sizes):
            ward.add_bare(f"owner-{number}", size)
        bench.cluster.admit(_injected if is_working else lambda pod: pod)
        bench.cluster.inject(
            apiservers.Faults(server_error=lost / 3, conflict=lost / 3, lost_answer=lost, watch_lag=lost)
        )
        await ward.live(900, is_restarting=restarts)
        return ward

    ward = asyncio.run(story())
    evictions = ward.evictions()
    assert ward.most_gone <= limit
    if is_working:
        assert ward.bare() == []
        assert evictions == {f"shop/Deployment/owner-{number}": size for number, size in enumerate(sizes)}
    else:
        assert max(evictions.values()) <= attempts.TRIES
        assert sum(evictions.values()) <= attempts.FAILURES + limit - 1
