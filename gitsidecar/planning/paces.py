"""
How many pods may still move within the minute, recomputed from the pods' own annotations (`podsPerMinute`).

In any 60 seconds the sets that a policy covers move at most so many pods, all together. A new process finds the same
number, because every move notes its time on its pod.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping

from gitsidecar.model import policies

MINUTE = datetime.timedelta(minutes=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Allowance:
    """So many pods may move now; `more_at` is when one more may, and `policy` the one that says so."""

    pods: int
    policy: policies.RolloutPolicy
    more_at: datetime.datetime


def is_recent(moved_at: datetime.datetime, now: datetime.datetime) -> bool:
    """Say whether a move of *moved_at* counts at *now*; one that lies ahead of us by a clock's error counts as well."""
    return abs(now - moved_at) < MINUTE


def allow(policy: policies.RolloutPolicy, recent: Iterable[datetime.datetime], now: datetime.datetime) -> Allowance:
    """Return how many pods *policy* lets move at *now*, after the moves *recent*, of which only this minute's count."""
    assert policy.pods_per_minute is not None
    counted = sorted(at for at in recent if is_recent(at, now))
    left = policy.pods_per_minute - len(counted)
    # The move whose minute must be over before there is room for one more.
    oldest = counted[max(0, -left)] if counted else now
    return Allowance(max(0, left), policy, oldest + MINUTE)


def tightest(
    paces: Iterable[policies.RolloutPolicy],
    recent: Mapping[str, Iterable[datetime.datetime]],
    now: datetime.datetime,
) -> Allowance | None:
    """Return what the strictest of *paces* allows, given each policy's *recent* moves by name; ``None`` without one."""
    allowances = [allow(policy, recent[policy.name], now) for policy in paces]
    return min(allowances, key=lambda each: (each.pods, -each.more_at.timestamp()), default=None)
