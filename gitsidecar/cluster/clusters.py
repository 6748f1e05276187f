"""The real cluster: two feeds that keep its pods and namespaces in memory, and the two requests that change a pod."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import time
from collections.abc import Callable
from typing import Any

import msgspec

from gitsidecar import errors
from gitsidecar.cluster import (
    answers,
    configurations,
    connections,
    doubts,
    feeds,
    pacing,
    refusals,
    snapshots,
    writing,
)
from gitsidecar.manifests import pods as reading
from gitsidecar.model import outcomes, plans, pods

_PATIENCE = 60.0  # seconds that `observe` waits for the first list; 10,000 pods take about 5
_LONGEST_WAIT = 10.0  # seconds worth waiting at the gate; after more the pod had better be planned again
_GRACE = 30.0  # seconds without a word from the server, while it cannot be reached, after which the cache is too old


@dataclasses.dataclass(frozen=True, slots=True)
class Health:
    """How the cache does: `heard` is when the server last spoke (monotonic), `fault` is empty while all is well."""

    is_filled: bool
    heard: float
    pods: int
    relists: int
    fault: str


class KubernetesCluster:
    """Fulfils the cluster port against an API server. *clock* gives monotonic seconds."""

    def __init__(
        self,
        connection: connections.Connection,
        *,
        rhythm: feeds.Rhythm | None = None,
        jitter: random.Random | None = None,
        clock: pacing.Clock = time.monotonic,
    ) -> None:
        self._connection = connection
        self._clock = clock
        jitter = jitter or random.Random()  # noqa: S311  # spreads requests, guards nothing
        rhythm = rhythm or feeds.Rhythm()
        self._gate = pacing.Gate(jitter, clock)
        self._pods = feeds.Feed(_PODS, connection, rhythm=rhythm, jitter=jitter, clock=clock)
        self._namespaces = feeds.Feed(_NAMESPACES, connection, rhythm=rhythm, jitter=jitter, clock=clock)
        self._feeds: tuple[feeds.Feed[Any], ...] = (self._pods, self._namespaces)
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._changed: Callable[[], None] = lambda: None
        self._doubts = doubts.Doubts(self._read_again, clock)
        self._writes = writing.Writes(
            connection, self._gate, self._doubts, fold=self._fold, read_again=self._read_again
        )
        self._snapshots = snapshots.Snapshots(self._pods.cache, self._namespaces.cache)

    @property
    def health(self) -> Health:
        """Say how the cache does, for probes and metrics."""
        return Health(
            is_filled=all(feed.cache.is_filled for feed in self._feeds),
            heard=min(feed.heard for feed in self._feeds),
            pods=len(self._pods.cache.rows),
            relists=sum(feed.relists for feed in self._feeds),
            fault=next((str(feed.fault) for feed in self._feeds if feed.fault is not None), ""),
        )

    async def start(self, changed: Callable[[], None]) -> None:
        """
        Begin to watch; *changed* is called on the loop's thread whenever a pod's row or a namespace's labels changed.

        Raises StalledError when there is no usable configuration.
        """
        await self._connection.refresh()
        self._changed = changed
        self._tasks = tuple(self._spawn(feed) for feed in self._feeds)

    async def observe(self) -> pods.Snapshot:
        """
        Return a whole, consistent snapshot that includes all our own writes so far; the first one waits for the lists.

        Raises TransientError while the cache is not filled or too old, or the outcome of a patch is not known;
        StalledError when listing is forbidden.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                for feed in self._feeds:
                    await feed.settled.wait()
        except TimeoutError:
            raise errors.TransientError(
                f"the pods and namespaces are not listed after {_PATIENCE:g} s: the API server at "
                f"{self._connection.host} is slow, or the cluster is large"
            ) from None
        self._check()
        await self._end_doubts()
        return await self._snapshots.take()

    def pod(self, namespace: str, name: str) -> pods.Pod | None:
        """Return the newest row of one pod from memory, or ``None``."""
        return self._pods.cache.rows.get(f"{namespace}/{name}")

    async def await_writes(self) -> bool:
        """Wait, a second at most, while the API server holds off all writes; say whether to send now."""
        return self._gate.remaining > _LONGEST_WAIT or await self._gate.passed()

    async def execute(self, action: plans.Action) -> outcomes.Outcome:
        """Send one action as one PATCH and say what became of it; never raises for a fault of one pod."""
        return await self._writes.execute(action)

    async def evict(self, eviction: plans.Eviction) -> outcomes.Evicted:
        """Ask for the eviction of one pod and say what became of it; never raises for a fault of one pod."""
        return await self._writes.evict(eviction)

    async def close(self) -> None:
        """Stop watching and release every connection and task."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = ()
        await self._connection.close()

    async def _end_doubts(self) -> None:
        write = await self._doubts.end(self.pod, listed=self._pods.listed)
        if write is not None:
            what = "a patch" if isinstance(write, plans.Action) else "an eviction"
            raise errors.TransientError(
                f"the outcome of {what} of {write.pod.key} is not known yet: its answer was lost, and the API server "
                f"at {self._connection.host} does not give the pod; nothing is planned until it does"
            )

    async def _read_again(self, pod: pods.Pod) -> tuple[bool, pods.Pod | None]:
        """Bring the newest form of *pod* into the cache; return whether that worked, and its row if there is one."""
        try:
            answer = await self._connection.request("GET", writing.path(pod))
        except connections.FAULTS:
            return False, None
        if answer.code == 404:
            known = self.pod(pod.namespace, pod.name)
            if known is not None and known.uid == pod.uid and self._pods.cache.forget(known):
                self._changed()
            return True, None
        row = self._fold(answer.body) if answer.is_success else None
        return row is not None, row

    def _fold(self, body: bytes) -> pods.Pod | None:
        """Bring an answer that holds a pod into the cache, unless the watch is ahead of it, and return its row."""
        try:
            row = reading.read_pod(body)
        except ValueError:
            return None
        if self._pods.cache.fold(row):
            self._changed()
        return row

    def _check(self) -> None:
        """Raise the error for a cache that cannot be relied on."""
        for feed in self._feeds:
            fault = feed.fault
            if fault is None:
                continue
            if isinstance(fault, errors.BugError):
                raise fault
            is_old = self._clock() - feed.heard > _GRACE
            if isinstance(fault, errors.StalledError) or is_old or not feed.cache.is_filled:
                raise refusals.again(fault)

    def _spawn(self, feed: feeds.Feed[Any]) -> asyncio.Task[None]:
        task = asyncio.create_task(feed.run(self._changed))

        def note_end(ended: asyncio.Task[None]) -> None:
            crash = None if ended.cancelled() else ended.exception()
            if crash is not None:  # without a feed the cache would grow old unnoticed
                feed.fault = errors.BugError(f"the watch has crashed: {crash!r}")
                feed.settled.set()
                self._changed()

        task.add_done_callback(note_end)
        return task


def connect(target: configurations.Target, *, rhythm: feeds.Rhythm | None = None) -> KubernetesCluster:
    """Return the cluster that *target* names; nothing is read or opened before `start`."""
    return KubernetesCluster(connections.Connection(target), rhythm=rhythm)


def _read_namespace(raw: msgspec.Raw) -> snapshots.Namespace:
    name, labels = reading.read_namespace(raw)
    return snapshots.Namespace(name, labels, answers.read_version(raw))


_PODS: feeds.Kind[pods.Pod] = feeds.Kind("pods", "/api/v1/pods", reading.read_pod, lambda pod: pod.key)
_NAMESPACES: feeds.Kind[snapshots.Namespace] = feeds.Kind(
    "namespaces", "/api/v1/namespaces", _read_namespace, lambda namespace: namespace.name
)
