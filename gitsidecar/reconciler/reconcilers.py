"""The seven phases of a pass, in order, and nothing else (DESIGN §3)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import TypeVar

from gitsidecar import errors, ports
from gitsidecar.model import desires, findings, histories, plans, pods, reports
from gitsidecar.planning import ledgers, planner
from gitsidecar.reconciler import acting, evicting, following, reading, recording, resting, sparing, timing
from gitsidecar.reporting import reports as summaries

_T = TypeVar("_T")

Planned = Callable[[plans.Plan, histories.History, Mapping[str, Mapping[str, str]]], None]
"""Hears of a plan, the history that it goes with, and the labels of all namespaces."""

Summed = Callable[[reports.Report, histories.History], None]
"""Hears of a pass's report, and of the history that it comes after."""


@dataclasses.dataclass(frozen=True, slots=True)
class World:
    """What a reconciler works with; *git* runs the blocking calls of *source* and *branch*, one at a time."""

    source: ports.Source
    branch: ports.StatusBranch
    cluster: ports.Cluster
    clock: ports.Clock
    git: concurrent.futures.Executor


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """
    How a reconciler works: so many patches at once, so many seconds between commits that tell of progress.

    One that *is_following* plans as the others do, and writes nothing: no pod, no commit. Pods of *spared_namespaces*
    are never evicted. *web* is where people look at the source branch.
    """

    cluster: str
    writes_in_flight: int = 20
    status_interval: float = 30.0
    is_following: bool = False
    spared_namespaces: tuple[str, ...] = ()
    web: reports.Web = dataclasses.field(default_factory=reports.Web)


@dataclasses.dataclass(frozen=True, slots=True)
class Pass:
    """
    One whole pass: what was planned, done and said; *again_after* are the seconds until it has more to do.

    `snapshot` is what was planned with. `failure` is what kept the report from the status branch: what was done is
    known all the same, and a later pass records it.
    """

    id: str
    plan: plans.Plan
    outcomes: acting.Sent
    report: reports.Report
    commit: str
    again_after: float | None
    seconds: dict[str, float]
    snapshot: pods.Snapshot
    failure: errors.TransientError | errors.StalledError | None = None
    evicted: acting.Evicted = ()


