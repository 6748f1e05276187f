"""Share out the room, the budget and the pace among the pods that wait (reference §5.4, DESIGN §5.4)."""

from __future__ import annotations

import dataclasses

from gitsidecar.planning import budgets, digests, queues, standings


@dataclasses.dataclass(frozen=True, slots=True)
class Admission:
    """
    Who moves, in sending order, and what keeps the others: stretches of the queue that do not overlap.

    `kept` stay old by partition; the rest may move once there is room in the lane of ailing pods (`over_lane`), in the
    budget (`over_budget`, of which those that only wait for others to settle are `settling`), or in the pace (`paced`).
    """

    admitted: tuple[standings.Standing, ...]
    kept: queues.Stretch
    over_lane: queues.Stretch
    settling: queues.Stretch
    over_budget: queues.Stretch
    paced: tuple[queues.Stretch, ...]
    budget: budgets.Budget
    """The numbers as they will be once the admitted have moved."""


def was_ready(standing: standings.Standing) -> bool:
    """
    Return what the pod's next move notes as `was_ready`.

    A pod that we took down and move on keeps what its first move noted, or it would leave the budget it still uses.
    """
    return standing.is_unavailable or standing.pod.is_ready


def admit(queue: queues.Queue, budget: budgets.Budget, pace: int | None = None) -> Admission:
    """
    Choose from *queue*: room goes by order, then each lane fills up to its limit, and *pace* bounds them all.

    All is arithmetic on places of the queue, so that its length does not matter.
    """
    again, ailing, healthy = _fill_room(queue, budget.room)
    lane_go = min(ailing, max(0, budget.lane_limit - budget.lane_used))
    healthy_go = min(healthy, max(0, budget.limit - budget.used))
    go = again + lane_go + healthy_go
    first_ailing = queue.length(digests.Lane.AGAIN)
    first_healthy = first_ailing + queue.length(digests.Lane.AILING)
    may_go = _Share(again, lane_go, healthy_go)
    goes = may_go if pace is None or go <= pace else may_go.cut(pace)
    fits = max(healthy_go, min(healthy, budget.limit - budget.used + budget.settling))
    stretches = _Stretches(queue, first_ailing, first_healthy)
    paced = stretches.between(goes, may_go)
    if paced:  # the pace is what binds now; the budget will be asked again when it lets go
        paced = (*paced, stretches.healthy(healthy_go, healthy))
        fits, healthy = healthy_go, healthy_go
    return Admission(
        admitted=stretches.take(goes),
        kept=queues.Stretch(queue, budget.room, len(queue)),
        over_lane=stretches.ailing(lane_go, ailing),
        settling=stretches.healthy(healthy_go, fits),
        over_budget=stretches.healthy(fits, healthy),
        paced=paced,
        budget=dataclasses.replace(
            budget,
            updated=budget.updated + goes.total,
            used=budget.used + goes.healthy,
            lane_used=budget.lane_used + goes.ailing,
        ),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Share:
    """So many pods from the front of each lane."""

    again: int
    ailing: int
    healthy: int

    @property
    def total(self) -> int:
        return self.again + self.ailing + self.healthy

    def cut(self, total: int) -> _Share:
        again = min(self.again, total)
        ailing = min(self.ailing, total - again)
        return _Share(again, ailing, min(self.healthy, total - again - ailing))


@dataclasses.dataclass(frozen=True, slots=True)
class _Stretches:
    """Places within a lane as stretches of the whole queue."""

    queue: queues.Queue
    first_ailing: int
    first_healthy: int

    def ailing(self, start: int, stop: int) -> queues.Stretch:
        return queues.Stretch(self.queue, self.first_ailing + start, self.first_ailing + stop)

    def healthy(self, start: int, stop: int) -> queues.Stretch:
        return queues.Stretch(self.queue, self.first_healthy + start, self.first_healthy + stop)

    def between(self, less: _Share, more: _Share) -> tuple[queues.Stretch, ...]:
        found = (
            queues.Stretch(self.queue, less.again, more.again),
            self.ailing(less.ailing, more.ailing),
            self.healthy(less.healthy, more.healthy),
        )
        return tuple(each for each in found if len(each))

    def take(self, share: _Share) -> tuple[standings.Standing, ...]:
        part = self.queue.part
        return (
            *part(0, share.again),
            *part(self.first_ailing, self.first_ailing + share.ailing),
            *part(self.first_healthy, self.first_healthy + share.healthy),
        )


def _fill_room(queue: queues.Queue, room: int) -> tuple[int, int, int]:
    """Return how many of each lane are among the first *room* of the queue."""
    again = min(queue.length(digests.Lane.AGAIN), room)
    ailing = min(queue.length(digests.Lane.AILING), room - again)
    return again, ailing, min(queue.length(digests.Lane.HEALTHY), room - again - ailing)
