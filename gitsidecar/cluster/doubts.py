"""Writes whose outcome is not known: their pods must be read again before anything is planned on them."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable

from gitsidecar.cluster import evictions, pacing, verdicts
from gitsidecar.model import outcomes, plans, pods

ReadAgain = Callable[[pods.Pod], Awaitable[tuple[bool, pods.Pod | None]]]
"""Bring the newest form of a pod into the cache; return whether that worked, and its row if there is one."""

Find = Callable[[str, str], pods.Pod | None]
"""Return the row that the cache has of namespace and name."""


@dataclasses.dataclass(frozen=True, slots=True)
class Doubt:
    """A write that the server may have applied without our hearing of it, since when (monotonic seconds)."""

    action: plans.Action | plans.Eviction
    since: float

    def is_over(self, row: pods.Pod | None, *, listed: float) -> bool:
        """
        Say whether the cache has caught up: *row* is the pod's, and *listed* when its last whole list was begun.

        An event that does not show the patch proves nothing, however new: it may be of the moment before.
        """
        if listed > self.since or row is None or row.uid != self.action.pod.uid:
            return True
        return self.is_applied(row)

    def is_applied(self, newest: pods.Pod | None) -> bool:
        """Say whether *newest*, the pod of that name if there is one, shows that the write was applied."""
        if isinstance(self.action, plans.Eviction):
            return evictions.is_over(self.action, newest)
        return newest is not None and verdicts.is_applied(self.action, newest)


class Doubts:
    """All doubts that are not over, at most one a pod. *clock* gives monotonic seconds."""

    def __init__(self, read_again: ReadAgain, clock: pacing.Clock) -> None:
        self._read_again = read_again
        self._clock = clock
        self._by_pod: dict[str, Doubt] = {}

    async def find_out(self, outcome: outcomes.Outcome) -> outcomes.Outcome:
        """Look whether a patch that had no clear answer was applied; as long as that fails, its pod is in doubt."""
        action = outcome.action
        return outcomes.Outcome(action, outcomes.OutcomeKind.APPLIED) if await self._is_applied(action) else outcome

    async def find_out_evicted(self, outcome: outcomes.Evicted) -> outcomes.Evicted:
        """Do the same for an eviction: who is gone, or going, counts as evicted, whoever did it."""
        eviction = outcome.eviction
        return outcomes.Evicted(eviction, outcomes.OutcomeKind.APPLIED) if await self._is_applied(eviction) else outcome

    async def _is_applied(self, write: plans.Action | plans.Eviction) -> bool:
        doubt = self._by_pod[write.pod.key] = Doubt(write, self._clock())
        is_known, newest = await self._read_again(write.pod)
        if is_known:
            self._forget(doubt)
        return is_known and doubt.is_applied(newest)

    async def end(self, find: Find, *, listed: float) -> plans.Action | plans.Eviction | None:
        """
        Read those pods again whose last write may have been applied unseen; *listed* is as for `Doubt.is_over`.

        Return the first that cannot be, or ``None``: on its old row, one pod too many would be moved.
        """
        for doubt in tuple(self._by_pod.values()):
            pod = doubt.action.pod
            if not doubt.is_over(find(pod.namespace, pod.name), listed=listed):
                is_known, _ = await self._read_again(pod)
                if not is_known:
                    return doubt.action
            self._forget(doubt)
        return None

    def _forget(self, doubt: Doubt) -> None:
        """Take *doubt* out, unless a later one has taken its place."""
        if self._by_pod.get(doubt.action.pod.key) is doubt:
            del self._by_pod[doubt.action.pod.key]
