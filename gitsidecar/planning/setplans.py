"""One set's part of a plan, made of its ledger and the moment: who moves, who stays and why, and until when."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Iterator, Mapping

from gitsidecar.model import censuses, plans, pods
from gitsidecar.planning import (
    actions,
    admission,
    budgets,
    candidates,
    digests,
    governing,
    holds,
    ledgers,
    numbers,
    paces,
    queues,
    repairs,
    turns,
    underway,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Circumstances:
    """What a set's plan depends on besides its pods: the policies, the clock, and what else is under way."""

    governance: governing.Governance
    allowance: paces.Allowance | None
    repair: candidates.Circumstances
    others: frozenset[str]
    """The other sets' names."""
    taken: Mapping[str, str]
    """Pod UID → the set that already has an action on it."""
    resting: Mapping[str, str]
    """Pod UID → why the pod is left alone for a while after a write that failed."""
    now: datetime.datetime
    was_late: bool = False
    """Whether the last record says that the deadline was missed, for this very spec."""


def fill(blank: plans.SetPlan, ledger: ledgers.Ledger, around: Circumstances) -> plans.SetPlan:
    """Return *blank* with everything that its pods and the moment add."""
    governance = around.governance
    moving = underway.look(ledger, governance, around.now, was_late=around.was_late)
    planned = dataclasses.replace(
        blank,
        census=_settled(ledger.census, len(moving.settling)),
        rosters=tuple(each.roster for each in ledger.digests),
        in_flight=underway.pods_of(moving.in_flight),
        failing=underway.pods_of(moving.failing),
        settling=underway.pods_of(moving.settling),
        overdue=underway.pods_of(moving.late),
        has_deadline=governance.deadline is not None,
        min_ready=governance.min_ready,
        closes_at=governance.verdict.closes_at if governance.verdict.reason is None else None,
        wakes_at=min((*moving.wakes, *_boundary(ledger, governance)), default=None),
        held=_unreadable(ledger),
    )
    stop, bar = (holds.of_set(blank.sidecar_set, governance, is_of_running=each) for each in (True, False))
    planned = dataclasses.replace(planned, bar=bar[1] if bar is not None else "")
    if stop is not None:
        planned = _with_held(planned, _stopped(planned, ledger, stop, governance))
        return repairs.stopped(planned, ledger, around.repair, stop[1])
    planned = _with_held(planned, _static(ledger))
    if moving.late and governance.deadline is not None:
        late = _group(numbers.overdue(governance.deadline, moving.late), _waiting(ledger))
        planned = _with_held(dataclasses.replace(planned, bar=late.message), [late])
        return repairs.stopped(planned, ledger, around.repair, late.message)
    return _move(planned, ledger, moving, around)


def _settled(census: censuses.Census, settling: int) -> censuses.Census:
    """Return *census* without the pods that are finished only once they have settled."""
    return {**census, censuses.FINISHED: census.get(censuses.FINISHED, 0) - settling} if settling else census


def _boundary(ledger: ledgers.Ledger, governance: governing.Governance) -> Iterator[datetime.datetime]:
    """Yield when the calendar may change its answer, if anybody waits for it."""
    if governance.verdict.changes_at is not None and any(
        each.drifted or (governance.is_repairing and each.bare) for each in ledger.digests
    ):
        yield governance.verdict.changes_at


def _stopped(
    planned: plans.SetPlan, ledger: ledgers.Ledger, stop: holds.Why, governance: governing.Governance
) -> Iterator[plans.HoldGroup]:
    """
    Yield the drifted pods of a set that has stopped.

    The calendar holds those who wait for it: of the others it would be no truth that they move when a window opens. A
    stop by hand, or a refusal, holds them all, but for the claims of two sets, which only a person settles.
    """
    reason, words = stop
    if reason is governance.verdict.reason:
        yield from _static(ledger)
        budget = budgets.measure(planned.sidecar_set.update, planned.census)
        yield _group((reason, words + numbers.capacity(_lanes(ledger), budget, governance)), _waiting(ledger))
        return
    claimed = {pod.uid for each in ledger.digests for pod in each.claimed}
    drifted = (tuple(pod for pod in each.drifted if pod.uid not in claimed) for each in ledger.digests)
    yield from _static(ledger, only=plans.HoldReason.CONFLICTING_SETS)
    yield _group(stop, queues.Pool(list(drifted)))


