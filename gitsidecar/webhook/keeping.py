"""Keeps the webhook's certificate good: finds it, serves it, and tells the API server whom to trust."""

from __future__ import annotations

import asyncio
import datetime
import random
from collections.abc import Awaitable, Callable

import structlog

from gitsidecar import errors
from gitsidecar.webhook import certificates, contexts, sources

_log = structlog.get_logger("gitsidecar")
_PAUSE = 30.0  # seconds between two looks; a day is what a new authority gets until all must have heard of it
_RETRY = 5.0  # seconds after a look that failed, or found that nothing is there yet

_BUG = (
    "the webhook's certificates could not be looked after ({}); this is a fault of gitsidecar, please report it with "
    "the log; what is served is served on"
)

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
        if pair.is_valid_at(self._now()):
            return ""
        why = f": {self.fault}" if self.fault is not None else ""
        return f"{_out_of_time(pair, self._now())}{why}"

    async def look(self) -> None:
        """Bring certificate and registration up to date once. Raises TransientError or StalledError."""
        found = await self._source.look(self._now(), announced=self._announced)
        now, served = self._now(), self._context.pair
        is_worse = served is not None and served.is_valid_at(now) and not found.pair.is_valid_at(now)
        if not is_worse and self._context.swap(found.pair):
            _log.info("certificates.swapped", ends=found.pair.ends.isoformat(), names=sorted(found.pair.names))
        await self._announce(found)
        if is_worse:
            raise errors.TransientError(
                f"the new certificate is not served yet: {_out_of_time(found.pair, now)}; serving goes on with the one "
                "before; see to it that the clocks of all machines are right"
            )

    async def _announce(self, found: sources.Found) -> None:
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
            except Exception as bug:  # noqa: BLE001  # what is served must not end for a fault in what may follow
                words = _BUG.format(type(bug).__name__)
                if words != str(self.fault):
                    _log.exception("certificates.fault", reason=words)
                self.fault, pause = errors.BugError(words), _RETRY
            await asyncio.sleep(pause * jitter.uniform(0.8, 1.0))


def _out_of_time(pair: certificates.Pair, now: datetime.datetime) -> str:
    if now < pair.begins:
        return f"the certificate begins on {pair.begins:%F %R} UTC, in the future"
    return f"the certificate ended on {pair.ends:%F %R} UTC"
