"""What a forecast keeps of its run: each set's counts when they changed, who moved when, and who arrived."""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Sequence
from typing import NamedTuple

from gitsidecar.model import censuses, forecasts, outcomes, plans, pods, reports
from gitsidecar.planning import flights
from gitsidecar.reporting import conditions, tallies, texts
from gitsidecar.simulation import chunks, reporters, worlds

BY_THE_CALENDAR = frozenset({plans.HoldReason.WINDOW_CLOSED, plans.HoldReason.FROZEN})


def is_complete(report: reports.SetReport) -> bool:
    """Say whether the set's rollout is complete."""
    found = report.condition(conditions.COMPLETE)
    return found is not None and found.status


class _Face(NamedTuple):
    """What of a pod may change a plan; one that we moved serves once its move has landed."""

    is_serving: bool
    has_landed: bool
    is_active: bool
    trouble: str
    annotation: str


@dataclasses.dataclass(slots=True)
class _Flight:
    """A move that has not arrived: where in the set's moves it stands."""

    set_name: str
    place: int


class Track:
    """
    Watches a world, and takes in what each pass came to.

    `has_news` is set when a pod changed in what a plan looks at: it serves or ceases to, cannot start, comes or goes.
    `newest` is when that was last, or when a pod was moved.
    """

    def __init__(self, world: worlds.World) -> None:
        self.has_news = False
        self.newest = world.timeline.now
        self._world = world
        rows = world.store.rows.all()
        self._chunks = chunks.Chunks(rows)
        self._faces = {row.uid: _face(row) for row in rows}
        self._samples: dict[str, list[forecasts.Sample]] = collections.defaultdict(list)
        self._moves: dict[str, list[forecasts.Move]] = collections.defaultdict(list)
        self._evicted: dict[str, list[str]] = collections.defaultdict(list)
        self._flights: dict[str, _Flight] = {}
        self._completed: dict[str, datetime.datetime] = {}
        self._held: dict[str, tuple[tallies.Held, ...]] = {}
        self._stuck: dict[str, tuple[str, str]] = {}
        world.store.watchers.append(self._see)

    def snapshot(self) -> pods.Snapshot:
        """
        Return the pods as of their last news.

        A container that stops and starts on the way to being ready changes no plan: looking at each pod three times as
        often would only take three times as long.
        """
        return pods.Snapshot(self._chunks.all(), self._world.store.namespaces)

    def take(self, done: reporters.Done, tallied: Sequence[tallies.Tally], report: reports.Report) -> None:
        """Take in the pass of this moment; *tallied* are in order of the plan's sets."""
        for planned, found, told in zip(done.plan.sets, tallied, report.sets, strict=True):
            for action in found.applied.values():
                self._note_move(action)
            self._note_counts(planned, found)
            if not _waits_for_calendar(found):
                self._note_standing(told)
        for result in done.evicted:
            if result.kind is outcomes.OutcomeKind.APPLIED:
                self._evicted[result.eviction.set_name].append(result.eviction.pod.key)
        for each in report.sets:
            if not is_complete(each):
                self._completed.pop(each.name, None)
            else:
                self._completed.setdefault(each.name, self._world.timeline.now)

    def samples(self, set_name: str) -> tuple[forecasts.Sample, ...]:
        """Return a set's samples so far."""
        return tuple(self._samples[set_name])

    def held(self, set_name: str) -> tuple[reports.Held, ...]:
        """Return who was held, and why, when the set's windows were open last; or ever since the start if never."""
        found = self._held[set_name]
        return tuple(reports.Held(str(each.reason), each.count, each.message, each.examples) for each in found)

    def moves(self, set_name: str) -> tuple[forecasts.Move, ...]:
        """Return a set's moves so far, in the order in which they were sent."""
        return tuple(self._moves[set_name])

    def evicted(self, set_name: str) -> tuple[str, ...]:
        """Return the pods evicted for a set so far, in the order in which they were."""
        return tuple(self._evicted[set_name])

    def ending(self, report: reports.SetReport, *, is_over: bool) -> forecasts.Ending:
        """Return how a set ends whose last report this is; *is_over* says that the horizon came first."""
        complete, blocked = report.condition(conditions.COMPLETE), report.condition(conditions.BLOCKED)
        assert complete is not None
        why = complete.reason, complete.message
        if complete.status:
            return forecasts.Ending(forecasts.End.COMPLETE, self._completed[report.name], *why)
        is_blocked = blocked is not None and blocked.status
        if not is_blocked and report.name in self._stuck:
            is_blocked, why = True, self._stuck[report.name]  # what a closed window hides
        if is_over and not is_blocked:
            return forecasts.Ending(forecasts.End.UNFINISHED, self._world.timeline.now, *why)
        samples = self._samples[report.name]
        if not is_blocked and samples[-1].in_flight:
            why = "PodsNotReady", _unready(samples[-1])
        return forecasts.Ending(forecasts.End.BLOCKED, _last_step(samples), *why)

    def _note_counts(self, planned: plans.SetPlan, found: tallies.Tally) -> None:
        name = planned.sidecar_set.name
        if name not in self._held or not _waits_for_calendar(found):
            self._held[name] = found.held
        samples, sample = self._samples[name], _sample(planned, found, self._world.timeline.now)
        if not samples or dataclasses.replace(sample, at=samples[-1].at) != samples[-1]:
            samples.append(sample)

    def _note_standing(self, report: reports.SetReport) -> None:
        """Keep why a set is blocked while its windows are open: the next one that opens does not release it."""
        complete, blocked = report.condition(conditions.COMPLETE), report.condition(conditions.BLOCKED)
        if complete is not None and blocked is not None and blocked.status:
            self._stuck[report.name] = complete.reason, complete.message
        else:
            self._stuck.pop(report.name, None)

    def _note_move(self, action: plans.Action) -> None:
        uid, moves = action.pod.uid, self._moves[action.set_name]
        moves.append(forecasts.Move(self._world.timeline.now, action.pod.key, action.pod.workload))
        self.newest = self._world.timeline.now
        self._flights[uid] = _Flight(action.set_name, len(moves) - 1)

    def _see(self, row: pods.Pod, is_gone: bool) -> None:
        if is_gone:
            self._chunks.remove(row)
            for known in (self._faces, self._flights):
                known.pop(row.uid, None)
            self._note_news()
            return
        flight = self._flights.get(row.uid)
        face = _face(row)
        if face == self._faces.get(row.uid):
            return
        self._faces[row.uid] = face
        self._chunks.put(row)
        self._note_news()
        if flight is not None and face.is_serving:
            del self._flights[row.uid]
            moves = self._moves[flight.set_name]
            moves[flight.place] = dataclasses.replace(moves[flight.place], arrived=self.newest)

    def _note_news(self) -> None:
        self.has_news, self.newest = True, self._world.timeline.now


