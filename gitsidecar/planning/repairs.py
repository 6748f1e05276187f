"""
Which pods are evicted for repair: bare ones, and such as have another shape, in what a set's own moves leave over.

Each is noted on the status branch first and evicted by a later pass (`plans.Eviction`), at most two an hour and owner
that bring nothing better, one at a time; and none at all while the pods of the set come back as they were.
"""

from __future__ import annotations

import dataclasses
import datetime
import heapq
import operator
from collections.abc import Iterable, Iterator

from gitsidecar.model import censuses, plans, pods, sidecarsets
from gitsidecar.planning import (
    attempts,
    budgets,
    candidates,
    digests,
    ledgers,
    matching,
    newcomers,
    numbers,
    paces,
    replacing,
)

_FIRST = operator.itemgetter(0)

OFF = "repair is Off: it comes injected when it is recreated"


def stopped(
    planned: plans.SetPlan, ledger: ledgers.Ledger, around: candidates.Circumstances, words: str
) -> plans.SetPlan:
    """Return *planned*, of which nothing may start for the reason in *words*, with what that means for repair."""
    if not around.governance.is_repairing:
        return planned
    stop = plans.Repair(
        is_wanted=True,
        waiting=_number(ledger),
        message=words,
        refusal=_refusal(planned, ledger, around),
        breaker=_breaker(around.attempts),
    )
    wakes = (planned.wakes_at, *around.attempts.wakes)
    return dataclasses.replace(planned, repair=stop, wakes_at=min((at for at in wakes if at is not None), default=None))


def choose(
    planned: plans.SetPlan, ledger: ledgers.Ledger, budget: budgets.Budget, around: candidates.Circumstances
) -> plans.SetPlan:
    """Return *planned*, whose own moves are chosen, with the evictions that fit; *budget* is what the moves left."""
    if not around.governance.is_repairing:
        return planned
    if words := _why_none(planned, around):
        return stopped(planned, ledger, around, words)
    limit = planned.sidecar_set.update.max_unavailable.of(budget.matched + planned.count(censuses.MISSING))
    share = _Share(
        budget=dataclasses.replace(budget, limit=limit),
        allowance=around.allowance,
        moves=len(planned.actions),
        strategy=planned.sidecar_set.update,
    )
    choice = candidates.Choice(planned, budget, around)
    message = ""
    for pod, is_bare in _queue(ledger, around.attempts):
        if message := share.why_full(len(choice.evictions)):
            break
        choice.consider(pod, is_bare=is_bare)
    evictions, begins = choice.grown(ledger)
    wakes = [*around.shared.wakes, *share.wakes(message), *begins]
    return dataclasses.replace(
        planned,
        evictions=evictions,
        repair=plans.Repair(
            is_wanted=True,
            waiting=_number(ledger) - len(evictions),
            message=message,
            owners=choice.owners,
            resting=choice.resting,
            refusal=_refusal(planned, ledger, around),
        ),
        wakes_at=min((at for at in (planned.wakes_at, *wakes) if at is not None), default=None),
    )


def explain(
    planned: plans.SetPlan,
    pod: pods.Pod,
    rivals: Iterable[sidecarsets.SidecarSet],
    namespaces: matching.Namespaces,
) -> str:
    """Say when *pod*, which only another one in its place can put right, will be evicted, or why not."""
    repair, sidecar_set = planned.repair, planned.sidecar_set
    if not repair.is_wanted:
        return OFF
    if words := replacing.obstacle(pod, sidecar_set, rivals, namespaces):
        return f"it cannot be repaired by an eviction: {words}"
    for place, each in enumerate(planned.evictions, 1):
        if each.pod is pod:
            return f"it is evicted next, as number {place} of {len(planned.evictions)}: {each.message}"
    by_owner = repair.owners.get((pod.namespace, pod.workload), "")
    return f"not evicted yet: {repair.resting.get(pod.uid) or by_owner or repair.message}"


def _why_none(planned: plans.SetPlan, around: candidates.Circumstances) -> str:
    if planned.sidecar_set.name in around.spared.sets:
        return around.spared.refusals[planned.sidecar_set.name]
    if around.spared.silence:
        return f"a new pod might come back bare: {around.spared.silence}"
    if breaker := _breaker(around.attempts):
        return breaker
    if newcomers.is_paused(planned.sidecar_set.document):
        return "injectionStrategy.paused is true: a new pod would come back bare; set it to false to release"
    return ""


def _refusal(planned: plans.SetPlan, ledger: ledgers.Ledger, around: candidates.Circumstances) -> str:
    """Say why the API server forbids it, while there is somebody to evict: else nothing would ever show its end."""
    return around.spared.refusals.get(planned.sidecar_set.name, "") if _number(ledger) else ""


def _breaker(found: attempts.Attempts) -> str:
    if not found.has_failed:
        return ""
    bad, lost = len(found.failures) + found.again, found.lost
    example = f" (e.g. {found.failures[0].key})" if found.failures else ""
    parts = [f"{bad} came back no better{example}"] if bad else []
    parts += [f"{lost} did not come back at all"] if lost else []
    return (
        f"of the pods that were evicted for repair {' and '.join(parts)}: look whether the webhook answers, and what "
        f"it says of such a pod; released an hour after those evictions, by another spec, or when the pods are good"
    )


def _number(ledger: ledgers.Ledger) -> int:
    return sum(len(each.bare) + len(each.misshapen) for each in ledger.digests)


def _queue(ledger: ledgers.Ledger, found: attempts.Attempts) -> Iterator[tuple[pods.Pod, bool]]:
    """Yield the pods that may be evicted, and whether each is bare: first the noted ones, then the least disruptive."""
    runs = [[(*entry, is_bare) for entry in its] for is_bare, its in _entries(ledger)]
    if found.noted:
        noted = [each for run in runs for each in run if each[1].uid in found.noted]
        yield from ((pod, is_bare) for _, pod, is_bare in sorted(noted, key=_FIRST))
    for _, pod, is_bare in heapq.merge(*runs, key=_FIRST):
        if pod.uid not in found.noted:
            yield pod, is_bare


def _entries(ledger: ledgers.Ledger) -> Iterator[tuple[bool, tuple[digests.Place, ...]]]:
    for each in ledger.digests:
        yield True, each.bare
        yield False, each.misshapen


@dataclasses.dataclass(frozen=True, slots=True)
class _Share:
    """What the set's own moves leave over of its budget and of the pace."""

    budget: budgets.Budget
    allowance: paces.Allowance | None
    moves: int
    strategy: sidecarsets.UpdateStrategy

    def why_full(self, chosen: int) -> str:
        """Say why there is no more room once so many pods are *chosen*, or return an empty string."""
        budget = self.budget
        if budget.used + chosen >= budget.limit:
            return (
                f"maxUnavailable {self.strategy.max_unavailable} allows {budget.limit} to be down at once, and "
                f"{budget.used + chosen} are; released as they come up"
            )
        if self.allowance is not None and self.moves + chosen >= self.allowance.pods:
            return numbers.paced(self.allowance.policy)
        return ""

    def wakes(self, message: str) -> Iterator[datetime.datetime]:
        """Yield when the pace lets one more go, if that is what *message* says."""
        if self.allowance is not None and message == numbers.paced(self.allowance.policy):
            yield self.allowance.more_at
