"""
One set's pods as they stand after a pass: the plan's view with what became of its actions laid over it.

The view is the one that the next pass will have of the same cluster, as far as counts go, so that a pass which moved
ten pods and a pass which finds these ten in flight say the same (DESIGN §7: same state, same bytes).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from gitsidecar.model import outcomes, plans, pods
from gitsidecar.reporting import texts

_RETRIED = (outcomes.OutcomeKind.CONFLICT, outcomes.OutcomeKind.DEFERRED)


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """A pod that stays, as the next pass will find it."""

    key: str
    reason: plans.HoldReason
    message: str


@dataclasses.dataclass(frozen=True, slots=True)
class Tally:
    """
    Pods by key (``namespace/name``).

    `pending` are actions that were not sent, or withdrawn, and will be planned again; `forbidden` maps a pod to the
    API server's refusal. A pod whose patch failed otherwise is in `held` as busy: so the next pass will plan it.
    """

    matched: tuple[pods.Pod, ...]
    missing: tuple[pods.Pod, ...]
    updated: frozenset[str]
    finished: frozenset[str]
    ready: frozenset[str]
    in_flight: frozenset[str]
    applied: Mapping[str, plans.Action]
    pending: frozenset[str]
    held: tuple[Held, ...]
    failing: Mapping[str, str]
    failed: Mapping[str, str]
    forbidden: Mapping[str, str]

    @property
    def drifted(self) -> frozenset[str]:
        """Return the pods that do not carry the latest spec, or that a hold names though they should."""
        return frozenset(pod.key for pod in self.matched) - self.updated | {each.key for each in self.held}

    @property
    def unfinished(self) -> frozenset[str]:
        """Return the matched pods that are not finished."""
        return frozenset(pod.key for pod in self.matched) - self.finished


def tally(plan: plans.SetPlan, results: Sequence[outcomes.Outcome], was_failing: Mapping[str, str]) -> Tally:
    """Lay *results*, the outcomes of this set's actions, over *plan*; *was_failing* is `failing` as last reported."""
    by_key = {result.action.pod.key: result for result in results}
    applied = {key: result.action for key, result in by_key.items() if result.kind is outcomes.OutcomeKind.APPLIED}
    gone = {key for key, result in by_key.items() if result.kind is outcomes.OutcomeKind.GONE}
    forbidden = _forbidden(by_key, has_applied=bool(applied))
    retried = [result for key, result in by_key.items() if result.kind in _RETRIED]
    settled = {*applied, *gone, *forbidden, *(result.action.pod.key for result in retried)}
    in_flight = _keys(plan.in_flight, gone) | frozenset(applied)
    begun_anew = {*applied, *gone}
    return Tally(
        matched=tuple(pod for pod in plan.matched if pod.key not in gone),
        missing=plan.missing,
        updated=_keys(plan.updated, gone) | frozenset(applied),
        finished=_keys(plan.finished, gone) - frozenset(applied),
        ready=_keys(plan.ready, gone) - in_flight,  # a pod in flight is not yet what it shall be (reference §6)
        in_flight=in_flight,
        applied=applied,
        pending=frozenset(action.pod.key for action in plan.actions) - settled,
        held=_held(plan.holds, retried),
        failing={key: words for key, words in _failing(plan, was_failing).items() if key not in begun_anew},
        failed={result.action.pod.key: _words(result) for result in retried},
        forbidden=forbidden,
    )


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


def _held(holds: Iterable[plans.Hold], retried: Iterable[outcomes.Outcome]) -> tuple[Held, ...]:
    planned = [Held(hold.pod.key, hold.reason, texts.one_line(hold.message)) for hold in holds]
    busy = [Held(each.action.pod.key, plans.HoldReason.POD_BUSY, _busy(each)) for each in retried]
    return tuple(sorted((*planned, *busy), key=lambda held: held.key))


def _busy(result: outcomes.Outcome) -> str:
    """Return the words that the next pass will find in the pod's hold (`reconciler.resting`)."""
    return texts.one_line(f"its last patch failed ({_words(result)}); it is tried again")


def _keys(found: Iterable[pods.Pod], gone: Iterable[str]) -> frozenset[str]:
    return frozenset(pod.key for pod in found) - frozenset(gone)


def _words(result: outcomes.Outcome) -> str:
    return texts.one_line(f"{result.kind}: {result.message}" if result.message else str(result.kind))


def _failing(plan: plans.SetPlan, was_failing: Mapping[str, str]) -> dict[str, str]:
    """
    Return the pods in flight that cannot start, in order of key, and why.

    CrashLoopBackOff comes and goes with every attempt, so one that failed is failing until its sidecars are ready.
    """
    names = [sidecar.name for sidecar in plan.sidecar_set.sidecars]
    found = {pod.key: _fault(pod, names) for pod in plan.failing}
    for pod in plan.in_flight:
        if pod.key in was_failing and pod.key not in found and _is_unready(pod, names):
            found[pod.key] = was_failing[pod.key]
    return dict(sorted(found.items()))


def _is_unready(pod: pods.Pod, names: Iterable[str]) -> bool:
    return any(not container.is_ready for name in names if (container := pod.container(name)) is not None)


def _fault(pod: pods.Pod, names: Iterable[str]) -> str:
    """Return which of the sidecars does not start, and the kubelet's reason, as words that stay the same."""
    for name in names:
        container = pod.container(name)
        if container is not None and container.trouble:
            return texts.one_line(f"{name}: {container.trouble}")
    return "does not start"
