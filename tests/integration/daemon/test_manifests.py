"""Bad files in the source branch: each is named in the status, its sets stay as they were, the others go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitsidecar.model import reports
from tests.support import rehearsals, remotes, sidecarsets, workbenches

pytestmark = pytest.mark.integration

Open = Callable[..., workbenches.Workbench]

TRAILER = "Gitsidecar-Allow-Removal: true"
BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)


async def test_a_bad_file_keeps_its_set_and_stops_no_other(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A typo holds its own set at the last good form, with file, line and column in STATUS.md; the next rolls on."""
    bench, cluster = open_workbench(file_remote), rehearsals.populated("api", "web")
    async with rehearsals.running(cluster, file_remote, tmp_path, bench) as rehearsal:
        first = await rehearsal.push({"api.yaml": _set("api", partition="50%"), "web.yaml": _set("web", paused=True)})
        await rehearsal.passed(first, lambda report: _named(report, "api").finished == 2)
        typo = _set("api").replace("matchLabels", "matchLabel")
        second = await rehearsal.push({"api.yaml": typo, "web.yaml": _set("web")})
        report = await rehearsal.passed(second, lambda report: _named(report, "web").finished == 4)

        api = _named(report, "api")
        assert (api.finished, {held.reason: held.count for held in api.held}) == (2, {"ManifestRejected": 2})
        assert api.generation == 1
        line = next(number for number, text in enumerate(typo.splitlines(), 1) if "matchLabel:" in text)
        status = bench.show(rehearsals.STATUS_BRANCH, "STATUS.md")
        assert f"api.yaml:{line}:5" in status
        assert "matchLabels" in status
        assert "api.yaml" in bench.show(rehearsals.STATUS_BRANCH, "rejections.yaml")

        third = await rehearsal.push({"api.yaml": _set("api")})
        report = await rehearsal.passed(third, lambda report: _named(report, "api").finished == 4)
        assert report.found == ()
        assert "rejections.yaml" not in bench.names(rehearsals.STATUS_BRANCH)


async def test_the_last_good_form_outlives_the_process(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A new process, on an empty disk, that finds a bad file takes the last good form from the status branch."""
    bench, cluster = open_workbench(file_remote), rehearsals.populated("web")
    async with rehearsals.running(cluster, file_remote, tmp_path / "one", bench) as rehearsal:
        revision = await rehearsal.push({"web.yaml": _set("web", partition="50%")})
        await rehearsal.passed(revision, lambda report: _named(report, "web").finished == 2)
    bad = bench.commit({"web.yaml": "[" * 1000})
    writes = len(cluster.ledger.writes)
    async with rehearsals.running(cluster, file_remote, tmp_path / "two", bench) as rehearsal:
        web = _named(await rehearsal.passed(bad), "web")
    assert (web.matched, web.updated, web.commit) == (4, 2, revision)
    assert {held.reason: held.count for held in web.held} == {"ManifestRejected": 2}
    assert len(cluster.ledger.writes) == writes


@pytest.mark.parametrize("survivors", [0, 1])
async def test_an_emptied_repository_changes_nothing(
    survivors: int, file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """Where most sets vanish at once, all are kept and no pod moves; the status names the trailer that lets them go."""
    names = ["api", "search", "web"]
    bench, cluster = open_workbench(file_remote), rehearsals.populated(*names)
    async with rehearsals.running(cluster, file_remote, tmp_path, bench) as rehearsal:
        half = {f"{name}.yaml": _set(name, partition="50%") for name in names}
        revision = await rehearsal.push(half)
        await rehearsal.passed(revision, lambda report: all(each.finished == 2 for each in report.sets))
        writes = rehearsal.writes
        gone = names[survivors:]
        emptied = await rehearsal.push({f"{name}.yaml": None for name in gone}, "Tidy up")
        report = await rehearsal.passed(emptied)
        assert [each.name for each in report.sets] == names
        assert all(TRAILER in _named(report, name).rejection for name in gone)
        assert TRAILER in bench.show(rehearsals.STATUS_BRANCH, "STATUS.md")
        assert rehearsal.writes == writes

        meant = await rehearsal.push({}, f"Tidy up\n\nWe mean it.\n\n{TRAILER}")
        report = await rehearsal.passed(meant)
        assert [each.name for each in report.sets] == names[:survivors]
        left = [
            name
            for name in bench.names(rehearsals.STATUS_BRANCH)
            if name.startswith("sets/") and name.endswith(".yaml")
        ]
        assert left == [f"sets/{name}.yaml" for name in names[:survivors]]
        assert rehearsal.writes == writes


async def test_odd_files_are_named_and_harm_nothing(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """Whatever lies beside a good set, a file of each kind of mischief, the set rolls out and each file is named."""
    bench, cluster = open_workbench(file_remote), rehearsals.populated("web")
    odd: dict[str, str | bytes | None] = {
        "bomb.yaml": BOMB,
        "brackets.yaml": "[" * 100_000,
        "latin.yaml": "kind: SidecarSet\nname: caf\xe9\n".encode("latin-1"),
        "large.yaml": "#" * (1 << 20) + "\n",
        "nulls.yaml": "kind: SidecarSet\napiVersion: apps.kruise.io/v1beta1\nmetadata:\nspec:\n",
        "tabs.yaml": "kind:\tSidecarSet\n\tspec: {}\n",
        "double.json": '{"kind": "SidecarSet", "kind": "SidecarSet"}',
    }
    (bench.folder / "link.yaml").symlink_to("/etc/passwd")
    async with rehearsals.running(cluster, file_remote, tmp_path, bench) as rehearsal:
        revision = await rehearsal.push({**odd, "web.yaml": _set("web")})
        report = await rehearsal.passed(revision, lambda report: _named(report, "web").finished == 4)
        assert {each.file for each in report.found} == {*odd, "link.yaml"}
        rejections = bench.show(rehearsals.STATUS_BRANCH, "rejections.yaml")
        assert all(name in rejections for name in odd)
        await rehearsal.well()


def _set(name: str, **update: Any) -> str:
    return sidecarsets.text(name=name, selector={"app": name}, **{"maxUnavailable": "100%", **update})


def _named(report: reports.Report, name: str) -> reports.SetReport:
    (found,) = [each for each in report.sets if each.name == name]
    return found
