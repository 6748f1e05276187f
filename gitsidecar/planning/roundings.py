"""Percentages that come to something else in whole pods: one pod is the least, and of few pods it is much."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from gitsidecar.model import sidecarsets
from gitsidecar.planning import budgets

_FACTOR = 2
"""So many times what was written is a surprise."""

_FEW = 10
"""Of fewer pods nobody expects percentages to come out."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rounding:
    """A `field` of updateStrategy whose `share` comes to `pods` out of `matched`, which is another percentage."""

    field: str
    share: sidecarsets.Share
    pods: int
    matched: int

    @property
    def percent(self) -> str:
        """Return what the pods are of all."""
        return f"{100 * self.pods / self.matched:.3g}%"


def find(update: sidecarsets.UpdateStrategy, matched: int) -> Iterator[Rounding]:
    """Yield the percentages of *update* that surprise with so many *matched* pods; for partition, those that move."""
    if update.type is not sidecarsets.StrategyType.ROLLING_UPDATE or matched < _FEW:
        return
    budget, partition = update.max_unavailable, update.partition
    if budget.is_percent and _surprises(budget.amount, budget.of(matched), matched):
        yield Rounding("maxUnavailable", budget, budget.of(matched), matched)
    moving = matched - budgets.kept(partition, matched)
    if partition.is_percent and _surprises(100 - partition.amount, moving, matched):
        yield Rounding("partition", partition, moving, matched)


def _surprises(percent: int, pods: int, matched: int) -> bool:
    return percent > 0 and 100 * pods >= _FACTOR * percent * matched
