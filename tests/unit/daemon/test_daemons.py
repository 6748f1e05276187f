"""When the daemon runs passes: asked, by the alarm, after faults; and how it ends."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import time

import pytest
import structlog

from gitsidecar import errors
from gitsidecar.daemon import daemons
from gitsidecar.reconciler import reconcilers
from gitsidecar.simulation import apiservers
from tests.support import benches, sidecarsets
from tests.unit.daemon import stages

GONE = errors.TransientError("the remote cannot be reached")


@pytest.fixture
def bench() -> benches.Bench:
    """Return four pods on the old image, and a set that is complete."""
    made = benches.Bench(is_automatic=False)
    made.push(sidecarsets.OLD)
    return made


async def test_many_asks_make_one_pass(bench: benches.Bench) -> None:
    """Whatever asks while the daemon pauses is answered by one pass after the pause."""
    stage = stages.Stage(bench)
    async with stages.running(stage):
        await stage.passed(1)
        for _ in range(50):
            stage.daemon.ask()
        await stage.wait(stages.COALESCE - 0.1)
        assert bench.cluster.observed == 1
        await stage.wait(0.1)
        await stage.passed(2)
        await stage.wait(stages.COALESCE)
        await stage.wait(100)
        assert bench.cluster.observed == 2


async def test_a_pods_event_asks_for_a_pass(bench: benches.Bench) -> None:
    """A change in the cluster brings a pass on without any poll."""
    stage = stages.Stage(bench)
    async with stages.running(stage):
        await stage.passed(1)
        await stage.wait(stages.COALESCE)
        bench.cluster.set_image_from_outside("shop", "web-0", "logtail", "other:1")
        await stage.turn()
        done = await stage.passed(2)
        assert benches.kinds(done) == {"web-0": "Applied"}
    assert bench.source.fetches == 1


async def test_the_alarm_asks_for_a_pass_when_one_is_due(bench: benches.Bench) -> None:
    """When a pass says that it has more to do after a time, another one runs then."""
    bench.push(maxUnavailable=4)
    bench.cluster.forbid_writes(True)
    stage = stages.Stage(bench)
    async with stages.running(stage):
        assert (await stage.passed(1)).again_after == 60
        await stage.wait(59.9)
        assert bench.cluster.observed == 1
        await stage.wait(0.2)
        await stage.passed(2)


async def test_a_passing_fault_is_waited_out_longer_each_time(bench: benches.Bench) -> None:
    """After a pass that failed none runs for 1, 2, 4 … seconds, whoever asks; the first good one ends that."""
    bench.branch.fault = GONE
    stage = stages.Stage(bench)
    async with stages.running(stage):
        await stages.until(lambda: bench.branch.loads == 1)
        for number, seconds in enumerate((1, 2, 4, 8), start=1):
            await stage.turn()
            stage.daemon.ask()
            await stage.wait(seconds - 0.1)
            assert bench.branch.loads == number
            await stage.wait(0.2)
            assert bench.branch.loads == number + 1
        assert str(GONE) in stage.daemon.trouble
        bench.branch.fault = None
        await stage.wait(16)
        await stage.passed(1)
        assert stage.daemon.trouble == ""
    count = stage.metrics.registry.get_sample_value
    assert count("gitsidecar_passes_total", {"result": "TransientError"}) == 5
    assert count("gitsidecar_passes_total", {"result": "ok"}) == 1


async def test_the_remote_says_how_long_to_wait(bench: benches.Bench) -> None:
    """A fault's own retry_after is obeyed when it is longer."""
    bench.branch.fault = errors.TransientError("slow down", retry_after=90)
    stage = stages.Stage(bench)
    async with stages.running(stage):
        await stages.until(lambda: bench.branch.loads == 1)
        await stage.turn()
        await stage.wait(89)
        assert bench.branch.loads == 1
        await stage.wait(1.1)
        assert bench.branch.loads == 2


async def test_a_failed_record_is_a_failure_that_hides_no_patch(bench: benches.Bench) -> None:
    """What was sent is logged and counted although the push failed, and the daemon says that it is in trouble."""
    stage = stages.Stage(bench, poll=0.05)
    with structlog.testing.capture_logs() as logs:
        async with stages.running(stage):
            await stage.passed(1)
            await stage.wait(stages.COALESCE)
            bench.branch.fault = GONE
            bench.push(maxUnavailable=1)
            done = await stage.passed(2)
            assert done.failure is GONE
            assert str(GONE) in stage.daemon.trouble
            bench.branch.fault = None
    [pod] = [line["pod"] for line in logs if line["event"] == "pod.patched"]
    assert [outcome.action.pod.key for outcome in done.outcomes] == [pod]
    assert pod in bench.branch.messages[-1]


async def test_failing_polls_stop_no_pass(bench: benches.Bench) -> None:
    """While the remote cannot be reached, pods are watched and healed all the same, and the trouble is said."""
    stage = stages.Stage(bench, poll=0.05)
    async with stages.running(stage):
        await stage.passed(1)
        bench.source.fault = GONE
        await stages.until(lambda: stage.daemon.trouble)
        assert stage.daemon.trouble == str(GONE)
        await stage.wait(stages.COALESCE)
        bench.cluster.set_image_from_outside("shop", "web-0", "logtail", "other:1")
        await stage.turn()
        assert benches.kinds(await stage.passed(2)) == {"web-0": "Applied"}
        bench.source.fault = None
        with structlog.testing.capture_logs() as lines:
            await stages.until(lambda: not stage.daemon.trouble)
        assert [line["event"] for line in lines if line["event"].startswith("poll.")] == ["poll.recovered"]


