"""Carry out the evictions of a plan that the status branch knows of, one after another, after all moves."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping

from gitsidecar import ports
from gitsidecar.model import histories, outcomes, plans, reports

Objection = Callable[[plans.Eviction], str]
"""Say why an eviction must not be sent after all, or return an empty string."""


async def send(
    found: Iterable[plans.Eviction],
    cluster: ports.Cluster,
    *,
    objection: Objection,
    now: Callable[[], datetime.datetime],
) -> tuple[outcomes.Evicted, ...]:
    """
    Send the evictions *found*, and return each one's outcome in their order.

    Before each is sent, *objection* is asked, and the newest row of its pod is compared with the one that was planned.
    """
    return tuple([await _send(each, cluster, objection, now) for each in found])


def noted(found: Iterable[plans.SetPlan], recorded: histories.History) -> Iterator[plans.Eviction]:
    """
    Yield the evictions that the status branch, as *recorded*, knows of as the plan does.

    What only this process knows would be forgotten with it, and its owner's pods be evicted once more.
    """
    for planned in found:
        known = _attempts(recorded, planned.sidecar_set.name)
        for each in planned.evictions:
            attempt = known.get(each.pod.uid)
            if attempt is not None and attempt.at == each.noted_at:
                yield each


def is_next(plan: plans.Plan, before: histories.History, after: histories.History) -> bool:
    """Say whether the branch has come to know of evictions of *plan* since *before*: the next pass may send them."""
    for planned in plan.sets:
        name = planned.sidecar_set.name
        old, new = _attempts(before, name), _attempts(after, name)
        known = (new[each.pod.uid] for each in planned.evictions if each.pod.uid in new)
        if any(each != old.get(each.uid) and not each.is_made for each in known):
            return True
    return False


async def _send(
    eviction: plans.Eviction, cluster: ports.Cluster, objection: Objection, now: Callable[[], datetime.datetime]
) -> outcomes.Evicted:
    may_go = False
    while not (words := objection(eviction) or _change(eviction, cluster)):
        if may_go:
            return await cluster.evict(dataclasses.replace(eviction, at=now()))
        may_go = await cluster.await_writes()  # takes time, so the question is asked again
    return outcomes.Evicted(eviction, outcomes.OutcomeKind.WITHDRAWN, words)


def _attempts(history: histories.History, set_name: str) -> Mapping[str, reports.Attempt]:
    """Return what *history* knows of evictions in a set, by the UID of the pod."""
    known = history.sets.get(set_name)
    return {each.uid: each for each in known.attempts} if known is not None else {}


def _change(eviction: plans.Eviction, cluster: ports.Cluster) -> str:
    """Say in what the newest row of the pod differs from the planned one, as far as it matters."""
    pod = eviction.pod
    newest = cluster.pod(pod.namespace, pod.name)
    if newest is None or newest.uid != pod.uid:
        return "the pod is gone"
    if not newest.is_active:
        return "the pod is ending"
    if (newest.labels, newest.marks, newest.workload) != (pod.labels, pod.marks, pod.workload):
        return "the pod has changed since it was seen"
    return ""
