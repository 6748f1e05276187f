"""A daemon that ends and starts anew, or an API server that refuses, at any point of a rollout: nothing is repeated."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gitsidecar.reconciler import reconcilers
from gitsidecar.reporting import files
from gitsidecar.simulation import apiservers
from tests.support import benches
from tests.unit.scenarios import steps

PODS = 8


class PowerCutError(Exception):
    """The process is gone between two calls."""


def _widen(bench: benches.Bench) -> None:
    bench.push(maxUnavailable=2)


def _turn(bench: benches.Bench) -> None:
    """Push a revert in mid-rollout."""
    bench.push(steps.OLD, maxUnavailable=2)


def _pause(bench: benches.Bench) -> None:
    bench.push(maxUnavailable=2, paused=True)


def _keep(bench: benches.Bench) -> None:
    bench.push(maxUnavailable=2, partition="50%")


def _go_on(bench: benches.Bench) -> None:
    bench.push(steps.NEWEST, maxUnavailable=3)


STORIES = [_widen, _turn, _pause, _keep, _go_on]


@pytest.mark.parametrize("story", STORIES)
async def test_a_new_process_before_every_pass_sends_the_same_patches(story: Callable[[benches.Bench], None]) -> None:
    """The same story with one process, and with a new one for each pass, makes the same writes at the same times."""
    one, many = await _live(story), await _live(story, is_restarting=True)
    assert many.cluster.ledger.writes == one.cluster.ledger.writes
    assert steps.images(many) == steps.images(one)
    assert many.branch.content == one.branch.content


@pytest.mark.parametrize("number", range(1, 11))
async def test_a_new_process_plans_as_the_old_one_would(number: int) -> None:
    """At each point of a rollout both see the same actions and holds."""
    bench = benches.Bench(PODS)
    await bench.start()
    _widen(bench)
    for _ in range(number):
        await bench.poll_and_pass()
        bench.wait(1)
    bench.reconciler.stop_sending()
    old = await bench.poll_and_pass()
    bench.restarted().stop_sending()
    new = await bench.poll_and_pass()
    assert new.plan == old.plan
    assert files.state(new.report) == files.state(old.report)


@pytest.mark.parametrize("number", range(1, PODS + 1))
async def test_a_crash_after_any_write_repeats_none(number: int) -> None:
    """A process that dies right after its n-th patch is followed by one that writes no pod twice."""
    bench = benches.Bench(PODS)
    await bench.start()

    async def cut() -> None:
        if len(bench.cluster.ledger.writes) == number:
            bench.cluster.executed = None
            raise PowerCutError

    bench.cluster.executed = cut
    _widen(bench)
    with pytest.raises(ExceptionGroup):
        await steps.settle(bench)
    bench.restarted()
    done = await steps.settle(bench)
    assert steps.is_complete(done)
    assert steps.writes(bench) == dict.fromkeys(steps.images(bench), 1)
    assert bench.cluster.ledger.most_healthy_in_flight <= 2


@pytest.mark.parametrize("seed", range(4))
async def test_conflicts_in_the_middle_cost_no_second_write(seed: int) -> None:
    """Half of all writes are refused as conflicts for a while: each pod is written once, within the budget."""
    bench = benches.Bench(PODS, seed=seed)
    await bench.start()
    _widen(bench)
    await steps.run_until_moved(bench, 2)
    bench.cluster.inject(apiservers.Faults(conflict=0.5))
    await steps.run_until_moved(bench, 6)
    bench.cluster.inject(apiservers.Faults())
    done = await steps.settle(bench, quiet=30)
    assert steps.is_complete(done)
    assert steps.writes(bench) == dict.fromkeys(steps.images(bench), 1)
    assert bench.cluster.ledger.requests > PODS
    assert bench.cluster.ledger.most_healthy_in_flight <= 2


@pytest.mark.parametrize("seed", range(4))
async def test_lost_answers_and_restarts_cost_no_second_write(seed: int) -> None:
    """A patch that was applied though nobody heard so is seen on the pod, also by a process that did not send it."""
    bench = benches.Bench(PODS, seed=seed)
    await bench.start()
    bench.cluster.inject(apiservers.Faults(lost_answer=0.5))
    _widen(bench)
    for _ in range(40):
        bench.restarted()
        await bench.poll_and_pass()
        bench.wait(3)
    assert steps.writes(bench) == dict.fromkeys(steps.images(bench), 1)
    assert bench.cluster.ledger.most_healthy_in_flight <= 2


async def test_a_failed_patch_is_told(bench: benches.Bench) -> None:
    """Who reads the branch sees which pod was refused, in which words, and that it is tried again."""
    bench.cluster.inject(apiservers.Faults(conflict=1))
    bench.push()
    await bench.poll_and_pass()
    assert "Failed:\n  logtail\n  shop/web-" in bench.branch.messages[0]
    assert "409 Conflict: the pod was changed at the same time" in bench.branch.messages[0]
    assert "it is tried again" in bench.branch.content["sets/logtail.md"].decode()


async def test_the_api_server_restarts_in_mid_rollout() -> None:
    """Nothing is planned on a doubt: when it answers again the rollout goes on, one write a pod."""
    bench = benches.Bench(PODS)
    await bench.start()
    _widen(bench)
    await steps.run_until_moved(bench, 3)
    bench.cluster.restart(seconds=20)
    bench.wait(25)
    done = await steps.settle(bench, quiet=30)
    assert steps.is_complete(done)
    assert steps.writes(bench) == dict.fromkeys(steps.images(bench), 1)
    assert bench.cluster.ledger.most_healthy_in_flight <= 2


async def _live(story: Callable[[benches.Bench], None], *, is_restarting: bool = False) -> benches.Bench:
    """Run fifty passes with a commit in the middle of the rollout, every pass by a new process if *is_restarting*."""
    bench = benches.Bench(PODS)
    bench.options = reconcilers.Options("tests", writes_in_flight=1)
    bench.restarted()
    await bench.start()
    bench.push(steps.OLD)
    await bench.settle()
    _widen(bench)
    for number in range(50):
        if number == 6:
            story(bench)
        if is_restarting:
            bench.restarted()
        await bench.poll_and_pass()
        bench.wait(2)
    return bench
