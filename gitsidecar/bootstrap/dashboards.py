"""The dashboard of one process: a daemon that cannot show it does its work all the same."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

import structlog

from gitsidecar import errors
from gitsidecar.dashboard import hosts, servers, sights
from gitsidecar.settings import dashboards

_log = structlog.get_logger("gitsidecar")


@contextlib.asynccontextmanager
async def serving(
    settings: dashboards.Dashboard, memory: sights.Memory, trouble: Callable[[], str]
) -> AsyncIterator[dict[str, int]]:
    """Serve what *memory* holds while the block runs, and yield the port by name; nothing where it is not served."""
    if not settings.enabled:
        yield {}
        return
    site = servers.Site(lambda: memory.look(trouble()), hosts.Hosts(settings.address, settings.hosts))
    async with contextlib.AsyncExitStack() as stack:
        ports = {}
        try:
            ports["dashboard"] = await stack.enter_async_context(servers.serving(settings.address, site))
        except errors.StalledError as error:
            _log.error("dashboard.failed", reason=str(error))
        yield ports
