"""A strategy that changes in mid-rollout: partition, update selector and type."""

from __future__ import annotations

import collections

from tests.support import benches
from tests.unit.scenarios import steps


async def test_a_partition_lowered_step_by_step(bench: benches.Bench) -> None:
    """Each step lets just so many more go, nobody moves twice, and the status tells kept from complete."""
    for partition, updated in (("100%", 0), (3, 1), ("50%", 2), (0, 4)):
        bench.push(partition=partition)
        done = await bench.settle()
        assert steps.report(done).updated == updated
        assert steps.held(done) == ({"PartitionKept": 4 - updated} if updated < 4 else {})
    assert steps.is_complete(done)
    assert steps.writes(bench) == dict.fromkeys(steps.images(bench), 1)


async def test_a_partition_raised_in_mid_rollout_stops_it(bench: benches.Bench) -> None:
    """No pod moves back, none starts, and the reason is told with what releases it."""
    bench.push()
    await steps.run_until_moved(bench, 2)
    bench.push(partition=3)
    done = await bench.settle()
    assert collections.Counter(steps.images(bench).values()) == {steps.OLD: 2, steps.NEW: 2}
    assert steps.held(done) == {"PartitionKept": 2}
    assert "partition 3 keeps 3 of 4 pods old; lower it to release" in bench.branch.messages[-1]


async def test_a_partition_raised_while_a_batch_is_sent(bench: benches.Bench) -> None:
    """What was not sent is withdrawn, and the partition is not undercut."""
    bench.options = type(bench.options)("tests", writes_in_flight=1)
    bench.restarted()

    async def hold() -> None:
        bench.cluster.executed = None
        bench.push(maxUnavailable=4, partition=3)
        await bench.reconciler.poll()

    bench.cluster.executed = hold
    bench.push(maxUnavailable=4)
    done = await bench.settle()
    assert (steps.report(done).updated, sum(steps.writes(bench).values())) == (1, 1)


async def test_a_partition_goes_with_the_next_spec(bench: benches.Bench) -> None:
    """A partition that lets two of four go lets two of four go to the next spec: those that had moved move on first."""
    bench.push(partition=2)
    await bench.settle()
    moved = set(steps.writes(bench))
    bench.push(steps.NEWEST, partition=2)
    done = await bench.settle()
    assert steps.report(done).updated == 2
    assert collections.Counter(steps.images(bench).values()) == {steps.OLD: 2, steps.NEWEST: 2}
    assert steps.writes(bench) == dict.fromkeys(moved, 2)


async def test_an_update_selector_changes_in_mid_rollout() -> None:
    """Canary first, then another group, then all: who is meant moves, the others are held and say why."""
    bench = benches.Bench(0)
    for name in ("canary", "blue", "green"):
        steps.add_workload(bench, name, 2, labels={"app": "web", "track": name})
    await bench.start()
    for selector, moved in ((_track("canary"), {"canary"}), (_track("blue"), {"canary", "blue"})):
        _push(bench, selector, maxUnavailable=2)
        done = await bench.settle()
        assert {name.partition("-")[0] for name in steps.writes(bench)} == moved
        assert steps.held(done) == {"NotSelected": 6 - 2 * len(moved)}
    assert "change or remove the selector to release" in bench.branch.content["STATUS.md"].decode()
    bench.push(maxUnavailable=2)
    done = await bench.settle()
    assert steps.is_complete(done)
    assert set(steps.writes(bench).values()) == {1}


async def test_pods_in_flight_finish_when_the_update_selector_leaves_them() -> None:
    """A pod that the new selector no longer means goes on to use budget until it serves again."""
    bench = benches.Bench(0)
    for name in ("blue", "green"):
        steps.add_workload(bench, name, 2, labels={"app": "web", "track": name})
    await bench.start()
    _push(bench, _track("blue"))
    await steps.run_until_moved(bench, 1)
    _push(bench, _track("green"))
    done = await bench.poll_and_pass()
    assert (done.outcomes, steps.report(done).in_flight) == ((), 1)
    await bench.settle()
    assert sorted(steps.writes(bench)) == sorted([next(iter(steps.writes(bench))), "green-0", "green-1"])
    assert bench.cluster.ledger.most_healthy_in_flight == 1


async def test_a_partition_beside_an_update_selector_stops_the_rollout() -> None:
    """The two together are refused: the set stays at its last good form, held, and the branch says where to look."""
    bench = benches.Bench(0)
    steps.add_workload(bench, "blue", 4, labels={"app": "web", "track": "blue"})
    await bench.start()
    _push(bench, _track("blue"))
    await steps.run_until_moved(bench, 2)
    _push(bench, _track("blue"), partition=1)
    done = await bench.settle()
    assert steps.held(done) == {"ManifestRejected": 2}
    assert sum(steps.writes(bench).values()) == 2
    words = "spec.updateStrategy.partition: cannot stand beside selector"
    assert any(words in message for message in bench.branch.messages)


async def test_not_update_moves_nobody_until_it_is_a_rolling_update(bench: benches.Bench) -> None:
    """The pods are counted and held with words that name the type; one commit later they move."""
    bench.push(type="NotUpdate")
    done = await bench.settle()
    assert (steps.report(done).matched, steps.held(done), steps.writes(bench)) == (4, {"Paused": 4}, {})
    assert "updateStrategy.type is NotUpdate; set it to RollingUpdate to release" in bench.branch.messages[-1]
    bench.push(type="RollingUpdate", maxUnavailable=4)
    assert steps.is_complete(await bench.settle())


async def test_not_update_in_mid_rollout_lets_pods_in_flight_finish(bench: benches.Bench) -> None:
    """None starts any more, and a pod made after the commit is as its template says, and held."""
    bench.push()
    await steps.run_until_moved(bench, 2)
    bench.push(type="NotUpdate")
    bench.cluster.scale("shop", "StatefulSet/web", 5)
    bench.wait(30)
    done = await bench.settle()
    assert (steps.held(done), steps.report(done).in_flight) == ({"Paused": 3}, 0)
    assert sum(steps.writes(bench).values()) == 2


async def test_a_pod_recreated_in_mid_rollout_is_another_pod(bench: benches.Bench) -> None:
    """It comes back on its template's image and is moved again, with one write, within the budget."""
    bench.push()
    await steps.run_until_moved(bench, 2)
    bench.wait(20)
    moved = min(steps.writes(bench))
    bench.cluster.delete_pod("shop", moved)
    done = await bench.settle(most=120)
    assert steps.is_complete(done)
    assert set(bench.cluster.ledger.writes_by_uid().values()) == {1}
    assert steps.writes(bench)[moved] == 2
    assert bench.cluster.ledger.most_healthy_in_flight == 1


def _push(bench: benches.Bench, selector: dict[str, object], **update: object) -> None:
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, update={"selector": selector, **update})})


def _track(name: str) -> dict[str, object]:
    return steps.labels(track=name)
