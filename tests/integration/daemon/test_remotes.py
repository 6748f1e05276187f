"""A remote that the daemon cannot use: said, waited for, and no pod is touched meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitsidecar.model import reports
from tests.support import rehearsals, remotes, sidecarsets, workbenches

pytestmark = pytest.mark.integration

Http = tuple[remotes.HttpServer, remotes.Served]
Open = Callable[..., workbenches.Workbench]

SET = {"logtail.yaml": sidecarsets.text()}


async def test_a_wrong_token_is_waited_out(http_server: Http, open_workbench: Open, tmp_path: Path) -> None:
    """A refused token is said with its file, without itself; once the file is right, the pods move."""
    server, remote = http_server
    assert remote.token_file is not None
    remote.token_file.write_text("a-token-of-yesterday")
    cluster = rehearsals.populated("web")
    async with rehearsals.running(cluster, remote, tmp_path, open_workbench(remote)) as rehearsal:
        revision = await rehearsal.push(SET)
        words = await rehearsal.troubled(str(remote.token_file))
        assert "a-token-of-yesterday" not in words
        assert rehearsal.writes == 0
        remote.token_file.write_text(server.token)
        await rehearsal.passed(revision, _is_complete)
        await rehearsal.well()


async def test_a_token_that_expires_stops_nothing_else(http_server: Http, open_workbench: Open, tmp_path: Path) -> None:
    """When the token stops working later, pods are still watched and healed, and nothing of it is lost to the audit."""
    server, remote = http_server
    token, bench = server.token, open_workbench(remote)
    cluster = rehearsals.populated("web")
    async with rehearsals.running(cluster, remote, tmp_path, bench) as rehearsal:
        revision = await rehearsal.push(SET)
        await rehearsal.passed(revision, _is_complete)
        server.token = "another"
        await rehearsal.troubled(str(remote.token_file))
        (pod, *_) = cluster.snapshot().pods
        cluster.set_image_from_outside(pod.namespace, pod.name, "logtail", sidecarsets.OLD)
        await rehearsal.passed(revision, lambda report: pod.key in report.sets[0].moved)
        server.token = token
        await rehearsal.well()
        await rehearsal.passed(revision, _is_complete)
    assert any(pod.key in body for body in bench.log(rehearsals.STATUS_BRANCH, "%b"))


async def test_a_missing_branch_is_waited_for(
    http_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A branch that is not there is named with those that are; once it is pushed, the pods move."""
    open_workbench(http_remote, "trunk").commit(SET)
    cluster = rehearsals.populated("web")
    async with rehearsals.running(cluster, http_remote, tmp_path, open_workbench(http_remote)) as rehearsal:
        words = await rehearsal.troubled("no branch main")
        assert "trunk" in words
        assert rehearsal.writes == 0
        await rehearsal.passed(await rehearsal.push(SET), _is_complete)
        await rehearsal.well()


async def test_an_empty_repository_is_waited_for(
    http_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A repository without any commit is said to be empty; its first push begins the work."""
    cluster = rehearsals.populated("web")
    async with rehearsals.running(cluster, http_remote, tmp_path, open_workbench(http_remote)) as rehearsal:
        await rehearsal.troubled("is empty")
        assert rehearsal.writes == 0
        await rehearsal.passed(await rehearsal.push(SET), _is_complete)
        await rehearsal.well()


async def test_a_rewritten_history_halts(http_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """After a force-push nothing moves, and the daemon says what to do; a push that builds upon the past goes on."""
    bench = open_workbench(http_remote)
    cluster = rehearsals.populated("web")
    async with rehearsals.running(cluster, http_remote, tmp_path, bench) as rehearsal:
        good = await rehearsal.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        await rehearsal.passed(good, _is_complete)
        bench.write(SET)
        bench.git("add", "--all")
        bench.git("commit", "--quiet", "--amend", "--message=Another past")
        bench.push(force=True)
        words = await rehearsal.troubled("was rewritten")
        assert "rewrittenHistory" in words
        assert rehearsal.writes == 0
        bench.git("reset", "--quiet", "--hard", good)
        bench.write(SET)
        bench.git("commit", "--quiet", "--all", "--message=Build upon the past")
        revision = bench.push(force=True)
        await rehearsal.passed(revision, _is_complete)
        await rehearsal.well()


def _is_complete(report: reports.Report) -> bool:
    return all(each.matched == 4 == each.finished for each in report.sets) and bool(report.sets)
