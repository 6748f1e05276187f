"""`gitsidecar validate`: all errors at once, for people, programs and pull requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.unit.cli.conftest import Run


def test_good_files_are_fine(run: Run, good: Path) -> None:
    """Nothing is printed but a summary on standard error, and the exit code is 0."""
    result = run("validate", good)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "1 SidecarSet read; nothing to complain about\n"


def test_errors_are_told_with_their_place(run: Run, bad: Path) -> None:
    """Each is one line of file:line:col, field and words; the exit code is 1."""
    result = run("validate", bad)
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert any(line.startswith(f"{bad}/a.yaml:4:7: error: spec: ") for line in lines)
    [typo] = [line for line in lines if "maxUnavailabel" in line]
    assert "did you mean" in typo
    assert "maxUnavailable" in typo.partition("did you mean")[2]
    assert "2 errors" in result.stderr


def test_files_and_folders_may_be_mixed(run: Run, good: Path, bad: Path) -> None:
    """Each path counts, and a file named twice is read once."""
    result = run("validate", good / "logtail.yaml", good, bad)
    assert result.exit_code == 1
    assert "1 SidecarSet read" in result.stderr


def test_two_sets_of_one_name_are_refused(run: Run, good: Path) -> None:
    """Both places are named."""
    text = (good / "logtail.yaml").read_text()
    (good / "other.yaml").write_text(text)
    result = run("validate", good)
    assert result.exit_code == 1
    assert "logtail.yaml" in result.stdout
    assert "other.yaml" in result.stdout


def test_json_is_for_programs(run: Run, bad: Path) -> None:
    """The members are documented, and nothing else is printed."""
    result = run("validate", bad / "b.yaml", "--output", "json")
    [found] = json.loads(result.stdout)["findings"]
    assert list(found) == ["level", "file", "line", "column", "field", "message"]
    assert (found["level"], found["file"], found["field"]) == (
        "error",
        str(bad / "b.yaml"),
        "spec.updateStrategy.maxUnavailabel",
    )
    assert result.stderr == ""


def test_json_of_good_files_is_an_empty_list(run: Run, good: Path) -> None:
    """A program reads the same form whether or not there are findings."""
    assert json.loads(run("validate", good, "--output", "json").stdout) == {"findings": []}


def test_github_shows_findings_beside_their_lines(run: Run, bad: Path) -> None:
    """Each is a workflow command, with what would end it or its properties escaped."""
    odd = bad / "a,b:c.yaml"
    (bad / "b.yaml").rename(odd)
    result = run("validate", odd, "--output", "github")
    [line] = result.stdout.splitlines()
    assert line.startswith(f"::error file={bad}/a%2Cb%3Ac.yaml,line=")
    assert ",col=" in line
    assert "::spec.updateStrategy.maxUnavailabel: " in line


def test_links_and_unreadable_files_are_told(run: Run, good: Path, tmp_path: Path) -> None:
    """What a mirror would refuse is refused here too, and the others are read all the same."""
    (good / "link.yaml").symlink_to(good / "logtail.yaml")
    (good / "folder.yaml").mkdir()
    (good / ".hidden.yaml").write_text("[")
    (good / "notes.txt").write_text("[")
    result = run("validate", good)
    assert result.exit_code == 1
    [line] = result.stdout.splitlines()
    assert "link.yaml: error: is a link" in line
    assert "1 SidecarSet read" in result.stderr


def test_it_loads_nothing_that_it_does_not_need(good: Path) -> None:
    """No Kubernetes client, no Git, no web server: the check starts fast and runs anywhere."""
    code = (
        "import sys; from gitsidecar.cli import main; sys.argv[1:] = ['validate', sys.argv[1]]\n"
        "try: main.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'kubernetes', 'git', 'aiohttp', 'apscheduler', 'prometheus_client', 'structlog'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, good], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_a_reader_that_leaves_is_no_crash(bad: Path) -> None:
    """``gitsidecar validate … | head -1`` ends without a traceback."""
    for number in range(300):
        (bad / f"{number}.yaml").write_text("kind: SidecarSet\napiVersion: apps.kruise.io/v1beta1\nfoo: 1\n")
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", "from gitsidecar.cli import main; main.main()", "validate", str(bad)]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(write)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_a_folder_without_manifests_is_usage(run: Run, tmp_path: Path) -> None:
    """A mistyped folder must not pass in CI for ever."""
    (tmp_path / "notes.txt").write_text("nothing")
    result = run("validate", tmp_path)
    assert result.exit_code == 2
    assert "no .yaml, .yml or .json file" in result.stderr