def _waits_for_calendar(found: tallies.Tally) -> bool:
    return any(each.reason in BY_THE_CALENDAR for each in found.held)


def _face(row: pods.Pod) -> _Face:
    has_landed = all(flights.has_landed(row, mark.move) for mark in row.marks if mark.move is not None)
    trouble = next((each.trouble for each in row.containers if each.trouble), "")
    return _Face(row.is_ready and has_landed, has_landed, row.is_active, trouble, row.annotation)


def _unready(last: forecasts.Sample) -> str:
    """Say that moved pods wait for something that is no doing of the rollout, and who is held besides."""
    progress = f"{last.updated} of {texts.count(last.matched, 'pod')} updated"
    words = f"{progress}, {last.in_flight} of them never Ready"
    held = ", ".join(f"{number} held ({reason})" for reason, number in sorted(last.held.items()))
    return f"{words}; {held}" if held else words


def _last_step(samples: Sequence[forecasts.Sample]) -> datetime.datetime:
    """Return when a count last changed but for those of who is held why, which windows change too."""
    steps = [(each.matched, each.updated, each.finished, each.in_flight, each.failing) for each in samples]
    changed = (place for place in range(len(steps) - 1, 0, -1) if steps[place] != steps[place - 1])
    return samples[next(changed, 0)].at


def _sample(planned: plans.SetPlan, found: tallies.Tally, now: datetime.datetime) -> forecasts.Sample:
    held: collections.Counter[str] = collections.Counter()
    for each in found.held:
        held[str(each.reason)] += each.count
    images: dict[str, dict[str, int]] = {sidecar.name: {} for sidecar in planned.sidecar_set.sidecars}
    for container, image, number in sorted(censuses.images(found.census)):
        images[container][image] = number
    return forecasts.Sample(
        at=now,
        matched=found.count(censuses.MATCHED),
        updated=found.count(censuses.UPDATED),
        finished=found.count(censuses.FINISHED),
        in_flight=len(found.in_flight),
        failing=len(found.failing),
        held=dict(held),
        images=images,
    )
