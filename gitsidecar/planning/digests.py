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
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gitsidecar.model import censuses, plans, pods, sidecarsets
from gitsidecar.planning import conflicts, flights, holds, matching, ordering, paces, priorities, replacing, standings


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

Place = tuple[ordering.OrderKey, pods.Pod]
"""A pod behind what sorts it, where neither priority nor scatter counts."""


@dataclasses.dataclass(frozen=True, slots=True)
class Digest:
    """
    One chunk, as one set sees it; all lists are in order of key, but each of `lanes`, which is in sending order.

    `drifted` are those that should move, and could be read. Of these `held` must not because of what they are (with
    all those that another set claims), and `lanes` are the rest, by `Lane`, and `waiting` the same by UID. `lively` are
    the matched pods of which the time decides something: our last move of them is not over, as far as could be seen
    when the digest was made. `entangled` are the waiting pods that another set may have in flight. `recent` are the
    times of moves less than a minute old then, `newest` that of the last one to the latest spec. `bare` are missing
    pods that a repair may evict, and `misshapen` such held ones, the least disruptive first.
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
    spread: tuple[tuple[str | None, ...], ...]
    recent: tuple[datetime.datetime, ...]
    newest: datetime.datetime | None
    bare: tuple[Place, ...] = ()
    misshapen: tuple[Place, ...] = ()

    @property
    def claimed(self) -> Iterator[pods.Pod]:
        """Yield the pods that another set claims as well."""
        for (reason, _), found in self.held.items():
            if reason is plans.HoldReason.CONFLICTING_SETS:
                yield from found


def lane(standing: standings.Standing) -> Lane:
    """Return the lane in which a waiting pod moves; one that serves on what we moved it to costs budget again."""
    serves = standing.pod.is_ready and standing.move is not None and flights.serves_anew(standing.pod, standing.move)
    if not serves and (standing.is_unavailable or (standing.is_in_lane and not standing.pod.is_ready)):
        return Lane.AGAIN
    return Lane.HEALTHY if standing.pod.is_ready else Lane.AILING


def digest(lens: Lens, indexed: matching.Index, now: datetime.datetime) -> Digest:
    """Look at one chunk through *lens*; *now* only says for which pods a later look need not ask the time."""
    selection = matching.select(indexed, lens.sidecar_set, lens.namespaces)
    judged = [standings.judge(pod, lens.sidecar_set, lens.names) for pod in selection.matched]
    readable = [each for each in judged if not each.pod.fault]
    drifted = [each for each in readable if not each.is_updated]
    held, waiting = _part(readable, lens)
    roster = _roster(judged, selection.missing)
    moves = [(each.mark, each.move) for each in readable if each.mark is not None and each.move is not None]
    return Digest(
        roster=roster,
        census=_census(judged, roster, held, lens.sidecar_set),
        unreadable=tuple(each.pod for each in judged if each.pod.fault),
        drifted=tuple(each.pod for each in drifted),
        held=held,
        lanes=_lanes(waiting, lens.sidecar_set.update.priority),
        waiting={each.pod.uid: each for each in waiting},
        lively=tuple(each for each in readable if _is_lively(each, lens.min_ready, now)),
        entangled=tuple(each for each in waiting if _is_entangled(each.pod, lens.sidecar_set.name)),
        spread=_spread(selection.matched, lens.sidecar_set.update.scatter),
        recent=tuple(each.move.at for each in readable if each.move is not None and now - each.move.at < paces.MINUTE),
        newest=max((move.at for mark, move in moves if mark.spec_hash == lens.sidecar_set.spec_hash), default=None),
        bare=_replaceable(selection.missing, lens),
        misshapen=_replaceable(_misshapen(drifted, held), lens),
    )


def _misshapen(
    drifted: Iterable[standings.Standing], held: Mapping[holds.Why, tuple[pods.Pod, ...]]
) -> Iterator[pods.Pod]:
    """Yield the pods of which nothing but their shape keeps them old."""
    uids = {pod.uid for (reason, _), its in held.items() if reason is plans.HoldReason.NOT_UPGRADABLE for pod in its}
    return (each.pod for each in drifted if not each.has_shape and each.pod.uid in uids)


def _replaceable(found: Iterable[pods.Pod], lens: Lens) -> tuple[Place, ...]:
    able = (pod for pod in found if not replacing.obstacle(pod, lens.sidecar_set, lens.rivals, lens.namespaces))
    return tuple(sorted(((ordering.key(pod), pod) for pod in able), key=operator.itemgetter(0)))


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


def reuse(before: Digest, after: Digest) -> Digest:
    """Return *after* with the parts of *before* that are equal: who remembers what came of them sees that they are."""
    parts = ("lanes", "waiting", "spread")
    same = {part: getattr(before, part) for part in parts if getattr(before, part) == getattr(after, part)}
    return dataclasses.replace(after, **same)


def _spread(matched: Iterable[pods.Pod], terms: Iterable[sidecarsets.Scatter]) -> tuple[tuple[str | None, ...], ...]:
    keys = sorted({term.key for term in terms})
    return tuple(tuple(pod.labels.get(key) for key in keys) for pod in matched) if keys else ()


def _roster(judged: Sequence[standings.Standing], missing: tuple[pods.Pod, ...]) -> plans.Roster:
    return plans.Roster(
        matched=tuple(each.pod for each in judged),
        updated=tuple(each.pod for each in judged if each.is_updated),
        finished=tuple(each.pod for each in judged if each.is_finished),
        ready=tuple(each.pod for each in judged if each.is_counted_ready),
        missing=missing,
        last_move=max((each.mark.move.at for each in judged if each.mark and each.mark.move), default=None),
    )


def _lanes(
    waiting: Iterable[standings.Standing], priority: sidecarsets.Priority | None
) -> tuple[tuple[Entry, ...], ...]:
    lanes: tuple[list[Entry], ...] = tuple([] for _ in Lane)
    for each in waiting:
        first = priorities.key(priority, each.pod.labels) if priority is not None else ()
        lanes[lane(each)].append(((first, ordering.key(each.pod)), each))
    return tuple(tuple(sorted(entries, key=operator.itemgetter(0))) for entries in lanes)


def _is_lively(standing: standings.Standing, min_ready: datetime.timedelta, now: datetime.datetime) -> bool:
    settles_at = standing.settles_at(min_ready)
    return standing.is_in_flight or (settles_at is not None and settles_at > now)


def _is_entangled(pod: pods.Pod, set_name: str) -> bool:
    return any(
        mark.set_name != set_name and mark.move is not None and not flights.has_landed(pod, mark.move)
        for mark in pod.marks
    )


def _census(
    judged: Sequence[standings.Standing],
    roster: plans.Roster,
    held: Mapping[holds.Why, tuple[pods.Pod, ...]],
    sidecar_set: sidecarsets.SidecarSet,
) -> censuses.Census:
    counts = collections.Counter({censuses.FINISHED: len(roster.finished)})
    listed = (
        (censuses.MATCHED, roster.matched),
        (censuses.UPDATED, roster.updated),
        (censuses.READY, roster.ready),
        (censuses.MISSING, roster.missing),
    )
    for key, found in listed:
        counts[key] = len(found)
        counts.update([censuses.owner(key, pod) for pod in found])
    counts.update(key for pod in roster.matched for key in _contents(pod, sidecar_set))
    counts.update(key for each in judged for key in _states(each))
    counts[censuses.NOT_UPGRADABLE] = sum(
        len(found) for (reason, _), found in held.items() if reason is plans.HoldReason.NOT_UPGRADABLE
    )
    return {key: number for key, number in counts.items() if number}


def _contents(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet) -> Iterator[censuses.Key]:
    """Yield what a matched pod counts as for what is in it."""
    if (mark := pod.mark_of(sidecar_set.name)) is not None:
        yield censuses.spec(mark.spec_hash)
    for sidecar in sidecar_set.sidecars:
        if (container := pod.container(sidecar.name)) is not None:
            yield censuses.image(sidecar.name, container.image)


def _states(standing: standings.Standing) -> Iterator[censuses.Key]:
    """Yield what a matched pod counts as besides what the roster lists."""
    if standing.is_updated:
        if standing.is_counted_ready:
            yield censuses.UPDATED_READY
        if not standing.is_finished and not standing.is_in_flight:
            yield censuses.STARTING
    if standing.is_unavailable:
        yield censuses.UNAVAILABLE
    if standing.is_in_lane:
        yield censuses.IN_LANE