async def test_a_poll_that_finds_a_new_revision_brings_a_pass(bench: benches.Bench) -> None:
    """Polls run by themselves, and only news make a pass."""
    stage = stages.Stage(bench, poll=0.05)
    async with stages.running(stage):
        await stage.passed(1)
        await stage.wait(stages.COALESCE)
        fetches = bench.source.fetches
        await stages.until(lambda: bench.source.fetches > fetches + 2)
        assert bench.cluster.observed == 1
        revision = bench.push(sidecarsets.OLD, paused=True)
        done = await stage.passed(2)
        assert done.report.revision == revision


@pytest.mark.parametrize("after", [0, 1])
async def test_a_bug_in_a_poll_ends_the_daemon(
    bench: benches.Bench, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody expected is not waited out: `run` ends with that very error, in the first poll or a later one."""
    caplog.set_level(logging.CRITICAL, "apscheduler")
    stage = stages.Stage(bench, poll=0.05)
    bug = RuntimeError("a bug")
    bench.source.fault = None if after else bug
    task = asyncio.create_task(stage.daemon.run())
    if after:
        await stage.passed(1)
        bench.source.fault = bug
    with pytest.raises(RuntimeError, match="a bug"):
        async with asyncio.timeout(10):
            await task


async def test_a_stop_finishes_what_is_in_hand_and_records_it(bench: benches.Bench) -> None:
    """The requests that were sent end, no other is sent, and the status branch tells of them."""
    bench.options = reconcilers.Options("tests", writes_in_flight=1)
    bench.restarted()
    bench.push(maxUnavailable=4)
    bench.cluster.inject(apiservers.Faults(latency=(5.0, 5.0)))
    stage = stages.Stage(bench)
    task = asyncio.create_task(stage.daemon.run())
    await stages.until(lambda: bench.clock._sleepers)
    stage.daemon.stop()
    await stage.turn()
    assert not task.done()
    bench.wait(5)
    async with asyncio.timeout(10):
        await task
    [written] = bench.cluster.ledger.writes
    assert written.pod in bench.branch.messages[-1]


async def test_a_stop_records_what_waits_for_the_interval(bench: benches.Bench) -> None:
    """Progress that was not committed yet is committed at the end."""
    bench.push(maxUnavailable=1)
    stage = stages.Stage(bench)
    async with stages.running(stage):
        await stage.passed(1)
        for _ in range(20):
            await stage.wait(1)
            await stages.until(lambda: stage.daemon._began is None)
            await stage.turn()
            if len(bench.cluster.ledger.writes) == 2:
                break
        commits = len(bench.branch.messages)
    assert len(bench.branch.messages) == commits + 1
    assert bench.cluster.ledger.writes[-1].pod in bench.branch.messages[-1]


async def test_a_stop_does_not_wait_for_a_back_off(bench: benches.Bench) -> None:
    """A daemon that waits out a fault ends at once when it is told to."""
    bench.branch.fault = GONE
    stage = stages.Stage(bench)
    async with stages.running(stage):
        await stages.until(lambda: bench.branch.loads == 1)


async def test_a_stop_in_the_middle_of_a_poll_is_quiet(bench: benches.Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A poll that is under way when the daemon ends makes no fuss in the log."""
    with concurrent.futures.ThreadPoolExecutor(1) as git:
        bench.restarted(git)
        stage = stages.Stage(bench, poll=0.05)
        async with stages.running(stage):
            await stage.passed(1)
            bench.source.gate.clear()
            fetches = bench.source.fetches
            await stages.until(lambda: bench.source.fetches > fetches)
            asyncio.get_running_loop().call_later(0.05, bench.source.gate.set)
        await stage.turn()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_daemon_that_cannot_start_says_why(bench: benches.Bench) -> None:
    """What keeps the cluster from being watched ends `run`."""

    class Unusable(benches.Cluster):
        async def start(self, changed: object) -> None:
            raise errors.StalledError("there is no kubeconfig")

    bench.cluster = Unusable(bench.clock)
    with pytest.raises(errors.StalledError):
        await stages.Stage(bench).daemon.run()


async def test_a_hung_pass_is_complained_of(bench: benches.Bench) -> None:
    """Liveness fails when one pass runs for too long, and never while the daemon only waits."""
    bench.push(maxUnavailable=1)
    bench.cluster.inject(apiservers.Faults(latency=(5.0, 5.0)))
    stage = stages.Stage(bench)
    assert stage.daemon.complaint(time.monotonic() + 1000, longest=300) == ""
    async with stages.running(stage):
        await stages.until(lambda: bench.clock._sleepers)
        assert stage.daemon.complaint(time.monotonic(), longest=300) == ""
        assert "300 s" in stage.daemon.complaint(time.monotonic() + 301, longest=300)
        await stage.wait(5)
        await stage.passed(1)
        assert stage.daemon.complaint(time.monotonic() + 1000, longest=300) == ""


async def test_readiness_tells_what_is_missing_at_first(bench: benches.Bench) -> None:
    """Before the first poll and pass the daemon is not ready, in words; afterwards it is."""
    stage = stages.Stage(bench)
    assert "not been read yet" in stage.daemon.trouble
    async with stages.running(stage):
        await stage.passed(1)
        assert stage.daemon.trouble == ""


def test_a_pass_is_named_by_its_moment() -> None:
    """The name sorts by time and holds nothing that a file name or a log could not."""
    assert daemons.pass_id(benches.START) == "20261124T020000.000Z"
