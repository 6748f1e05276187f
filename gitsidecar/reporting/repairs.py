"""What a pass did for repair, and what of it the status branch keeps: each eviction before it is made, for an hour."""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Iterable, Mapping, Sequence

from gitsidecar.model import censuses, outcomes, plans, reports
from gitsidecar.reporting import moments, texts

_HOUR = datetime.timedelta(hours=1)

_Kind = outcomes.OutcomeKind


@dataclasses.dataclass(frozen=True, slots=True)
class Telling:
    """Evicted pods by key, each with what was wrong with it, those that could not be, and why; and what is kept."""

    evicted: Mapping[str, str]
    failed: Mapping[str, str]
    refusal: str
    attempts: tuple[reports.Attempt, ...]


def find(
    planned: plans.SetPlan,
    results: Sequence[outcomes.Evicted],
    remembered: tuple[reports.Attempt, ...],
    now: datetime.datetime,
) -> Telling:
    """Return what is to be told of one set's evictions after a pass at *now*; *remembered* are those known before."""
    made = {each.eviction.pod.uid: each.eviction for each in results if each.kind is _Kind.APPLIED}
    failed = [each for each in results if each.kind in (_Kind.DEFERRED, _Kind.FORBIDDEN)]
    refused = [each.message for each in failed if each.kind is _Kind.FORBIDDEN]
    return Telling(
        evicted={each.pod.key: texts.one_line(each.message) for each in made.values()},
        failed={each.eviction.pod.key: texts.one_line(f"not evicted: {each.message}") for each in failed},
        refusal=texts.one_line(refused[0] if refused else planned.repair.refusal),
        attempts=_kept(planned, made, remembered, now),
    )


def census(planned: plans.SetPlan, evicted: Iterable[outcomes.Evicted]) -> censuses.Census:
    """Return the census without the bare pods that are evicted: so the next pass will find it."""
    found = dict(planned.census)
    for each in evicted:
        if each.kind is _Kind.APPLIED and each.eviction.is_bare:
            keys = (censuses.MISSING, censuses.owner(censuses.MISSING, each.eviction.pod))
            censuses.add(found, collections.Counter(keys), -1)
    return found


def _kept(
    planned: plans.SetPlan,
    made: Mapping[str, plans.Eviction],
    remembered: tuple[reports.Attempt, ...],
    now: datetime.datetime,
) -> tuple[reports.Attempt, ...]:
    """Return *remembered* with what is new; what is old goes only then, so that time alone makes no commit."""
    new = {each.pod.uid: each for each in planned.evictions if not each.is_noted}
    new.update(made)
    if not new:
        return remembered
    spec_hash = planned.sidecar_set.spec_hash
    kept = [each for each in remembered if each.uid not in new and now - each.at < _HOUR]
    added = [_attempt(each, spec_hash, is_made=uid in made) for uid, each in new.items()]
    return tuple(sorted((*kept, *added), key=lambda each: (each.at, each.key)))


def _attempt(eviction: plans.Eviction, spec_hash: str, *, is_made: bool) -> reports.Attempt:
    pod = eviction.pod
    return reports.Attempt(
        pod.namespace,
        pod.name,
        pod.uid,
        pod.workload,
        spec_hash,
        at=moments.as_written(eviction.at),
        after=moments.as_written(eviction.after),
        is_bare=eviction.is_bare,
        is_again=eviction.is_again,
        is_made=is_made,
    )
