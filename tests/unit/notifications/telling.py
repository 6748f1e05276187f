"""A notice to tell, files with secrets, and a board with one notifier whose clock needs no waiting."""

from __future__ import annotations

import asyncio
import base64
import collections
import contextlib
import dataclasses
import datetime
import hashlib
import hmac
import random
from collections.abc import AsyncIterator
from pathlib import Path

from gitsidecar.model import findings, notices
from gitsidecar.notifications import boards, interests, notifiers, services
from gitsidecar.simulation import clocks

NOW = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)
COMMIT = "4f2a9c1d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39"
SECRET = "correct horse battery staple"
NOTICE = notices.Notice(
    id="id-1",
    event=notices.Event.COMPLETED,
    at=NOW,
    cluster="prod",
    set_name="logtail",
    commit=COMMIT,
    reason="RolledOut",
    message="all 4 pods on 4f2a9c1",
    labels={"team": "logs"},
    spec_hash="v1-00000000000000bb",
    place=findings.Place("sets/logtail.yaml", 3, 1),
    counts={"matchedPods": 4},
)


def numbered(number: int) -> notices.Notice:
    """Return another notice."""
    return dataclasses.replace(NOTICE, id=f"id-{number}", message=f"notice {number}")


def secret(folder: Path, text: str = SECRET, name: str = "secret") -> Path:
    """Write *text* into a file and return it."""
    file = folder / name
    file.write_text(text + "\n")
    return file


def generic(folder: Path, url: str) -> services.Generic:
    """Return a service that takes signed JSON at *url*."""
    return services.Generic(url, secret(folder))


def signature(key: bytes, id_: str, timestamp: str, body: bytes) -> str:
    """Return what stands in the header, worked out from the standard's own words."""
    content = b".".join([id_.encode(), timestamp.encode(), body])
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


class Told:
    """A board, its clock, and what became of notices."""

    def __init__(self, board: boards.Board, clock: clocks.VirtualClock, counts: collections.Counter[str]) -> None:
        self.board = board
        self.clock = clock
        self.counts = counts

    def offer(self, *found: notices.Notice) -> None:
        """Hand over."""
        self.board.offer(found or (NOTICE,))

    async def until(self, **counts: int) -> None:
        """Wait until so many notices are ``sent``, ``failed`` or ``dropped``."""
        async with asyncio.timeout(10):
            while not all(self.counts[name] >= number for name, number in counts.items()):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        assert dict(self.counts) == counts


@contextlib.asynccontextmanager
async def telling(
    service: services.Service,
    outbox: Path,
    *,
    interest: interests.Interest | None = None,
    ca_file: Path | None = None,
    is_automatic: bool = True,
) -> AsyncIterator[Told]:
    """Run a board with one notifier for *service*, whose pauses take no time, with what waits in *outbox*."""
    clock = clocks.VirtualClock(NOW, is_automatic=is_automatic)
    counts: collections.Counter[str] = collections.Counter()
    plan = notifiers.Plan("chat", service, interest or interests.Interest())

    def counted(name: str, result: str) -> None:
        assert name == "chat"
        counts[result] += 1

    async with boards.running([boards.Post(plan, outbox, ca_file)], clock, random.Random(7), counted=counted) as board:
        yield Told(board, clock, counts)
