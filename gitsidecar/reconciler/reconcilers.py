"""The seven phases of a pass, in order, and nothing else (DESIGN §3)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import datetime
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from gitsidecar import errors, ports
from gitsidecar.manifests import restoring
from gitsidecar.model import desires, findings, histories, outcomes, plans, pods, reports
from gitsidecar.planning import actions, ledgers, planner
from gitsidecar.reconciler import desiring, following, recording, resting, sending, timing
from gitsidecar.reporting import reports as summaries

_T = TypeVar("_T")

Planned = Callable[[plans.Plan, histories.History, Mapping[str, Mapping[str, str]]], None]
"""Hears of a plan, the history that it goes with, and the labels of all namespaces."""


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

    One that *is_following* plans as the others do, and writes nothing: no pod, no commit.
    """

    cluster: str
    writes_in_flight: int = 20
    status_interval: float = 30.0
    is_following: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Pass:
    """
    One whole pass: what was planned, done and said; *again_after* are the seconds until it has more to do.

    `failure` is what kept the report from the status branch: what was done is known all the same, and a later pass
    records it.
    """

    id: str
    plan: plans.Plan
    outcomes: tuple[outcomes.Outcome, ...]
    report: reports.Report
    commit: str
    again_after: float | None
    seconds: dict[str, float]
    failure: errors.TransientError | errors.StalledError | None = None


