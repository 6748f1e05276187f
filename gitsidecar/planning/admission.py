"""Share out the room and the budget among the pods that wait (reference §5.4, DESIGN §5.4)."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable

from gitsidecar.planning import budgets, ordering, standings


class Lane(enum.IntEnum):
    """Say at whose cost a waiting pod moves; lanes are served in this order."""

    AGAIN = 0  # in flight already: moving it on takes nobody else down, and is how a bad spec is cured
    AILING = 1  # not Ready, and not by our doing: a lane of its own
    HEALTHY = 2  # serves: costs budget


@dataclasses.dataclass(frozen=True, slots=True)
class Admission:
    """Who moves, in sending order, and who does not: kept old, or waiting for budget, or for the ailing lane."""

    admitted: tuple[standings.Standing, ...]
    kept: tuple[standings.Standing, ...]
    over_budget: tuple[standings.Standing, ...]
    over_lane: tuple[standings.Standing, ...]
    budget: budgets.Budget
    """The numbers as they will be once the admitted have moved."""


def lane(standing: standings.Standing) -> Lane:
    """Return the lane in which a waiting pod moves."""
    if standing.is_unavailable or (standing.is_in_lane and not standing.pod.is_ready):
        return Lane.AGAIN
    return Lane.HEALTHY if standing.pod.is_ready else Lane.AILING


def was_ready(standing: standings.Standing) -> bool:
    """
    Return what the pod's next move notes as `was_ready`.

    A pod that we took down and move on keeps what its first move noted, or it would leave the budget it still uses.
    """
    return standing.is_unavailable or standing.pod.is_ready


def admit(waiting: Iterable[standings.Standing], budget: budgets.Budget) -> Admission:
    """Choose from *waiting*, none of whom is updated: room goes by order, then each lane fills up to its limit."""
    ordered = sorted(waiting, key=lambda each: (lane(each), ordering.key(each.pod)))
    admitted, over_budget, over_lane = [], [], []
    used, lane_used = budget.used, budget.lane_used
    for each in ordered[: budget.room]:
        match lane(each):
            case Lane.AILING if lane_used >= budget.lane_limit:
                over_lane.append(each)
                continue
            case Lane.HEALTHY if used >= budget.limit:
                over_budget.append(each)
                continue
            case Lane.AILING:
                lane_used += 1
            case Lane.HEALTHY:
                used += 1
            case Lane.AGAIN:
                pass
        admitted.append(each)
    after = dataclasses.replace(budget, updated=budget.updated + len(admitted), used=used, lane_used=lane_used)
    return Admission(tuple(admitted), tuple(ordered[budget.room :]), tuple(over_budget), tuple(over_lane), after)
