"""The world of a story: pods that live, a daemon that works and is cut off, and what must hold after each step."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime
import random
from collections.abc import Coroutine
from typing import Any

from gitsidecar import errors
from gitsidecar.model import desires, histories, plans, pods
from gitsidecar.planning import ledgers, planner
from gitsidecar.reconciler import reconcilers
from gitsidecar.simulation import apiservers, workloads
from tests.support import benches, sidecarsets
from tests.unit.laws import asks, comparing, courts, onlookers, stories

OWNERS = ("StatefulSet/web", "Deployment/api")
_REST = "its last patch failed"


class PowerCutError(Exception):
    """The process ends here, without a last word."""


class World:
    """
    Six pods of two workloads with one sidecar or two, two sets, and the daemon's passes over them.

    With *lags* the watch and the requests take their time. Each verb that runs a pass raises AssertionError when what
    it wrote or planned breaks a law.
    """

    def __init__(self, seed: int, *, lags: bool, writes_in_flight: int) -> None:
        self.runner = asyncio.Runner()
        self.bench = benches.Bench(4, seed=seed, writes_in_flight=writes_in_flight)
        self.lag: dict[str, Any] = {"latency": (0.0, 0.2), "watch_lag": 0.2} if lags else {}
        containers = workloads.containers(
            {"app": "app:1", **dict.fromkeys((stories.LOGTAIL, stories.PROXY), sidecarsets.OLD)}
        )
        labels = {**sidecarsets.LABELS, **asks.CANARY}
        api = workloads.Workload("shop", "Deployment", "api", 2, labels, containers)
        self.bench.cluster.add_workload(api, is_running=True)
        self.court = courts.Court(self.bench, latency=0.2 if lags else 0.0)
        self.asked = asks.Asked({name: asks.Set(name) for name in (stories.LOGTAIL, stories.PROXY)})
        self.memory = ledgers.Ledgers()
        self.newest: reconcilers.Pass | None = None
        self.has_changed = False
        self.trouble(apiservers.Faults())
        self._chance = random.Random(seed)
        self.run(self.bench.cluster.start(self._note_change))
        self.push(self.asked)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run *work* to its end."""
        return self.runner.run(work)

    def push(self, asked: asks.Asked) -> None:
        """Push what is asked for from now on; whoever polls learns of it."""
        gone: dict[str, str | None] = {f"policies/{name}.yaml": None for name in self.asked.policies}
        self.asked = asked
        self.bench.push_files(gone | asked.files())

    def trouble(self, faults: apiservers.Faults) -> None:
        """Let the API server fail by chance from now on."""
        self.bench.cluster.inject(dataclasses.replace(faults, **self.lag))

    async def poll(self) -> None:
        """Let the daemon look for a newer revision."""
        await self.bench.reconciler.poll()
        self.court.learn(self.asked)

    async def work(self, *, polls: bool = True, compares: bool = False) -> reconcilers.Pass | None:
        """
        Run a pass, and judge its writes and its plan; ``None`` when it could not begin.

        With *compares* the plan must also be that of another process; that takes longer than the pass itself.
        """
        if polls:
            await self.poll()
        try:
            snapshot = await self.bench.cluster.observe()
        except errors.TransientError:
            return None
        view = self.court.begin(snapshot.pods)
        anew = await onlookers.plan_anew(self.bench) if polls and compares else None
        done = self.newest = await self.bench.run_pass()
        self._check_writes()
        self._check_plan(done.plan, view)
        if anew is not None:
            self._check_restart(done.plan, anew, snapshot)
        return done

    async def work_cut_short(self, after: int, how: str, asked: asks.Asked) -> None:
        """Run a pass in which something happens after so many requests, or at its end."""
        requests = 0

        async def heard() -> None:
            nonlocal requests
            requests += 1
            if requests == after:
                await self._interrupt(how, asked)

        self.bench.cluster.executed = heard
        self.bench.branch.fault = PowerCutError() if "recorded" in how else None
        self.bench.branch.is_unheard = how == "recorded"
        try:
            await self.work()
        except* PowerCutError:
            pass
        self.bench.cluster.executed = self.bench.branch.fault = None
        self._check_writes()
        if how != "push":
            self.bench.restarted()

    async def _interrupt(self, how: str, asked: asks.Asked) -> None:
        if how == "die":
            raise PowerCutError
        if how == "stop":
            self.bench.reconciler.stop_sending()
            self.court.learn(None)
        elif how == "push":
            self.push(asked)
            await self.poll()

    def check_any_plan(self) -> None:
        """Plan on the present state, in several ways that must agree."""
        if self.newest is None:
            return
        try:
            snapshot: pods.Snapshot = self.run(self.bench.cluster.observe())
        except errors.TransientError:
            return
        desired, now = asked_by(self.newest.plan), self.bench.clock.now()

        def plan(rows: pods.Snapshot, memory: ledgers.Ledgers | None = None) -> dict[str, dict[str, Any]]:
            return comparing.values(planner.plan(desired, rows, histories.History(), now, memory=memory))

        straight = plan(snapshot)
        check("with a memory", comparing.difference(plan(snapshot, self.memory), straight))
        for words, rows in comparing.rearranged(snapshot, self._chance):
            check(words, comparing.difference(plan(rows), straight))
        desired = dataclasses.replace(desired, sets=desired.sets[::-1])
        check("with the sets backwards", comparing.difference(plan(snapshot), straight))

    def _check_writes(self) -> None:
        complaints, self.court.witness.complaints = self.court.witness.complaints, []
        assert not complaints, "\n".join(complaints)

    def _check_plan(self, plan: plans.Plan, view: courts.View) -> None:
        """Check that each drifted pod is one action or one hold, as the rows and the manifests have it."""
        for planned in plan.sets:
            name, asked = planned.sidecar_set.name, view.asked.sets[planned.sidecar_set.name]
            assert bool(planned.sidecar_set.rejection) is asked.is_refused, planned.sidecar_set.rejection
            if asked.is_refused:
                assert not planned.actions
                continue
            decided = [each.pod.key for each in planned.actions] + [each.pod.key for each in planned.holds]
            assert collections.Counter(decided) == collections.Counter(view.drifted(name))
            assert {pod.key for pod in planned.matched} == {row.key for row in view.matched(name)}
            stop = view.asked.stop(name, view.now)
            assert not stop or not planned.actions, stop
            assert not planned.overdue or not planned.actions

    def _check_restart(self, plan: plans.Plan, anew: plans.Plan, snapshot: pods.Snapshot) -> None:
        """Check that *plan*, made with a memory, equals a new process's, save for pods that rest after a failure."""
        rests = {hold.pod.uid: hold.message for each in plan.sets for hold in each.holds if _REST in hold.message}
        if not rests:
            check("after a restart", comparing.difference(comparing.values(anew), comparing.values(plan)))
            return
        without = planner.plan(asked_by(plan), snapshot, histories.History(), plan.now, resting=rests)
        pair = (comparing.values(each, with_history=False) for each in (without, plan))
        check("without a memory", comparing.difference(*pair))

    def _note_change(self) -> None:
        self.has_changed = True

    def let_pass(self, seconds: float | None) -> None:
        """Let time pass until a pod changes, *seconds* at most; without either, AssertionError: nobody would wake."""
        self.has_changed = False
        timeline, end = self.bench.clock.timeline, None
        if seconds is not None:
            end = timeline.now + datetime.timedelta(seconds=max(seconds, 0.5))
        while not self.has_changed and timeline.next_due is not None and (end is None or timeline.next_due < end):
            timeline.run_next()
        if end is not None and not self.has_changed:
            timeline.run_until(end)
        assert end is not None or self.has_changed, "the daemon would sleep for ever"
        self.bench.wait(0.5)


def asked_by(plan: plans.Plan) -> desires.Desired:
    """Return what *plan* went by."""
    sets = tuple(each.sidecar_set for each in plan.sets)
    return desires.Desired(plan.revision, sets, plan.found, policies=plan.policies)


def check(words: str, difference: str) -> None:
    """Raise AssertionError when there is a difference."""
    assert not difference, f"{words} the plan differs:\n{difference}"
