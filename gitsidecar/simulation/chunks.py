"""Pods in small chunks, of which only those that changed are made anew: snapshots for a planner with a memory."""

from __future__ import annotations

from collections.abc import Sequence

from gitsidecar.model import pods

_SIZE = 32
"""A forecast plans after a few pods have changed, and looks at each of their chunks anew."""


class Chunks:
    """The rows that were put in last, by the pods' keys."""

    def __init__(self, rows: Sequence[pods.Pod]) -> None:
        self._members: list[dict[str, pods.Pod]] = [{} for _ in range(max(1, len(rows) // _SIZE))]
        self._chunks: list[tuple[pods.Pod, ...]] = [()] * len(self._members)
        self._touched: set[int] = set()
        for row in rows:
            self.put(row)

    def put(self, row: pods.Pod) -> None:
        """Add *row*, or let it take the place of the one with its key."""
        self._touch(row)[row.key] = row

    def remove(self, row: pods.Pod) -> None:
        """Take the row with the key of *row* out."""
        self._touch(row).pop(row.key, None)

    def all(self) -> tuple[tuple[pods.Pod, ...], ...]:
        """Return all chunks; those without a change since the last time are the same tuples."""
        for place in self._touched:
            members = self._members[place]
            self._chunks[place] = tuple(members[key] for key in sorted(members))
        self._touched.clear()
        return tuple(self._chunks)

    def _touch(self, row: pods.Pod) -> dict[str, pods.Pod]:
        place = pods.chunk_of(row.key, len(self._members))
        self._touched.add(place)
        return self._members[place]
