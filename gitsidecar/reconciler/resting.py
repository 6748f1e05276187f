"""Which pods and sets are left alone for a while after a refused write, so that one fault is not repeated endlessly."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping

from gitsidecar.model import outcomes

_REFUSED = 60.0  # a person has to act on a refusal; a minute later is soon enough to see that one did
_LONGEST = 60.0


@dataclasses.dataclass(frozen=True, slots=True)
class _Rest:
    until: datetime.datetime
    tries: int
    message: str


class Rests:
    """
    The rests of one process, by pod UID and by set.

    They live in memory only: a new process tries each pod once more, which costs one request and decides nothing.
    """

    def __init__(self) -> None:
        self._pods: dict[str, _Rest] = {}
        self._sets: dict[str, _Rest] = {}

    def note(self, results: Iterable[outcomes.Outcome], now: datetime.datetime) -> None:
        """Let pods rest whose write failed, twice as long each time, and sets that may not write at all."""
        by_set: dict[str, list[outcomes.Outcome]] = {}
        for result in results:
            if result.kind is not outcomes.OutcomeKind.WITHDRAWN:
                by_set.setdefault(result.action.set_name, []).append(result)
        for name, sent in by_set.items():
            if all(result.kind is outcomes.OutcomeKind.FORBIDDEN for result in sent):
                # Its pods don't rest one by one: the next pass shall plan the same ones, and say the same.
                self._sets[name] = _Rest(now + datetime.timedelta(seconds=_REFUSED), 1, sent[0].message)
                continue
            self._sets.pop(name, None)
            for result in sent:
                self._note_pod(result, now)

    def pods(self, now: datetime.datetime) -> Mapping[str, str]:
        """Return pod UID → why it rests, in words, for the pods that rest at *now*; the others are forgotten."""
        over = [uid for uid, rest in self._pods.items() if (now - rest.until).total_seconds() > _LONGEST]
        for uid in over:
            del self._pods[uid]
        return {uid: rest.message for uid, rest in self._pods.items() if rest.until > now}

    def refusal(self, set_name: str, now: datetime.datetime) -> str:
        """Return why no pod of the set may be written at *now*, in words; empty when that may be tried."""
        rest = self._sets.get(set_name)
        return rest.message if rest is not None and rest.until > now else ""

    def next_end(self, now: datetime.datetime) -> float | None:
        """Return the seconds from *now* until the first rest ends, or ``None`` when none is under way."""
        ends = [rest.until for rest in (*self._pods.values(), *self._sets.values()) if rest.until > now]
        return (min(ends) - now).total_seconds() if ends else None

    def _note_pod(self, result: outcomes.Outcome, now: datetime.datetime) -> None:
        uid = result.action.pod.uid
        if result.kind in (outcomes.OutcomeKind.APPLIED, outcomes.OutcomeKind.GONE):
            self._pods.pop(uid, None)
            return
        tries = self._pods[uid].tries + 1 if uid in self._pods else 1
        seconds = _seconds(result, tries)
        words = f"its last patch failed ({result.kind}: {result.message}); it is tried again"
        self._pods[uid] = _Rest(now + datetime.timedelta(seconds=seconds), tries, words)


def _seconds(result: outcomes.Outcome, tries: int) -> float:
    if result.kind is outcomes.OutcomeKind.FORBIDDEN:
        return _REFUSED
    if result.kind is outcomes.OutcomeKind.CONFLICT and tries == 1:
        return 0.0  # it was read again already: the next plan is made from what it is now
    return max(result.retry_after or 0.0, min(_LONGEST, 2.0 ** (tries - 1)))
