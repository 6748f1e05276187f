"""All notifiers of one daemon: offered the same notices, each with a queue, a client and a pace of its own."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

from gitsidecar import ports
from gitsidecar.model import notices
from gitsidecar.notifications import clients, notifiers, outboxes

FLUSH = 2.0
"""Seconds that the end waits for what can be told yet: SIGTERM is obeyed within 10, the last commit included."""


@dataclasses.dataclass(frozen=True, slots=True)
class Post:
    """One notifier's plan, where it keeps what waits, and the CA that it trusts in place of the system's."""

    plan: notifiers.Plan
    outbox: Path
    ca_file: Path | None = None


class Board:
    """Where notices are put up."""

    def __init__(self, made: Sequence[notifiers.Notifier]) -> None:
        self._notifiers = made

    def offer(self, found: Iterable[notices.Notice]) -> None:
        """Hand each notice to all who want it; returns at once."""
        for notice in found:
            for each in self._notifiers:
                each.offer(notice)


@contextlib.asynccontextmanager
async def running(
    posts: Sequence[Post], clock: ports.Clock, jitter: random.Random, *, counted: notifiers.Counted
) -> AsyncIterator[Board]:
    """
    Tell what is offered while the block runs; at its end what waits is tried once more, for `FLUSH` at most, and kept.

    Raises StalledError when a CA cannot be used.
    """
    async with contextlib.AsyncExitStack() as stack:
        made = []
        for each in posts:
            client = await stack.enter_async_context(clients.opened(each.ca_file))
            outbox = outboxes.Outbox(each.outbox)
            notifier = notifiers.Notifier(each.plan, client, clock, jitter, outbox=outbox, counted=counted)
            notifier.take_over(await asyncio.to_thread(outbox.load))
            made.append(notifier)
        tasks = [asyncio.create_task(each.run()) for each in made]
        try:
            yield Board(made)
        finally:
            await _end(made, tasks)


async def _end(made: Sequence[notifiers.Notifier], tasks: Sequence[asyncio.Task[None]]) -> None:
    for each in made:
        each.finish()
    if tasks:
        await asyncio.wait(tasks, timeout=FLUSH)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for each in made:
        each.leave()
