"""An API server that says what a test tells it to, on 127.0.0.1: for answers that no real one gives to order."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

Json = dict[str, Any]
Step = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came."""

    kind: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class ScriptedServer:
    """
    Answers each kind of request by the next step of its script; the last step is repeated.

    Kinds are ``list pods``, ``watch pods``, ``list namespaces``, ``watch namespaces``, ``get pod`` and ``patch pod``.
    Unless a script says otherwise, lists are empty and watches stay silent. `requests` are all so far.
    """

    def __init__(self, folder: Path) -> None:
        self.url = ""
        self.requests: list[Seen] = []
        self._folder = folder
        self._closing = asyncio.Event()
        self._scripts: dict[str, collections.deque[Step]] = {}
        for resource in ("pods", "namespaces"):
            self.script(f"list {resource}", reply(page()))
            self.script(f"watch {resource}", self.stream())

    def script(self, kind: str, *steps: Step) -> None:
        """Answer requests of *kind* by *steps* from now on."""
        self._scripts[kind] = collections.deque(steps)

    def count(self, kind: str) -> int:
        """Return how many requests of *kind* have come."""
        return len(self.seen(kind))

    def seen(self, kind: str) -> list[Seen]:
        """Return the requests of *kind* that have come."""
        return [request for request in self.requests if request.kind == kind]

    def kubeconfig(self, *, token: str = "secret-token") -> Path:
        """Write (again) a kubeconfig for this server and return its path."""
        return write_kubeconfig(self._folder / "kubeconfig", self.url, token=token)

    def stream(self, *lines: Json | bytes, then: str = "hang") -> Step:
        """Return a step that sends *lines* of a watch and then does *then*: ``hang`` or ``end``."""

        async def step(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            for line in lines:
                await response.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
            if then == "hang":
                await self._closing.wait()
            return response

        return step

    async def answer(self, request: web.Request) -> web.StreamResponse:
        kind = _kind(request)
        self.requests.append(Seen(kind, request.path, request.query, request.headers, await request.read()))
        steps = self._scripts[kind]
        return await (steps.popleft() if len(steps) > 1 else steps[0])(request)

    def close(self) -> None:
        """End every watch that hangs."""
        self._closing.set()


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[ScriptedServer]:
    """Run a server for the block."""
    server = ScriptedServer(folder)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(application, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.close()
        await runner.cleanup()


def write_kubeconfig(file: Path, url: str, *, token: str = "secret-token") -> Path:
    """Write a kubeconfig for the server at *url* and return its path."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": {"server": url}}],
        "users": [{"name": "daemon", "user": {"token": token}}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "daemon"}}],
        "current-context": "tests",
    }
    file.write_text(json.dumps(config))
    return file


def reply(body: Json | str, *, code: int = 200, headers: Mapping[str, str] | None = None) -> Step:
    """Return a step that answers with *body*, JSON or plain text."""

    async def step(_: web.Request) -> web.StreamResponse:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(text=text, status=code, headers=headers)

    return step


def refuse(code: int, message: str, *, headers: Mapping[str, str] | None = None) -> Step:
    """Return a step that answers with a Status object."""
    return reply({"kind": "Status", "code": code, "message": message}, code=code, headers=headers)


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Break the connection off without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def page(*items: Json, version: str = "100", onward: str = "") -> Json:
    """Return one page of a list."""
    return {"kind": "PodList", "metadata": {"resourceVersion": version, "continue": onward}, "items": list(items)}


def event(type_: str, item: Json) -> Json:
    """Return one event of a watch."""
    return {"type": type_, "object": item}


def _kind(request: web.Request) -> str:
    *_, resource = parts = request.path.strip("/").split("/")
    if len(parts) == 3:
        return f"{'watch' if 'watch' in request.query else 'list'} {resource}"
    return f"{request.method.lower()} pod"
