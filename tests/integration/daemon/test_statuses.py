"""A status branch that somebody else has written to: theirs is kept, ours is put right, nothing is forced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitsidecar.model import reports
from tests.support import rehearsals, remotes, sidecarsets, workbenches

pytestmark = pytest.mark.integration

Open = Callable[..., workbenches.Workbench]

BRANCH = rehearsals.STATUS_BRANCH


async def test_what_others_wrote_is_kept_or_put_right(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """Files beside ours stay, edits of ours go with the next record, and the other's commit stays in the log."""
    bench, cluster = open_workbench(file_remote), rehearsals.populated("web")
    async with rehearsals.running(cluster, file_remote, tmp_path, bench) as rehearsal:
        await rehearsal.passed(await rehearsal.push(_set(partition="50%")), _has_finished(2))
        other = open_workbench(file_remote, BRANCH)
        other.pull()
        edited = {"NOTES.md": "on call: Grace\n", "STATUS.md": "all is well\n", "sets/web.yaml": "kind: Nonsense\n"}
        theirs = other.commit({**edited, "sets/intruder.yaml": "kind: Nonsense\n"}, "Write beside the daemon")
        await rehearsal.passed(await rehearsal.push(_set()), _has_finished(4))
    assert bench.show(BRANCH, "NOTES.md") == "on call: Grace"
    assert "all 4 pods" in bench.show(BRANCH, "STATUS.md")
    assert "Nonsense" not in bench.show(BRANCH, "sets/web.yaml")
    assert "sets/intruder.yaml" not in bench.names(BRANCH)
    assert theirs in bench.log(BRANCH, "%H")


async def test_garbage_in_the_status_branch_starts_all_the_same(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A process that begins with damaged files of its own on the status branch moves pods and writes them anew."""
    bench, cluster = open_workbench(file_remote), rehearsals.populated("web")
    garbage: dict[str, str | bytes | None] = {
        "sets/web.yaml": b"\xff[[[",
        "history/web/v1-0.yaml": "{}",
        "STATUS.md": b"\x00",
        "rejections.yaml": "",
    }
    open_workbench(file_remote, BRANCH).commit(garbage)
    async with rehearsals.running(cluster, file_remote, tmp_path, bench) as rehearsal:
        await rehearsal.passed(await rehearsal.push(_set()), _has_finished(4))
        await rehearsal.well()
    assert "all 4 pods" in bench.show(BRANCH, "STATUS.md")
    assert "matchedPods: 4" in bench.show(BRANCH, "sets/web.yaml")
    assert "rejections.yaml" not in bench.names(BRANCH)


async def test_a_deleted_status_branch_is_made_anew(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """When somebody deletes the status branch, the next record makes it again with everything in it; no pod moves."""
    bench, cluster = open_workbench(file_remote), rehearsals.populated("web")
    async with rehearsals.running(cluster, file_remote, tmp_path, bench) as rehearsal:
        await rehearsal.passed(await rehearsal.push(_set(partition="50%")), _has_finished(2))
        names = bench.names(BRANCH)
        bench.git("push", "--quiet", "origin", f":refs/heads/{BRANCH}")
        writes = rehearsal.writes
        await rehearsal.passed(await rehearsal.push(_set(paused=True)), lambda report: "Paused" in str(report.sets))
        assert bench.names(BRANCH) == names
        assert rehearsal.writes == writes


def _set(**update: Any) -> dict[str, str | bytes | None]:
    return {"web.yaml": sidecarsets.text(name="web", **{"maxUnavailable": "100%", **update})}


def _has_finished(number: int) -> Callable[[reports.Report], bool]:
    return lambda report: [each.finished for each in report.sets] == [number]
