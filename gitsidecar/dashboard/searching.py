"""Find pods by a part of their name; however many there are, few are kept."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

from gitsidecar.model import pods


def search(snapshot: pods.Snapshot, wanted: str, most: int) -> tuple[tuple[pods.Pod, ...], int]:
    """Return the first *most* pods, in order of key, whose ``namespace/name`` has *wanted* in it, and how many do."""
    counter = itertools.count()

    def found() -> Iterator[tuple[str, int, pods.Pod]]:
        for pod in itertools.chain.from_iterable(snapshot.chunks):
            key = pod.key
            if wanted in key:
                yield key, next(counter), pod

    first = heapq.nsmallest(most, found())
    return tuple(pod for _, _, pod in first), next(counter)
