"""
Which pods are spared for a while after an eviction that failed, and in which sets nobody is evicted.

Apart from `resting`: who may not evict may patch all the same, and a pod that a PodDisruptionBudget keeps may be moved.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Collection, Iterable

from gitsidecar.model import outcomes, plans
from gitsidecar.planning import candidates

_REFUSED = 60.0  # a person has to act on a refusal; a minute later is soon enough to see that one did
_LONGEST = 3600.0
_SILENT = 5.0

_Kind = outcomes.OutcomeKind


@dataclasses.dataclass(frozen=True, slots=True)
class _Rest:
    until: datetime.datetime
    tries: int
    words: str


class Spares:
    """
    The rests of one process, by pod UID and by set, in memory only: a new process tries each once more.

    The pods of *namespaces* are never evicted, and none at all while *silence* says why new pods are not injected.
    """

    def __init__(self, namespaces: Collection[str] = (), silence: Callable[[], str] = str) -> None:
        self._namespaces = frozenset(namespaces)
        self.silence = silence
        self._pods: dict[str, _Rest] = {}
        self._sets: dict[str, _Rest] = {}

    def note(self, evicted: Iterable[outcomes.Evicted], now: datetime.datetime) -> None:
        """Let pods rest whose eviction failed, and sets of which none may be evicted."""
        for each in evicted:
            uid, name = each.eviction.pod.uid, each.eviction.set_name
            match each.kind:
                case _Kind.APPLIED | _Kind.GONE:
                    self._pods.pop(uid, None)
                    self._sets.pop(name, None)
                case _Kind.FORBIDDEN:
                    # The pod rests longer than its set, so that the next one shows whether only this one is refused.
                    self._rest(uid, 2 * _REFUSED, each.message, now)
                    self._sets[name] = _Rest(now + datetime.timedelta(seconds=_REFUSED), 1, each.message)
                case _Kind.CONFLICT | _Kind.DEFERRED:
                    self._rest(uid, each.retry_after or 1.0, each.message, now)
                    self._sets.pop(name, None)

    def at(self, now: datetime.datetime) -> candidates.Spared:
        """Return who is spared at *now*; who has not been for an hour is forgotten."""
        longest = datetime.timedelta(seconds=_LONGEST)
        self._pods = {uid: rest for uid, rest in self._pods.items() if now - rest.until < longest}
        return candidates.Spared(
            pods={uid: rest.words for uid, rest in self._pods.items() if rest.until > now},
            sets=frozenset(name for name, rest in self._sets.items() if rest.until > now),
            refusals={name: rest.words for name, rest in self._sets.items()},
            namespaces=self._namespaces,
            silence=self.silence(),
        )

    def next_end(self, plan: plans.Plan, now: datetime.datetime) -> float | None:
        """Return the seconds from *now* until there may be somebody to try, or ``None`` when nobody waits for it."""
        rests = (*self._pods.values(), *self._sets.values())
        ends = [(rest.until - now).total_seconds() for rest in rests if rest.until > now]
        if self.silence() and any(each.repair.waiting for each in plan.sets):
            ends.append(_SILENT)
        return min(ends, default=None)

    def _rest(self, uid: str, seconds: float, words: str, now: datetime.datetime) -> None:
        """Let a pod rest for *seconds*, and twice as long each time that it fails again."""
        tries = self._pods[uid].tries + 1 if uid in self._pods else 1
        wait = min(_LONGEST, seconds * 2.0 ** min(tries - 1, 10))
        until = now + datetime.timedelta(seconds=wait)
        self._pods[uid] = _Rest(until, tries, f"it could not be evicted ({words}); tried again at {until:%H:%M:%S} UTC")
