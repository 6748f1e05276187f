"""A service on 127.0.0.1 that hears what is posted to it, and answers as a test tells it to."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from aiohttp import web


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return what the body says."""
        return json.loads(self.body)


@dataclasses.dataclass(frozen=True, slots=True)
class Reply:
    """An answer; one that *hangs* never comes, one that *breaks* closes the connection."""

    status: int = 200
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b"ok"
    hangs: bool = False
    breaks: bool = False


class Listener:
    """Answers each request by the next of its `replies`, and by 200 when there is none left; `heard` are all so far."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[Heard] = []
        self.replies: collections.deque[Reply] = collections.deque()
        self._closing = asyncio.Event()

    async def until(self, number: int, *, seconds: float = 10.0) -> list[Heard]:
        """Wait until so many requests have come, and return them."""
        async with asyncio.timeout(seconds):
            while len(self.heard) < number:  # noqa: ASYNC110  # a server has no event for that
                await asyncio.sleep(0.005)
        return self.heard

    async def until_heard(self, is_it: Callable[[Heard], bool], *, seconds: float = 60.0) -> Heard:
        """Wait for a request that *is_it*, and return it."""
        async with asyncio.timeout(seconds):
            while not any(map(is_it, self.heard)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return next(each for each in self.heard if is_it(each))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Take *request*."""
        self.heard.append(Heard(request.method, request.raw_path, request.headers, await request.read()))
        reply = self.replies.popleft() if self.replies else Reply()
        if reply.hangs:
            await self._closing.wait()
        if reply.breaks:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)

    def close(self) -> None:
        """End what hangs."""
        self._closing.set()


@contextlib.asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[Listener]:
    """Listen for the block."""
    listener = Listener()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", listener.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    scheme = "http" if tls is None else "https"
    listener.url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield listener
    finally:
        listener.close()
        await runner.cleanup()
