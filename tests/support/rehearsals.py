"""The daemon with real Git and a simulated cluster, in this process: what goes wrong with Git needs no Kubernetes."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from gitsidecar.bootstrap import clocks, worlds
from gitsidecar.daemon import daemons
from gitsidecar.model import reports
from gitsidecar.reconciler import reconcilers
from gitsidecar.settings import configs
from gitsidecar.simulation import clusters, paces, workloads
from gitsidecar.telemetry import metrics
from tests.support import remotes, sidecarsets, workbenches

STATUS_BRANCH = "gitsidecar/status/default"
_PATIENCE = 20.0  # seconds
_PACE = paces.Pace(noticing=(0.0, 0.02), restarting=(0.02, 0.06), readying=(0.01, 0.03), pull_retry=(0.2, 0.2))


class Rehearsal:
    """A running daemon, the cluster that it works on, and a person's clone of its repository."""

    def __init__(self, cluster: clusters.SimulatedCluster, bench: workbenches.Workbench) -> None:
        self.cluster = cluster
        self.bench = bench
        self.daemon: daemons.Daemon
        self.newest: reconcilers.Pass | None = None
        self._came = asyncio.Event()

    @property
    def writes(self) -> int:
        """Return how many patches the cluster has been sent."""
        return len(self.cluster.ledger.writes)

    async def push(self, files: Mapping[str, str | bytes | None], message: str = "Change the sets") -> str:
        """Commit and push as a person, and return the commit."""
        return await asyncio.to_thread(self.bench.commit, files, message)

    async def passed(self, revision: str, holds: Callable[[reports.Report], bool] = lambda _: True) -> reports.Report:
        """Wait for a pass at *revision* whose recorded report is as *holds* says, and return the report."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while not self._has_passed(revision, holds):
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            said = self.newest.report if self.newest else None
            raise AssertionError(f"not after {_PATIENCE:g} s; trouble {self.daemon.trouble!r}, report {said}") from None
        assert self.newest is not None
        return self.newest.report

    async def troubled(self, words: str) -> str:
        """Wait until the daemon says that something is wrong in words that contain *words*, and return all of them."""
        return await self._until(lambda: words in self.daemon.trouble, f"trouble with {words!r}")

    async def well(self) -> None:
        """Wait until the daemon says that all is well."""
        await self._until(lambda: not self.daemon.trouble, "no trouble")

    def take(self, done: reconcilers.Pass) -> None:
        """Take in a pass that the daemon has finished."""
        self.newest = done
        self._came.set()

    def _has_passed(self, revision: str, holds: Callable[[reports.Report], bool]) -> bool:
        newest = self.newest
        return newest is not None and newest.report.revision == revision and holds(newest.report)

    async def _until(self, is_so: Callable[[], bool], what: str) -> str:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while not is_so():  # noqa: ASYNC110  # the daemon has no event for this
                    await asyncio.sleep(0.02)
                return self.daemon.trouble
        raise AssertionError(f"{what}: not after {_PATIENCE:g} s, but {self.daemon.trouble!r}")


def populated(*owners: str, pods: int = 4, image: str = sidecarsets.OLD) -> clusters.SimulatedCluster:
    """Return a cluster in which each of *owners* has *pods* running pods, labelled ``app: <owner>``, with a sidecar."""
    cluster = clusters.SimulatedCluster(clocks.WallClock(), seed=1, pace=_PACE)
    for owner in owners:
        images = {"app": f"example.com/{owner}:1", "logtail": image}
        containers = workloads.containers(images)
        workload = workloads.Workload("default", "Deployment", owner, pods, {"app": owner}, containers)
        cluster.add_workload(workload, is_running=True)
    return cluster


@contextlib.asynccontextmanager
async def running(
    cluster: clusters.SimulatedCluster,
    remote: remotes.Served,
    folder: Path,
    bench: workbenches.Workbench,
    **repository: Any,
) -> AsyncIterator[Rehearsal]:
    """Run the daemon on *cluster* and *remote*, with mirrors in *folder*, while the block runs."""
    rehearsal = Rehearsal(cluster, bench)
    config, clock = _settings(remote, folder, repository), clocks.WallClock()
    with concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="git") as git:
        source, branch = worlds.mirror_of(config), worlds.status_branch_of(config)
        world = reconcilers.World(source, branch, cluster, clock, git)
        options = reconcilers.Options(config.cluster.name, status_interval=0.1)
        pace = daemons.Pace(poll=0.1, jitter=0.0, coalesce=0.02)
        reconciler = reconcilers.Reconciler(world, options)
        rehearsal.daemon = daemons.Daemon(reconciler, cluster, clock, pace, metrics.Metrics(), passed=rehearsal.take)
        running_daemon = asyncio.create_task(rehearsal.daemon.run())
        try:
            yield rehearsal
            assert not running_daemon.done(), "the daemon has ended by itself"
        finally:
            rehearsal.daemon.stop()
            await asyncio.wait_for(running_daemon, 20)


def _settings(remote: remotes.Served, folder: Path, repository: Mapping[str, Any]) -> configs.GitsidecarConfig:
    section = {
        "url": remote.url,
        "folder": folder,
        "allowInsecureHttp": True,
        "credentials": {"username": remote.username, "tokenFile": remote.token_file},
        **repository,
    }
    return configs.GitsidecarConfig.model_validate({"repository": section})
