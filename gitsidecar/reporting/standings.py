"""How a set stands after a pass, in one reason and one sentence: moving, waiting, blocked or complete."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable

from gitsidecar.model import censuses, plans, reports
from gitsidecar.reporting import tallies, texts

_Reason = plans.HoldReason

ROLLING_OUT = "RollingOut"
PODS_FAILING = "PodsFailing"
WRITES_FORBIDDEN = "WritesForbidden"
ROLLED_OUT = "RolledOut"
NO_PODS = "NoPods"

PACING = frozenset({_Reason.BUDGET_EXHAUSTED, _Reason.PACE_LIMITED, _Reason.SETTLING, _Reason.POD_BUSY})
"""Holds that come and go in every healthy rollout: they are its progress, not news."""
_SOON = (_Reason.PACE_LIMITED, _Reason.SETTLING, _Reason.POD_BUSY)
_BY_THE_CALENDAR = (_Reason.FROZEN, _Reason.WINDOW_CLOSED)


@dataclasses.dataclass(frozen=True, slots=True)
class Before:
    """What the last report said of the same spec; nothing for a new spec. *reason* is that of its `Standing`."""

    was_complete: bool = False
    was_blocked: bool = False
    reason: str = ""

    @property
    def was_still(self) -> bool:
        """Say whether nothing moved, by a person's will or the calendar's."""
        return self.was_blocked or self.reason in _BY_THE_CALENDAR


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """*reason* in CamelCase, *message* in words that say what releases it."""

    reason: str
    message: str
    is_complete: bool = False
    is_blocked: bool = False


def judge(found: tallies.Tally, commit: str, before: Before) -> Standing:
    """
    Say how the set stands; *commit* is the revision that brought its spec.

    What moves, or will within minutes, is asked first: only a set in which nothing does can be blocked. Failing pods
    are asked for before the calendar, because they need a person in a closed window as well.
    """
    if _is_complete(found, before):
        return _complete(found, commit)
    if found.pending or found.applied:
        return _rolling(found, commit)
    if found.overdue:
        return _overdue(found)
    if found.forbidden:
        return _forbidden(found)
    if _moves(found, before):
        return _rolling(found, commit)
    waiting = next((held for reason in _BY_THE_CALENDAR if (held := _held(found, reason))), [])
    if _are_failing(found, before) and (waiting or not found.held or chief(found.held) in PACING):
        return _failing(found, waiting)
    if waiting:
        return Standing(str(waiting[0].reason), _why(found, waiting))
    if found.held:
        return _blocked(found, _held(found, chief(found.held)))
    return _rolling(found, commit)


def chief(held: Iterable[tallies.Held | reports.Held]) -> plans.HoldReason:
    """Return the reason that holds most pods; of two alike, the one a person would ask for first."""
    counts: collections.Counter[str] = collections.Counter()
    for each in held:
        counts[str(each.reason)] += each.count
    return max(plans.HoldReason, key=lambda reason: counts[str(reason)])


def _is_complete(found: tallies.Tally, before: Before) -> bool:
    """
    Say whether every pod is finished, or was, for this spec.

    Once it was complete, a pod that starts up or loses readiness does not reopen the rollout; one that drifts, or
    cannot start its sidecar, does.
    """
    if found.drifted or _held(found, _Reason.CONFLICTING_SETS):
        return False
    return not found.failing and (not found.unfinished or before.was_complete)


def _moves(found: tallies.Tally, before: Before) -> bool:
    """
    Say whether something moves, or will within minutes, though no patch was sent.

    Pods in flight do unless nothing moved before: then they are moved pods that lost readiness, and each wobble of one
    would read as news. Where failing pods were the stop, those that seem to get on are more of them, in an attempt.
    """
    if found.failing and before.reason == PODS_FAILING:
        return False
    reasons = {each.reason for each in found.held}
    flying = found.in_flight - found.failing.keys()
    if (flying and not before.was_still) or reasons.intersection(_SOON):
        return True
    return _Reason.BUDGET_EXHAUSTED in reasons and bool(flying or found.count(censuses.STARTING))


def _are_failing(found: tallies.Tally, before: Before) -> bool:
    """Say whether pods cannot start; those on trial are believed in unless they were the stop before."""
    return bool(found.failing if before.reason == PODS_FAILING else found.failing.keys() - found.on_trial)


def _held(found: tallies.Tally, reason: plans.HoldReason) -> list[tallies.Held]:
    return [each for each in found.held if each.reason is reason]


def _complete(found: tallies.Tally, commit: str) -> Standing:
    total = found.count(censuses.MATCHED)
    if not total:
        return Standing(NO_PODS, "no running pod is matched" + _missing(found), is_complete=True)
    unready = total - found.count(censuses.READY)
    rest = f"; {unready} of them not Ready" if unready else ""
    words = f"all {texts.count(total, 'pod')} on {_spec(commit)}{rest}{_missing(found)}"
    return Standing(ROLLED_OUT, words if total > 1 else words.removeprefix("all "), is_complete=True)


def _rolling(found: tallies.Tally, commit: str) -> Standing:
    words = f"{_progress(found)} on {_spec(commit)}, {len(found.in_flight)} in flight"
    waiting = found.drifted
    words += f", {waiting} to go" if waiting else ""
    return Standing(ROLLING_OUT, words + (f"; {_failures(found)}" if found.failing else "") + _missing(found))


def _spec(commit: str) -> str:
    """Return what pods are on: the commit, or in words where the manifests are of none, as those of a forecast."""
    return texts.short(commit) if commit else "the newest spec"


def _blocked(found: tallies.Tally, held: list[tallies.Held]) -> Standing:
    return Standing(str(held[0].reason), _why(found, held), is_blocked=True)


def _overdue(found: tallies.Tally) -> Standing:
    if held := _held(found, _Reason.DEADLINE_EXCEEDED):
        return _blocked(found, held)
    words = f"{_progress(found)} updated, and the deadline has passed for {texts.count(len(found.overdue), 'pod')}"
    more = f"; {_failures(found)}" if found.failing else f", e.g. {found.overdue[0]}"
    return Standing(str(_Reason.DEADLINE_EXCEEDED), words + more + _missing(found), is_blocked=True)


def _why(found: tallies.Tally, held: list[tallies.Held]) -> str:
    number = sum(each.count for each in held)
    others = found.held_pods - number
    more = f"; {others} held for other reasons" if others else ""
    more += f"; {_failures(found)}" if found.failing else ""
    return f"{_progress(found)} updated, {number} held: {held[0].message}{more}{_missing(found)}"


def _forbidden(found: tallies.Tally) -> Standing:
    words = next(iter(found.forbidden.values()))
    number = texts.count(len(found.forbidden), "pod")
    message = f"{_progress(found)} updated; the API server refuses to let gitsidecar patch {number}: {words}"
    return Standing(WRITES_FORBIDDEN, texts.one_line(message), is_blocked=True)


def _failing(found: tallies.Tally, waiting: list[tallies.Held]) -> Standing:
    """Return the standing of a set with failing pods; *waiting* are those that the calendar would hold without them."""
    number = found.drifted
    stop = f"; {texts.count(number, 'pod')} not moved because of that" if number and not waiting else ""
    words = f"{_progress(found)} updated, and {_failures(found)}{stop}; fix the image or push another spec"
    more = f"; {sum(each.count for each in waiting)} held: {waiting[0].message}" if waiting else ""
    return Standing(PODS_FAILING, words + more, is_blocked=True)


def _failures(found: tallies.Tally) -> str:
    key, words = next(iter(found.failing.items()))
    return f"{texts.count(len(found.failing), 'pod')} cannot start, e.g. {key} ({words})"


def _progress(found: tallies.Tally) -> str:
    return f"{found.count(censuses.UPDATED)} of {texts.count(found.count(censuses.MATCHED), 'pod')}"


def _missing(found: tallies.Tally) -> str:
    number = found.count(censuses.MISSING)
    return f"; {texts.count(number, 'selected pod')} without the sidecars" if number else ""
