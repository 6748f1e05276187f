"""
Which moves a report tells: those that this pass made, and earlier ones that nobody has heard of.

A process may die between a patch and its record, and the answer to a patch may be lost. The pods know better: each
names its last move, and the status branch the time up to which moves have been told.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gitsidecar.model import histories, outcomes, plans, pods, reports
from gitsidecar.reporting import moments

_SKEW = datetime.timedelta(minutes=1)
"""So far our clock may be behind the API server's, which dates the pods."""


@dataclasses.dataclass(frozen=True, slots=True)
class Telling:
    """
    The moves to tell, late ones first; with them all up to *until* are told, but those of *in_doubt* (pod → time).

    Of those in doubt no answer came. The next snapshot shows them if they were made.
    """

    moves: tuple[reports.Move, ...]
    until: datetime.datetime
    in_doubt: Mapping[str, datetime.datetime]


def find(
    planned: plans.SetPlan, results: Sequence[outcomes.Outcome], history: histories.History, now: datetime.datetime
) -> Telling:
    """Return what is to be told of one set's moves after a pass at *now* with these *results*."""
    known = history.sets.get(planned.sidecar_set.name)
    if known is None:
        late = _unrecorded(planned, any_commit=history.recorded is None)
    elif known.told_until is None:
        late = []  # another release told them, and did not write up to when
    else:
        late = _untold(planned, known.told_until, known.in_doubt)
    made = [_of_action(each.action) for each in results if each.kind is outcomes.OutcomeKind.APPLIED]
    begin = moments.as_written(now) if known is None or known.told_until is None else known.told_until
    until = max((begin, *(each.at for each in late), *(each.at for each in made)))
    unheard = [_of_action(each.action) for each in results if each.kind is outcomes.OutcomeKind.DEFERRED]
    # One that is newer than all that are told needs no mention: that its time is later tells it apart.
    in_doubt = {each.pod: each.at for each in sorted(unheard, key=lambda move: move.pod) if each.at <= until}
    return Telling((*late, *made), until, in_doubt)


def _unrecorded(planned: plans.SetPlan, *, any_commit: bool) -> list[reports.Move]:
    """
    Return the moves of a set that no record knows: it is new, or the record is lost.

    A fleet may bear marks of years. What is still in flight can only come from a process that has just died.
    """
    found = _late(planned.in_flight, planned.sidecar_set.name)
    return [each for each in found if any_commit or each.commit == planned.commit]


def _untold(
    planned: plans.SetPlan, until: datetime.datetime, in_doubt: Mapping[str, datetime.datetime]
) -> list[reports.Move]:
    """Return the moves that are later than *until*, or in doubt; only chunks that have any are looked through."""
    eldest = min(in_doubt.values(), default=None)
    rosters = (
        each
        for each in planned.rosters
        if each.last_move is not None and (each.last_move > until or (eldest is not None and each.last_move >= eldest))
    )
    found = _late((pod for each in rosters for pod in each.matched), planned.sidecar_set.name)
    return sorted(
        (each for each in found if each.at > until or in_doubt.get(each.pod) == each.at),
        key=lambda move: (move.at, move.pod),
    )


def _late(found: Iterable[pods.Pod], set_name: str) -> Iterator[reports.Move]:
    """Yield the last move of each pod."""
    for pod in found:
        mark = pod.mark_of(set_name)
        if mark is None or mark.move is None:
            continue
        if pod.created is not None and mark.move.at < pod.created - _SKEW:
            continue  # the pod's template was copied from a pod that had been moved
        yield reports.Move(pod.key, mark.commit, moments.as_written(mark.move.at), is_late=True)


def _of_action(action: plans.Action) -> reports.Move:
    """Return the move that *action* makes, as the pod will tell of it."""
    (mark,) = (each for each in action.marks if each.set_name == action.set_name)
    assert mark.move is not None, "an action moves its pod"
    return reports.Move(action.pod.key, mark.commit, moments.as_written(mark.move.at))
