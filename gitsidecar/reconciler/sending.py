"""Carry out a plan: many actions at once, each looked at again right before it is sent (DESIGN §5.10)."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable, Iterable

from gitsidecar import ports
from gitsidecar.model import outcomes, plans

Objection = Callable[[plans.Action], str]
"""Say why an action must not be sent after all, or return an empty string."""

Stamp = Callable[[plans.Action], plans.Action]
"""Return an action as it is sent at this moment."""

HOPELESS = 3
"""So many 403s for one set, and no success, mean that its other pods would be refused as well."""


async def send(
    plan: plans.Plan, cluster: ports.Cluster, *, in_flight: int, objection: Objection, stamp: Stamp
) -> tuple[outcomes.Outcome, ...]:
    """
    Send the actions of *plan* in its order, at most *in_flight* at once, and return each one's outcome in that order.

    Before each is sent, *objection* is asked, and the newest row of its pod is compared with the one that was planned;
    *stamp* puts the time on it.
    """
    batch = _Batch(cluster, objection, stamp)
    queue = collections.deque(enumerate(action for set_plan in plan.sets for action in set_plan.actions))
    results: dict[int, outcomes.Outcome] = {}

    async def work() -> None:
        while queue:
            index, action = queue.popleft()
            results[index] = await batch.send(action)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(in_flight, len(queue))):
            group.create_task(work())
    return tuple(results[index] for index in sorted(results))


def tell(
    plan: plans.Plan, sent: Iterable[outcomes.Outcome], refusal: Callable[[plans.SetPlan], str]
) -> tuple[outcomes.Outcome, ...]:
    """
    Return what became of all actions of *plan*: *sent*, but one fact where *refusal* says why a set may not write.

    Of a set that goes on, a refused pod is put off: it rests and is tried again, as after any other failure.
    """
    by_set: dict[str, list[outcomes.Outcome]] = {}
    for result in sent:
        by_set.setdefault(result.action.set_name, []).append(put_off(result))
    told: list[outcomes.Outcome] = []
    for each in plan.sets:
        if words := refusal(each):
            told += (outcomes.Outcome(action, outcomes.OutcomeKind.FORBIDDEN, words) for action in each.actions)
        else:
            told += by_set.get(each.sidecar_set.name, ())
    return tuple(told)


def put_off(result: outcomes.Outcome) -> outcomes.Outcome:
    """Return a refusal as what it is for the pod alone: a write to be tried again."""
    if result.kind is not outcomes.OutcomeKind.FORBIDDEN:
        return result
    return outcomes.Outcome(result.action, outcomes.OutcomeKind.DEFERRED, result.message)


class _Batch:
    """What the senders of one pass share: whether a set has been refused so far."""

    def __init__(self, cluster: ports.Cluster, objection: Objection, stamp: Stamp) -> None:
        self._cluster = cluster
        self._objection = objection
        self._stamp = stamp
        self._refused: collections.Counter[str] = collections.Counter()
        self._served: set[str] = set()

    async def send(self, action: plans.Action) -> outcomes.Outcome:
        may_go = False
        while not (words := self._why_not(action)):
            if may_go:
                return self._noted(await self._cluster.execute(self._stamp(action)))
            may_go = await self._cluster.await_writes()  # takes time, so the question is asked again
        return outcomes.Outcome(action, outcomes.OutcomeKind.WITHDRAWN, words)

    def _why_not(self, action: plans.Action) -> str:
        return self._objection(action) or self._refusal(action) or _difference(action, self._cluster)

    def _noted(self, result: outcomes.Outcome) -> outcomes.Outcome:
        if result.kind is outcomes.OutcomeKind.FORBIDDEN:
            self._refused[result.action.set_name] += 1
        elif result.kind is outcomes.OutcomeKind.APPLIED:
            self._served.add(result.action.set_name)
        return result

    def _refusal(self, action: plans.Action) -> str:
        name = action.set_name
        is_hopeless = self._refused[name] >= HOPELESS and name not in self._served
        return "the patches of other pods of this set were refused" if is_hopeless else ""


def _difference(action: plans.Action, cluster: ports.Cluster) -> str:
    """Say in what the newest row of the action's pod differs from the planned one, as far as it matters."""
    newest = cluster.pod(action.pod.namespace, action.pod.name)
    if newest is action.pod:
        return ""
    if newest is None or newest.uid != action.pod.uid:
        return "the pod is gone"
    if not newest.is_active:
        return "the pod is ending"
    if newest.marks != action.pod.marks:
        return "another write to the pod came first"
    if newest.is_ready and not action.pod.is_ready:
        return "the pod has become Ready since: its move costs budget now"
    for change in action.changes:
        container = newest.container(change.container)
        if container is None or container.image != change.old:
            return f"the image of container {change.container} has changed since"
        planned = action.pod.container(change.container)
        if planned is None or container.container_id != planned.container_id:
            return f"container {change.container} has restarted since"  # its move would be taken for finished at once
    return ""