class Reconciler:
    """
    Runs passes, one at a time; `poll` may be called while a pass runs, and stops what it would still send.

    *planned* hears of each plan before it is carried out, and again once it is known what there is to remember of it.
    *summed* hears of each report before it is recorded: who is killed in between tells it twice, rather than never.
    While *silence* says why new pods may come without sidecars nobody is evicted.
    """

    def __init__(
        self,
        world: World,
        options: Options,
        *,
        planned: Planned = lambda *_: None,
        summed: Summed = lambda *_: None,
        silence: Callable[[], str] = str,
    ) -> None:
        self._world = world
        self._options = options
        self._planned = planned
        self._summed = summed
        self._rests = resting.Rests()
        self._spares = sparing.Spares(options.spared_namespaces, silence)
        self._actor = acting.Actor(
            world.cluster, world.clock, self._rests, self._spares, in_flight=options.writes_in_flight
        )
        self._recorder: reading.Recorder = (
            following.Follower(world.branch)
            if options.is_following
            else recording.Recorder(world.branch, options.status_interval)
        )
        self._revision = ""
        self._reader = reading.Reader(world.source, self._recorder, self._in_git)
        self._acted_on = ""
        self._memory = ledgers.Ledgers()
        self._stall: errors.StalledError | None = None
        self._is_stopping = False

    @property
    def revision(self) -> str:
        """Return the newest revision fetched, empty before the first."""
        return self._revision

    @property
    def may_run(self) -> bool:
        """Say whether a pass has something to go by: a revision, or a reason to tell why there is none."""
        return bool(self._revision) or self._stall is not None

    @property
    def problems(self) -> tuple[findings.Finding, ...]:
        """Return what of the status branch could not be read when it was loaded."""
        return self._recorder.problems

    def stop_sending(self) -> None:
        """Let a running pass finish the requests in hand and send no other; so will every later pass."""
        self._is_stopping = True

    async def poll(self) -> bool:
        """
        Fetch the newest revision (phase 1); say whether there is another one, or for a follower other history.

        Raises TransientError, StalledError.
        """
        try:
            revision = await self._in_git(self._world.source.fetch)
        except errors.StalledError as error:
            if self._stall is None or not self._stall.is_halt:  # only a fetch that succeeds ends a halt
                self._stall = error
            raise
        self._stall = None
        has_news = await self._reader.follow()
        is_new = revision != self._revision
        self._revision = revision
        return is_new or has_news

    async def run_pass(self, pass_id: str) -> Pass:
        """Run phases 2 to 7 at the newest revision fetched. Raises TransientError, StalledError before it acts."""
        watch = timing.Stopwatch()
        desired = await watch.time("read", self._reader.read(self._revision, self._stall))
        snapshot = await watch.time("observe", self._world.cluster.observe())
        history = self._recorder.history
        plan = await watch.time("plan", self._plan(desired, snapshot, history))
        self._planned(plan, history, snapshot.namespaces)
        await self._tell_earlier(plan.revision, pass_id)
        sent, evicted = await watch.time("act", self._act(plan))
        plan, results = await self._actor.settle(plan, sent, lambda: self._plan(desired, snapshot, history))
        report = await watch.time("summarise", asyncio.to_thread(self._summarise, plan, results, evicted, history))
        self._summed(report, history)
        before = self._recorder.recorded
        recorded = await watch.time("record", self._record(report, history, pass_id))
        self._planned(plan, self._recorder.history, snapshot.namespaces)
        now = self._world.clock.now()
        waits = (
            recorded.again_after,
            self._rests.next_end(now),
            self._spares.next_end(plan, now),
            0.0 if evicting.is_next(plan, before, self._recorder.recorded) else None,
            timing.heartbeat(plan, report),
            timing.boundary(plan, now),
        )
        again_after = min((wait for wait in waits if wait is not None), default=None)
        return Pass(
            pass_id,
            plan,
            results,
            report,
            recorded.commit,
            again_after,
            watch.seconds,
            snapshot,
            recorded.failure,
            evicted,
        )

    async def flush(self, pass_id: str) -> str:
        """Commit what still waits for the status interval. Raises TransientError, StalledError."""
        return await self._in_git(self._recorder.flush, self._world.clock.now(), pass_id)

    async def _plan(self, desired: desires.Desired, snapshot: pods.Snapshot, history: histories.History) -> plans.Plan:
        now = self._world.clock.now()
        while True:
            resting = self._rests.pods(now)
            plan = await asyncio.to_thread(
                planner.plan,
                desired,
                snapshot,
                history,
                now,
                resting=resting,
                spared=self._spares.at(now),
                memory=self._memory,
            )
            if not self._rests.exhaust(plan, now):
                return plan

    async def _tell_earlier(self, revision: str, pass_id: str) -> None:
        """Commit what passes at another revision moved and have not told yet, before a pod can be moved once more."""
        if revision != self._acted_on:
            with contextlib.suppress(errors.TransientError, errors.StalledError):  # the record after it will say so
                await self.flush(pass_id)
        self._acted_on = revision

    async def _act(self, plan: plans.Plan) -> tuple[acting.Sent, acting.Evicted]:
        if self._options.is_following:
            return (), ()

        def objection(closes_at: datetime.datetime | None) -> str:
            return self._objection(plan.revision, closes_at)

        return await self._actor.act(plan, self._recorder.recorded, objection)

    def _objection(self, planned: str, closes_at: datetime.datetime | None) -> str:
        """Say why nothing of the plan for the revision *planned*, nothing after *closes_at*, may be sent any more."""
        if self._is_stopping:
            return "gitsidecar is stopping"
        if self._stall is not None and self._stall.is_halt:
            return "the source branch has to be looked at first"
        if closes_at is not None and self._world.clock.now() >= closes_at:
            return "the rollout window has closed"
        return "" if self._revision == planned else f"revision {self._revision[:7]} came first"

    def _summarise(
        self,
        plan: plans.Plan,
        results: acting.Sent,
        evicted: acting.Evicted,
        history: histories.History,
    ) -> reports.Report:
        options = self._options
        return summaries.summarise(plan, results, history, evicted=evicted, cluster=options.cluster, web=options.web)

    async def _record(self, report: reports.Report, history: histories.History, pass_id: str) -> recording.Recorded:
        if isinstance(self._recorder, following.Follower):
            await self._in_git(self._recorder.carry_on, report, history)
            return recording.Recorded()
        now = self._world.clock.now()
        try:
            return await self._in_git(self._recorder.record, report, now, pass_id)
        except (errors.TransientError, errors.StalledError) as error:
            return recording.Recorded(failure=error)

    async def _in_git(self, call: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._world.git, call, *arguments)
