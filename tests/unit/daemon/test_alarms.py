"""The daemon wakes when a policy's time has come, and not a poll later: polls are an hour apart here."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import yaml

from gitsidecar.reconciler import reconcilers
from gitsidecar.simulation import apiservers, clocks, workloads
from tests.support import benches, sidecarsets
from tests.unit.daemon import stages

SECOND = datetime.timedelta(seconds=1)


class EarlyClock(clocks.VirtualClock):
    """A clock whose timers go off three milliseconds early, as a wall clock may that is being slowed down."""

    async def sleep(self, seconds: float) -> None:
        """Sleep a little less than *seconds*."""
        await super().sleep(seconds - 0.003 if seconds > 0.003 else seconds)


def _policy(**spec: Any) -> str:
    head = {"apiVersion": "gitsidecar.io/v1alpha1", "kind": "RolloutPolicy", "metadata": {"name": "calm"}}
    return yaml.safe_dump({**head, "spec": spec}, sort_keys=False)


def _frozen_for(seconds: float) -> str:
    until = (benches.START + seconds * SECOND).isoformat()
    return _policy(freezes=[{"reason": "Incident 42", "until": until}])


def _stage(policy: str, **options: Any) -> stages.Stage:
    bench = benches.Bench(is_automatic=False, **options)
    bench.push_files({benches.FILE: sidecarsets.text(maxUnavailable=4), "calm.yaml": policy})
    return stages.Stage(bench)


def _held(done: reconcilers.Pass) -> dict[str, int]:
    return benches.held(done)


async def test_a_pass_says_when_the_next_boundary_comes() -> None:
    """To a millisecond, and not before it: a pass right before an opening would find it closed."""
    stage = _stage(_frozen_for(40.25))
    async with stages.running(stage):
        done = await stage.passed(1)
    assert _held(done) == {"Frozen": 4}
    assert done.again_after == pytest.approx(40.251)


async def test_the_daemon_wakes_at_an_opening() -> None:
    """Nothing happens until then; at that moment, without a poll, the pods move."""
    stage = _stage(_frozen_for(40))
    async with stages.running(stage):
        await stage.passed(1)
        await stage.wait(39.99)
        assert stage.bench.cluster.observed == 1
        await stage.wait(0.02)
        done = await stage.passed(2)
    assert set(benches.kinds(done).values()) == {"Applied"}
    assert stage.bench.source.fetches == 1


async def test_an_opening_that_is_far_away_is_not_missed() -> None:
    """However often the daemon looks again meanwhile, it also wakes at the very opening."""
    stage = _stage(_frozen_for(150))
    async with stages.running(stage):
        for number in (1, 2, 3):
            assert _held(await stage.passed(number)) == {"Frozen": 4}
            await stage.wait(stages.COALESCE)
            await stage.wait(60 - stages.COALESCE if number < 3 else 30 - stages.COALESCE + 0.002)
        done = await stage.passed(4)
    assert len(done.outcomes) == 4
    assert (done.plan.now - benches.START) == pytest.approx(150 * SECOND, abs=0.01 * SECOND)


async def test_a_timer_that_is_early_costs_one_more_pass() -> None:
    """It neither spins until the moment has come nor sleeps the minute of a pass that has nothing to wait for."""
    stage = _stage(_frozen_for(40))
    bench = stage.bench
    early = EarlyClock(benches.START, is_automatic=False)
    bench.clock = early
    bench.cluster = benches.Cluster(early, seed=7)
    containers = workloads.containers({"app": "app:1", "logtail": sidecarsets.OLD})
    web = workloads.Workload("shop", "StatefulSet", "web", 4, {"app": "web"}, containers)
    bench.cluster.add_workload(web, is_running=True)
    bench.restarted()
    stage = stages.Stage(bench)
    async with stages.running(stage):
        await stage.passed(1)
        await stage.wait(39.999)
        assert _held(await stage.passed(2)) == {"Frozen": 4}
        await stage.wait(stages.COALESCE)
        done = await stage.passed(3)
    assert len(done.outcomes) == 4


async def test_the_daemon_goes_on_at_once_when_a_window_closed_upon_a_batch() -> None:
    """Half of the batch was sent when the freeze began: the status says so within a second, not within a minute."""
    stage = _stage(_policy(freezes=[{"reason": "Incident 42", "from": (benches.START + 7 * SECOND).isoformat()}]))
    bench = stage.bench
    bench.options = reconcilers.Options("tests", writes_in_flight=1)
    bench.cluster.inject(apiservers.Faults(latency=(5.0, 5.0)))
    bench.restarted()
    stage = stages.Stage(bench)
    async with stages.running(stage):
        for _ in range(2):
            await stages.until(lambda: bench.clock._sleepers)
            await stage.wait(5)
        done = await stage.passed(1)
        assert sorted(benches.kinds(done).values()) == ["Applied", "Applied", "Withdrawn", "Withdrawn"]
        await stage.wait(stages.COALESCE)
        assert _held(await stage.passed(2)) == {"Frozen": 2}
    assert "Incident 42" in bench.branch.content["STATUS.md"].decode()


async def test_the_daemon_wakes_for_a_pace() -> None:
    """With two pods a minute the next two go when the minute is over."""
    stage = _stage(_policy(podsPerMinute=2))
    async with stages.running(stage):
        first = await stage.passed(1)
        assert len(first.outcomes) == 2
        for _ in range(int(59 / stages.COALESCE)):
            await stage.wait(stages.COALESCE)
            await stages.until(lambda: stage.daemon._began is None)
            await stage.turn()
        assert len(stage.bench.cluster.ledger.writes) == 2
        await stage.wait(1.01)
        await stages.until(lambda: len(stage.bench.cluster.ledger.writes) == 4)
    times = [(write.at - benches.START).total_seconds() for write in stage.bench.cluster.ledger.writes]
    assert times == pytest.approx([0, 0, 60, 60], abs=0.02)
