"""
The waiting pods spread by scatterStrategy, which has to look at all of them: done anew only when one of them differs.

Spreading a hundred thousand pods takes a second. Most events are of pods that no longer wait.
"""

from __future__ import annotations

import heapq
import operator
from collections.abc import Callable, Mapping, Sequence

from gitsidecar.model import sidecarsets
from gitsidecar.planning import digests, scattering, standings

Lanes = tuple[tuple[standings.Standing, ...], ...]
"""Waiting pods in sending order, by `digests.Lane`."""


class Memory:
    """What was spread last, and how; it changes no answer."""

    def __init__(self) -> None:
        self._asked: list[object] = []
        self._busy: frozenset[str] = frozenset()
        self._answer: Lanes = ()

    def arrange(
        self,
        terms: Sequence[sidecarsets.Scatter],
        found: Sequence[digests.Digest],
        busy: frozenset[str],
        *,
        matched: Callable[[], Sequence[Mapping[str, str]]],
    ) -> Lanes:
        """
        Spread the waiting pods of *found*, but those (by UID) that are *busy*, as a whole, and part them into lanes.

        *matched* is called only when needed, for the labels of all matched pods in order of key.
        """
        asked: list[object] = [terms, *(part for each in found for part in (each.lanes, each.spread))]
        is_known = len(asked) == len(self._asked) and all(map(operator.is_, asked, self._asked))
        if not is_known or busy != self._busy:
            self._asked, self._busy = asked, busy
            self._answer = _arrange(terms, found, busy, matched())
        return self._answer


def _arrange(
    terms: Sequence[sidecarsets.Scatter],
    found: Sequence[digests.Digest],
    busy: frozenset[str],
    matched: Sequence[Mapping[str, str]],
) -> Lanes:
    runs = [run for each in found for run in each.lanes if run]
    ordered = [each for _, each in heapq.merge(*runs, key=operator.itemgetter(0)) if each.pod.uid not in busy]
    lanes: Sequence[list[standings.Standing]] = [[] for _ in digests.Lane]
    for place in scattering.arrange(terms, [each.pod.labels for each in ordered], matched):
        lanes[digests.lane(ordered[place])].append(ordered[place])
    return tuple(map(tuple, lanes))
