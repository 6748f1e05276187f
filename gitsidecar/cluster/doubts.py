"""Patches whose outcome is not known: their pods must be read again before anything is planned on them."""

from __future__ import annotations

import dataclasses

from gitsidecar.cluster import verdicts
from gitsidecar.model import plans, pods


@dataclasses.dataclass(frozen=True, slots=True)
class Doubt:
    """An action that the server may have applied without our hearing of it, since when (monotonic seconds)."""

    action: plans.Action
    since: float

    def is_over(self, row: pods.Pod | None, *, listed: float) -> bool:
        """
        Say whether the cache has caught up: *row* is the pod's, and *listed* when its last whole list was begun.

        An event that does not show the patch proves nothing, however new: it may be of the moment before.
        """
        if listed > self.since or row is None or row.uid != self.action.pod.uid:
            return True
        return verdicts.is_applied(self.action, row)


class Doubts:
    """All doubts that are not over, at most one a pod."""

    def __init__(self) -> None:
        self._by_pod: dict[str, Doubt] = {}

    def add(self, action: plans.Action, since: float) -> Doubt:
        """Put the pod of *action* in doubt, in place of an earlier doubt."""
        doubt = self._by_pod[action.pod.key] = Doubt(action, since)
        return doubt

    def end(self, doubt: Doubt) -> None:
        """Take *doubt* out, unless a later one has taken its place."""
        if self._by_pod.get(doubt.action.pod.key) is doubt:
            del self._by_pod[doubt.action.pod.key]

    def all(self) -> tuple[Doubt, ...]:
        """Return them, oldest first."""
        return tuple(self._by_pod.values())
