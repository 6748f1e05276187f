"""
The pods that wait for their turn, in sending order, without ever being sorted as a whole.

Each digest brings its own in order; of a hundred thousand usually only the first few are wanted.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import operator
from collections.abc import Collection, Iterable, Iterator, Sequence

from gitsidecar.model import pods
from gitsidecar.planning import digests, standings

_FIRST = operator.itemgetter(0)


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """The waiting pods of one lane: ordered runs that merge into one, without the pods (by UID) that are *busy*."""

    runs: tuple[tuple[digests.Entry, ...], ...]
    busy: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return sum(map(len, self.runs)) - len(self.busy)

    def __iter__(self) -> Iterator[standings.Standing]:
        return self._without_busy(heapq.merge(*self.runs, key=_FIRST))

    def __reversed__(self) -> Iterator[standings.Standing]:
        return self._without_busy(heapq.merge(*map(reversed, self.runs), key=_FIRST, reverse=True))

    def _without_busy(self, entries: Iterable[digests.Entry]) -> Iterator[standings.Standing]:
        return (standing for _, standing in entries if standing.pod.uid not in self.busy)


@dataclasses.dataclass(frozen=True, slots=True)
class Queue:
    """One line for each lane, served one after the other."""

    lines: tuple[Line | tuple[standings.Standing, ...], ...]

    def __len__(self) -> int:
        return sum(map(len, self.lines))

    def length(self, lane: digests.Lane) -> int:
        """Return how many wait in *lane*."""
        return len(self.lines[lane])

    def part(self, start: int, stop: int) -> Iterator[standings.Standing]:
        """Yield the pods at the places from *start* to *stop*, in sending order."""
        return itertools.islice(itertools.chain.from_iterable(self.lines), start, stop)

    def last(self, number: int) -> list[standings.Standing]:
        """Return so many from the end of the queue, in sending order."""
        backwards = itertools.chain.from_iterable(map(reversed, reversed(self.lines)))
        return list(itertools.islice(backwards, number))[::-1]


@dataclasses.dataclass(frozen=True, slots=True)
class Stretch(Collection[pods.Pod]):
    """The pods of a queue at the places from `start` to `stop`, reckoned when somebody iterates over them."""

    queue: Queue
    start: int
    stop: int

    def __len__(self) -> int:
        return max(0, self.stop - self.start)

    def __iter__(self) -> Iterator[pods.Pod]:
        return (standing.pod for standing in self.queue.part(self.start, self.stop))

    def __contains__(self, pod: object) -> bool:
        return any(each is pod for each in self)

    def some(self, number: int) -> tuple[pods.Pod, ...]:
        """Return a few of them, from the end that is nearer to one of the queue's."""
        count = min(number, len(self))
        if self.stop >= len(self.queue):
            return tuple(standing.pod for standing in self.queue.last(count))
        return tuple(itertools.islice(self, count))


@dataclasses.dataclass(frozen=True, slots=True)
class Joined(Collection[pods.Pod]):
    """Several stretches, one after the other."""

    stretches: tuple[Stretch, ...]

    def __len__(self) -> int:
        return sum(map(len, self.stretches))

    def __iter__(self) -> Iterator[pods.Pod]:
        return itertools.chain.from_iterable(self.stretches)

    def __contains__(self, pod: object) -> bool:
        return any(pod in each for each in self.stretches)

    def some(self, number: int) -> tuple[pods.Pod, ...]:
        """Return a few of them."""
        return tuple(itertools.chain.from_iterable(each.some(number) for each in self.stretches))[:number]


@dataclasses.dataclass(frozen=True, slots=True)
class Pool(Collection[pods.Pod]):
    """Pods out of lists that are in order of key each, as one in order of key."""

    lists: Sequence[tuple[pods.Pod, ...]]

    def __len__(self) -> int:
        return sum(map(len, self.lists))

    def __iter__(self) -> Iterator[pods.Pod]:
        return heapq.merge(*self.lists, key=lambda pod: pod.key)

    def __contains__(self, pod: object) -> bool:
        return any(each is pod for each in itertools.chain.from_iterable(self.lists))

    def some(self, number: int) -> tuple[pods.Pod, ...]:
        """Return the first few."""
        firsts = itertools.chain.from_iterable(each[:number] for each in self.lists)
        return tuple(heapq.nsmallest(number, firsts, key=lambda pod: pod.key))
