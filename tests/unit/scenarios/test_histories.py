"""Which specs the status branch keeps through a story: those in use and the stable one, whatever the limit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import benches
from tests.unit.scenarios import steps

NAMES = [f"log-service/logtail:0.16.{number}" for number in range(16, 24)]
"""Images in the order in which they are pushed; the pods begin on the first."""


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_completed_specs_are_dropped_oldest_first(bench: benches.Bench, limit: int) -> None:
    """Of specs that no pod runs any more as many are kept as the limit says, and it is the newest ones."""
    for number, image in enumerate(NAMES, 1):
        _push(bench, image, limit)
        await bench.settle()
        assert steps.Memory(bench).history() == NAMES[max(0, number - limit) : number]
        assert steps.Memory(bench).stable() == image


@pytest.mark.parametrize("limit", [1, 2])
async def test_a_spec_that_a_pod_still_runs_is_kept(limit: int) -> None:
    """After each push one pod more stays behind, so that every pod runs another spec: all of these are kept."""
    bench = await _staircase(limit)
    running = sorted(set(steps.images(bench).values()))
    assert running == NAMES[:4]
    assert steps.Memory(bench).history() == NAMES[:4]
    assert steps.Memory(bench).stable() == NAMES[0]


@pytest.mark.parametrize(("limit", "kept"), [(1, NAMES[3:4]), (2, [NAMES[0], NAMES[3]]), (4, NAMES[:4])])
async def test_specs_are_dropped_once_no_pod_runs_them(limit: int, kept: list[str]) -> None:
    """When the rollout completes, only as many as the limit says are left: those never completed went before stable."""
    bench = await _staircase(limit)
    _push(bench, NAMES[3], limit, maxUnavailable=4)
    assert steps.is_complete(await bench.settle())
    assert steps.Memory(bench).history() == kept


async def test_the_stable_spec_is_kept_through_failed_rollouts(bench: benches.Bench) -> None:
    """Three specs in a row that cannot start leave the stable one in the history, though the limit is one."""
    _push(bench, NAMES[0], 1)
    await bench.settle()
    for image in NAMES[1:4]:
        bench.cluster.break_image(image)
        _push(bench, image, 1)
        for _ in range(5):
            await bench.poll_and_pass()
            bench.wait(5)
    assert steps.Memory(bench).stable() == NAMES[0]
    assert steps.Memory(bench).history() == [NAMES[0], NAMES[3]]


async def test_a_spec_that_comes_back_is_the_newest_again(bench: benches.Bench) -> None:
    """A revert puts its spec at the end, so that the withdrawn one is the next to go."""
    for image in (*NAMES[:3], NAMES[1]):
        _push(bench, image, 3)
        await bench.settle()
    assert steps.Memory(bench).history() == [NAMES[0], NAMES[2], NAMES[1]]
    _push(bench, NAMES[3], 2)
    await bench.settle()
    assert steps.Memory(bench).history() == [NAMES[1], NAMES[3]]


async def test_a_lower_limit_drops_at_once(bench: benches.Bench) -> None:
    """A commit that changes nothing but the limit takes the oldest files away, and raising it brings none back."""
    for image in NAMES[:4]:
        _push(bench, image, 4)
        await bench.settle()
    _push(bench, NAMES[3], 2)
    await bench.settle()
    assert steps.Memory(bench).history() == NAMES[2:4]
    _push(bench, NAMES[3], 4)
    await bench.settle()
    assert steps.Memory(bench).history() == NAMES[2:4]


async def test_history_outlives_a_new_process(bench: benches.Bench) -> None:
    """A daemon that starts anew between all the pushes keeps the same files."""
    for number, image in enumerate(NAMES[:5], 1):
        bench.restarted()
        _push(bench, image, 3)
        await bench.settle()
        assert steps.Memory(bench).history() == NAMES[max(0, number - 3) : number]


async def _staircase(limit: int) -> benches.Bench:
    """Push four specs, the first complete and each next with a partition of one pod more: a pod stays on each."""
    bench = benches.Bench()
    await bench.start()
    _push(bench, NAMES[0], limit)
    await bench.settle()
    for partition, image in enumerate(NAMES[1:4], 1):
        _push(bench, image, limit, partition=partition)
        await bench.settle()
    return bench


def _push(bench: benches.Bench, image: str, limit: int, **update: object) -> None:
    bench.push_files({benches.FILE: steps.logtail(image, update=update, revisionHistoryLimit=limit)})


@pytest.mark.parametrize("stop", [{"paused": True}, {"partition": 3}])
async def test_a_stop_is_not_recorded_with_moves_of_before(bench: benches.Bench, stop: dict[str, Any]) -> None:
    """A commit whose trailer names the revision that stops the set tells no moves: those were made at another one."""
    bench.push()
    await steps.run_until_moved(bench, 2)
    revision = bench.push(**stop)
    await steps.settle(bench)
    of_stop = [each for each in bench.branch.messages if f"Gitsidecar-Revision: {revision}" in each]
    assert of_stop
    assert not [each for each in of_stop if "\nMoved " in each]