class Reconciler:
    """
    Runs passes, one at a time; `poll` may be called while a pass runs, and stops what it would still send.

    *planned* hears of each plan before it is carried out, and again once it is known what there is to remember of it.
    """

    def __init__(self, world: World, options: Options, *, planned: Planned = lambda *_: None) -> None:
        self._world = world
        self._options = options
        self._planned = planned
        self._rests = resting.Rests()
        self._recorder: recording.Recorder | following.Follower = (
            following.Follower(world.branch)
            if options.is_following
            else recording.Recorder(world.branch, options.status_interval)
        )
        self._revision = ""
        self._desired: desires.Desired | None = None
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
        has_news = await self._follow()
        is_new = revision != self._revision
        self._revision = revision
        return is_new or has_news

    async def run_pass(self, pass_id: str) -> Pass:
        """Run phases 2 to 7 at the newest revision fetched. Raises TransientError, StalledError before it acts."""
        watch = timing.Stopwatch()
        desired = await watch.time("read", self._read())
        snapshot = await watch.time("observe", self._world.cluster.observe())
        history = self._recorder.history
        plan = await watch.time("plan", self._plan(desired, snapshot, history))
        self._planned(plan, history, snapshot.namespaces)
        await self._tell_earlier(plan.revision, pass_id)
        sent = await watch.time("act", self._act(plan))
        plan, results = await self._settle(plan, sent, lambda: self._plan(desired, snapshot, history))
        report = await watch.time(
            "summarise", asyncio.to_thread(summaries.summarise, plan, results, history, cluster=self._options.cluster)
        )
        recorded = await watch.time("record", self._record(report, history, pass_id))
        self._planned(plan, self._recorder.history, snapshot.namespaces)
        now = self._world.clock.now()
        waits = (
            recorded.again_after,
            self._rests.next_end(now),
            timing.heartbeat(plan, report),
            timing.boundary(plan, now),
        )
        again_after = min((wait for wait in waits if wait is not None), default=None)
        return Pass(pass_id, plan, results, report, recorded.commit, again_after, watch.seconds, recorded.failure)

    async def flush(self, pass_id: str) -> str:
        """Commit what still waits for the status interval. Raises TransientError, StalledError."""
        return await self._in_git(self._recorder.flush, self._world.clock.now(), pass_id)

    async def _read(self) -> desires.Desired:
        if not self._recorder.is_loaded:
            await self._in_git(self._recorder.load, restoring.restore, restoring.restore_policy)
        if not self._revision:
            return desiring.remembered(self._recorder.history, self._stall)
        desired = self._desired
        if desired is None or desired.revision != self._revision:
            tree, history = await self._in_git(self._world.source.read, self._revision), self._recorder.history
            desired = await asyncio.to_thread(desiring.desire, tree, history)
            self._desired = desired if history is self._recorder.history else None  # else it was loaded meanwhile
        return desired if self._stall is None else desiring.stalled(desired, self._stall)

    async def _follow(self) -> bool:
        """
        As a follower, take over what others have recorded meanwhile; say whether that is anything new.

        It comes before a new revision is taken: what was stable until then must be known before it is planned with.
        """
        if not isinstance(self._recorder, following.Follower):
            return False
        before = self._recorder.last_good
        is_new = await self._in_git(self._recorder.load, restoring.restore, restoring.restore_policy)
        if self._recorder.last_good != before:  # they may stand in what was read
            self._desired = None
        return is_new

    async def _plan(self, desired: desires.Desired, snapshot: pods.Snapshot, history: histories.History) -> plans.Plan:
        now = self._world.clock.now()
        while True:
            resting = self._rests.pods(now)
            plan = await asyncio.to_thread(
                planner.plan, desired, snapshot, history, now, resting=resting, memory=self._memory
            )
            if not self._rests.exhaust(plan, now):
                return plan

    async def _tell_earlier(self, revision: str, pass_id: str) -> None:
        """Commit what passes at another revision moved and have not told yet, before a pod can be moved once more."""
        if revision != self._acted_on:
            with contextlib.suppress(errors.TransientError, errors.StalledError):  # the record after it will say so
                await self.flush(pass_id)
        self._acted_on = revision

    async def _act(self, plan: plans.Plan) -> tuple[outcomes.Outcome, ...]:
        if self._options.is_following:
            return ()
        may_write = tuple(each for each in plan.sets if not self._refusal(each))
        closing = {each.sidecar_set.name: each.closes_at for each in may_write}
        return await sending.send(
            dataclasses.replace(plan, sets=may_write),
            self._world.cluster,
            in_flight=self._options.writes_in_flight,
            objection=lambda action: self._objection(plan.revision, closing[action.set_name]),
            stamp=lambda action: actions.sent(action, self._world.clock.now()),
        )

    async def _settle(
        self, plan: plans.Plan, sent: tuple[outcomes.Outcome, ...], plan_again: Callable[[], Awaitable[plans.Plan]]
    ) -> tuple[plans.Plan, tuple[outcomes.Outcome, ...]]:
        """
        Return *plan* and *sent* as the next passes would have them, where the API server refuses.

        A set that rests as a whole is planned anew, without the turns that its refused pods had given away, so that
        the pass that finds it out says the same as those that follow; a refusal of one pod is that pod's matter.
        """
        self._rests.note(sent, self._world.clock.now())
        if any(result.kind is outcomes.OutcomeKind.FORBIDDEN for result in sent):
            again = await plan_again()
            is_refused = [bool(self._refusal(each)) for each in plan.sets]
            pairs = zip(is_refused, plan.sets, again.sets, strict=True)
            plan = dataclasses.replace(plan, sets=tuple(new if refused else old for refused, old, new in pairs))
        return plan, sending.tell(plan, sent, self._refusal)

    def _refusal(self, planned: plans.SetPlan) -> str:
        return self._rests.refusal(planned.sidecar_set.name, self._world.clock.now())

    def _objection(self, planned: str, closes_at: datetime.datetime | None) -> str:
        """Say why nothing of the plan for the revision *planned*, nothing after *closes_at*, may be sent any more."""
        if self._is_stopping:
            return "gitsidecar is stopping"
        if self._stall is not None and self._stall.is_halt:
            return "the source branch has to be looked at first"
        if closes_at is not None and self._world.clock.now() >= closes_at:
            return "the rollout window has closed"
        return "" if self._revision == planned else f"revision {self._revision[:7]} came first"

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
