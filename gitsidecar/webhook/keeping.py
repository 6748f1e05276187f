"""Keeps the webhook's certificate good: finds it, serves it, and tells the API server whom to trust."""

from __future__ import annotations

import asyncio
import datetime
import random
from collections.abc import Awaitable, Callable

import structlog

from gitsidecar import errors
from gitsidecar.webhook import contexts, sources

_log = structlog.get_logger("gitsidecar")
_PAUSE = 30.0  # seconds between two looks; a day is what a new authority gets until all must have heard of it
_RETRY = 5.0  # seconds after a look that failed, or found that nothing is there yet

Register = Callable[[bytes], Awaitable[bool | None]]
"""Register the webhook with these authorities (PEM); return whether that changed anything, ``None`` = we may not."""


class Keeper:
    """
    Looks after the certificate that *context* serves. *now* is the time of day.

    *register* is ``None`` where a person or another controller registers the webhook. A look that fails changes
    nothing: what is served is served on.
    """

    def __init__(
        self,
        source: sources.Source,
        context: contexts.Context,
        register: Register | None,
        *,
        now: Callable[[], datetime.datetime],
    ) -> None:
        self.fault: errors.GitsidecarError | None = None
        self._source = source
        self._context = context
        self._register = register
        self._now = now
        self._announced: bytes | None = None if register is None else b""

    @property
    def trouble(self) -> str:
        """Say why there is no good certificate to serve; empty when there is one."""
        pair = self._context.pair
        if pair is None:
            return "there is no certificate yet" if self.fault is None else str(self.fault)
        if self._now() < pair.ends:
            return ""
        why = f": {self.fault}" if self.fault is not None else ""
        return f"the certificate ended on {pair.ends:%F %R} UTC{why}"

    async def look(self) -> None:
        """Bring certificate and registration up to date once. Raises TransientError or StalledError."""
        found = await self._source.look(self._now(), announced=self._announced)
        if self._context.swap(found.pair):
            _log.info("certificates.swapped", ends=found.pair.ends.isoformat(), names=sorted(found.pair.names))
        if self._register is None:
            return
        is_changed = await self._register(found.trusted)
        if is_changed:
            _log.info("registration.changed")
        if is_changed is not None:
            self._announced = found.trusted

    async def run(self) -> None:
        """Look again and again until cancelled. `fault` is why the last look failed, ``None`` when it did not."""
        jitter = random.Random()  # noqa: S311  # spreads requests, guards nothing
        while True:
            pause = _PAUSE
            try:
                await self.look()
                self.fault = None
            except (errors.TransientError, errors.StalledError) as fault:
                if str(fault) != str(self.fault):
                    _log.warning("certificates.fault", reason=str(fault))
                self.fault, pause = fault, _RETRY
            await asyncio.sleep(pause * jitter.uniform(0.8, 1.0))
