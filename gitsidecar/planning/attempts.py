"""
What became of the evictions of the last hour: which are still to be made, who came back, and how (DESIGN §3).

The status branch remembers each before it is made, and the pods tell the rest: a noted pod that is still there was not
evicted, and the younger pods of its owner are what came of it. So a new process knows as much as the one before.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gitsidecar.model import plans, pods, reports, sidecarsets
from gitsidecar.planning import owners, standings

HOUR = datetime.timedelta(hours=1)
TRIES = 2
"""So many evictions that brought no better pod may an owner have in an hour."""
FAILURES = 3
"""So many pods that come back no better stop the repair of their set."""

_ABSENT = datetime.timedelta(minutes=10)
"""Who brings no pod for so long has been scaled down, or cannot make one."""


@dataclasses.dataclass(frozen=True, slots=True)
class Attempts:
    """
    One set's evictions of the last hour.

    `noted` maps the UID of a pod that is noted, and still there, to the note. `used` of the others use budget: no Ready
    pod has come for them, and `absent` of these have brought none at all. `failures` are pods that came back no better,
    `again` such as were evicted once more, and `lost` evictions that nobody came back from. `made` are the times of all
    that were made. At the first of `wakes` something of this differs though no pod has changed.
    """

    noted: Mapping[str, reports.Attempt] = dataclasses.field(default_factory=dict)
    accounts: Mapping[owners.Owner, owners.Account] = dataclasses.field(default_factory=dict)
    used: int = 0
    absent: int = 0
    failures: tuple[pods.Pod, ...] = ()
    again: int = 0
    lost: int = 0
    made: tuple[datetime.datetime, ...] = ()
    wakes: tuple[datetime.datetime, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Say whether repair does not help this set at the moment."""
        return len(self.failures) + self.again + self.lost >= FAILURES


@dataclasses.dataclass(frozen=True, slots=True)
class Lens:
    """
    What decides whether a pod came back better, besides the pod.

    `others` are the hashes of the specs that a new pod may be given instead of the latest one.
    """

    sidecar_set: sidecarsets.SidecarSet
    others: frozenset[str]
    min_ready: datetime.timedelta
    now: datetime.datetime


def look(
    remembered: Iterable[reports.Attempt], rosters: Iterable[plans.Roster], snapshot: pods.Snapshot, lens: Lens
) -> Attempts:
    """Return what became of those *remembered* that are less than an hour old; *rosters* are the set's pods."""
    recent = [each for each in remembered if lens.now - each.at < HOUR]
    if not recent:
        return Attempts()
    present = {each.uid: pod for each in recent if (pod := _find(each, snapshot)) is not None}
    noted = {each.uid: each for each in recent if each.uid in present and present[each.uid].is_active}
    made: dict[owners.Owner, list[reports.Attempt]] = collections.defaultdict(list)
    for each in recent:
        if each.uid not in noted:
            made[each.owner].append(each)
    since = {owner: min(each.after for each in its) for owner, its in made.items()}
    returned = _returned(rosters, since, lens) if since else {}
    ending = {(pod.namespace, pod.workload) for uid, pod in present.items() if uid not in noted}
    found = [_Answer(tuple(its), tuple(returned.get(owner, ())), owner in ending, lens) for owner, its in made.items()]
    return Attempts(
        noted=noted,
        accounts={each.made[0].owner: each.account for each in found},
        used=sum(each.used for each in found),
        absent=sum(each.absent for each in found),
        failures=tuple(sorted((pod for each in found for pod in each.failures), key=lambda pod: pod.key)),
        again=sum(each.again for each in found),
        lost=sum(each.lost for each in found),
        made=tuple(each.at for its in made.values() for each in its),
        wakes=tuple(at for each in found for at in each.wakes if at > lens.now),
    )


def _find(attempt: reports.Attempt, snapshot: pods.Snapshot) -> pods.Pod | None:
    if not snapshot.chunks:
        return None
    chunk = snapshot.chunks[pods.chunk_of(attempt.key, len(snapshot.chunks))]
    return next((pod for pod in chunk if pod.uid == attempt.uid), None)


@dataclasses.dataclass(frozen=True, slots=True)
class _Returned:
    """
    A pod that is younger than the first eviction of its owner; `fits` says whether it has the set's shape.

    `is_other` says that it has not, but carries its sidecars as a new pod may: that is better than none.
    """

    pod: pods.Pod
    fits: bool
    is_other: bool = False
    is_counted: bool = False
    """Whether the set's budget counts it anyway, as a new pod with the latest spec that does not serve yet."""

    def settles_at(self, min_ready: datetime.timedelta) -> datetime.datetime | None:
        """Return when it has been Ready for *min_ready*, ``None`` while it isn't Ready."""
        return self.pod.ready_since + min_ready if self.pod.is_ready and self.pod.ready_since is not None else None


