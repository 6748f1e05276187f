"""The demo's stage: the real daemon between a real remote and a simulated cluster."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import datetime
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from gitsidecar.cli.demos import desks
from gitsidecar.daemon import daemons
from gitsidecar.model import reports
from gitsidecar.reconciler import reconcilers
from gitsidecar.repository import mirrors, statuses
from gitsidecar.simulation import clocks, clusters, paces, workloads
from gitsidecar.telemetry import metrics

CLUSTER = "demo"
STATUS_BRANCH = f"gitsidecar/status/{CLUSTER}"
SET_NAME = "logtail"
FIRST_IMAGE = "example.com/logging/logtail:0.16.16"
BROKEN_IMAGE = "example.com/logging/logtail:0.16.19-rc1"

_SHARES = (
    ("shop", "Deployment", "web", 0.4),
    ("shop", "Deployment", "api", 0.3),
    ("search", "StatefulSet", "index", 0.2),
)
_PACE = paces.Pace(noticing=(0.05, 0.3), restarting=(0.6, 1.6), readying=(0.2, 0.6), pull_retry=(4.0, 4.0))
_POLL = 0.3  # real seconds: a person who watches should not wait for the poll


class Stage:
    """What the story acts on: the desk, the cluster, and the reports as they come in."""

    def __init__(
        self, desk: desks.Desk, cluster: clusters.SimulatedCluster, show: Callable[[reconcilers.Pass], None]
    ) -> None:
        self.desk = desk
        self.cluster = cluster
        self._show = show
        self._came = asyncio.Event()
        self._newest: reconcilers.Pass | None = None

    def take(self, done: reconcilers.Pass) -> None:
        """Take in a pass that the daemon has finished."""
        self._newest = done
        self._show(done)
        self._came.set()

    async def push(self, content: dict[str, str], message: str) -> str:
        """Commit and push as the platform engineer, and return the commit."""
        return await asyncio.to_thread(self.desk.push, content, message)

    async def until(self, is_so: Callable[[reports.SetReport], bool], *, revision: str, seconds: float) -> bool:
        """Wait until a pass at *revision* reports what *is_so* looks for; say whether it came within *seconds*."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._shows(is_so, revision):
                    self._came.clear()
                    await self._came.wait()
                return True
        return False

    def _shows(self, is_so: Callable[[reports.SetReport], bool], revision: str) -> bool:
        if self._newest is None or self._newest.report.revision != revision:
            return False
        return any(is_so(each) for each in self._newest.report.sets if each.name == SET_NAME)


@contextlib.asynccontextmanager
async def opened(
    folder: Path, *, pods: int, speed: float, start: datetime.datetime, show: Callable[[reconcilers.Pass], None]
) -> AsyncIterator[Stage]:
    """
    Set the stage in *folder* and run the daemon while the block runs.

    *speed* is that of the cluster's clock, whose time begins at *start*.
    """
    desk = desks.Desk(folder)
    desk.set_up()
    clock = clocks.FastClock(speed, start)
    cluster = _populate(clusters.SimulatedCluster(clock, seed=7, pace=_PACE), pods)
    stage = Stage(desk, cluster, show)
    with concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="git") as git:
        world = reconcilers.World(
            source=mirrors.Mirror(desk.remote, branch=desks.BRANCH, folder=folder / "mirror"),
            branch=statuses.GitStatusBranch(
                desk.remote,
                branch=STATUS_BRANCH,
                folder=folder / "status",
                author_name="gitsidecar",
                author_email="gitsidecar@example.com",
                random=random.Random(7),  # noqa: S311  # jitter
                now=clock.now,
            ),
            cluster=cluster,
            clock=clock,
            git=git,
        )
        options = reconcilers.Options(CLUSTER, status_interval=2.5 * speed)
        pace = daemons.Pace(poll=_POLL, jitter=0.0, coalesce=0.1 * speed)
        daemon = daemons.Daemon(
            reconcilers.Reconciler(world, options), cluster, clock, pace, metrics.Metrics(), passed=stage.take
        )
        async with _running(daemon):
            yield stage


@contextlib.asynccontextmanager
async def _running(daemon: daemons.Daemon) -> AsyncIterator[None]:
    """Run the daemon beside the block. What ends the daemon early ends the block."""
    async with asyncio.TaskGroup() as group:
        running = group.create_task(daemon.run())
        try:
            yield
        finally:
            daemon.stop()
            await asyncio.wait({running})


def _populate(cluster: clusters.SimulatedCluster, total: int) -> clusters.SimulatedCluster:
    """Add about *total* pods in four workloads that have logged through a sidecar for days."""
    left = total
    for namespace, kind, name, share in _SHARES:
        replicas = min(left, round(total * share))
        left -= replicas
        cluster.add_workload(_workload(namespace, kind, name, replicas), is_running=True)
    cluster.add_workload(_workload("billing", "Deployment", "invoices", left), is_running=True)
    cluster.break_image(BROKEN_IMAGE)
    return cluster


def _workload(namespace: str, kind: str, name: str, replicas: int) -> workloads.Workload:
    images = {name: f"example.com/{namespace}/{name}:1", SET_NAME: FIRST_IMAGE}
    labels = {"app": name, "logging": "logtail"}
    return workloads.Workload(namespace, kind, name, replicas, labels, workloads.containers(images))
