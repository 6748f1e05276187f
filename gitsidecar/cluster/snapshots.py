"""Snapshots of the caches, each made from the one before: only the chunks that a change is in are new."""

from __future__ import annotations

import asyncio
import bisect
import collections
import dataclasses
import operator
from collections.abc import Iterable, Mapping

from gitsidecar.cluster import caches
from gitsidecar.manifests import pods as reading
from gitsidecar.model import pods

_GROWTH = 2  # times as many pods as the chunks were made for, after which they are made anew
_key = operator.attrgetter("key")


@dataclasses.dataclass(frozen=True, slots=True)
class Namespace:
    """The row of a namespace."""

    name: str
    labels: Mapping[str, str]
    resource_version: str


class Snapshots:
    """What the caches of *rows* and *namespaces* hold, whenever somebody asks."""

    def __init__(self, rows: caches.Cache[pods.Pod], namespaces: caches.Cache[Namespace]) -> None:
        self._rows = rows
        self._namespaces = namespaces
        self._turn = asyncio.Lock()  # changes are handed out once: who comes second must wait until they are in
        self._chunks: Chunks | None = None
        self._told: tuple[int, frozenset[str]] | None = None
        self._snapshot = pods.Snapshot()

    async def take(self) -> pods.Snapshot:
        """Return a snapshot as of now; as long as nothing has changed it is the same one."""
        async with self._turn:
            chunks = await self._catch_up()
            whole, labels = chunks.all(), self._labels(chunks.homes)
            if whole is not self._snapshot.chunks or labels is not self._snapshot.namespaces:
                self._snapshot = pods.Snapshot(whole, labels)
            return self._snapshot

    async def _catch_up(self) -> Chunks:
        """Bring the chunks up to the cache and return them; to make them all in the loop would keep it too long."""
        while True:
            touched = self._rows.take_touched()
            if touched is not None and self._chunks is not None and not self._chunks.are_outgrown:
                for key in touched:
                    self._chunks.put(key, self._rows.rows.get(key))
                return self._chunks
            self._chunks = None  # who is cancelled in the next line leaves no chunks that lack what was touched
            self._chunks = await asyncio.to_thread(Chunks, tuple(self._rows.rows.values()))

    def _labels(self, homes: frozenset[str]) -> Mapping[str, Mapping[str, str]]:
        """
        Return the labels of all namespaces: the very same mapping unless something in it has changed.

        One that pods are in but that its own watch has not told of yet has at least the label of its name.
        """
        known = self._snapshot.namespaces
        if self._told == (self._namespaces.revision, homes):
            return known
        self._told = (self._namespaces.revision, homes)
        own = {row.name: row.labels for row in self._namespaces.rows.values()}
        labels = {**{name: {reading.NAME_LABEL: name} for name in homes}, **own}
        return known if labels == known else labels


class Chunks:
    """Pods in chunks, one of which is made anew when a pod in it changes."""

    def __init__(self, rows: Iterable[pods.Pod] = ()) -> None:
        self._chunks = list(pods.snapshot(rows).chunks) or [()]
        self._homes = collections.Counter(pod.namespace for chunk in self._chunks for pod in chunk)
        self._whole: tuple[tuple[pods.Pod, ...], ...] | None = None

    @property
    def homes(self) -> frozenset[str]:
        """Return the namespaces that have pods."""
        return frozenset(self._homes)

    @property
    def are_outgrown(self) -> bool:
        """Say whether there are so many pods by now that more chunks would be better."""
        return self._homes.total() > _GROWTH * pods.CHUNK * len(self._chunks)

    def all(self) -> tuple[tuple[pods.Pod, ...], ...]:
        """Return all chunks; those without a change since the last time are the same tuples."""
        if self._whole is None:
            self._whole = tuple(self._chunks)
        return self._whole

    def put(self, key: str, row: pods.Pod | None) -> None:
        """Let *row* be the pod of *key*; ``None`` = there is none."""
        index = pods.chunk_of(key, len(self._chunks))
        chunk = self._chunks[index]
        place = bisect.bisect_left(chunk, key, key=_key)
        known = chunk[place] if place < len(chunk) and chunk[place].key == key else None
        if known is row or (known is not None and row is not None and _is_as_good(known, row)):
            return
        new = () if row is None else (row,)
        self._chunks[index] = (*chunk[:place], *new, *chunk[place + (known is not None) :])
        self._whole = None
        self._count(known, -1)
        self._count(row, 1)

    def _count(self, pod: pods.Pod | None, number: int) -> None:
        if pod is not None:
            self._homes[pod.namespace] += number
            if not self._homes[pod.namespace]:
                del self._homes[pod.namespace]


def _is_as_good(known: pods.Pod, row: pods.Pod) -> bool:
    """
    Say whether *known* may stay in its chunk although *row* is newer: nobody plans on the version alone.

    A write needs it of a pod without annotations, and of no other (see `patches`).
    """
    return row.has_annotations and caches.is_same(known, row)
