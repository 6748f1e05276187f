"""The seven phases of a pass, in order, and nothing else (DESIGN §3)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gitsidecar import ports
from gitsidecar.manifests import keeping, restoring, trees
from gitsidecar.model import files, histories, outcomes, plans, reports, sidecarsets
from gitsidecar.planning import planner
from gitsidecar.reconciler import recording, resting, sending
from gitsidecar.reporting import reports as summaries

_T = TypeVar("_T")
_REMOVAL_TRAILER = ("gitsidecar-allow-removal", "true")


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
    """How a reconciler works: so many patches at once, so many seconds between commits that tell of progress."""

    cluster: str
    writes_in_flight: int = 20
    status_interval: float = 30.0


@dataclasses.dataclass(frozen=True, slots=True)
class Pass:
    """One whole pass: what was planned, done and said; *again_after* are the seconds until it has more to do."""

    id: str
    plan: plans.Plan
    outcomes: tuple[outcomes.Outcome, ...]
    report: reports.Report
    commit: str
    again_after: float | None
    seconds: dict[str, float]


class Reconciler:
    """Runs passes, one at a time; `poll` may be called while a pass runs, and stops what it would still send."""

    def __init__(self, world: World, options: Options) -> None:
        self._world = world
        self._options = options
        self._rests = resting.Rests()
        self._recorder = recording.Recorder(world.branch, options.status_interval)
        self._revision = ""
        self._desired: sidecarsets.Desired | None = None
        self._is_stopping = False

    @property
    def revision(self) -> str:
        """Return the newest revision fetched, empty before the first."""
        return self._revision

    @property
    def has_desired(self) -> bool:
        """Say whether a revision has been read."""
        return self._desired is not None

    def stop_sending(self) -> None:
        """Let a running pass finish the requests in hand and send no other; so will every later pass."""
        self._is_stopping = True

    async def poll(self) -> bool:
        """Fetch the newest revision (phase 1); say whether it is another one. Raises TransientError, StalledError."""
        revision = await self._in_git(self._world.source.fetch)
        is_new = revision != self._revision
        self._revision = revision
        return is_new

    async def run_pass(self, pass_id: str) -> Pass:
        """Run phases 2 to 7 at the newest revision fetched. Raises TransientError, StalledError."""
        watch = _Stopwatch()
        desired = await watch.time("read", self._read())
        snapshot = await watch.time("observe", self._world.cluster.observe())
        now, history = self._world.clock.now(), self._recorder.history
        resting_pods = self._rests.pods(now)
        plan = await watch.time(
            "plan", asyncio.to_thread(planner.plan, desired, snapshot, history, now, resting=resting_pods)
        )
        results = await watch.time("act", self._act(plan))
        report = await watch.time(
            "summarise", asyncio.to_thread(summaries.summarise, plan, results, history, cluster=self._options.cluster)
        )
        recorded = await watch.time("record", self._record(report, pass_id))
        waits = (recorded.again_after, self._rests.next_end(self._world.clock.now()))
        again_after = min((wait for wait in waits if wait is not None), default=None)
        return Pass(pass_id, plan, results, report, recorded.commit, again_after, watch.seconds)

    async def flush(self, pass_id: str) -> str:
        """Commit what still waits for the status interval. Raises TransientError, StalledError."""
        return await self._in_git(self._recorder.flush, self._world.clock.now(), pass_id)

    async def _read(self) -> sidecarsets.Desired:
        if not self._recorder.is_loaded:
            await self._in_git(self._recorder.load, restoring.restore)
        if self._desired is None or self._desired.revision != self._revision:
            tree = await self._in_git(self._world.source.read, self._revision)
            self._desired = await asyncio.to_thread(_desire, tree, self._recorder.history)
        return self._desired

    async def _act(self, plan: plans.Plan) -> tuple[outcomes.Outcome, ...]:
        refused = {each.sidecar_set.name: self._rests.refusal(each.sidecar_set.name, plan.now) for each in plan.sets}
        open_sets = tuple(each for each in plan.sets if not refused[each.sidecar_set.name])
        sent = await sending.send(
            dataclasses.replace(plan, sets=open_sets),
            self._world.cluster,
            in_flight=self._options.writes_in_flight,
            objection=lambda _: self._objection(plan.revision),
        )
        self._rests.note(sent, self._world.clock.now())
        shut_sets = (each for each in plan.sets if refused[each.sidecar_set.name])
        unsent = (sending.refuse(each.actions, refused[each.sidecar_set.name]) for each in shut_sets)
        return (*sent, *(result for results in unsent for result in results))

    def _objection(self, planned: str) -> str:
        if self._is_stopping:
            return "gitsidecar is stopping"
        return "" if self._revision == planned else f"revision {self._revision[:7]} came first"

    async def _record(self, report: reports.Report, pass_id: str) -> recording.Recorded:
        now = self._world.clock.now()
        return await self._in_git(self._recorder.record, report, now, pass_id)

    async def _in_git(self, call: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._world.git, call, *arguments)


class _Stopwatch:
    """Takes the seconds of each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    async def time(self, phase: str, work: Awaitable[_T]) -> _T:
        started = time.perf_counter()
        try:
            return await work
        finally:
            self.seconds[phase] = time.perf_counter() - started


def _desire(tree: files.Tree, history: histories.History) -> sidecarsets.Desired:
    return keeping.keep_last_good(trees.read(tree), history, may_remove=_REMOVAL_TRAILER in tree.trailers)
