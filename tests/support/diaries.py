"""A short history of one fleet on a real remote: rolled out, stopped half-way, gone on, spoiled, mended."""

from __future__ import annotations

import concurrent.futures
import random
from pathlib import Path

from gitsidecar.reconciler import reconcilers
from gitsidecar.repository import mirrors, statuses
from tests.support import benches, remotes, sidecarsets, workbenches

BRANCH = "gitsidecar/status/default"
PODS = 6


async def write(remote: remotes.Served, desk: workbenches.Workbench, folder: Path) -> list[str]:
    """
    Let the real reconciler record that history on `BRANCH` of *remote*, and return the source commits, oldest first.

    The clock is a virtual one, so that the times are the same whenever it runs.
    """
    bench = benches.Bench(PODS)
    await bench.start()
    story = [
        ("Inject logtail", sidecarsets.text(sidecarsets.OLD, maxUnavailable=PODS)),
        ("Roll out logtail", sidecarsets.text(sidecarsets.NEW, maxUnavailable=1, partition=2)),
        ("Stop: INC-4711", sidecarsets.text(sidecarsets.NEW, maxUnavailable=1, partition=2, paused=True)),
        ("Go on", sidecarsets.text(sidecarsets.NEW, maxUnavailable=2)),
        ("Spoil it", "apiVersion: apps.kruise.io/v1beta1\nkind: SidecarSet\nmetadata: {name: logtail}\nspec: 5\n"),
        ("Mend it", sidecarsets.text(sidecarsets.NEW, maxUnavailable=2)),
    ]
    commits = []
    with concurrent.futures.ThreadPoolExecutor(1) as git:
        world = world_of(bench, remote, folder, git, branch=BRANCH)
        bench.reconciler = reconcilers.Reconciler(world, bench.options)
        for subject, text in story:
            commits.append(desk.commit({benches.FILE: text}, subject))
            await bench.settle()
            bench.wait(600)
        await bench.reconciler.flush("the-last")
    return commits


def world_of(
    bench: benches.Bench, remote: remotes.Served, folder: Path, git: concurrent.futures.Executor, *, branch: str
) -> reconcilers.World:
    """Return the world of *bench* with the two real branches of *remote*, whose mirrors lie in *folder*."""
    source = mirrors.Mirror(remote.address(), branch="main", folder=folder / "source")
    status_branch = statuses.GitStatusBranch(
        remote.address(),
        branch=branch,
        folder=folder / "status",
        author_name="gitsidecar",
        author_email="gitsidecar@example.com",
        random=random.Random(1),
        now=bench.clock.now,
    )
    return reconcilers.World(source, status_branch, bench.cluster, bench.clock, git)
