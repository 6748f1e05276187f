"""How many may move: partition, maxUnavailable and the lane of ailing pods (reference §5.4; DESIGN §5.1, 3 and 4)."""

from __future__ import annotations

import dataclasses

from gitsidecar.model import censuses, sidecarsets


@dataclasses.dataclass(frozen=True, slots=True)
class Budget:
    """
    The numbers of one set at one moment, all of them pods.

    `keep` stay old. `limit` may be unavailable by our doing, of which `used` are, among them `settling` that are Ready
    but not for long enough, and `evicted` such as nobody has come for. `lane_used` are in the lane of those that were
    not Ready before we moved them.
    """

    matched: int
    updated: int
    keep: int
    limit: int
    used: int
    lane_used: int
    settling: int = 0
    evicted: int = 0

    @property
    def room(self) -> int:
        """Return how many more may end up updated: old pods count as kept, whatever keeps them old."""
        return max(0, self.matched - self.keep - self.updated)

    @property
    def lane_limit(self) -> int:
        """Return how many ailing pods may be in flight; one even when no healthy pod may move."""
        return max(1, self.limit)


def measure(
    strategy: sidecarsets.UpdateStrategy, census: censuses.Census, *, settling: int = 0, evicted: int = 0
) -> Budget:
    """Count the pods of *census* up against *strategy*; percentages are of all matched pods, selected or not."""
    total = census.get(censuses.MATCHED, 0)
    return Budget(
        matched=total,
        updated=census.get(censuses.UPDATED, 0),
        keep=kept(strategy.partition, total),
        limit=strategy.max_unavailable.of(total),
        used=census.get(censuses.UNAVAILABLE, 0) + settling + evicted,
        lane_used=census.get(censuses.IN_LANE, 0),
        settling=settling,
        evicted=evicted,
    )


def kept(partition: sidecarsets.Share, matched: int) -> int:
    """
    Return how many of *matched* pods a partition keeps old.

    A percentage below 100 never keeps all of several pods, though rounding up would: whoever writes 95% means that
    some pod moves.
    """
    keep = partition.of(matched)
    if partition.is_percent and partition.amount != 100 and matched > 1 and keep == matched:
        keep -= 1
    return max(0, min(keep, matched))
