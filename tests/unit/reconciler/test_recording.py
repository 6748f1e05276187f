"""When a pass becomes a commit of the status branch, and that no commit is lost to a failed push."""

from __future__ import annotations

import dataclasses
import datetime
import itertools

import pytest

from gitsidecar import errors
from gitsidecar.manifests import restoring
from gitsidecar.reconciler import recording
from tests.support import benches, sidecarsets

GONE = errors.TransientError("the remote cannot be reached")


async def test_the_same_state_makes_no_commit(bench: benches.Bench) -> None:
    """Once all is complete, passes find nothing to record, however many run."""
    bench.push(maxUnavailable=4)
    await bench.settle()
    tries = bench.branch.tries
    for _ in range(5):
        bench.wait(100)
        assert (await bench.poll_and_pass()).commit == ""
    assert bench.branch.tries == tries


async def test_a_push_that_changes_no_set_makes_no_commit(bench: benches.Bench) -> None:
    """A revision in which every set is as before leaves the status branch alone."""
    bench.push(maxUnavailable=4)
    await bench.settle()
    bench.push_files({"README.md": "Hello"})
    assert (await bench.poll_and_pass()).commit == ""


async def test_transitions_are_committed_at_once(bench: benches.Bench) -> None:
    """A new spec, a stop and the end of a rollout do not wait for the interval."""
    bench.push(sidecarsets.OLD)
    await bench.settle()
    bench.push(maxUnavailable=1)
    assert (await bench.poll_and_pass()).commit
    bench.push(maxUnavailable=1, paused=True)
    assert (await bench.poll_and_pass()).commit
    bench.push(maxUnavailable=4)
    assert (await bench.poll_and_pass()).commit
    await bench.settle()
    assert "complete" in bench.branch.subjects[-1]


async def test_progress_is_committed_at_most_every_interval() -> None:
    """Between two commits that tell of progress the interval passes, and the pass says when the next is due."""
    bench = benches.Bench(60)
    await bench.start()
    bench.push(maxUnavailable=1)
    times, waited = [], False
    while not benches.condition(done := await bench.poll_and_pass(), "Complete")[0]:
        if done.commit:
            times.append((bench.clock.now() - benches.START).total_seconds())
        elif done.outcomes:
            assert done.again_after is not None
            assert done.again_after <= benches.INTERVAL
            waited = True
        bench.wait(3)
    assert waited
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(gaps) > 2
    assert min(gaps) >= benches.INTERVAL


async def test_what_unrecorded_passes_moved_is_told_by_the_next_commit() -> None:
    """Every pod that was moved is named in exactly one commit's message."""
    bench = benches.Bench(12)
    await bench.start()
    bench.push(maxUnavailable=1)
    await bench.settle()
    names = sorted(pod.key for pod in bench.cluster.snapshot().pods)
    for name in names:
        told = [message for message in bench.branch.messages if f"{name}:" in message or f" {name}" in message]
        assert told, name
    assert len(bench.branch.messages) < len(names)


async def test_flush_commits_what_waits(bench: benches.Bench) -> None:
    """At the end of a process the interval is not waited for, and without news nothing is committed."""
    bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    bench.wait(9)
    done = await bench.poll_and_pass()
    assert (len(done.outcomes), done.commit) == (1, "")
    assert await bench.reconciler.flush("the-last")
    assert done.outcomes[0].action.pod.key in bench.branch.messages[-1]
    assert "Gitsidecar-Pass: the-last" in bench.branch.messages[-1]
    assert await bench.reconciler.flush("again") == ""


async def test_a_failed_push_loses_nothing(bench: benches.Bench) -> None:
    """The pass is told with what was done, and the next commit names the pods that were moved."""
    bench.push(sidecarsets.OLD)
    await bench.settle()
    bench.branch.fault = GONE
    bench.push(maxUnavailable=1)
    failed = await bench.poll_and_pass()
    assert failed.failure is GONE
    assert (set(benches.kinds(failed).values()), failed.commit) == ({"Applied"}, "")
    bench.branch.fault = None
    bench.wait(1)
    done = await bench.poll_and_pass()
    assert done.failure is None
    assert done.commit
    assert failed.outcomes[0].action.pod.key in bench.branch.messages[-1]


async def test_a_push_of_which_the_answer_was_lost_is_not_made_twice(bench: benches.Bench) -> None:
    """When the remote took the commit but did not say so, the next pass makes none."""
    bench.push(sidecarsets.OLD)
    await bench.settle()
    bench.push(sidecarsets.OLD, paused=True)
    bench.branch.fault, bench.branch.is_unheard = GONE, True
    assert (await bench.poll_and_pass()).failure is GONE
    bench.branch.fault = None
    done = await bench.poll_and_pass()
    assert (done.failure, done.commit, len(bench.branch.messages)) == (None, "", 2)
    assert done.again_after is None


