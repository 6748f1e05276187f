"""
One set's pods as they stand after a pass: the plan's view with what became of its actions laid over it.

The view is the one that the next pass will have of the same cluster, as far as counts go, so that a pass which moved
ten pods and a pass which finds these ten in flight say the same (DESIGN §7: same state, same bytes).
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Iterable, Mapping, Sequence

from gitsidecar.model import censuses, outcomes, plans, pods
from gitsidecar.reporting import failures, texts

_RETRIED = (outcomes.OutcomeKind.CONFLICT, outcomes.OutcomeKind.DEFERRED)


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """So many pods that stay for one reason in the same words, as the next pass will find them, and a few by key."""

    reason: plans.HoldReason
    message: str
    count: int
    examples: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Tally:
    """
    Pods by key (``namespace/name``), and the census of them all.

    `pending` are actions that were not sent, or withdrawn, and will be planned again; `forbidden` maps a pod to the
    API server's refusal. A pod whose patch failed otherwise is in `held` as busy: so the next pass will plan it.
    `failing` and `on_trial` are as in `failures`.
    """

    census: censuses.Census
    in_flight: frozenset[str]
    overdue: tuple[str, ...]
    applied: Mapping[str, plans.Action]
    pending: frozenset[str]
    held: tuple[Held, ...]
    failing: Mapping[str, str]
    on_trial: frozenset[str]
    failed: Mapping[str, str]
    forbidden: Mapping[str, str]

    def count(self, key: censuses.Key) -> int:
        """Return how many pods the census has under *key*."""
        return self.census.get(key, 0)

    @property
    def drifted(self) -> int:
        """Return how many pods do not carry the latest spec."""
        return self.count(censuses.MATCHED) - self.count(censuses.UPDATED)

    @property
    def unfinished(self) -> int:
        """Return how many matched pods are not finished."""
        return self.count(censuses.MATCHED) - self.count(censuses.FINISHED)

    @property
    def held_pods(self) -> int:
        """Return how many pods are held, whatever the reason."""
        return sum(each.count for each in self.held)


def tally(
    plan: plans.SetPlan,
    results: Sequence[outcomes.Outcome],
    *,
    was_failing: Mapping[str, str],
    now: datetime.datetime,
) -> Tally:
    """
    Lay *results*, the outcomes of this set's actions, over *plan*, which is of *now*.

    *was_failing* is `failing` as last reported.
    """
    by_key = {result.action.pod.key: result for result in results}
    applied = {key: result.action for key, result in by_key.items() if result.kind is outcomes.OutcomeKind.APPLIED}
    gone = {key: result.action for key, result in by_key.items() if result.kind is outcomes.OutcomeKind.GONE}
    forbidden = _forbidden(by_key, has_applied=bool(applied))
    retried = [result for result in by_key.values() if result.kind in _RETRIED]
    settled = {*applied, *gone, *forbidden, *(result.action.pod.key for result in retried)}
    begun_anew = {*applied, *gone}
    failing = failures.find(plan, was_failing, now)
    return Tally(
        census=_shifted(plan.census, applied.values(), gone.values()),
        in_flight=_keys(plan.in_flight) - gone.keys() | applied.keys(),
        overdue=tuple(pod.key for pod in plan.overdue),
        applied=applied,
        pending=frozenset(action.pod.key for action in plan.actions) - settled,
        held=_held(plan.held, retried),
        failing={key: words for key, words in failing.words.items() if key not in begun_anew},
        on_trial=failing.on_trial - begun_anew,
        failed={result.action.pod.key: _words(result) for result in retried},
        forbidden=forbidden,
    )


def census(plan: plans.SetPlan, results: Iterable[outcomes.Outcome]) -> censuses.Census:
    """Return only the census of a `tally`, for whoever asks long after the pass; *results* may be those of all sets."""
    its = [result for result in results if result.action.set_name == plan.sidecar_set.name]
    applied = [result.action for result in its if result.kind is outcomes.OutcomeKind.APPLIED]
    gone = [result.action for result in its if result.kind is outcomes.OutcomeKind.GONE]
    return _shifted(plan.census, applied, gone)


def _shifted(
    planned: censuses.Census, applied: Iterable[plans.Action], gone: Iterable[plans.Action]
) -> censuses.Census:
    """Return *planned* with the moved pods counted as what they are now, and without those that are gone."""
    census = dict(planned)
    for action in (*applied, *gone):
        censuses.add(census, _presence(action), -1)
    for action in applied:
        censuses.add(census, _moved(action))
    return census


def _presence(action: plans.Action) -> collections.Counter[censuses.Key]:
    """Return what the pod of *action* counts as before it is moved, as far as a move can change it."""
    counts = collections.Counter(_of_owner(action.pod, censuses.MATCHED))
    if action.was_counted_ready:
        counts.update(_of_owner(action.pod, censuses.READY))
    counts.update(censuses.image(change.container, change.old) for change in action.changes)
    if (mark := action.pod.mark_of(action.set_name)) is not None:
        counts[censuses.spec(mark.spec_hash)] += 1
    return counts


def _moved(action: plans.Action) -> collections.Counter[censuses.Key]:
    """Return what the pod of *action* counts as once it is moved."""
    counts = collections.Counter((*_of_owner(action.pod, censuses.MATCHED), *_of_owner(action.pod, censuses.UPDATED)))
    counts.update(censuses.image(change.container, change.new) for change in action.changes)
    counts.update(censuses.spec(mark.spec_hash) for mark in action.marks if mark.set_name == action.set_name)
    return counts


def _of_owner(pod: pods.Pod, key: censuses.Key) -> tuple[censuses.Key, censuses.Key]:
    return key, censuses.owner(key, pod)


def _forbidden(by_key: Mapping[str, outcomes.Outcome], *, has_applied: bool) -> dict[str, str]:
    """
    Return the pods whose patch is refused, in order of key, and the refusal.

    Where some were refused and none was taken, the ones withdrawn meanwhile would have been refused as well: counting
    them makes the number the same in the pass that finds the refusal out and in those that follow.
    """
    refused = [result for result in by_key.values() if result.kind is outcomes.OutcomeKind.FORBIDDEN]
    if refused and not has_applied:
        refused += [each for each in by_key.values() if each.kind is outcomes.OutcomeKind.WITHDRAWN]
    words = texts.one_line(refused[0].message) if refused else ""
    return dict.fromkeys(sorted(result.action.pod.key for result in refused), words)


def _held(held: Iterable[plans.HoldGroup], retried: Iterable[outcomes.Outcome]) -> tuple[Held, ...]:
    """Return the planned groups and those whose write failed, in the order in which a person would ask."""
    groups: dict[tuple[plans.HoldReason, str], Held] = {}
    planned = [
        Held(each.reason, texts.one_line(each.message), len(each.members), tuple(pod.key for pod in each.examples))
        for each in held
    ]
    busy = [Held(plans.HoldReason.POD_BUSY, _busy(each), 1, (each.action.pod.key,)) for each in retried]
    for each in (*planned, *busy):
        known = groups.get((each.reason, each.message))
        groups[each.reason, each.message] = each if known is None else _joined(known, each)
    return tuple(sorted(groups.values(), key=lambda each: plans.asking_order(each.reason, each.count, each.message)))


def _joined(one: Held, other: Held) -> Held:
    examples = tuple(sorted((*one.examples, *other.examples)))[: plans.EXAMPLES]
    return dataclasses.replace(one, count=one.count + other.count, examples=examples)


def _busy(result: outcomes.Outcome) -> str:
    """Return the words that the next pass will find in the pod's hold (`reconciler.resting`)."""
    return texts.one_line(f"its last patch failed ({_words(result)}); it is tried again")


def _keys(found: Iterable[pods.Pod]) -> frozenset[str]:
    return frozenset(pod.key for pod in found)


def _words(result: outcomes.Outcome) -> str:
    return texts.one_line(f"{result.kind}: {result.message}" if result.message else str(result.kind))
