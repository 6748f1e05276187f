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
from gitsidecar.reporting import texts

PATH = "/hooks/push"
"""Where pushes are sent to."""

_log = structlog.get_logger("gitsidecar")
_LARGEST = 1 << 20  # bytes
_PATIENCE = 5.0  # seconds for a body to arrive
_IDLE = 10.0  # seconds for a head to arrive; aiohttp's own are an hour
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
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, keepalive_timeout=_IDLE)
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
    """
    *result* is its name in the metrics; *ref* is what was pushed, where the sender is believed.

    *lack* is what keeps us from believing anybody: for the log alone.
    """

    status: int
    result: str
    words: str = ""
    ref: str = ""
    lack: str = ""


class _Hush:
    """Lets one line a minute into the log: whoever can reach the port could fill it."""

    def __init__(self) -> None:
        self._until: datetime.datetime | None = None
        self._untold = 0

    def lift(self, now: datetime.datetime) -> int | None:
        """Return how many lines were kept back since the last; ``None`` when one of *now* is kept back too."""
        if self._until is not None and now < self._until:
            self._untold += 1
            return None
        untold, self._untold, self._until = self._untold, 0, now + _QUIET
        return untold


class _Desk:
    """Answers requests, and tells of them."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._crowd = 0
        self._refusals = _Hush()
        self._lacks = _Hush()

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
        response = web.Response(status=answer.status, text=text, headers=headers)
        response.force_close()  # hours pass between two pushes, and a proxy must not use what we are about to close
        return response

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
            secrets = await asyncio.to_thread(senders.secrets_in, self._receiver.secret_file)
        except errors.StalledError as error:
            return _Answer(503, "busy", "no secret is set here", lack=str(error))
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
        untold = (self._lacks if answer.lack else self._refusals).lift(self._receiver.now())
        if untold is None:
            return
        if answer.lack:
            _log.error("hook.has_no_secret", reason=answer.lack, untold=untold)
        else:
            _log.warning("hook.refused", **fields, status=answer.status, reason=answer.words, untold=untold)
