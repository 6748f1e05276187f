"""Keeps one cache like the server: list by pages, watch, watch on, and list again when the server has forgotten."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import random
from collections.abc import Callable
from typing import Generic

import msgspec

from gitsidecar import errors
from gitsidecar.cluster import answers, caches, connections, pacing, refusals

_STUBBORN = 3  # failures in a row after which a version that the server cannot serve may be the cause
_SHORT_WATCH = 1.0  # seconds; one that ended sooner without a word counts as a failure, or we would spin


@dataclasses.dataclass(frozen=True, slots=True)
class Kind(Generic[caches.R]):
    """A kind of object: its resource as RBAC names it, where all of them are listed, and how one becomes a row."""

    resource: str
    path: str
    read: Callable[[msgspec.Raw], caches.R]
    key: Callable[[caches.R], str]


@dataclasses.dataclass(frozen=True, slots=True)
class Rhythm:
    """
    How lists and watches are asked for; times are in seconds.

    `silence` must outlast the minute between two bookmarks of an idle watch. The server ends a watch after about
    `watch_timeout`, so that watchers move on to new servers in time.
    """

    page_size: int = 500
    watch_timeout: float = 300.0
    silence: float = 120.0


class Feed(Generic[caches.R]):
    """
    One list and watch, on and on.

    `fault` is the last error until things work again; `settled` is set once the cache is filled or a fault has come.
    On the monotonic clock, `heard` is when the server last said anything, and `listed` when the last list that came to
    its end was begun.
    """

    def __init__(
        self,
        kind: Kind[caches.R],
        connection: connections.Connection,
        *,
        rhythm: Rhythm,
        jitter: random.Random,
        clock: pacing.Clock,
    ) -> None:
        self.cache = caches.Cache(kind.key)
        self.fault: errors.GitsidecarError | None = None
        self.settled = asyncio.Event()
        self.heard = clock()
        self.listed = self.heard
        self.relists = 0
        self._kind = kind
        self._connection = connection
        self._rhythm = rhythm
        self._jitter = jitter
        self._clock = clock
        self._backoff = pacing.Backoff(jitter)
        self._turns = pacing.Turns(clock)
        self._must_list = True
        self._is_fruitful = False
        self._is_unauthenticated = False
        self._changed: Callable[[], None] = lambda: None

    async def run(self, changed: Callable[[], None]) -> None:
        """
        Keep the cache fresh until cancelled.

        *changed* is called when a planner can see a difference, and when a fault has passed.
        """
        self._changed = changed
        while True:
            delay = await self._round()
            await asyncio.sleep(delay)

    async def _round(self) -> float:
        """List if need be, watch until that ends, and return the seconds to wait before the next round."""
        began, self._is_fruitful = self._clock(), False
        try:
            await self._connection.refresh()
            if self._must_list:
                await self._list()
            await self._watch()
        except refusals.ExpiredError:
            self._must_list = True
            self.relists += 1
        except refusals.UnauthenticatedError as error:
            if not self._is_unauthenticated:
                self._is_unauthenticated = True
                return 0.0  # the next round reads the token again
            return self._note(error)
        except (errors.TransientError, errors.StalledError) as error:
            return self._note(error)
        if self._is_fruitful or self._clock() - began > _SHORT_WATCH:
            self._backoff.reset()
            return 0.0
        return self._backoff.next()

    async def _list(self) -> None:
        began = self._clock()
        rows: dict[str, caches.R] = {}
        params = {"limit": str(self._rhythm.page_size)}
        while True:
            page = await self._page(params)
            for raw in page.items or ():
                row = self._read(raw)
                rows[self._kind.key(row)] = row
                await self._turns.give_way()
            gc.freeze()  # rows stay for long: a full collection must not walk through all of them each time
            if not page.metadata.onward:
                break
            params["continue"] = page.metadata.onward
        is_visible = self.cache.replace(rows, page.metadata.version)
        self.listed = began
        self._must_list = False
        self._recover()
        if is_visible:
            self._changed()

    async def _page(self, params: dict[str, str]) -> answers.Page:
        what = f"list {self._kind.resource}"
        try:
            answer = await self._connection.request("GET", self._kind.path, params=params)
        except connections.FAULTS as fault:
            raise refusals.of_fault(fault, what, self._connection.host) from fault
        if not answer.is_success:
            raise refusals.of_answer(answer, what, self._connection.target)
        self.heard = self._clock()
        try:
            return answers.read_page(answer.body)
        except ValueError as error:
            raise errors.TransientError(f"cannot {what}: the answer is not a list: {error}") from error

    async def _watch(self) -> None:
        timeout = self._rhythm.watch_timeout * self._jitter.uniform(0.8, 1.0)  # two replicas must not move on together
        params = {
            "resourceVersion": self.cache.version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(max(1, round(timeout))),
        }
        what = f"watch {self._kind.resource}"
        try:
            async with self._connection.watch(self._kind.path, params, silence=self._rhythm.silence) as stream:
                if isinstance(stream, answers.Answer):
                    raise refusals.of_answer(stream, what, self._connection.target)
                self._recover()
                async for line in stream:
                    self._take(line)
                    await self._turns.give_way()
        except connections.FAULTS as fault:
            raise refusals.of_fault(fault, what, self._connection.host) from fault

    def _take(self, line: bytes) -> None:
        """Bring one event of the watch into the cache. Raises TransientError for an ERROR or what is no event."""
        self.heard = self._clock()
        try:
            event = answers.read_event(line)
            if event.type == "ERROR":
                status = answers.read_status(event.object)
                answer = answers.Answer(status.code, bytes(event.object))
                raise refusals.of_answer(answer, f"watch {self._kind.resource}", self._connection.target)
            self._is_fruitful = True
            if event.type == "BOOKMARK":
                self.cache.reach(answers.read_version(event.object))
                return
        except ValueError as error:
            self._must_list = True  # an event that was not understood is an event that was missed
            raise errors.TransientError(f"the watch of {self._kind.resource} said what is no event: {error}") from error
        row = self._read(event.object)
        if self.cache.drop(row) if event.type == "DELETED" else self.cache.see(row):
            self._changed()

    def _read(self, raw: msgspec.Raw) -> caches.R:
        try:
            return self._kind.read(raw)
        except ValueError as error:
            self._must_list = True
            raise errors.TransientError(f"one of the {self._kind.resource} cannot be read: {error}") from error

    def _note(self, fault: errors.GitsidecarError) -> float:
        self.fault = fault
        self.settled.set()
        if self._backoff.failures >= _STUBBORN:
            self._must_list = True  # an etcd restored from a backup has never had the version that we ask from
        wanted = fault.retry_after if isinstance(fault, errors.TransientError) else None
        return self._backoff.next(wanted or 0.0)

    def _recover(self) -> None:
        """Note that the server speaks to us."""
        had_fault, self.fault = self.fault is not None, None
        self.heard = self._clock()
        self._is_unauthenticated = False
        self.settled.set()
        if had_fault:
            self._changed()
