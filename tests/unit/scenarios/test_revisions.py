"""Specs that change in mid-rollout: a revert, and several revisions before the first has finished."""

from __future__ import annotations

import pytest

from tests.support import benches
from tests.unit.scenarios import steps


async def test_a_revert_leaves_pods_that_never_moved_untouched(bench: benches.Bench) -> None:
    """Those that had moved go back with one more write each; the others have none at all."""
    bench.push(steps.OLD)
    await bench.settle()
    bench.push(steps.NEW)
    await steps.run_until_moved(bench, 2)
    moved = set(steps.writes(bench))
    bench.push(steps.OLD)
    done = await bench.settle()
    assert steps.is_complete(done)
    assert set(steps.images(bench).values()) == {steps.OLD}
    assert steps.writes(bench) == dict.fromkeys(moved, 2)
    assert bench.cluster.ledger.most_healthy_in_flight == 1


async def test_a_revert_is_told_pod_by_pod(bench: benches.Bench) -> None:
    """The branch's messages name each pod twice, with the revision that moved it and the one that moved it back."""
    first = bench.push(steps.OLD)
    await bench.settle()
    second = bench.push(steps.NEW)
    await steps.run_until_moved(bench, 2)
    moved = set(steps.writes(bench))
    third = bench.push(steps.OLD)
    await bench.settle()
    told = steps.told_moves(bench)
    assert {pod for pod, revision in told if revision == second[:7]} == {f"shop/{name}" for name in moved}
    assert {pod for pod, revision in told if revision == third[:7]} == {f"shop/{name}" for name in moved}
    assert not [pod for pod, revision in told if revision == first[:7]]


async def test_a_revert_counts_as_a_generation_of_the_same_spec(bench: benches.Bench) -> None:
    """Stable stays what it was, the withdrawn spec stays in the history, and the spec's commit is the revert."""
    bench.push(steps.OLD)
    await bench.settle()
    bench.push(steps.NEW)
    await steps.run_until_moved(bench, 2)
    assert steps.Memory(bench).stable() == steps.OLD
    revision = bench.push(steps.OLD)
    report = steps.report(await bench.settle())
    assert (report.generation, report.commit) == (3, revision)
    assert steps.Memory(bench).stable() == steps.OLD
    assert steps.Memory(bench).history() == [steps.NEW, steps.OLD]


async def test_a_revert_cures_an_image_that_cannot_start(bench: benches.Bench) -> None:
    """The pods that the bad spec hurt are written back, no other is ever written, and the set is complete."""
    bench.push(steps.OLD)
    await bench.settle()
    bench.cluster.break_image(steps.NEW)
    bench.push(steps.NEW)
    for _ in range(10):
        bench.wait(5)
        stuck = await bench.poll_and_pass()
    assert steps.condition(stuck, "Blocked") == (True, "PodsFailing")
    [hurt] = steps.writes(bench)
    bench.push(steps.OLD)
    done = await bench.settle()
    assert steps.is_complete(done)
    assert steps.writes(bench) == {hurt: 2}
    assert [subject for subject in bench.branch.subjects if "blocked (PodsFailing)" in subject]


@pytest.mark.parametrize("limit", [1, 3])
async def test_three_revisions_in_a_row(limit: int) -> None:
    """Each pod ends at the third, sees none but the three, goes forward only, and the budget holds all the time."""
    bench = benches.Bench(9)
    witness = steps.Witness(bench)
    await bench.start()
    order = [steps.OLD, "log-service/logtail:0.16.17", steps.NEW, steps.NEWEST]
    for number, image in enumerate(order[1:], 1):
        bench.push(image, maxUnavailable=limit)
        if number < 3:
            await steps.run_until_moved(bench, number * limit + 1)
    done = await bench.settle()
    assert steps.is_complete(done)
    for name, seen in witness.of().items():
        assert (seen[0], seen[-1]) == (steps.OLD, steps.NEWEST), name
        assert seen == sorted(seen, key=order.index), name
        assert len(seen) - 1 == steps.writes(bench)[name]
    assert bench.cluster.ledger.most_healthy_in_flight <= limit


async def test_three_revisions_pushed_between_two_polls_are_one(bench: benches.Bench) -> None:
    """Only the last one is ever sent, and only it is told."""
    witness = steps.Witness(bench)
    for image in ("log-service/logtail:0.16.17", steps.NEW, steps.NEWEST):
        revision = bench.push(image)
    await bench.settle()
    assert set(map(tuple, witness.of().values())) == {(steps.OLD, steps.NEWEST)}
    assert {revision for _, revision in steps.told_moves(bench)} == {revision[:7]}
    assert steps.Memory(bench).status()["observedGeneration"] == 1


async def test_every_move_of_three_revisions_is_told_with_its_revision() -> None:
    """Who adds up the commit messages knows each write of each pod, and to which revision it went."""
    bench = benches.Bench(6)
    await bench.start()
    pushed = []
    for number, image in enumerate(("log-service/logtail:0.16.17", steps.NEW, steps.NEWEST), 1):
        pushed.append(bench.push(image)[:7])
        await steps.run_until_moved(bench, 2 * number)
    await bench.settle()
    told = steps.told_moves(bench)
    assert len(told) == len(set(told)) == len(bench.cluster.ledger.writes)
    assert [revision for _, revision in told] == sorted((revision for _, revision in told), key=pushed.index)


async def test_a_push_in_the_middle_of_a_batch_sends_no_more_of_the_old(bench: benches.Bench) -> None:
    """Patches not yet sent are withdrawn, and their pods go straight to the newer image with one write."""
    bench.options = type(bench.options)("tests", writes_in_flight=1)
    bench.restarted()
    witness = steps.Witness(bench)

    async def push_again() -> None:
        bench.cluster.executed = None
        bench.push(steps.NEWEST, maxUnavailable=4)
        await bench.reconciler.poll()

    bench.cluster.executed = push_again
    bench.push(steps.NEW, maxUnavailable=4)
    await bench.settle()
    paths = sorted(map(tuple, witness.of().values()))
    assert paths == [(steps.OLD, steps.NEW, steps.NEWEST), *([(steps.OLD, steps.NEWEST)] * 3)]


async def test_a_container_added_to_a_set_leaves_its_pods_counted() -> None:
    """Pods of the set that lack the new container are matched and NotUpgradable, not missing from a complete set."""
    bench = benches.Bench()
    await bench.start()
    bench.push()
    await bench.settle()
    text = steps.manifest({"logtail": steps.NEWEST, "helper": "helper:1"})
    bench.push_files({benches.FILE: text})
    done = await bench.settle()
    assert not steps.is_complete(done)
    assert steps.held(done) == {"NotUpgradable": 4}
    assert steps.Memory(bench).stable() == steps.NEW
