"""The owners of evicted pods: how each stands after the evictions of the last hour, whichever sets made them."""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Iterable, Mapping

Owner = tuple[str, str]
"""Namespace and ``Kind/name``."""


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """
    One owner's evictions: how many brought no better pod so far, and whether one of them brought no Ready pod at all.

    Pods that were made after `since` may have come for one of them. At `next_at` the oldest of them is an hour old.
    """

    spent: int
    is_waiting: bool
    since: datetime.datetime
    next_at: datetime.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Accounts:
    """What all sets together have to their owners' accounts; at each of `wakes` one may change by the time alone."""

    by_owner: Mapping[Owner, Account] = dataclasses.field(default_factory=dict)
    wakes: tuple[datetime.datetime, ...] = ()


def join(found: Iterable[Mapping[Owner, Account]]) -> Mapping[Owner, Account]:
    """Return by owner what the accounts *found*, each of another set, come to together."""
    by_owner: dict[Owner, list[Account]] = collections.defaultdict(list)
    for owner, account in (item for each in found for item in each.items()):
        by_owner[owner].append(account)
    return {
        owner: Account(
            spent=sum(each.spent for each in its),
            is_waiting=any(each.is_waiting for each in its),
            since=min(each.since for each in its),
            next_at=min(each.next_at for each in its),
        )
        for owner, its in by_owner.items()
    }
