"""The daemon's own port: `/healthz`, `/readyz` and `/metrics`. It answers reads and takes no orders."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import prometheus_client as prometheus
from aiohttp import web

from gitsidecar import errors

Ask = Callable[[], str]
"""Return an empty string when all is well, else why not."""


@contextlib.asynccontextmanager
async def serving(
    address: str, *, is_healthy: Ask, is_ready: Ask, registry: prometheus.CollectorRegistry
) -> AsyncIterator[int]:
    """
    Answer probes on *address* (``host:port``; port 0 takes a free one) while the block runs, and yield the port.

    Raises StalledError when the address cannot be listened on.
    """
    app = web.Application()
    app.add_routes(
        [
            web.get("/healthz", _probe(is_healthy)),
            web.get("/readyz", _probe(is_ready)),
            web.get("/metrics", _metrics(registry)),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        yield await _listen(runner, address)
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, address: str) -> int:
    host, _, port = address.rpartition(":")
    site = web.TCPSite(runner, host.strip("[]") or None, int(port))
    try:
        await site.start()
    except OSError as error:
        message = f"cannot listen on {address}: {error.strerror}; set probes.address in the settings to a free one"
        raise errors.StalledError(message) from error
    found: int = runner.addresses[0][1]
    return found


def _probe(ask: Ask) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        trouble = ask()
        return web.Response(status=503 if trouble else 200, text=f"{trouble or 'ok'}\n")

    return answer


def _metrics(registry: prometheus.CollectorRegistry) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(
            body=prometheus.generate_latest(registry), headers={"Content-Type": prometheus.CONTENT_TYPE_LATEST}
        )

    return answer
