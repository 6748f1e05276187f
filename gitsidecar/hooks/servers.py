"""The receiver's server: one push → one answer, and a call if it is for us."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import structlog
from aiohttp import web

from gitsidecar import errors
from gitsidecar.hooks import pushes, senders
from gitsidecar.notifications import secretfiles
from gitsidecar.reporting import texts

PATH = "/hooks/push"
"""Where pushes are sent to."""

_log = structlog.get_logger("gitsidecar")
_LARGEST = 1 << 20  # bytes
_PATIENCE = 5.0  # seconds for a body to arrive
_CROWD = 8  # requests that are read at the same time
_QUIET = datetime.timedelta(minutes=1)
_SHOWN = 100  # characters of what a sender wrote


@dataclasses.dataclass(frozen=True, slots=True)
class Receiver:
    """
    What the receiver goes by: pushes of *branch*, from who knows the secret in *secret_file*.

    *pushed* hears of each, and returns at once; *counted* hears what became of each request.
    """

    branch: str
    secret_file: Path
    pushed: Callable[[], None]
    counted: Callable[[str], None]
    now: Callable[[], datetime.datetime]


@contextlib.asynccontextmanager
async def serving(address: str, tls: ssl.SSLContext | None, receiver: Receiver) -> AsyncIterator[int]:
    """
    Answer pushes on *address* (``host:port``; port 0 takes a free one) while the block runs, and yield the port.

    Raises StalledError when the address cannot be listened on.
    """
    app = web.Application(client_max_size=_LARGEST)
    app.add_routes([web.post(PATH, _Desk(receiver).answer)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        host, _, port = address.rpartition(":")
        site = web.TCPSite(runner, host.strip("[]") or None, int(port), ssl_context=tls)
        try:
            await site.start()
        except OSError as error:
            message = f"cannot listen on {address}: {error.strerror}; set hooks.address in the settings to a free one"
            raise errors.StalledError(message) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@dataclasses.dataclass(frozen=True, slots=True)
class _Answer:
    """*result* is its name in the metrics; *ref* is what was pushed, where the sender is believed."""

    status: int
    result: str
    words: str = ""
    ref: str = ""


class _Desk:
    """Answers requests, and tells of them."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._crowd = 0
        self._quiet_until: datetime.datetime | None = None
        self._untold = 0

    async def answer(self, request: web.Request) -> web.Response:
        self._crowd += 1
        try:
            answer = await self._judge(request)
        finally:
            self._crowd -= 1
        if answer.status == 202:
            self._receiver.pushed()
        self._receiver.counted(answer.result)
        self._tell(answer, senders.delivery(request.headers))
        headers = {"Retry-After": "5"} if answer.status == 503 else None
        text = f"{answer.words}\n" if answer.words else None
        return web.Response(status=answer.status, text=text, headers=headers)

    async def _judge(self, request: web.Request) -> _Answer:
        if not senders.is_signed(request.headers):
            return _Answer(401, "refused", senders.UNSIGNED)
        if request.content_type != "application/json":
            return _Answer(415, "invalid", "choose application/json as the content type")
        if self._crowd > _CROWD:
            return _Answer(503, "busy", "too many requests at the same time")
        try:
            async with asyncio.timeout(_PATIENCE):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _Answer(413, "invalid", f"more than {_LARGEST >> 20} MiB is not read")
        except TimeoutError:
            return _Answer(408, "invalid", f"the body did not arrive within {_PATIENCE:g} s")
        except (ConnectionError, web.RequestPayloadError):
            return _Answer(400, "invalid", "the body did not arrive whole")
        try:
            secrets = await asyncio.to_thread(secretfiles.lines, self._receiver.secret_file)
        except errors.StalledError as error:
            _log.error("hook.has_no_secret", reason=str(error))
            return _Answer(503, "busy", "no secret is set here")
        fault = senders.fault(request.headers, body, secrets, seconds=self._receiver.now().timestamp())
        return _Answer(403, "refused", fault) if fault else self._read(body)

    def _read(self, body: bytes) -> _Answer:
        try:
            ref = pushes.ref_of(body)
        except ValueError as error:
            return _Answer(400, "invalid", str(error))
        is_ours = ref == f"refs/heads/{self._receiver.branch}"
        return _Answer(202, "accepted", ref=ref) if is_ours else _Answer(204, "passed_over", ref=ref)

    def _tell(self, answer: _Answer, delivery: str) -> None:
        fields = {"delivery": texts.one_line(delivery, _SHOWN)}
        if answer.status < 300:
            ref = texts.one_line(answer.ref, _SHOWN)
            _log.info("hook.accepted" if answer.status == 202 else "hook.passed_over", **fields, ref=ref)
            return
        now = self._receiver.now()
        if self._quiet_until is not None and now < self._quiet_until:
            self._untold += 1  # whoever can reach the port could fill the log
            return
        _log.warning("hook.refused", **fields, status=answer.status, reason=answer.words, untold=self._untold)
        self._quiet_until, self._untold = now + _QUIET, 0
