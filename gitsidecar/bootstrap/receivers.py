"""The push receiver that the settings describe, with its certificate if it has one of its own."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from gitsidecar.hooks import servers
from gitsidecar.settings import configs
from gitsidecar.webhook import contexts, keeping, mounts, sources

Now = Callable[[], datetime.datetime]


@contextlib.asynccontextmanager
async def serving(
    config: configs.GitsidecarConfig, ask_poll: Callable[[], None], counted: Callable[[str], None], *, now: Now
) -> AsyncIterator[dict[str, int]]:
    """
    Let pushes call *ask_poll* while the block runs, and yield the port; none where the settings want no receiver.

    Raises StalledError when the address is taken, or the certificate cannot be served.
    """
    hooks = config.hooks
    if hooks.secret_file is None:
        yield {}
        return
    receiver = servers.Receiver(config.repository.branch, hooks.secret_file, ask_poll, counted, now)
    async with _kept(hooks.certificates_folder, now) as tls, servers.serving(hooks.address, tls, receiver) as port:
        yield {"hooks": port}


@contextlib.asynccontextmanager
async def _kept(folder: Path | None, now: Now) -> AsyncIterator[ssl.SSLContext | None]:
    """Yield a context that serves the pair in *folder*, which is read again and again; ``None`` without one."""
    if folder is None:
        yield None
        return
    context = contexts.Context()
    source = sources.MountedCertificates(mounts.Mount(folder / "tls.crt", folder / "tls.key"))
    keeper = keeping.Keeper(source, context, None, now=now)
    await keeper.look()  # a wrong folder is told at the start
    task = asyncio.create_task(keeper.run())
    try:
        yield context.tls
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
