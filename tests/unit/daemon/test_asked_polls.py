"""Polls that are asked for: at once, many asks one poll, none lost."""

from __future__ import annotations

import asyncio

import pytest

from gitsidecar import errors
from tests.support import benches, sidecarsets
from tests.unit.daemon import stages


@pytest.fixture
def bench() -> benches.Bench:
    """Return four pods on the old image, and a set that is complete."""
    made = benches.Bench(is_automatic=False)
    made.push(sidecarsets.OLD)
    return made


async def test_a_push_that_is_told_of_moves_pods_at_once(bench: benches.Bench) -> None:
    """The next poll on time would be an hour later."""
    stage = stages.Stage(bench, poll=3600)
    async with stages.running(stage):
        await stage.passed(1)
        await stage.wait(stages.COALESCE)
        bench.push(sidecarsets.NEW, maxUnavailable=4)
        stage.daemon.ask_poll()
        done = await stage.passed(2)
        assert set(benches.kinds(done).values()) == {"Applied"}


async def test_without_anything_new_no_pass_runs(bench: benches.Bench) -> None:
    """A push elsewhere costs one look."""
    stage = stages.Stage(bench)
    async with stages.running(stage):
        await stage.passed(1)
        await stage.wait(stages.COALESCE)
        stage.daemon.ask_poll()
        await stages.until(lambda: bench.source.fetches == 2)
        await stage.wait(100)
        await stage.passed(1)


async def test_many_pushes_make_few_polls(bench: benches.Bench) -> None:
    """One at once; all that come within two seconds of it are answered by one more."""
    stage = stages.Stage(bench)
    async with stages.running(stage):
        await stage.passed(1)
        stage.daemon.ask_poll()
        await stages.until(lambda: bench.source.fetches == 2)
        for _ in range(50):
            stage.daemon.ask_poll()
        await stage.wait(1.9)
        assert bench.source.fetches == 2
        await stage.wait(0.2)
        await stages.until(lambda: bench.source.fetches == 3)
        await stage.wait(100)
        assert bench.source.fetches == 3


async def test_a_poll_that_fails_is_told_as_any_other(bench: benches.Bench) -> None:
    """The daemon says what is wrong, and the next push is looked for all the same."""
    stage = stages.Stage(bench)
    async with stages.running(stage):
        await stage.passed(1)
        bench.source.fault = errors.TransientError("the remote cannot be reached")
        stage.daemon.ask_poll()
        await stages.until(lambda: stage.daemon.trouble)
        bench.source.fault = None
        stage.daemon.ask_poll()
        await stage.wait(3)
        await stages.until(lambda: not stage.daemon.trouble)


async def test_a_bug_in_a_poll_ends_the_daemon(bench: benches.Bench) -> None:
    """It is not swallowed by the task that found it."""
    stage = stages.Stage(bench)
    task = asyncio.create_task(stage.daemon.run())
    await stage.passed(1)
    bench.source.fault = RuntimeError("a bug")
    stage.daemon.ask_poll()
    with pytest.raises(RuntimeError, match="a bug"):
        async with asyncio.timeout(10):
            await task
