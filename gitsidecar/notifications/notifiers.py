"""One notifier: a queue that never keeps anybody waiting, and a task that sends what is in it, in order."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import datetime
import random
from collections.abc import Callable, Iterable
from typing import Protocol

import structlog

from gitsidecar import errors, ports
from gitsidecar.model import notices
from gitsidecar.notifications import clients, interests, outboxes, requests, services

_log = structlog.get_logger("gitsidecar")
LONGEST_QUEUE = 100
"""Notices that wait; when there are more, the oldest is dropped."""

_GIVING_UP = datetime.timedelta(days=1)
_FIRST, _LONGEST = 1.0, 60.0  # seconds between two attempts

Counted = Callable[[str, str], None]
"""Hears the notifier's name and what became of a notice: ``sent``, ``failed`` or ``dropped``."""


class Post(Protocol):
    """Sends a request (`clients.Client`)."""

    async def post(self, request: requests.Request) -> requests.Answer:
        """Return the answer; raises one of `clients.FAULTS`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What a notifier is called, whom it tells, and of what."""

    name: str
    service: services.Service
    interest: interests.Interest = dataclasses.field(default_factory=interests.Interest)


class Notifier:
    """
    Tells *plan*'s service over *client*, and keeps what waits in *outbox*; *jitter* spreads attempts.

    `run` sends until `finish`.
    """

    def __init__(
        self,
        plan: Plan,
        client: Post,
        clock: ports.Clock,
        jitter: random.Random,
        *,
        outbox: outboxes.Outbox,
        counted: Counted,
    ) -> None:
        self.plan = plan
        self._client = client
        self._clock = clock
        self._jitter = jitter
        self._outbox = outbox
        self._counted = counted
        self._queue: collections.deque[notices.Notice] = collections.deque()
        self._hand: notices.Notice | None = None
        self._came = asyncio.Event()
        self._ending = asyncio.Event()

    @property
    def waiting(self) -> tuple[notices.Notice, ...]:
        """Return what has not been told yet, the oldest first."""
        return (*((self._hand,) if self._hand is not None else ()), *self._queue)

    def offer(self, notice: notices.Notice) -> None:
        """Take *notice* if it is wanted; returns at once, whatever the service does."""
        if self.plan.interest.wants(notice) and self.plan.service.takes(notice):
            self.take_over((notice,))

    def take_over(self, left: Iterable[notices.Notice]) -> None:
        """Take what an earlier process has *left*."""
        for notice in left:
            if len(self._queue) >= LONGEST_QUEUE:
                self._lose(self._queue.popleft(), f"{LONGEST_QUEUE} newer ones wait")
            self._queue.append(notice)
        self._came.set()

    async def run(self) -> None:
        """Send what was offered, one after another, until `finish`."""
        while True:
            await self._save()
            while self._queue:
                self._hand = self._queue.popleft()
                if not await self._deliver(self._hand):
                    return
                self._hand = None
                await self._save()
            if self._ending.is_set():
                return
            await self._came.wait()

    def finish(self) -> None:
        """Let `run` try what waits, up to the first that cannot be told, and return."""
        self._ending.set()
        self._came.set()

    def leave(self) -> None:
        """Leave what has not been told to the next process; `run` must have ended."""
        left = self.waiting
        is_kept = self._outbox.save(left, is_last=True)  # also where nothing is left: a save may have been cut off
        if not left:
            return
        if is_kept:
            _log.warning("notices.left", notifier=self.plan.name, waiting=len(left), reason="told after the next start")
            return
        for notice in left:
            self._lose(notice, "gitsidecar ends, and it cannot be kept")

    async def _save(self) -> None:
        self._came.clear()
        await asyncio.to_thread(self._outbox.save, self.waiting)

    async def _deliver(self, notice: notices.Notice) -> bool:
        """Tell *notice*, or give it up; say whether that was done before the end came."""
        tries = 0
        while True:
            is_ending, is_old = self._ending.is_set(), self._clock.now() - notice.at > _GIVING_UP
            result = await self._try(notice)
            tries += 1
            if result.kind is requests.Kind.SENT:
                self._counted(self.plan.name, "sent")
                _log.info("notice.sent", **self._fields(notice), tries=tries)
                return True
            if result.kind is requests.Kind.REFUSED or is_old:
                self._counted(self.plan.name, "failed")
                _log.error("notice.failed", **self._fields(notice), tries=tries, reason=result.words)
                return True
            if tries == 1:
                _log.warning("notice.delayed", **self._fields(notice), reason=result.words)
            if is_ending:
                return False
            await self._pause(self._wait(tries, result.wait))

    async def _try(self, notice: notices.Notice) -> requests.Result:
        now = self._clock.now()
        try:
            request = await asyncio.to_thread(self.plan.service.request, notice, now)
            return requests.judge(request, await self._client.post(request), now)
        except errors.StalledError as error:
            return requests.Result(requests.Kind.AGAIN, str(error))
        except clients.FAULTS as error:
            return requests.Result(requests.Kind.AGAIN, clients.words(error))
        except Exception as bug:  # noqa: BLE001  # the others are told all the same; its words may hold a secret
            name = type(bug).__name__
            return requests.Result(requests.Kind.REFUSED, f"{name}: a fault of gitsidecar, please report it")

    def _wait(self, tries: int, asked: float) -> float:
        delay = min(_LONGEST, _FIRST * 2.0 ** min(tries - 1, 16)) * self._jitter.uniform(0.5, 1.0)
        return max(delay, asked * self._jitter.uniform(1.0, 1.2))

    async def _pause(self, seconds: float) -> None:
        """Wait, but not once the end has come; what is offered meanwhile is kept."""
        sleep = asyncio.ensure_future(self._clock.sleep(seconds))
        end = asyncio.ensure_future(self._ending.wait())
        try:
            while not (sleep.done() or end.done()):
                await self._save()
                came = asyncio.ensure_future(self._came.wait())
                await asyncio.wait({sleep, end, came}, return_when=asyncio.FIRST_COMPLETED)
                came.cancel()
        finally:
            for task in (sleep, end):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def _lose(self, notice: notices.Notice, why: str) -> None:
        self._counted(self.plan.name, "dropped")
        _log.error("notice.dropped", **self._fields(notice), reason=why)

    def _fields(self, notice: notices.Notice) -> dict[str, str]:
        return {
            "notifier": self.plan.name,
            "notice": str(notice.event),
            "set": notice.set_name,
            "commit": notice.commit,
            "id": notice.id,
        }
