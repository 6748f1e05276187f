"""The log of the status branch as an auditor reads it: it names every move once, and says why each commit was made."""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gitsidecar import errors
from gitsidecar.simulation import apiservers, workloads
from tests.support import benches, sidecarsets
from tests.unit.scenarios import steps

GONE = errors.TransientError("the remote cannot be reached")
WIDE = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}


class PowerCutError(Exception):
    """The process is gone between two calls."""


@pytest.fixture
async def recorded(bench: benches.Bench) -> benches.Bench:
    """Return four pods that are complete on the old image, as the branch knows."""
    bench.push(steps.OLD)
    await steps.settle(bench)
    return bench


async def test_a_crash_before_the_first_record_loses_no_move(bench: benches.Bench) -> None:
    """A pod that was patched right before the very first process died is named by a later message."""
    bench.push()
    await _crash(bench)
    await steps.settle(bench)
    assert steps.names(steps.told_moves(bench)) == sorted(steps.writes(bench))


async def test_a_crash_loses_no_move_that_has_finished(recorded: benches.Bench) -> None:
    """All pods that the last pass of a process moved are told by the next one, also when they have long finished."""
    revision = recorded.push(maxUnavailable=3)
    await _crash(recorded, after=3)
    recorded.wait(600)
    await steps.settle(recorded)
    assert steps.names(steps.told_moves(recorded)) == sorted(steps.writes(recorded))
    assert {commit for _, commit in steps.told_moves(recorded)} == {revision[:7]}
    assert "\nMoved 3 pods earlier to:\n" in recorded.branch.messages[1]


async def test_a_move_is_told_with_the_spec_it_was_to(recorded: benches.Bench) -> None:
    """A crash and then a push: the message names the commit that the pod's own annotation names."""
    first = recorded.push(maxUnavailable=1)
    await _crash(recorded)
    [moved] = steps.writes(recorded)
    recorded.wait(60)
    second = recorded.push(steps.NEWEST, maxUnavailable=1)
    await steps.settle(recorded)
    assert [commit for pod, commit in steps.told_moves(recorded) if pod == f"shop/{moved}"] == [first[:7], second[:7]]


async def test_a_new_set_on_an_old_branch_loses_no_move(recorded: benches.Bench) -> None:
    """A set that was added right before the process died is told of as well."""
    steps.add_workload(recorded, "api", 2)
    selector = steps.labels(app="api")
    recorded.push_files({"sets/second.yaml": steps.logtail(steps.NEW, name="second", selector=selector)})
    await _crash(recorded)
    await steps.settle(recorded)
    assert steps.names(steps.told_moves(recorded, "second")) == sorted(steps.writes(recorded))


async def test_a_lost_answer_loses_no_move(bench: benches.Bench) -> None:
    """A pod whose patch was taken though the answer was lost is named as moved, not only as failed."""
    bench.cluster.inject(apiservers.Faults(lost_answer=1))
    bench.push()
    await steps.settle(bench, quiet=30)
    assert steps.names(steps.told_moves(bench)) == sorted(steps.writes(bench))


@pytest.mark.parametrize("seed", range(4))
async def test_a_lost_answer_among_others_loses_no_move(seed: int) -> None:
    """Of patches that were made at the same moment some are heard of and some are not: each is told once."""
    bench = benches.Bench(8, seed=seed)
    await bench.start()
    bench.cluster.inject(apiservers.Faults(lost_answer=0.5))
    bench.push(maxUnavailable=8)
    await bench.poll_and_pass()
    told = steps.names(steps.told_moves(bench))
    assert 0 < len(told) < len(steps.writes(bench)) == 8
    bench.restarted()
    await steps.settle(bench, quiet=30)
    assert steps.names(steps.told_moves(bench)) == sorted(steps.writes(bench))


async def test_a_lost_branch_claims_no_move(bench: benches.Bench) -> None:
    """Where the branch was deleted, a whole fleet that was moved long ago is not told as moved now."""
    bench.push(maxUnavailable=4)
    await steps.settle(bench)
    bench.branch.content = {}
    before = len(bench.branch.messages)
    bench.restarted()
    await steps.settle(bench)
    assert len(bench.branch.messages) > before
    assert "Moved" not in "".join(bench.branch.messages[before:])


async def test_a_branch_of_an_older_release_claims_no_move(bench: benches.Bench) -> None:
    """Where the branch does not say up to when moves were told, what an older release moved is not told again."""
    bench.push(maxUnavailable=4)
    await steps.settle(bench)
    path = "sets/logtail.yaml"
    older = re.sub(rb"\n  movesToldUntil: [^\n]*", b"", bench.branch.content[path])
    assert older != bench.branch.content[path]
    bench.branch.content = {**bench.branch.content, path: older}
    bench.restarted()
    await steps.settle(bench)
    assert steps.names(steps.told_moves(bench)) == sorted(steps.writes(bench))


