"""`gitsidecar status --recorded`: the status branch as a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support import benches, remotes, sidecarsets, workbenches
from tests.unit.cli.conftest import Run

Open = Callable[..., workbenches.Workbench]


@pytest.fixture
def config(file_remote: remotes.Served, tmp_path: Path) -> Path:
    """Return a settings file that names the remote."""
    file = tmp_path / "gitsidecar.yaml"
    repository = {"url": file_remote.url, "folder": str(tmp_path / "mirrors")}
    file.write_text(json.dumps({"repository": repository}))
    return file


async def test_the_table_is_what_the_branch_says(
    run: Run, config: Path, file_remote: remotes.Served, open_workbench: Open
) -> None:
    """Each set has a line with its counts, and each rejection one below."""
    bench = benches.Bench(4)
    await bench.start()
    bench.push_files({benches.FILE: sidecarsets.text(maxUnavailable=1), "bad.yaml": "["})
    await bench.poll_and_pass()
    _write(open_workbench(file_remote, "gitsidecar/status/default"), bench.branch.content)
    result = run("status", "--config", config, "--recorded")
    assert result.exit_code == 0
    [line] = [line for line in result.stdout.splitlines() if line.startswith("logtail")]
    assert "1/4" in line or ("1" in line.split() and "4" in line.split())
    assert "bad.yaml:2:1: error: " in result.stdout


def test_an_empty_branch_is_said(run: Run, config: Path) -> None:
    """Before the first pass there is nothing to show, and that is no error."""
    result = run("status", "--config", config, "--recorded")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "gitsidecar/status/default is empty" in result.stderr


def test_settings_that_cannot_be_used_are_usage(run: Run, tmp_path: Path) -> None:
    """All that is wrong is printed, and the exit code is 2."""
    file = tmp_path / "bad.yaml"
    file.write_text("repositry: {}\n")
    result = run("status", "--config", file)
    assert result.exit_code == 2
    assert "did you mean" in result.stderr


def _write(desk: workbenches.Workbench, content: Mapping[str, bytes]) -> None:
    desk.commit(dict(content))
