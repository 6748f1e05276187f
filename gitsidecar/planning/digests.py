"""
What one chunk of a snapshot comes to for one set: all that can be said of its pods without the time of the day.

A pass makes a plan out of digests. A chunk in which no pod has changed keeps its digest, so a pass after one pod's
event looks at that pod's chunk, and at the few pods that are under way, however many there are (`ledgers`).
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
from collections.abc import Iterable, Iterator, Mapping

from gitsidecar.model import censuses, plans, pods, sidecarsets
from gitsidecar.planning import conflicts, flights, holds, matching, ordering, paces, priorities, standings


@dataclasses.dataclass(frozen=True, slots=True)
class Lens:
    """All that a digest depends on besides its pods; digests made through an equal one hold."""

    sidecar_set: sidecarsets.SidecarSet
    rivals: tuple[sidecarsets.SidecarSet, ...]
    names: frozenset[str]
    min_ready: datetime.timedelta
    namespaces: matching.Namespaces


class Lane(enum.IntEnum):
    """Say at whose cost a waiting pod moves; lanes are served in this order (DESIGN §5.4)."""

    AGAIN = 0  # in flight already: moving it on takes nobody else down, and is how a bad spec is cured
    AILING = 1  # not Ready, and not by our doing: a lane of its own
    HEALTHY = 2  # serves: costs budget


Entry = tuple[tuple[priorities.Key, ordering.OrderKey], standings.Standing]
"""A waiting pod behind what sorts it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Digest:
    """
    One chunk, as one set sees it; all lists are in order of key, but each of `lanes`, which is in sending order.

    `drifted` are those that should move, and could be read. Of these `held` must not because of what they are (with
    all those that another set claims), and `lanes` are the rest, by `Lane`, and `waiting` the same by UID. `lively` are
    the matched pods of which the time decides something: our last move of them is not over, as far as could be seen
    when the digest was made. `entangled` are the waiting pods that another set may have in flight. `recent` are the
    times of moves less than a minute old then, `newest` that of the last one to the latest spec.
    """

    roster: plans.Roster
    census: censuses.Census
    unreadable: tuple[pods.Pod, ...]
    drifted: tuple[pods.Pod, ...]
    held: Mapping[holds.Why, tuple[pods.Pod, ...]]
    lanes: tuple[tuple[Entry, ...], ...]
    waiting: Mapping[str, standings.Standing]
    lively: tuple[standings.Standing, ...]
    entangled: tuple[standings.Standing, ...]
    recent: tuple[datetime.datetime, ...]
    newest: datetime.datetime | None


def lane(standing: standings.Standing) -> Lane:
    """Return the lane in which a waiting pod moves."""
    if standing.is_unavailable or (standing.is_in_lane and not standing.pod.is_ready):
        return Lane.AGAIN
    return Lane.HEALTHY if standing.pod.is_ready else Lane.AILING


def digest(lens: Lens, indexed: matching.Index, now: datetime.datetime) -> Digest:
    """Look at one chunk through *lens*; *now* only says for which pods a later look need not ask the time."""
    selection = matching.select(indexed, lens.sidecar_set, lens.namespaces)
    judged = [standings.judge(pod, lens.sidecar_set, lens.names) for pod in selection.matched]
    readable = [each for each in judged if not each.pod.fault]
    drifted = [each for each in readable if not each.is_updated]
    held, waiting = _part(readable, lens)
    moves = [(each.mark, each.move) for each in readable if each.mark is not None and each.move is not None]
    return Digest(
        roster=_roster(judged, selection.missing),
        census=_census(judged, selection.missing, held, lens.sidecar_set),
        unreadable=tuple(each.pod for each in judged if each.pod.fault),
        drifted=tuple(each.pod for each in drifted),
        held=held,
        lanes=_lanes(waiting, lens.sidecar_set.update.priority),
        waiting={each.pod.uid: each for each in waiting},
        lively=tuple(each for each in readable if _is_lively(each, lens.min_ready, now)),
        entangled=tuple(each for each in waiting if _is_entangled(each.pod, lens.sidecar_set.name)),
        recent=tuple(move.at for _, move in moves if paces.is_recent(move.at, now)),
        newest=max((move.at for mark, move in moves if mark.spec_hash == lens.sidecar_set.spec_hash), default=None),
    )