def _returned(
    rosters: Iterable[plans.Roster], since: Mapping[owners.Owner, datetime.datetime], lens: Lens
) -> Mapping[owners.Owner, Sequence[_Returned]]:
    found: dict[owners.Owner, list[_Returned]] = collections.defaultdict(list)
    for roster in rosters:
        for pod in _younger(roster.missing, since):
            found[pod.namespace, pod.workload].append(_Returned(pod, fits=False))
        for pod in _younger(roster.matched, since):
            if not pod.fault:
                found[pod.namespace, pod.workload].append(_judged(pod, lens))
    return found


def _younger(found: Iterable[pods.Pod], since: Mapping[owners.Owner, datetime.datetime]) -> Iterator[pods.Pod]:
    for pod in found:
        begin = since.get((pod.namespace, pod.workload))
        if begin is not None and _is_since(pod, begin):
            yield pod


def _judged(pod: pods.Pod, lens: Lens) -> _Returned:
    standing = standings.judge(pod, lens.sidecar_set)
    is_other = standing.mark is not None and standing.mark.spec_hash in lens.others and not standing.has_shape
    return _Returned(pod, standing.has_shape, is_other, is_counted=standing.is_unavailable)


@dataclasses.dataclass(frozen=True, slots=True)
class _Answer:
    """
    The evictions of one owner beside the pods that it has made since the first of them.

    They were made one after another, each when a Ready pod had come for the one before: so only the last may be open.
    """

    made: tuple[reports.Attempt, ...]
    returned: tuple[_Returned, ...]
    is_ending: bool
    """Whether an evicted pod takes its time to end; that of a StatefulSet is not replaced before."""
    lens: Lens

    @property
    def account(self) -> owners.Account:
        ready = [each for each in self.returned if each.pod.is_ready]
        others = sum(each.is_other for each in ready)
        better = sum(each.fits for each in ready) + min(others, sum(each.is_bare for each in self.made))
        return owners.Account(
            spent=max(0, len(self.made) - better),
            is_waiting=self._is_open,
            since=min(each.after for each in self.made),
            next_at=min(each.at for each in self.made) + HOUR,
        )

    @property
    def used(self) -> int:
        """Return 1 if budget waits for a pod, which may be one that counts anyway."""
        is_counted = any(each.is_counted for each in self._newest)
        return int(self._is_open and not is_counted and (bool(self._newest) or self._is_fresh))

    @property
    def absent(self) -> int:
        """Return how many evictions have brought no pod yet, but will."""
        return int(self._is_open and not self._newest and self._is_fresh)

    @property
    def failures(self) -> tuple[pods.Pod, ...]:
        """Return the pods that came back no better from evictions for the spec that is in force."""
        began = min((each.after for each in self._of_spec), default=None)
        if began is None:
            return ()
        found = [each for each in self.returned if _is_since(each.pod, began)]
        # Who had another shape has one again; more of them than were evicted may have come by a scale-up.
        reshaped = sum(not each.is_bare for each in self._of_spec) - sum(each.fits for each in found)
        alike = [each.pod for each in found if each.is_other][: max(0, reshaped)]
        return (*(each.pod for each in found if not each.fits and not each.is_other), *alike)

    @property
    def again(self) -> int:
        """Return how many such pods were evicted once more."""
        return sum(each.is_again for each in self._of_spec)

    @property
    def lost(self) -> int:
        """Return how many evictions have brought no pod, and will not any more."""
        return int(bool(self._of_spec) and self._is_open and not self._newest and not self._is_fresh)

    @property
    def wakes(self) -> Iterator[datetime.datetime]:
        for each in self.made:
            yield each.at + HOUR
            yield each.at + _ABSENT
        for returned in self.returned:
            if (at := returned.settles_at(self.lens.min_ready)) is not None:
                yield at

    @property
    def _of_spec(self) -> list[reports.Attempt]:
        return [each for each in self.made if each.spec_hash == self.lens.sidecar_set.spec_hash]

    @property
    def _last(self) -> reports.Attempt:
        return max(self.made, key=lambda each: each.at)

    @property
    def _newest(self) -> list[_Returned]:
        """Return the pods that came after the last eviction."""
        return [each for each in self.returned if _is_since(each.pod, self._last.after)]

    @property
    def _is_fresh(self) -> bool:
        return self.is_ending or self.lens.now - self._last.at < _ABSENT

    @property
    def _is_open(self) -> bool:
        """Say whether none of them has been Ready for long enough, whatever it got."""
        times = (each.settles_at(self.lens.min_ready) for each in self._newest)
        return not any(at is not None and at <= self.lens.now for at in times)


def _is_since(pod: pods.Pod, after: datetime.datetime) -> bool:
    """Say whether *pod* is younger than all that its owner had; the API server dates both, in whole seconds."""
    return pod.created is not None and pod.created > after
