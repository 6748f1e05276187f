"""A stage for the daemon: a bench whose clock moves only when a test says so, and the daemon's passes, counted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from gitsidecar.daemon import daemons
from gitsidecar.reconciler import reconcilers
from gitsidecar.telemetry import metrics
from tests.support import benches

COALESCE = 0.5


async def until(is_so: Callable[[], object]) -> None:
    """Wait until *is_so*, which threads bring about: a clock that is told to move does not wait for them."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110  # not for everything there is an event
            await asyncio.sleep(0.005)


class Stage:
    """A daemon on a bench whose clock moves only by `wait`."""

    def __init__(self, bench: benches.Bench, poll: float = 3600.0) -> None:
        self.bench = bench
        self.passes: list[reconcilers.Pass] = []
        self.metrics = metrics.Metrics()
        pace = daemons.Pace(poll=poll, jitter=0.0, coalesce=COALESCE)
        self.daemon = daemons.Daemon(
            bench.reconciler, bench.cluster, bench.clock, pace, self.metrics, passed=self.passes.append
        )

    async def passed(self, number: int) -> reconcilers.Pass:
        """Wait until so many passes have ended, and the daemon waits again; return the last."""
        await until(lambda: len(self.passes) >= number)
        await self.turn()
        assert len(self.passes) == number
        return self.passes[-1]

    async def wait(self, seconds: float) -> None:
        """Let time pass, and let the daemon begin whatever that brings on."""
        self.bench.wait(seconds)
        await self.turn()

    async def turn(self) -> None:
        """Give all tasks their turns."""
        for _ in range(50):
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def running(stage: Stage) -> AsyncIterator[None]:
    """Run the daemon while the block runs, then stop it."""
    task = asyncio.create_task(stage.daemon.run())
    try:
        yield
        stage.daemon.stop()
        async with asyncio.timeout(10):
            await task
    finally:
        task.cancel()
