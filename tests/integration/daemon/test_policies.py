"""RolloutPolicies through real Git: freezes that come, go and end by themselves, and files that break."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitsidecar.model import reports
from tests.support import rehearsals, remotes, sidecarsets, workbenches

pytestmark = pytest.mark.integration

Open = Callable[..., workbenches.Workbench]

WEB = "web.yaml"
FREEZE = """\
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata:
  name: freeze
spec:
  sidecarSets: [web]
  freezes:
  - reason: "Incident 42: nothing moves"
"""


async def test_a_freeze_is_pushed_and_removed(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """With the freeze nothing moves and STATUS.md says why; without it everything does. Other sets never notice."""
    bench, cluster = open_workbench(file_remote), rehearsals.populated("api", "web")
    async with rehearsals.running(cluster, file_remote, tmp_path, bench) as rehearsal:
        files = {"api.yaml": _set("api"), WEB: _set("web"), "freeze.yaml": FREEZE}
        report = await rehearsal.passed(await rehearsal.push(files), lambda report: _named(report, "api").finished == 4)
        assert (_named(report, "web").updated, _held(report)) == (0, {"Frozen": 4})
        assert "Incident 42: nothing moves" in bench.show(rehearsals.STATUS_BRANCH, "STATUS.md")
        assert "policies/freeze.yaml" in bench.names(rehearsals.STATUS_BRANCH)
        revision = await rehearsal.push({"freeze.yaml": None})
        await rehearsal.passed(revision, lambda report: _named(report, "web").finished == 4)
        assert "policies/freeze.yaml" not in bench.names(rehearsals.STATUS_BRANCH)
    assert "RolloutPolicies:\n  freeze is gone" in "\n".join(bench.log(rehearsals.STATUS_BRANCH, "%B"))


async def test_a_freeze_ends_by_itself(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Nobody pushes anything: at `until` the daemon wakes and moves the pods, and not a moment before."""
    bench, cluster = open_workbench(file_remote), rehearsals.populated("web")
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=3)
    spec = f'  - {{reason: "Incident 42", until: "{until.isoformat()}"}}\n'
    text = FREEZE[: FREEZE.index("  - reason")] + spec
    async with rehearsals.running(cluster, file_remote, tmp_path, bench) as rehearsal:
        revision = await rehearsal.push({WEB: _set("web"), "freeze.yaml": text})
        await rehearsal.passed(revision, lambda report: _held(report) == {"Frozen": 4})
        await rehearsal.passed(revision, lambda report: _named(report, "web").finished == 4)
    assert until <= min(write.at for write in cluster.ledger.writes) < until + datetime.timedelta(seconds=5)


@pytest.mark.parametrize("damaged", [FREEZE.replace("freezes", "freeze"), FREEZE.replace('"', "")])
async def test_a_policy_that_breaks_is_remembered_by_a_new_process(
    damaged: str, file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A typo, or quotation marks forgotten: a process on an empty disk holds what the policy covered, and no more."""
    bench, cluster = open_workbench(file_remote), rehearsals.populated("api", "web")
    async with rehearsals.running(cluster, file_remote, tmp_path / "one", bench) as rehearsal:
        revision = await rehearsal.push({WEB: _set("web"), "freeze.yaml": FREEZE})
        await rehearsal.passed(revision, lambda report: _held(report) == {"Frozen": 4})
    revision = bench.commit({"api.yaml": _set("api"), "freeze.yaml": damaged})
    async with rehearsals.running(cluster, file_remote, tmp_path / "two", bench) as rehearsal:
        report = await rehearsal.passed(revision, lambda report: _named(report, "api").finished == 4)
        assert _held(report) == {"ManifestRejected": 4}
        assert "freeze.yaml:" in bench.show(rehearsals.STATUS_BRANCH, "STATUS.md")
        revision = await rehearsal.push({"freeze.yaml": FREEZE})
        report = await rehearsal.passed(revision, lambda report: _held(report) == {"Frozen": 4})
        assert report.found == ()
    assert _images(cluster) == {sidecarsets.OLD}


def _set(name: str, **update: Any) -> str:
    selector = {"app": name}
    return sidecarsets.text(name=name, selector=selector, **{"maxUnavailable": "100%", **update})


def _named(report: reports.Report, name: str) -> reports.SetReport:
    return next(each for each in report.sets if each.name == name)


def _held(report: reports.Report) -> dict[str, int]:
    return {held.reason: held.count for held in _named(report, "web").held}


def _images(cluster: Any) -> set[str]:
    found = (pod.container("logtail") for pod in cluster.snapshot().pods if pod.labels["app"] == "web")
    return {container.image for container in found if container is not None}
