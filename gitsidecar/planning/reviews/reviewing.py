"""A change of the source branch beside the pods: the plans by the base and by the head, compared."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping, Sequence

from gitsidecar.model import desires, forecasts, plans, pods, policies, reviews
from gitsidecar.planning import planner
from gitsidecar.planning.reviews import cautions, comparing, reaching

UTC = "UTC"


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """The pods at hand, and what is foretold of them under the head."""

    snapshot: pods.Snapshot
    forecast: forecasts.Forecast


def review(
    base: desires.Desired,
    head: desires.Desired,
    now: datetime.datetime,
    *,
    seen: Seen | None = None,
    tell_fridays: bool = False,
) -> reviews.Review:
    """
    Return what a merge of *head* at *now* comes to, where all that *base* asks for has come to the pods before.

    *head* has the last good forms of what it lost to faults; *seen* is ``None`` where no pods are known.
    """
    comparison = comparing.compare(base, head)
    sides = (_plans(base, base, seen, now), _plans(head, base, seen, now))
    covering = {each.name: [policy for policy in head.policies if policy.covers(each)] for each in head.sets}
    zones = {name: zone for name, its in covering.items() if (zone := _zone(its))}
    reaches = _reaches(comparison, sides, base, seen) if seen is not None else {}
    found = list(_of_sets(comparison, reaches, sides))
    for policy in comparison.policies:
        found += cautions.of_policy(policy, head)
    if tell_fridays:
        for each in comparison.sets:
            forecast = reaches[each.name].forecast if each.name in reaches else None
            zone = zones.get(each.name, UTC)
            found += cautions.of_friday(each, covering.get(each.name, ()), forecast, zone=zone, now=now)
    return reviews.Review(
        now,
        comparison,
        tuple(found),
        reaches,
        pods=len(seen.snapshot.pods) if seen is not None else None,
        forecast=seen.forecast if seen is not None else None,
        zones=zones,
    )


_Plans = Mapping[str, plans.SetPlan]
"""By name of the set; none where no pods are known."""


def _plans(desired: desires.Desired, base: desires.Desired, seen: Seen | None, now: datetime.datetime) -> _Plans:
    if seen is None:
        return {}
    plan = planner.plan(desired, seen.snapshot, comparing.aftermath(base), now)
    return {each.sidecar_set.name: each for each in plan.sets}


def _reaches(
    comparison: reviews.Comparison, sides: tuple[_Plans, _Plans], base: desires.Desired, seen: Seen
) -> Mapping[str, reviews.Reach]:
    before, after = sides
    foretold = {each.name: each for each in seen.forecast.sets}
    known = comparing.aftermath(base).sets
    names = [each.name for each in comparison.sets if each.name in before or each.name in after]
    return {
        name: reaching.reach(
            name,
            before=before.get(name),
            after=after.get(name),
            forecast=foretold.get(name),
            known=known.get(name),
        )
        for name in names
    }


def _of_sets(
    comparison: reviews.Comparison, reaches: Mapping[str, reviews.Reach], sides: tuple[_Plans, _Plans]
) -> Iterator[reviews.Caution]:
    """Yield what to look at; a set may come to clash with another that changes, and be as before itself."""
    for each in comparison.sets:
        yield from cautions.of_set(each, reaches.get(each.name))
    before, after = sides
    for name, planned in after.items():
        more = _clashing(planned) - _clashing(before.get(name))
        if more > 0:
            yield reviews.Caution(reviews.Risk.COLLISION, name, more)


def _clashing(planned: plans.SetPlan | None) -> int:
    """Return how many pods another set claims as well."""
    groups = planned.held if planned is not None else ()
    return sum(len(each.members) for each in groups if each.reason is plans.HoldReason.CONFLICTING_SETS)


def _zone(covering: Sequence[policies.RolloutPolicy]) -> str:
    """Return the one zone in which the windows of *covering* are written; empty for none, or several."""
    zones = {window.time_zone for policy in covering for window in policy.windows}
    return zones.pop() if len(zones) == 1 else ""
