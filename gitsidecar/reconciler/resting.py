"""
Which pods and sets are left alone for a while after a refused write, so that one fault is not repeated endlessly.

A refusal (403) is one pod's, as an admission webhook's, or the whole set's, as missing rights. Only several answers
tell these apart: a refused pod rests and the next ones take its turn; when several were refused and none was served,
or nobody else is left to try, the set rests as a whole.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping

from gitsidecar.model import outcomes, plans
from gitsidecar.reconciler import sending

_REFUSED = 60.0  # a person has to act on a refusal; a minute later is soon enough to see that one did
_LONGEST_REFUSED = 3600.0
_LONGEST = 60.0
_TURN = 0.5  # of a rest: then the next pods of the order take the turn of the one that rests

_PASSING = (plans.HoldReason.BUDGET_EXHAUSTED, plans.HoldReason.SETTLING, plans.HoldReason.PACE_LIMITED)

_Kind = outcomes.OutcomeKind
_SERVED = (_Kind.APPLIED, _Kind.CONFLICT)  # a conflict comes from a server that would have let us write


@dataclasses.dataclass(frozen=True, slots=True)
class _Rest:
    until: datetime.datetime
    tries: int
    words: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Refusal:
    """
    The pods (by UID) of one set that were refused since one was served, and how each rests if it was the pod's matter.

    `until` is when the set's rest ends, ``None`` before its first. `essence` is `message` without the pod's name.
    """

    tried: Mapping[str, _Rest]
    message: str
    essence: str
    until: datetime.datetime | None = None


class Rests:
    """
    The rests of one process, by pod UID and by set.

    They live in memory only: a new process tries each pod once more, which costs one request and decides nothing.
    """

    def __init__(self) -> None:
        self._pods: dict[str, _Rest] = {}
        self._sets: dict[str, _Refusal] = {}
        self._turn: datetime.datetime | None = None

    def note(self, sent: Iterable[outcomes.Outcome], now: datetime.datetime) -> None:
        """Let pods rest whose write failed, twice as long each time, and sets that may not write at all."""
        by_set: dict[str, list[outcomes.Outcome]] = {}
        for result in sent:
            by_set.setdefault(result.action.set_name, []).append(result)
        self._turn = None
        for name, results in by_set.items():
            for result in results:
                self._note_one(name, result, now)
            if any(result.kind in _SERVED for result in results):
                self._reopen(name, now)
            elif any(result.kind is _Kind.FORBIDDEN for result in results):
                self._judge(name, now)

    def exhaust(self, plan: plans.Plan, now: datetime.datetime) -> bool:
        """
        Take in which sets have nobody left to try but refused pods; say whether that changes the plan.

        Such a set rests as a whole, and after that rest begins with the first of them again.
        """
        changed = False
        for gone in self._sets.keys() - {each.sidecar_set.name for each in plan.sets}:
            del self._sets[gone]
        for each in plan.sets:
            name = each.sidecar_set.name
            known = self._sets.get(name)
            if known is None or not known.tried or self.refusal(name, now) or self._has_candidates(each, now):
                continue
            if known.until is None:
                self._sets[name] = dataclasses.replace(known, until=_after(now, _REFUSED))
            else:
                self._sets[name] = dataclasses.replace(known, tried={})
            changed = True
        return changed

    def pods(self, now: datetime.datetime) -> Mapping[str, str]:
        """
        Return pod UID → why it rests, in words, for the pods that rest at *now*; the others are forgotten.

        While a whole set rests its refused pods don't, so that each pass plans the same ones, and says the same.
        """
        over = [uid for uid, rest in self._pods.items() if (now - rest.until).total_seconds() > _LONGEST]
        for uid in over:
            del self._pods[uid]
        resting = {uid: rest.words for uid, rest in self._pods.items() if rest.until > now}
        for name, known in self._sets.items():
            if not self.refusal(name, now):
                resting.update((uid, rest.words) for uid, rest in known.tried.items())
        return resting

    def refusal(self, set_name: str, now: datetime.datetime) -> str:
        """Return why no pod of the set may be written at *now*, in words; empty when that may be tried."""
        known = self._sets.get(set_name)
        return known.message if known is not None and known.until is not None and known.until > now else ""

    def next_end(self, now: datetime.datetime) -> float | None:
        """Return the seconds from *now* until there is somebody to try, or ``None`` when nobody rests."""
        ends = [rest.until for rest in self._pods.values()]
        ends += [known.until for known in self._sets.values() if known.until is not None]
        ends += [self._turn] if self._turn is not None else []
        return min(((end - now).total_seconds() for end in ends if end > now), default=None)

    def _note_one(self, name: str, result: outcomes.Outcome, now: datetime.datetime) -> None:
        uid = result.action.pod.uid
        match result.kind:
            case _Kind.APPLIED | _Kind.GONE:
                self._pods.pop(uid, None)
            case _Kind.FORBIDDEN:
                tries = self._tries(uid)
                seconds = min(_LONGEST_REFUSED, _REFUSED * 2.0 ** min(tries - 1, 10))
                rest = _Rest(_after(now, seconds), tries, _words(sending.put_off(result)))
                self._sets[name] = _joined(self._sets.get(name), result, rest)
            case _Kind.CONFLICT | _Kind.DEFERRED:
                tries = self._tries(uid)
                seconds = max(result.retry_after or 0.0, min(_LONGEST, 2.0 ** min(tries - 1, 10)))
                if result.kind is _Kind.CONFLICT and tries == 1:
                    seconds = 0.0  # it was read again already: the next plan is made from what it is now
                self._pods[uid] = _Rest(_after(now, seconds), tries, _words(result))
                self._pass_turn(seconds, now)

    def _judge(self, name: str, now: datetime.datetime) -> None:
        """Decide whether a set of which pods were refused and none was served rests as a whole."""
        known = self._sets[name]
        if known.until is not None or len(known.tried) >= sending.HOPELESS:
            self._sets[name] = dataclasses.replace(known, until=_after(now, _REFUSED))
        else:
            self._pass_turn(1.0, now)

    def _reopen(self, name: str, now: datetime.datetime) -> None:
        """Take in that the set may write: each refusal was its pod's own."""
        known = self._sets.pop(name, None)
        if known is not None and known.tried:
            self._pods.update(known.tried)
            self._pass_turn(1.0, now)

    def _has_candidates(self, planned: plans.SetPlan, now: datetime.datetime) -> bool:
        """Say whether somebody who was not refused moves, or waits for budget or for the end of a rest only."""
        if planned.actions:
            return True
        resting = {uid for uid, rest in self._pods.items() if rest.until > now}
        return any(
            group.reason in _PASSING
            or (group.reason is plans.HoldReason.POD_BUSY and any(pod.uid in resting for pod in group.members))
            for group in planned.held
        )

    def _tries(self, uid: str) -> int:
        return self._pods[uid].tries + 1 if uid in self._pods else 1

    def _pass_turn(self, seconds: float, now: datetime.datetime) -> None:
        """Ask for a pass before the rest of *seconds* is over: at its end the same pod would be first again."""
        turn = _after(now, max(0.1, _TURN * seconds))
        self._turn = turn if self._turn is None else min(turn, self._turn)


def _after(now: datetime.datetime, seconds: float) -> datetime.datetime:
    return now + datetime.timedelta(seconds=seconds)


def _joined(known: _Refusal | None, result: outcomes.Outcome, rest: _Rest) -> _Refusal:
    """Add a refused pod; the message stays that of the first, so that reports do, unless it says something else."""
    essence = _essence(result)
    if known is None:
        known = _Refusal({}, result.message, essence)
    elif known.essence != essence:
        known = dataclasses.replace(known, message=result.message, essence=essence)
    return dataclasses.replace(known, tried={**known.tried, result.action.pod.uid: rest})


def _words(result: outcomes.Outcome) -> str:
    """Return a hold's words; `reporting.tallies` says the same of a pod whose write failed in the pass itself."""
    said = f"{result.kind}: {result.message}" if result.message else str(result.kind)
    return f"its last patch failed ({said}); it is tried again"


def _essence(result: outcomes.Outcome) -> str:
    """Return a refusal without the pod's name, to tell whether it is the same one for other pods."""
    pod = result.action.pod
    return result.message.replace(pod.name, "").replace(pod.namespace, "")
