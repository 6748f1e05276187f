"""`gitsidecar demo`: the story runs to its end with real Git, and says so when it does not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click.testing
import pytest

from gitsidecar.cli import main
from gitsidecar.cli.demos import stages, stories
from gitsidecar.simulation import paces

COMMAND = (sys.executable, "-c", "from gitsidecar.cli import main; main.main()", "demo")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Play the demo once, as a command of its own that no terminal reads, and give the folder that it kept."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    words = [*COMMAND, "--pods", "12", "--speed", "20", "--keep", str(folder)]
    return folder, subprocess.run(words, capture_output=True, text=True, timeout=100)


def test_the_story_ends_as_it_should(told: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Every chapter has its title and its good end, and the exit code is 0."""
    done = told[1]
    assert done.returncode == 0
    titles = [chapter.title for chapter in stories.chapters(12)]
    assert [title for title in titles if f"▶ {title}" in done.stdout] == titles
    assert done.stdout.count("  ✓ ") == len(titles)
    assert "✗" not in done.stdout


def test_counts_are_plain_lines_where_no_terminal_reads(told: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Without a terminal there are no colours and no cursor movements, and a line for each change."""
    out = told[1].stdout
    assert "\x1b" not in out
    assert "logtail: 6/12 updated" in out
    assert "held: 6 PartitionKept" in out


def test_the_log_stays_quiet(told: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Nothing goes to standard error."""
    assert told[1].stderr == ""


def test_it_ends_with_the_audit_trail(told: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """The status branch's log is printed, with what each commit changed, and tells the story too."""
    trail = told[1].stdout.partition("git log --reverse --stat")[2]
    assert "complete" in trail
    assert "blocked (PodsFailing)" in trail
    assert re.search(r"STATUS\.md +\| +\d+ [+-]", trail)


def test_the_status_can_be_read_afterwards(told: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """The path of STATUS.md that is printed exists, and the file says that all is complete."""
    folder, done = told
    [path] = re.findall(r"For people: (.*STATUS\.md)", done.stdout)
    assert Path(path) == folder / "status-branch/STATUS.md"
    assert "12" in Path(path).read_text(encoding="utf-8")
    assert str(folder) in done.stdout.splitlines()[-1]


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    """Nobody's files are mixed with the demo's."""
    (tmp_path / "precious").touch()
    result = click.testing.CliRunner().invoke(main.program, ["demo", "--keep", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty" in result.stderr
    assert sorted(os.listdir(tmp_path)) == ["precious"]


def test_a_story_that_goes_wrong_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When pods never come back, the chapter is said not to be so, and the exit code is 1."""
    monkeypatch.setattr(stages, "_PACE", paces.Pace(restarting=(1e6, 1e6)))
    monkeypatch.setattr(stories, "_SECONDS", 2.0)
    words = ["demo", "--pods", "10", "--speed", "20", "--keep", str(tmp_path / "kept")]
    result = click.testing.CliRunner().invoke(main.program, words)
    assert result.exit_code == 1
    assert "✗ not so: 5 pods move" in result.stdout
    assert "Push partition: 0" not in result.stdout
    assert "git log" in result.stdout
