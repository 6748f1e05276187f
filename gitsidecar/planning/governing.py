"""What the RolloutPolicies come to for one set at one moment: may it start pods, how fast, by when (DESIGN §2)."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping, Sequence

from gitsidecar.model import policies, sidecarsets
from gitsidecar.planning import calendars


@dataclasses.dataclass(frozen=True, slots=True)
class Governance:
    """
    The policies that cover a set, and what all of them together ask for.

    `min_ready` is the longest that any asks for, `deadline` the policy with the shortest deadline. `rejection` says
    which of them is refused, empty when none is. `is_repairing` says that one of them asks for evictions and none
    forbids them.
    """

    verdict: calendars.Verdict
    min_ready: datetime.timedelta = datetime.timedelta()
    deadline: policies.RolloutPolicy | None = None
    paces: tuple[policies.RolloutPolicy, ...] = ()
    rejection: str = ""
    is_repairing: bool = False


def govern(
    sets: Iterable[sidecarsets.SidecarSet], found: Sequence[policies.RolloutPolicy], now: datetime.datetime
) -> Mapping[str, Governance]:
    """
    Return by set name what those of the policies *found* that cover the set ask for at *now*.

    Of several that bind alike the first by name is named, whatever order they come in.
    """
    found = sorted(found, key=lambda policy: policy.name)
    known: dict[tuple[int, ...], Governance] = {}  # most sets are covered by the same few
    governances = {}
    for each in sets:
        its = tuple(place for place, policy in enumerate(found) if policy.covers(each))
        if its not in known:
            known[its] = _govern([found[place] for place in its], now)
        governances[each.name] = known[its]
    return governances


def _govern(its: Sequence[policies.RolloutPolicy], now: datetime.datetime) -> Governance:
    deadlines = [policy for policy in its if policy.progress_deadline is not None]
    return Governance(
        verdict=calendars.judge(its, now),
        min_ready=max((policy.min_ready for policy in its), default=datetime.timedelta()),
        deadline=min(deadlines, key=_deadline, default=None),
        paces=tuple(policy for policy in its if policy.pods_per_minute is not None),
        rejection=next((policy.rejection for policy in its if policy.rejection), ""),
        is_repairing={policy.repair for policy in its} - {None} == {policies.Repair.EVICT},
    )


def _deadline(policy: policies.RolloutPolicy) -> datetime.timedelta:
    assert policy.progress_deadline is not None
    return policy.progress_deadline
