"""Policies by which no pod can ever start to move, or not for long enough: what a person should hear before a merge."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Iterator, Sequence

from gitsidecar.model import policies, sidecarsets
from gitsidecar.planning import calendars

_LOOKED_AT = 50
"""Openings, of which one has to be long enough: windows of people repeat after a week or a year."""


@dataclasses.dataclass(frozen=True, slots=True)
class Shut:
    """
    The policies that leave no room together, in order of name; each of them alone leaves some, if they are several.

    `longest` is the longest of their openings, ``None`` when they never open. `example` names a set that they cover.
    """

    policies: tuple[policies.RolloutPolicy, ...]
    longest: datetime.timedelta | None = None
    example: str = ""


def find(
    sets: Iterable[sidecarsets.SidecarSet],
    found: Sequence[policies.RolloutPolicy],
    now: datetime.datetime,
    *,
    least: datetime.timedelta,
) -> Iterator[Shut]:
    """
    Yield each of the policies *found*, and each group of them that covers a set, without an opening of *least*.

    Freezes do not count: they say why they stop all, and are meant to. Neither do windows that say themselves that
    they are shorter.
    """
    valid = [_without_freezes(each) for each in found if not each.rejection]
    shut: set[str] = set()
    for policy in valid:
        if _is_long(policy, least) and (its := _look([policy], now, least)) is not None:
            shut.add(policy.name)
            yield its
    told: set[tuple[str, ...]] = set()
    for each in sets:
        covering = tuple(policy for policy in valid if policy.windows and policy.covers(each))
        names = tuple(policy.name for policy in covering)
        if len(names) > 1 and names not in told and shut.isdisjoint(names):
            told.add(names)
            if all(_is_long(policy, least) for policy in covering) and (its := _look(covering, now, least)) is not None:
                yield dataclasses.replace(its, example=each.name)


def _without_freezes(policy: policies.RolloutPolicy) -> policies.RolloutPolicy:
    return dataclasses.replace(policy, freezes=())


def _is_long(policy: policies.RolloutPolicy, least: datetime.timedelta) -> bool:
    allows = [each.duration for each in policy.windows if each.type is policies.WindowType.ALLOW]
    return not allows or max(allows) >= least


def _look(its: Sequence[policies.RolloutPolicy], now: datetime.datetime, least: datetime.timedelta) -> Shut | None:
    """Return what *its* come to, or ``None`` when an opening is as long as *least*."""
    longest: datetime.timedelta | None = None
    for _ in range(_LOOKED_AT):
        verdict = calendars.judge(its, now)
        start = now if verdict.reason is None else verdict.opens_at
        if start is None:
            break
        if verdict.closes_at is None:
            return None
        longest = max(verdict.closes_at - start, longest or datetime.timedelta())
        if longest >= least:
            return None
        now = verdict.closes_at
    return Shut(tuple(sorted(its, key=lambda policy: policy.name)), longest)
