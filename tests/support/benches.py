"""A whole world for a reconciler without a network: a simulated cluster on a virtual clock, Git in memory, inline."""

from __future__ import annotations

import concurrent.futures
import datetime
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gitsidecar.model import outcomes, plans, pods
from gitsidecar.reconciler import reconcilers
from gitsidecar.simulation import clocks, clusters, workloads
from tests.support import memories, sidecarsets

START = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)
INTERVAL = 30.0
FILE = "sets/logtail.yaml"


class Inline(concurrent.futures.Executor):
    """Runs each call at once, on the thread that asks."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # whoever asked gets it
            future.set_exception(error)
        return future


class Cluster(clusters.SimulatedCluster):
    """A simulated cluster with an admission webhook that refuses the pods in `denied`, and an ear after each write."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.denied: set[str] = set()
        self.observed = 0
        self.executed: Callable[[], Awaitable[object]] | None = None

    async def observe(self) -> pods.Snapshot:
        """Observe as usual, and count."""
        self.observed += 1
        return await super().observe()

    async def execute(self, action: plans.Action) -> outcomes.Outcome:
        """Refuse, or send as usual."""
        if action.pod.key in self.denied:
            self.ledger.requests += 1
            words = f'admission webhook "guard" denied the request for {action.pod.name}'
            outcome = outcomes.Outcome(action, outcomes.OutcomeKind.FORBIDDEN, words)
        else:
            outcome = await super().execute(action)
        if self.executed is not None:
            await self.executed()
        return outcome


class Bench:
    """Everything that a test plays with; time moves by `wait`, and if *is_automatic* while a write takes its time."""

    def __init__(self, pods: int = 4, *, seed: int = 7, is_automatic: bool = True, **options: Any) -> None:
        self.clock = clocks.VirtualClock(START, is_automatic=is_automatic)
        self.cluster = Cluster(self.clock, seed=seed)
        containers = workloads.containers({"app": "app:1", "logtail": sidecarsets.OLD})
        web = workloads.Workload("shop", "StatefulSet", "web", pods, {"app": "web"}, containers)
        self.cluster.add_workload(web, is_running=True)
        self.source = memories.MemorySource()
        self.branch = memories.MemoryBranch()
        self.options = reconcilers.Options("tests", status_interval=INTERVAL, **options)
        self.passes = 0
        self.reconciler = self.restarted()

    def restarted(self, git: concurrent.futures.Executor | None = None) -> reconcilers.Reconciler:
        """Let a new process take over, and return its reconciler."""
        world = reconcilers.World(self.source, self.branch, self.cluster, self.clock, git or Inline())
        self.reconciler = reconcilers.Reconciler(world, self.options)
        return self.reconciler

    def push(self, image: str = sidecarsets.NEW, **update: Any) -> str:
        """Push the set `logtail` with *image*."""
        return self.source.push({FILE: sidecarsets.text(image, **update)})

    def push_files(self, files: Mapping[str, str | None], trailers: tuple[tuple[str, str], ...] = ()) -> str:
        """Push any files."""
        return self.source.push(files, trailers)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    async def start(self) -> None:
        """Begin to watch the cluster."""
        await self.cluster.start(lambda: None)

    async def poll_and_pass(self) -> reconcilers.Pass:
        """Fetch and run a pass."""
        await self.reconciler.poll()
        return await self.run_pass()

    async def run_pass(self) -> reconcilers.Pass:
        """Run a pass at the revision fetched last."""
        self.passes += 1
        return await self.reconciler.run_pass(f"pass-{self.passes}")

    async def settle(self, *, most: int = 60, step: float = 3.0) -> reconcilers.Pass:
        """Poll and run passes, *step* seconds apart, until one has nothing to do or to wait for."""
        for _ in range(most):
            done = await self.poll_and_pass()
            is_over = not any(each.actions or each.in_flight for each in done.plan.sets)
            if is_over and not any(hold.reason == "PodBusy" for each in done.plan.sets for hold in each.holds):
                return done
            self.wait(step)
        raise AssertionError(f"not settled after {most} passes: {done.report.sets}")

    def images(self) -> dict[str, str]:
        """Return the name of each pod and its logtail's image."""
        return {
            pod.name: container.image
            for pod in self.cluster.snapshot().pods
            if (container := pod.container("logtail")) is not None
        }


def kinds(done: reconcilers.Pass) -> dict[str, str]:
    """Return the name of each pod that had an action and what became of it."""
    return {outcome.action.pod.name: outcome.kind.value for outcome in done.outcomes}


def condition(done: reconcilers.Pass, type_: str) -> tuple[bool, str]:
    """Return status and reason of the first set's condition."""
    found = done.report.sets[0].condition(type_)
    assert found is not None
    return found.status, found.reason


def held(done: reconcilers.Pass) -> dict[str, int]:
    """Return reason → count of the first set's held pods."""
    return {each.reason: each.count for each in done.report.sets[0].held}
