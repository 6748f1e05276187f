"""The reconciler with a real repository: what the branch says after a rollout is all that a new process needs."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from pathlib import Path

from gitsidecar.reconciler import reconcilers
from tests.support import benches, diaries, remotes, sidecarsets, workbenches

BRANCH = "gitsidecar/status/tests"


async def test_a_rollout_is_recorded_and_a_new_process_adds_nothing(
    file_remote: remotes.Served, open_workbench: Callable[[remotes.Served], workbenches.Workbench], tmp_path: Path
) -> None:
    """Each commit carries the revision and pass, the last says complete, and a restart makes none."""
    desk = open_workbench(file_remote)
    revision = desk.commit({benches.FILE: sidecarsets.text(sidecarsets.NEW, maxUnavailable=2)})
    bench = benches.Bench(4)
    await bench.start()
    with concurrent.futures.ThreadPoolExecutor(1) as git:
        bench.reconciler = _reconciler(bench, file_remote, tmp_path / "one", git)
        await bench.settle()
        subjects = desk.log(BRANCH)
        assert "4/4 pods" in subjects[0]
        assert "complete" in subjects[0]
        assert revision in desk.log(BRANCH, "%(trailers:key=Gitsidecar-Revision)")[0]
        bench.reconciler = _reconciler(bench, file_remote, tmp_path / "two", git)
        await bench.settle()
    assert desk.log(BRANCH) == subjects


def _reconciler(
    bench: benches.Bench, remote: remotes.Served, folder: Path, git: concurrent.futures.Executor
) -> reconcilers.Reconciler:
    """Return a new process's reconciler, with mirrors of its own."""
    world = diaries.world_of(bench, remote, folder, git, branch=BRANCH)
    return reconcilers.Reconciler(world, reconcilers.Options("tests"))
