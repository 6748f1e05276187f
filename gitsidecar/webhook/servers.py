"""The webhook's HTTPS server: takes reviews, sends answers, and says each of them once."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from typing import Any

import structlog
from aiohttp import web

from gitsidecar import errors
from gitsidecar.telemetry import admissions
from gitsidecar.webhook import doors, knowledge, reviews, verdicts

PATH = "/mutate"
"""Where reviews are sent to."""

_log = structlog.get_logger("gitsidecar")
_LARGEST = 3 << 20  # bytes: the API server itself takes no larger object
_PATIENCE = 3.0  # seconds for a body to arrive, and for answers under way at the end; the API server waits no longer
_IDLE = 100.0  # seconds without a whole head; an API server closes after 90, and would lose a review if we did before
_LONGEST = 500  # characters of a log line's message


@contextlib.asynccontextmanager
async def serving(
    address: str,
    tls: ssl.SSLContext,
    known: knowledge.Knowledge,
    *,
    is_failing_closed: bool,
    own_namespace: str,
    measured: admissions.Admissions,
) -> AsyncIterator[int]:
    """
    Answer reviews on *address* (``host:port``; port 0 takes a free one) while the block runs, and yield the port.

    At the end no connection is taken any more, and the requests under way are answered. Raises StalledError when the
    address cannot be listened on.
    """
    reviewer = reviews.Reviewer(known, is_failing_closed=is_failing_closed, own_namespace=own_namespace)
    door = doors.Door(tls)
    mutate = _Mutate(reviewer, door, measured)
    app = web.Application(client_max_size=_LARGEST)
    app.add_routes([web.post(PATH, mutate.answer), web.get("/healthz", _is_alive)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_PATIENCE, keepalive_timeout=_IDLE)
    await runner.setup()
    try:
        async with _listening(door, runner, address) as port:
            yield port
    finally:
        await mutate.finish()  # aiohttp would drop what still arrives once the clean-up has begun
        await runner.cleanup()


@contextlib.asynccontextmanager
async def _listening(door: doors.Door, runner: web.AppRunner, address: str) -> AsyncIterator[int]:
    host, _, port = address.rpartition(":")
    assert runner.server is not None
    stack = contextlib.AsyncExitStack()
    try:
        found = await stack.enter_async_context(door.opened(runner.server, host.strip("[]") or None, int(port)))
    except OSError as error:
        message = f"cannot listen on {address}: {error.strerror}; set webhook.address in the settings to a free one"
        raise errors.StalledError(message) from error
    async with stack:
        yield found


async def _is_alive(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


class _Mutate:
    """Answers requests, and knows how many are under way."""

    def __init__(self, reviewer: reviews.Reviewer, door: doors.Door, measured: admissions.Admissions) -> None:
        self._reviewer = reviewer
        self._door = door
        self._measured = measured
        self._under_way = 0
        self._is_ending = False
        self._is_idle = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self._under_way += 1
        if request.transport is not None:
            self._door.hear(request.transport)
        try:
            return await self._answer(request)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._is_idle.set()

    async def finish(self) -> None:
        """Wait for the answers under way, and let nobody stay connected."""
        self._is_ending = True
        if self._under_way:
            self._is_idle.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_idle.wait(), _PATIENCE)

    async def _answer(self, request: web.Request) -> web.Response:
        began = time.perf_counter()
        answer = await self._read(request)
        seconds = time.perf_counter() - began
        verdict = answer.record.verdict
        self._measured.note(verdict.result, verdict.reason, seconds)
        asyncio.get_running_loop().call_soon(_tell, answer.record, seconds)  # the pod waits for the answer, not the log
        content_type = "application/json" if answer.status == 200 else "text/plain"
        response = web.Response(status=answer.status, body=answer.body, content_type=content_type)
        if self._is_ending:
            response.force_close()
        return response

    async def _read(self, request: web.Request) -> reviews.Answer:
        if request.content_type != "application/json":
            return reviews.invalid(415, "NotJson", "an AdmissionReview is application/json")
        try:
            async with asyncio.timeout(_PATIENCE):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return reviews.invalid(413, "TooLarge", f"a review of more than {_LARGEST >> 20} MiB is not read")
        except TimeoutError:
            return reviews.invalid(408, "TooSlow", f"the review did not arrive within {_PATIENCE:.0f} s")
        except (ConnectionError, web.RequestPayloadError):
            return reviews.invalid(400, "CutOff", "the review did not arrive whole")
        return self._reviewer.answer(body)


def _tell(record: reviews.Record, seconds: float) -> None:
    verdict = record.verdict
    if verdict.result is verdicts.Result.INVALID:
        _log.warning("review.invalid", reason=verdict.reason, message=verdict.message[:_LONGEST])
        return
    fields: dict[str, Any] = {
        "namespace": record.namespace,
        "pod": record.pod,
        "result": verdict.result.value,
        "reason": verdict.reason,
        "sets": {each.name: f"{choice.spec} {choice.spec_hash}: {choice.reason}" for each, choice in verdict.given},
        "milliseconds": round(1e3 * seconds, 2),
        "dry_run": record.is_dry_run,
    }
    if verdict.message:
        fields["message"] = verdict.message[:_LONGEST]
    if verdict.result is verdicts.Result.REFUSED:
        _log.warning("pod.refused", **fields)
    else:
        _log.info("pod.admitted", **fields)
