"""Why the numbers keep a waiting pod back, in words: partition, budget, settling pods, pace, a missed deadline."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Sequence

from gitsidecar.model import plans, policies, sidecarsets
from gitsidecar.planning import admission, budgets, digests, governing, holds, paces, queues, standings

Group = tuple[holds.Why, tuple[queues.Stretch, ...]]


def hold(
    shared: admission.Admission,
    strategy: sidecarsets.UpdateStrategy,
    failing: Sequence[standings.Standing],
    *,
    governance: governing.Governance,
    allowance: paces.Allowance | None,
) -> Iterator[Group]:
    """Yield the pods that the numbers keep back, with the words; *failing* are the set's pods that cannot start."""
    budget, reasons = shared.budget, plans.HoldReason
    yield (reasons.PARTITION_KEPT, _kept(strategy, shared)), (shared.kept,)
    yield (reasons.BUDGET_EXHAUSTED, _over_budget(strategy, budget, failing)), (shared.over_budget,)
    yield (reasons.SETTLING, _settling(budget, governance.min_ready)), (shared.settling,)
    over_lane = (
        f"the pod is not Ready, and of such pods {budget.lane_used} are in flight, no more than {budget.lane_limit} at "
        f"once{_failures(failing)}; released as they come up"
    )
    yield (reasons.BUDGET_EXHAUSTED, over_lane), (shared.over_lane,)
    if allowance is not None:
        yield (reasons.PACE_LIMITED, paced(allowance.policy)), shared.paced


def capacity(lanes: Sequence[int], budget: budgets.Budget, governance: governing.Governance) -> str:
    """
    Say how many of the waiting pods, so many in each lane, the next opening takes, as far as the numbers decide it.

    Empty when nobody waits, or no opening is in sight.
    """
    waiting, verdict = sum(lanes), governance.verdict
    if not waiting or verdict.opens_at is None:
        return ""
    may_go = waiting if budget.limit else waiting - lanes[digests.Lane.HEALTHY]
    most = [may_go, budget.room]
    if verdict.closes_at is not None:
        minutes = math.ceil((verdict.closes_at - verdict.opens_at) / paces.MINUTE)  # each may take its pods at once
        most += [minutes * each.pods_per_minute for each in governance.paces if each.pods_per_minute]
    return f"; it takes {min(most)} of {waiting} waiting pod{'' if waiting == 1 else 's'}"


def overdue(policy: policies.RolloutPolicy, late: Sequence[standings.Standing]) -> holds.Why:
    """Return why nothing starts after the deadline of *policy*, with the pods that are *late*."""
    first = late[0]
    assert policy.progress_deadline is not None
    return (
        plans.HoldReason.DEADLINE_EXCEEDED,
        f"no pod has come further for {seconds(policy.progress_deadline)} (progressDeadlineSeconds of RolloutPolicy "
        f"{policy.name}, {policy.place}): {len(late)} in flight (e.g. {first.pod.key}); "
        f"released when they are Ready, or by another spec",
    )


def seconds(duration: datetime.timedelta) -> str:
    """Return a duration as policies write it, e.g. ``600 s``."""
    return f"{duration.total_seconds():g} s"


def _kept(strategy: sidecarsets.UpdateStrategy, shared: admission.Admission) -> str:
    budget, again = shared.budget, shared.kept.queue.lines[0]
    # Who cannot start is in flight, and so in the first lane.
    failing = [each for each in list(again)[shared.kept.start :] if each.is_failing]
    return (
        f"partition {strategy.partition} keeps {budget.keep} of {budget.matched} pods old{_failures(failing)}; "
        f"lower it to release"
    )


def _over_budget(
    strategy: sidecarsets.UpdateStrategy, budget: budgets.Budget, failing: Sequence[standings.Standing]
) -> str:
    limit = f"maxUnavailable {strategy.max_unavailable}"
    if budget.limit == 0:
        return f"{limit} lets no healthy pod move; raise it to release"
    evicted = f", {budget.evicted} of them evicted" if budget.evicted else ""
    return (
        f"{budget.used} in flight or not Ready{evicted}, {limit} allows {budget.limit}{_failures(failing)}; "
        f"released as they finish"
    )


def _settling(budget: budgets.Budget, min_ready: datetime.timedelta) -> str:
    who = "1 moved pod has" if budget.settling == 1 else f"{budget.settling} moved pods have"
    return (
        f"{who} not been Ready for {seconds(min_ready)} yet (minReadySeconds), using up budget until then; released "
        f"when that time is over"
    )


def paced(policy: policies.RolloutPolicy) -> str:
    """Return why the pace of *policy* lets no more pods start."""
    who = "1 pod" if policy.pods_per_minute == 1 else f"{policy.pods_per_minute} pods"
    return (
        f"RolloutPolicy {policy.name} ({policy.place}) lets {who} move a minute (podsPerMinute); released within the "
        f"minute"
    )


def _failures(failing: Sequence[standings.Standing]) -> str:
    # Without the kubelet's reason, which changes with every attempt: words that change make commits.
    return f", {len(failing)} failing (e.g. {failing[0].pod.key})" if failing else ""
