"""A started cluster port, and what a test sees of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from gitsidecar import ports

_NOW_AND_THEN = 0.05


class Eyes:
    """Counts how often `changed` was called, and waits for what it should bring."""

    def __init__(self) -> None:
        self.calls = 0
        self._event = asyncio.Event()

    def changed(self) -> None:
        """Note a call; this is what the cluster is started with."""
        self.calls += 1
        self._event.set()

    async def until(self, is_so: Callable[[], object]) -> None:
        """Return as soon as *is_so*, asked again after each call and now and then. Raises TimeoutError after 30 s."""
        async with asyncio.timeout(30):
            while not is_so():
                self._event.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._event.wait(), _NOW_AND_THEN)


@contextlib.asynccontextmanager
async def started(cluster: ports.Cluster) -> AsyncIterator[Eyes]:
    """Start *cluster* for the block."""
    eyes = Eyes()
    try:
        await cluster.start(eyes.changed)
        yield eyes
    finally:
        await cluster.close()
