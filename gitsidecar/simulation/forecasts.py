"""
A rollout foretold: the planner itself, pass after pass, over a simulated cluster, as fast as it can be worked out.

Nothing here decides who moves. Time jumps from one moment to the next at which the plan may differ: a pod becomes
Ready or fails, a window opens, a pace or a settling pod is due. Same input, same forecast.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable

from gitsidecar.model import censuses, desires, forecasts, histories, plans, pods, reports
from gitsidecar.planning import ledgers, planner
from gitsidecar.simulation import admissions, clocks, clusters, paces, reporters, tracks, waves

_COALESCE = datetime.timedelta(seconds=1)  # as the daemon has it: many events, one pass
_FIRST_BEAT = datetime.timedelta(seconds=60)  # the daemon's heartbeat; here each takes twice as long as the one before
_STILL = datetime.timedelta(minutes=15)  # after so long without news only the time can change the plan
_VAIN = 2  # so many plans in which nothing waited for a window, and nobody moved: nobody will
_SPREAD = 0.25  # of the restarts' seconds, up and down

Watch = Callable[[datetime.datetime, int, int], None]
"""Hears of each pass: its time, and how many pods of all sets are finished, out of how many."""


def forecast(
    desired: desires.Desired,
    snapshot: pods.Snapshot,
    history: histories.History | None = None,
    *,
    start: datetime.datetime,
    terms: forecasts.Terms | None = None,
    watch: Watch = lambda *_: None,
) -> forecasts.Forecast:
    """
    Return how the rollout of *desired* goes from *start* (aware) on, with the pods of *snapshot*.

    *history* is what the status branch remembers; without it every set is new. The forecast ends when every set is
    complete, or when nothing moves and no time is known at which anything would, or at the horizon.
    """
    return _Run(desired, snapshot, history or histories.History(), start, terms or forecasts.Terms()).run(watch)


class _Run:
    """One forecast while it is worked out."""

    def __init__(
        self,
        desired: desires.Desired,
        snapshot: pods.Snapshot,
        history: histories.History,
        start: datetime.datetime,
        terms: forecasts.Terms,
    ) -> None:
        self._desired = desired
        self._reporter = reporters.Reporter(history)
        self._terms = terms
        self._start = start.astimezone(datetime.UTC)
        self._end = self._start + terms.horizon
        self._clock = clocks.VirtualClock(self._start, is_automatic=False)
        self._cluster = clusters.SimulatedCluster.from_snapshot(
            self._clock, snapshot, seed=terms.seed, pace=_pace(terms.restart_seconds)
        )
        world = self._cluster.world
        world.kubelets.doomed |= _doomed(world.store.rows.all(), terms)
        self._track = tracks.Track(world)
        self._admitting = admissions.Admitting(world)
        self._memory = ledgers.Ledgers()
        self._still = max(_STILL, datetime.timedelta(seconds=3 * terms.restart_seconds))
        self._beat = _FIRST_BEAT
        self._vain = 0

    def run(self, watch: Watch) -> forecasts.Forecast:
        """Work the forecast out."""
        while True:
            done, report = self._pass()
            counts = [(each.count(censuses.FINISHED), each.count(censuses.MATCHED)) for each in done.plan.sets]
            watch(done.plan.now, sum(finished for finished, _ in counts), sum(matched for _, matched in counts))
            if all(tracks.is_complete(each) for each in report.sets) or not self._move_on(done.plan):
                return self._tell(done)

    def _pass(self) -> tuple[reporters.Done, reports.Report]:
        """Run phases 4 to 7 of a pass, as far as the next one depends on them."""
        history, now = self._reporter.history, self._clock.now()
        plan = planner.plan(self._desired, self._track.snapshot(), history, now, memory=self._memory)
        sent = [[self._cluster.execute_now(action) for action in each.actions] for each in plan.sets]
        noted = [each for part in plan.sets for each in part.evictions if each.is_noted]
        done = reporters.Done(plan, sent, [self._cluster.evict_now(each) for each in noted])
        tallied = self._reporter.tally(done)
        report = self._reporter.take(done, tallied)
        self._track.take(done, tallied, report)
        self._admitting.follow(plan, self._reporter.history)
        return done, report

    def _move_on(self, plan: plans.Plan) -> bool:
        """Move to the next moment at which the plan may differ; say whether there is one before the horizon."""
        now = self._clock.now()
        due = [each.wakes_at for each in plan.sets if each.wakes_at is not None]
        is_fresh = now - self._track.newest < self._still
        if is_fresh:
            due.append(now + self._beat)
        if any(not each.is_noted for part in plan.sets for each in part.evictions):
            due.append(now + _COALESCE)  # it has been noted by now
        if not due:
            return False
        limit = max(now, min(*due, self._end))
        timeline = self._clock.timeline
        self._track.has_news = False
        while not self._track.has_news and timeline.next_due is not None and timeline.next_due <= limit:
            timeline.run_next()
        until = min(timeline.now + _COALESCE, limit) if self._track.has_news else limit
        timeline.run_until(until)
        self._beat = _FIRST_BEAT if self._track.has_news else min(2 * self._beat, self._terms.horizon)
        if self._track.has_news:
            self._vain = 0
        elif not is_fresh and not any(_waits_for_calendar(each) for each in plan.sets):
            self._vain += 1
        return timeline.now < self._end and self._vain < _VAIN

    def _tell(self, done: reporters.Done) -> forecasts.Forecast:
        """Put the run together, of which *done* is the last pass."""
        end = self._clock.now()
        is_over = end >= self._end
        found = []
        for planned, each in zip(done.plan.sets, self._reporter.tell(done).sets, strict=True):
            moves = self._track.moves(each.name)
            spans = waves.spans(planned.sidecar_set, done.plan.policies, self._start, end)
            found.append(
                forecasts.SetForecast(
                    name=each.name,
                    place=each.place,
                    ending=self._track.ending(each, is_over=is_over),
                    samples=self._track.samples(each.name),
                    moves=moves,
                    waves=waves.waves(moves, spans),
                    spans=spans,
                    failed=tuple(pod.key for pod in planned.failing),
                    held=self._track.held(each.name),
                    evicted=self._track.evicted(each.name),
                )
            )
        return forecasts.Forecast(self._start, end, self._terms, tuple(found), self._desired.found)


def _waits_for_calendar(planned: plans.SetPlan) -> bool:
    return any(group.reason in tracks.BY_THE_CALENDAR for group in planned.held)


def _pace(seconds: float) -> paces.Pace:
    """Return a pace at which a moved pod is Ready again after about so many *seconds*."""
    low, high = (1 - _SPREAD) * seconds, (1 + _SPREAD) * seconds
    return paces.Pace(
        noticing=(0.1 * low, 0.1 * high), restarting=(0.6 * low, 0.6 * high), readying=(0.3 * low, 0.3 * high)
    )


def _doomed(rows: tuple[pods.Pod, ...], terms: forecasts.Terms) -> set[str]:
    """Return the UIDs of the pods that will fail: which ones depends on the seed and their names alone."""
    if not terms.fail_rate:
        return set()
    return {
        row.uid
        for row in rows
        if random.Random(f"{terms.seed}/{row.key}").random() < terms.fail_rate  # noqa: S311  # chance to be repeated
    }
