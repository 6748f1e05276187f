"""
The running account of each set over a snapshot: a pass after one pod's event looks at one chunk, not at all pods.

This is memory and nothing else: planning with a new one gives the same plan, only later.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Callable, Mapping, Sequence

from gitsidecar.model import censuses, pods, sidecarsets
from gitsidecar.planning import arrangements, conflicts, digests, matching


@dataclasses.dataclass(frozen=True, slots=True)
class Ledger:
    """One set's digests, one for each chunk that has any of its pods, their sum, and how they were arranged last."""

    digests: tuple[digests.Digest, ...]
    census: censuses.Census
    arranged: arrangements.Memory


class Ledgers:
    """All sets' ledgers, brought up to date with each snapshot."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}
        self._now: datetime.datetime | None = None

    def reckon(
        self,
        sets: Sequence[sidecarsets.SidecarSet],
        snapshot: pods.Snapshot,
        min_ready: Mapping[str, datetime.timedelta],
        now: datetime.datetime,
    ) -> Mapping[str, Ledger]:
        """Return set name → ledger; *min_ready* is each set's by name."""
        if self._now is not None and now < self._now:
            self._accounts = {}  # what was over then need not be over yet
        self._now = now
        rivals = conflicts.find(sets)
        names = frozenset(each.name for each in sets)
        index = _indexing(matching.asked(sets), snapshot.chunks)
        kept, self._accounts = self._accounts, {}
        for each in sets:
            name = each.name
            around = _relevant(each, rivals, snapshot)
            lens = digests.Lens(each, rivals.get(name, ()), names, min_ready[name], around)
            known = kept.get(name)
            is_alike = known is not None and known.lens == lens and len(known.chunks) == len(snapshot.chunks)
            account = known if is_alike and known is not None else _Account(lens, len(snapshot.chunks))
            account.update(snapshot.chunks, functools.partial(_digest, lens, index, now))
            self._accounts[name] = account
        return {name: account.ledger() for name, account in self._accounts.items()}


class _Account:
    """One set's digests by chunk, and their running sum."""

    def __init__(self, lens: digests.Lens, chunks: int) -> None:
        self.lens = lens
        self.chunks: list[tuple[pods.Pod, ...] | None] = [None] * chunks
        self._digests: list[digests.Digest | None] = [None] * chunks
        self._census: dict[censuses.Key, int] = {}
        self._arranged = arrangements.Memory()

    def update(self, chunks: Sequence[tuple[pods.Pod, ...]], digest: Callable[[int], digests.Digest]) -> None:
        for place, chunk in enumerate(chunks):
            if chunk is self.chunks[place]:
                continue
            before, after = self._digests[place], digest(place)
            if before is not None:
                after = digests.reuse(before, after)
                censuses.add(self._census, before.census, -1)
            censuses.add(self._census, after.census)
            self.chunks[place], self._digests[place] = chunk, after

    def ledger(self) -> Ledger:
        found = tuple(each for each in self._digests if each is not None and each.census)
        return Ledger(found, dict(self._census), self._arranged)


def _indexing(
    labels: frozenset[matching.Label], chunks: Sequence[tuple[pods.Pod, ...]]
) -> Callable[[int], matching.Index]:
    """Return what indexes a chunk by its place, once for all sets."""
    found: dict[int, matching.Index] = {}

    def index(place: int) -> matching.Index:
        if place not in found:
            found[place] = matching.index(chunks[place], labels)
        return found[place]

    return index


def _digest(
    lens: digests.Lens, index: Callable[[int], matching.Index], now: datetime.datetime, place: int
) -> digests.Digest:
    return digests.digest(lens, index(place), now)


def _relevant(
    sidecar_set: sidecarsets.SidecarSet, rivals: conflicts.Rivals, snapshot: pods.Snapshot
) -> matching.Namespaces:
    """Return the namespaces' labels, if anybody asks for them."""
    asking = (sidecar_set, *rivals.get(sidecar_set.name, ()))
    return snapshot.namespaces if any(each.namespace_selector is not None for each in asking) else {}