async def test_a_copied_mark_is_no_move(recorded: benches.Bench) -> None:
    """A pod whose template was copied from a pod that we moved, on another cluster perhaps, was not moved by us."""
    recorded.push()
    await _crash(recorded)
    [moved] = [pod for pod in recorded.cluster.snapshot().pods if pod.name in steps.writes(recorded)]
    recorded.wait(600)
    containers = workloads.containers({**steps.APP, "logtail": steps.NEW})
    copies = workloads.Workload("shop", "Deployment", "copy", 1, sidecarsets.LABELS, containers, marks=moved.marks)
    recorded.cluster.add_workload(copies)
    done = await steps.settle(recorded)
    assert steps.report(done).matched == 5
    assert steps.names(steps.told_moves(recorded)) == sorted(steps.writes(recorded))


@pytest.mark.parametrize("is_unheard", [True, False])
async def test_a_branch_that_fails_makes_no_move_told_twice(recorded: benches.Bench, *, is_unheard: bool) -> None:
    """Whether or not a push came through of which no answer came, each move is told by exactly one commit."""
    recorded.push(maxUnavailable=1)
    recorded.branch.fault, recorded.branch.is_unheard = GONE, is_unheard
    await recorded.poll_and_pass()
    recorded.branch.is_unheard = False
    for _ in range(4):
        recorded.wait(4)
        await recorded.poll_and_pass()
    assert len(steps.writes(recorded)) > 1
    recorded.branch.fault = None
    await steps.settle(recorded)
    assert steps.names(steps.told_moves(recorded)) == sorted(steps.writes(recorded))


@pytest.mark.parametrize("seed", range(12))
async def test_every_move_is_told_once(seed: int) -> None:
    """Crashes, restarts, lost answers, failing pushes and a stop, at random: all moves of pods are in the log once."""
    chance = random.Random(seed)
    bench = benches.Bench(6, seed=seed)
    await bench.start()
    bench.push(steps.OLD)
    await steps.settle(bench)
    limit = chance.choice([1, 2, 3])
    updates: tuple[dict[str, Any], ...] = ({}, {"paused": True}, {})
    for update in updates:
        bench.push(maxUnavailable=limit, **update)
        for _ in range(chance.randint(2, 6)):
            bench.cluster.inject(apiservers.Faults(lost_answer=chance.choice([0, 0.4]), conflict=0.1))
            bench.branch.fault = GONE if chance.random() < 0.3 else None
            bench.branch.is_unheard = chance.random() < 0.5
            await _pass_or_crash(bench, chance)
            bench.wait(chance.choice([0.2, 1, 3, 10]))
    bench.branch.fault = None
    bench.cluster.inject(apiservers.Faults())
    await steps.settle(bench, quiet=25)
    assert steps.names(steps.told_moves(bench)) == sorted(steps.writes(bench))
    assert set(steps.writes(bench).values()) == {1}


async def test_a_message_says_that_the_manifest_changed(bench: benches.Bench) -> None:
    """A commit that is made because the selector changed says so in its subject and in its body."""
    steps.add_workload(bench, "api", 2)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, selector=WIDE)})
    await steps.settle(bench)
    before = len(bench.branch.messages)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW)})
    await steps.settle(bench)
    [message] = bench.branch.messages[before:]
    assert message.splitlines()[0].endswith(", complete, manifest changed")
    assert "\n\nManifest:\n  logtail generation 2 (sets/logtail.yaml:4:9)\n\nGitsidecar-" in message


async def test_a_message_says_where_a_manifest_has_gone(recorded: benches.Bench) -> None:
    """A commit that is made because the file was renamed names the new place."""
    recorded.push_files({benches.FILE: None, "logs/all.yaml": sidecarsets.text(steps.OLD)})
    recorded.wait(60)
    await steps.settle(recorded)
    assert "\n\nManifest:\n  logtail generation 1 (logs/all.yaml:4:9)\n\n" in recorded.branch.messages[-1]


async def _crash(bench: benches.Bench, *, after: int = 1) -> None:
    """Let the process die right after its so-manieth patch from now, and a new one take over."""
    bench.cluster.executed = _cut(bench, after)
    with pytest.raises(ExceptionGroup):
        await bench.poll_and_pass()
    bench.cluster.executed = None
    bench.restarted()


def _cut(bench: benches.Bench, after: int) -> Callable[[], Awaitable[None]]:
    until = len(bench.cluster.ledger.writes) + after

    async def cut() -> None:
        if len(bench.cluster.ledger.writes) >= until:
            raise PowerCutError

    return cut


async def _pass_or_crash(bench: benches.Bench, chance: random.Random) -> None:
    bench.cluster.executed = _cut(bench, chance.choice([1, 2])) if chance.random() < 0.3 else None
    try:
        await bench.poll_and_pass()
    except (ExceptionGroup, errors.TransientError):  # nobody reads the branch while it cannot be reached
        bench.restarted()
    bench.cluster.executed = None