def _waiting(ledger: ledgers.Ledger) -> queues.Pool:
    return queues.Pool([underway.pods_of(each.waiting.values()) for each in ledger.digests])


def _lanes(ledger: ledgers.Ledger) -> tuple[int, ...]:
    """Return how many pods wait in each lane."""
    return tuple(sum(len(each.lanes[lane]) for each in ledger.digests) for lane in digests.Lane)


def _move(
    planned: plans.SetPlan, ledger: ledgers.Ledger, moving: underway.Underway, around: Circumstances
) -> plans.SetPlan:
    """Let move who may, and hold the rest."""
    sidecar_set, allowance, now = planned.sidecar_set, around.allowance, around.now
    busy = turns.busy(
        ledger, sidecar_set.name, others=around.others, resting=around.resting, taken=around.taken, now=now
    )
    settling = sum(each.is_using for each in moving.settling)
    shared = admission.admit(
        turns.queue(ledger, planned, busy),
        budgets.measure(sidecar_set.update, ledger.census, settling=settling, evicted=around.repair.attempts.used),
        None if allowance is None else allowance.pods,
    )
    kept_back = numbers.hold(
        shared, sidecar_set.update, moving.failing, governance=around.governance, allowance=allowance
    )
    groups = [*_busy(busy), *(_group(why, queues.Joined(stretches)) for why, stretches in kept_back)]
    wakes = [planned.wakes_at, allowance.more_at if allowance is not None and shared.paced else None]
    moved = dataclasses.replace(
        _with_held(planned, groups),
        actions=tuple(actions.build(each, sidecar_set, commit=planned.commit, now=now) for each in shared.admitted),
        wakes_at=min((each for each in wakes if each is not None), default=None),
    )
    return repairs.choose(moved, ledger, shared.budget, around.repair)


def _unreadable(ledger: ledgers.Ledger) -> tuple[plans.HoldGroup, ...]:
    found = (
        ((plans.HoldReason.POD_UNREADABLE, pod.fault), (pod,)) for each in ledger.digests for pod in each.unreadable
    )
    return tuple(_grouped(found))


def _static(ledger: ledgers.Ledger, *, only: plans.HoldReason | None = None) -> Iterator[plans.HoldGroup]:
    items = (item for each in ledger.digests for item in each.held.items())
    return _grouped((why, its) for why, its in items if only is None or why[0] is only)


def _busy(busy: turns.Busy) -> Iterator[plans.HoldGroup]:
    ordered = sorted(busy, key=lambda each: each[0].pod.key)
    return _grouped(((plans.HoldReason.POD_BUSY, words), (standing.pod,)) for standing, words in ordered)


def _grouped(found: Iterable[tuple[holds.Why, tuple[pods.Pod, ...]]]) -> Iterator[plans.HoldGroup]:
    """Yield one group for all pods that are held in the same words."""
    by_words: dict[holds.Why, list[tuple[pods.Pod, ...]]] = {}
    for why, its in found:
        by_words.setdefault(why, []).append(its)
    return (_group(why, queues.Pool(lists)) for why, lists in by_words.items())


def _group(why: holds.Why, found: queues.Pool | queues.Joined) -> plans.HoldGroup:
    return plans.HoldGroup(*why, found, tuple(sorted(found.some(plans.EXAMPLES), key=lambda pod: pod.key)))


def _with_held(planned: plans.SetPlan, groups: Iterable[plans.HoldGroup]) -> plans.SetPlan:
    """Add *groups* to those held already, in the order in which a person would ask, and the largest first."""
    held = [*planned.held, *(each for each in groups if len(each.members))]
    held.sort(key=lambda each: plans.asking_order(each.reason, len(each.members), each.message))
    return dataclasses.replace(planned, held=tuple(held))
