"""A follower on a simulated cluster: it plans as the daemon beside it does, and writes nothing."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import pytest

from gitsidecar import errors
from gitsidecar.manifests import restoring
from gitsidecar.model import histories, plans
from gitsidecar.reconciler import following, reconcilers
from tests.support import benches, sidecarsets

GONE = errors.TransientError("the remote cannot be reached")


class Following:
    """A follower of what the bench's own reconciler records, and what it said of its plans."""

    def __init__(self, bench: benches.Bench) -> None:
        self.heard: list[tuple[plans.Plan, histories.History]] = []
        world = reconcilers.World(bench.source, bench.branch, bench.cluster, bench.clock, benches.Inline())
        options = reconcilers.Options("tests", is_following=True)
        self.reconciler = reconcilers.Reconciler(world, options, planned=self._hear)

    @property
    def stable(self) -> str:
        """Return the stable spec as it was heard of last."""
        return self.heard[-1][1].sets["logtail"].stable

    async def poll_and_pass(self) -> reconcilers.Pass:
        """Fetch and run a pass."""
        await self.reconciler.poll()
        return await self.reconciler.run_pass("pass")

    def _hear(self, plan: plans.Plan, history: histories.History, namespaces: Mapping[str, Mapping[str, str]]) -> None:
        self.heard.append((plan, history))


async def test_a_follower_plans_and_writes_nothing(bench: benches.Bench) -> None:
    """Its plan has the daemon's actions; no pod is written, nothing is committed, not at its end either."""
    bench.push(maxUnavailable=2)
    follower = Following(bench)
    done = await follower.poll_and_pass()
    assert (await follower.reconciler.flush("end"), done.commit, done.outcomes) == ("", "", ())
    assert (bench.cluster.ledger.writes, bench.branch.messages) == ([], [])
    assert len(done.plan.sets[0].actions) == 2
    other = await bench.poll_and_pass()
    assert [each.actions for each in other.plan.sets] == [each.actions for each in done.plan.sets]


async def test_who_asks_hears_of_a_plan_before_it_is_carried_out(bench: benches.Bench) -> None:
    """It is told before the first write, and once more with the history that the pass leaves."""
    heard: list[tuple[int, str]] = []

    def hear(_: plans.Plan, history: histories.History, __: object) -> None:
        known = history.sets.get("logtail")
        heard.append((len(bench.cluster.ledger.writes), known.stable if known else ""))

    world = reconcilers.World(bench.source, bench.branch, bench.cluster, bench.clock, benches.Inline())
    reconciler = reconcilers.Reconciler(world, bench.options, planned=hear)
    bench.push(sidecarsets.OLD)
    await reconciler.poll()
    done = await reconciler.run_pass("1")
    spec_hash = done.plan.sets[0].sidecar_set.spec_hash
    assert heard == [(0, ""), (0, spec_hash)]
    bench.push(maxUnavailable=2)
    await reconciler.poll()
    await reconciler.run_pass("2")
    assert heard[2:] == [(0, spec_hash), (2, spec_hash)]


async def test_a_follower_knows_what_is_stable_before_it_is_recorded(bench: benches.Bench) -> None:
    """A rollout that it sees complete leaves its spec as the stable one, though nobody has recorded that yet."""
    bench.push(sidecarsets.OLD)
    follower = Following(bench)
    done = await follower.poll_and_pass()
    assert follower.stable == done.plan.sets[0].sidecar_set.spec_hash
    bench.push(paused=True)
    await follower.poll_and_pass()
    assert follower.stable == done.plan.sets[0].sidecar_set.spec_hash
    assert bench.branch.messages == []


async def test_what_was_recorded_is_known_before_a_new_revision_is_planned_with(bench: benches.Bench) -> None:
    """A follower that slept through a whole rollout has its spec as the stable one in the first plan of the next."""
    bench.push(sidecarsets.OLD)
    follower = Following(bench)
    await follower.poll_and_pass()
    bench.push(maxUnavailable=4)
    done = await bench.settle()
    assert benches.condition(done, "Complete")[0]
    bench.push(sidecarsets.NEWEST, paused=True)
    heard = len(follower.heard)
    await follower.poll_and_pass()
    plan, history = follower.heard[heard]
    assert history.sets["logtail"].stable == done.plan.sets[0].sidecar_set.spec_hash
    assert plan.sets[0].sidecar_set.update.paused


async def test_a_poll_says_whether_anything_was_recorded(bench: benches.Bench) -> None:
    """The same revision with another history asks for a pass, and with the same one does not."""
    bench.push(sidecarsets.OLD)
    follower = Following(bench)
    assert await follower.reconciler.poll()
    assert not await follower.reconciler.poll()
    await bench.poll_and_pass()
    assert await follower.reconciler.poll()
    assert not await follower.reconciler.poll()


async def test_what_is_loaded_in_the_middle_of_a_pass_is_newer_than_the_pass(bench: benches.Bench) -> None:
    """A record that comes in while a pass runs is not written over by what the pass leaves to remember."""
    bench.push(sidecarsets.OLD)
    old = await bench.settle()
    memory = following.Follower(bench.branch)
    load = functools.partial(memory.load, restoring.restore, restoring.restore_policy)
    assert load()
    before = memory.history
    bench.push(maxUnavailable=4)
    new = await bench.settle()
    assert load()
    memory.carry_on(old.report, before)
    assert memory.history.sets["logtail"].stable == new.plan.sets[0].sidecar_set.spec_hash
    memory.carry_on(old.report, memory.history)
    assert memory.history.sets["logtail"].stable == old.plan.sets[0].sidecar_set.spec_hash


async def test_a_follower_goes_on_with_what_it_knows_while_git_is_away(bench: benches.Bench) -> None:
    """No new revision is taken without the history that goes with it, and passes run at the one before."""
    first = bench.push(sidecarsets.OLD)
    follower = Following(bench)
    await follower.poll_and_pass()
    second = bench.push(paused=True)
    bench.branch.fault = GONE
    with pytest.raises(errors.TransientError):
        await follower.reconciler.poll()
    assert (await follower.reconciler.run_pass("2")).plan.revision == first
    bench.branch.fault = None
    assert (await follower.poll_and_pass()).plan.revision == second