def _part(
    readable: Iterable[standings.Standing], lens: Lens
) -> tuple[dict[holds.Why, tuple[pods.Pod, ...]], list[standings.Standing]]:
    """
    Part the drifted pods into those that are held by what they are, and those that wait for their turn.

    A pod that two sets claim is held for both, though it may have what one of them wants: the next change would move
    it to and fro.
    """
    held: dict[holds.Why, list[pods.Pod]] = {}
    waiting = []
    for standing in readable:
        rival = conflicts.claim(standing.pod, lens.sidecar_set, lens.rivals, lens.namespaces) if lens.rivals else ""
        if standing.is_updated and not rival:
            continue
        why = holds.of_pod(standing, lens.sidecar_set, rival)
        if why is None:
            waiting.append(standing)
        else:
            held.setdefault(why, []).append(standing.pod)
    return {why: tuple(found) for why, found in held.items()}, waiting


def _roster(judged: Iterable[standings.Standing], missing: tuple[pods.Pod, ...]) -> plans.Roster:
    found = tuple(judged)
    return plans.Roster(
        matched=tuple(each.pod for each in found),
        updated=tuple(each.pod for each in found if each.is_updated),
        finished=tuple(each.pod for each in found if each.is_finished),
        ready=tuple(each.pod for each in found if each.is_counted_ready),
        missing=missing,
    )


def _lanes(
    waiting: Iterable[standings.Standing], priority: sidecarsets.Priority | None
) -> tuple[tuple[Entry, ...], ...]:
    lanes: tuple[list[Entry], ...] = tuple([] for _ in Lane)
    for each in waiting:
        first = priorities.key(priority, each.pod.labels) if priority is not None else ()
        lanes[lane(each)].append(((first, ordering.key(each.pod)), each))
    return tuple(tuple(sorted(entries, key=lambda entry: entry[0])) for entries in lanes)


def _is_lively(standing: standings.Standing, min_ready: datetime.timedelta, now: datetime.datetime) -> bool:
    settles_at = standing.settles_at(min_ready)
    return standing.is_in_flight or (settles_at is not None and settles_at > now)


def _is_entangled(pod: pods.Pod, set_name: str) -> bool:
    return any(
        mark.set_name != set_name and mark.move is not None and not flights.has_landed(pod, mark.move)
        for mark in pod.marks
    )


def _census(
    judged: Iterable[standings.Standing],
    missing: Iterable[pods.Pod],
    held: Mapping[holds.Why, tuple[pods.Pod, ...]],
    sidecar_set: sidecarsets.SidecarSet,
) -> censuses.Census:
    counts: collections.Counter[censuses.Key] = collections.Counter()
    for each in judged:
        counts.update(_keys(each, sidecar_set))
    for pod in missing:
        counts.update((censuses.MISSING, censuses.owner(censuses.MISSING, pod)))
    bound = sum(len(found) for (reason, _), found in held.items() if reason is plans.HoldReason.NOT_UPGRADABLE)
    return counts + collections.Counter({censuses.NOT_UPGRADABLE: bound})


def _keys(standing: standings.Standing, sidecar_set: sidecarsets.SidecarSet) -> Iterator[censuses.Key]:
    """Yield what a matched pod counts as."""
    pod = standing.pod
    yield from _states(standing)
    yield censuses.owner(censuses.MATCHED, pod)
    if standing.is_updated:
        yield censuses.owner(censuses.UPDATED, pod)
    if standing.is_counted_ready:
        yield censuses.owner(censuses.READY, pod)
    if (mark := pod.mark_of(sidecar_set.name)) is not None:
        yield censuses.spec(mark.spec_hash)
    for sidecar in sidecar_set.sidecars:
        if (container := pod.container(sidecar.name)) is not None:
            yield censuses.image(sidecar.name, container.image)


def _states(standing: standings.Standing) -> Iterator[censuses.Key]:
    is_updated, is_ready, is_finished = standing.is_updated, standing.is_counted_ready, standing.is_finished
    facts = (
        (censuses.MATCHED, True),
        (censuses.UPDATED, is_updated),
        (censuses.READY, is_ready),
        (censuses.UPDATED_READY, is_updated and is_ready),
        (censuses.FINISHED, is_finished),
        (censuses.STARTING, is_updated and not is_finished and not standing.is_in_flight),
        (censuses.UNAVAILABLE, standing.is_unavailable),
        (censuses.IN_LANE, standing.is_in_lane),
    )
    return (key for key, holds_true in facts if holds_true)