async def test_what_a_person_broke_on_the_branch_is_known_as_a_problem(bench: benches.Bench) -> None:
    """A file of the status branch that cannot be read is named, and the next record writes it anew."""
    bench.push(maxUnavailable=4)
    await bench.settle()
    broken = dict(bench.branch.content)
    [path] = [path for path in broken if path.startswith("sets/") and path.endswith(".yaml")]
    bench.branch.content = {**broken, path: b"{"}
    bench.restarted()
    await bench.settle()
    assert [problem.file for problem in bench.reconciler.problems] == [path]
    assert bench.branch.content[path] != b"{"


async def test_only_one_commit_between_two_is_about_the_same_pods(bench: benches.Bench) -> None:
    """What a commit has told is not told again by the next."""
    bench.push(maxUnavailable=1)
    done = await bench.settle()
    assert benches.condition(done, "Complete")[0]
    moves = [line for message in bench.branch.messages for line in message.splitlines() if "shop/web-" in line]
    assert len([line for line in moves if "shop/web-0" in line]) == 1


@pytest.mark.parametrize("fault", [GONE, errors.StalledError("the token is not accepted")])
async def test_a_flush_that_fails_says_so(bench: benches.Bench, fault: Exception) -> None:
    """The error comes to whoever asked, and what waits goes on waiting."""
    bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    bench.wait(9)
    await bench.poll_and_pass()
    bench.branch.fault = fault
    with pytest.raises(type(fault)):
        await bench.reconciler.flush("one")
    bench.branch.fault = None
    assert await bench.reconciler.flush("two")


async def test_moves_of_a_set_that_is_removed_are_told_first() -> None:
    """A removal does not swallow what no commit has told of yet."""
    bench = benches.Bench(8)
    await bench.start()
    bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    bench.wait(8)
    second = await bench.poll_and_pass()
    assert second.report.sets[0].moved
    assert not second.commit
    bench.push_files({benches.FILE: None}, (("gitsidecar-allow-removal", "true"),))
    await bench.poll_and_pass()
    told = "\n".join(bench.branch.messages)
    assert all(told.count(key) == 1 for key in second.report.sets[0].moved)
    assert "no longer managed" in bench.branch.subjects[-1]


async def test_moves_are_told_with_the_spec_that_they_were_to() -> None:
    """A push of another spec does not take over what passes before it moved and no commit has told of."""
    bench = benches.Bench(8)
    await bench.start()
    first = bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    bench.wait(8)
    second = await bench.poll_and_pass()
    assert second.report.sets[0].moved
    assert not second.commit
    bench.push(sidecarsets.NEWEST, partition="100%")
    await bench.poll_and_pass()
    [message] = [text for text in bench.branch.messages if second.report.sets[0].moved[0] in text]
    assert f"logtail {first[:7]}" in message


async def test_a_push_that_fails_keeps_the_moves_of_a_set_that_is_removed() -> None:
    """Moves that no commit has told of come before the removal, however long the branch cannot be reached."""
    bench = benches.Bench(8)
    await bench.start()
    bench.push(maxUnavailable=1)
    await bench.poll_and_pass()
    bench.wait(8)
    second = await bench.poll_and_pass()
    bench.branch.fault = GONE
    bench.push_files({benches.FILE: None}, (("gitsidecar-allow-removal", "true"),))
    for _ in range(3):
        assert (await bench.poll_and_pass()).failure is GONE
    bench.branch.fault = None
    await bench.poll_and_pass()
    moved, removed = bench.branch.messages[-2:]
    assert all(key in moved for key in second.report.sets[0].moved)
    assert removed.startswith("logtail: no longer managed\n")


async def test_what_may_have_been_told_is_told_in_the_same_commit_or_not_at_all(bench: benches.Bench) -> None:
    """After a push of which no answer came, newer moves make a commit of their own."""
    bench.push(sidecarsets.OLD)
    await bench.settle()
    bench.branch.fault, bench.branch.is_unheard = GONE, True
    bench.push(maxUnavailable=1)
    first = await bench.poll_and_pass()
    assert first.failure is GONE
    bench.branch.fault = None
    bench.wait(8)
    second = await bench.poll_and_pass()
    assert second.outcomes
    await bench.reconciler.flush("the-last")
    told = "\n".join(bench.branch.messages)
    for done in (first, second):
        assert [told.count(f"  {key}\n") for key in done.report.sets[0].moved] == [1]


async def test_a_clock_that_is_set_back_delays_progress_by_one_interval_at_most() -> None:
    """A commit seems to lie in the future; the next is due after the interval all the same."""
    bench = benches.Bench(8)
    await bench.start()
    bench.push(maxUnavailable=1)
    branch = recording.Recorder(bench.branch, benches.INTERVAL)
    branch.load(restoring.restore, restoring.restore_policy)
    first = (await bench.poll_and_pass()).report
    later = benches.START + datetime.timedelta(days=1)
    begun = dataclasses.replace(first, sets=(dataclasses.replace(first.sets[0], in_flight=5),))
    assert branch.record(begun, later, "one").commit
    changed = dataclasses.replace(first, sets=(dataclasses.replace(first.sets[0], in_flight=7),))
    wait = branch.record(changed, benches.START, "two").again_after
    assert wait == benches.INTERVAL
