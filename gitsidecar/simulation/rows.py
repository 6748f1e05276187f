"""Pods in order of key, with a tuple of them all that is made anew only after a change."""

from __future__ import annotations

import bisect
from collections.abc import Iterable

from gitsidecar.model import pods


class Rows:
    """A sorted set of rows: finding takes a binary search, and so does changing one of 10,000."""

    def __init__(self, found: Iterable[pods.Pod] = ()) -> None:
        self._pods = sorted(found, key=lambda pod: pod.key)
        self._keys = [pod.key for pod in self._pods]
        self._whole: tuple[pods.Pod, ...] | None = None

    def __len__(self) -> int:
        return len(self._pods)

    def find(self, key: str) -> pods.Pod | None:
        """Return the row of that key, or ``None``."""
        index = bisect.bisect_left(self._keys, key)
        return self._pods[index] if self._has_at(index, key) else None

    def put(self, pod: pods.Pod) -> None:
        """Add *pod*, or let it take the place of the row with its key."""
        key = pod.key
        index = bisect.bisect_left(self._keys, key)
        if self._has_at(index, key):
            self._pods[index] = pod
        else:
            self._keys.insert(index, key)
            self._pods.insert(index, pod)
        self._whole = None

    def remove(self, key: str) -> None:
        """Take the row of that key out, if there is one."""
        index = bisect.bisect_left(self._keys, key)
        if self._has_at(index, key):
            del self._keys[index], self._pods[index]
            self._whole = None

    def all(self) -> tuple[pods.Pod, ...]:
        """Return every row in order of key: the same tuple until something changes."""
        if self._whole is None:
            self._whole = tuple(self._pods)
        return self._whole

    def _has_at(self, index: int, key: str) -> bool:
        return index < len(self._keys) and self._keys[index] == key
