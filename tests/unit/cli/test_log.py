"""`gitsidecar log`: a real status branch, recorded by the real reconciler, told as a diary."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import diaries, remotes, workbenches
from tests.unit.cli.conftest import Run
from tests.unit.docs import pages

Open = Callable[..., workbenches.Workbench]
_COMMIT = re.compile(r"\b[0-9a-f]{7}\b")
_PAGE = pages.DOCS / "commands" / "log.md"


@pytest.fixture
def config(file_remote: remotes.Served, tmp_path: Path) -> Path:
    """Return a settings file that names the remote."""
    file = tmp_path / "gitsidecar.yaml"
    file.write_text(json.dumps({"repository": {"url": file_remote.url, "folder": str(tmp_path / "mirrors")}}))
    return file


@pytest.fixture
async def commits(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> list[str]:
    """Record the story of `tests.support.diaries`, and return its source commits."""
    return await diaries.write(file_remote, open_workbench(file_remote), tmp_path / "daemon")


async def test_the_page_shows_what_is_printed(run: Run, config: Path, commits: list[str]) -> None:
    """docs/commands/log.md shows this story: rollout, stops and rejection, newest first, each of its own commit."""
    result = run("log", "--config", config)
    assert (result.exit_code, result.stderr) == (0, "")
    [shown] = [block.text for block in pages.blocks("text") if block.page == _PAGE]
    assert _COMMIT.sub("…", result.stdout) == _COMMIT.sub("…", shown)
    spoilt, paused, rolled_out = commits[4], commits[2], commits[1]
    assert _COMMIT.findall(result.stdout) == [each[:7] for each in (spoilt, paused, rolled_out, rolled_out)]


async def test_the_page_names_each_member(run: Run, config: Path, commits: list[str]) -> None:
    """The table in docs/commands/log.md has each member of the JSON, and no other."""
    assert commits
    members = {"entries"}
    for entry in _entries(run("log", "--config", config, "--output", "json").stdout):
        members |= {f"entries[].{name}" for name in entry}
        members |= {f"entries[].changes[].{name}" for change in entry.get("changes", ()) for name in change}
    named = [name for row in pages.table(_PAGE, "Field") for name in pages.codes(row["Field"])]
    assert (sorted(named), len(named)) == (sorted(members), len(set(named)))


async def test_one_set_is_told_alone(run: Run, config: Path, commits: list[str]) -> None:
    """With SET only its entries are told, its own refused manifest among them; of another one there is nothing."""
    assert commits
    kinds = [each["kind"] for each in _entries(run("log", "logtail", "--config", config, "--output", "json").stdout)]
    assert kinds == ["Rejection", "Stop", "Stop", "Rollout"]
    other = run("log", "proxy", "--config", config)
    assert (other.exit_code, other.stdout) == (0, "")
    assert "tells of nothing that fits" in other.stderr


async def test_since_leaves_out_what_was_over(run: Run, config: Path, commits: list[str]) -> None:
    """What ended before the time is left out, what reaches into it is told whole, with the images of before."""
    assert commits
    result = run("log", "--config", config, "--since", "2026-11-24T02:25:00Z", "--output", "json")
    found = {each["kind"]: each for each in _entries(result.stdout)}
    assert found.keys() == {"Rejection", "Stop", "Rollout"}
    assert found["Stop"]["reason"] == "Paused"
    assert found["Rollout"]["started"] == "2026-11-24T02:10:00Z"
    assert found["Rollout"]["changes"] == [
        {"container": "logtail", "old": "log-service/logtail:0.16.16", "new": "log-service/logtail:0.16.18"}
    ]
    later = run("log", "--config", config, "--since", "2026-11-24T02:45:00Z", "--output", "json")
    assert [each["kind"] for each in _entries(later.stdout)] == ["Rejection"]


async def test_authors_that_cannot_be_had_are_left_out(
    run: Run, config: Path, commits: list[str], open_workbench: Open, file_remote: remotes.Served
) -> None:
    """When the source branch was rewritten, the commit's hash stands alone."""
    desk = open_workbench(file_remote)
    desk.write({"README.md": "begun anew"})
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "--message=Begin anew")
    desk.push(force=True)
    found = _entries(run("log", "--config", config, "--output", "json").stdout)
    [rollout] = [each for each in found if each["kind"] == "Rollout"]
    assert (rollout["commit"], rollout["author"], rollout["subject"]) == (commits[1], "", "")
    assert f"  by      {commits[1][:7]}\n" in run("log", "--config", config).stdout


def test_an_empty_branch_is_said(run: Run, config: Path) -> None:
    """Before the first record there is nothing to tell, and that is no error."""
    result = run("log", "--config", config)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "gitsidecar/status/default tells of nothing that fits" in result.stderr


@pytest.mark.parametrize("since", ["yesterday", "2026-11-24T02:25:00", "7"])
def test_a_time_that_is_none_is_usage(run: Run, config: Path, since: str) -> None:
    """The message says how to write it."""
    result = run("log", "--config", config, "--since", since)
    assert result.exit_code == 2
    assert "2026-11-24T02:00:00Z" in result.stderr or "add Z" in result.stderr


@pytest.mark.parametrize("since", ["7d", "1h30m", "90m"])
async def test_a_duration_reaches_back_from_now(run: Run, config: Path, commits: list[str], since: str) -> None:
    """The story is of a day in the past or the future of whoever runs this; nothing of it is lost either way."""
    assert commits
    assert run("log", "--config", config, "--since", since).exit_code == 0


def _entries(printed: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(printed)["entries"]
    return found
