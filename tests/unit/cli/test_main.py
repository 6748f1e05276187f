"""The command itself: its help, its exit codes, and how it ends when it is interrupted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import gitsidecar
from gitsidecar.cli import main
from tests.unit.cli.conftest import Run

VERBS = ("demo", "once", "plan", "run", "status", "validate")
COMMAND = (sys.executable, "-c", "from gitsidecar.cli import main; main.main()")


def test_help_lists_all_verbs(run: Run) -> None:
    """Each verb has its line."""
    text = run("--help").stdout
    assert [verb for verb in VERBS if re.search(rf"^  {verb} ", text, re.MULTILINE)] == list(VERBS)
    assert "Exit codes" in text


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_explains_itself_with_an_example(run: Run, verb: str) -> None:
    """The help of a verb ends with a command that a person could type."""
    result = run(verb, "-h")
    assert result.exit_code == 0
    assert f"Example: gitsidecar {verb} " in " ".join(result.stdout.split())


def test_the_version_is_told(run: Run) -> None:
    """``--version`` prints the package's."""
    assert gitsidecar.__version__ in run("--version").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["frob"], 2, "No such command 'frob'"),
        (["validate"], 2, "Missing argument"),
        (["validate", "/nowhere"], 2, "does not exist"),
        (["demo", "--pods", "3"], 2, "--pods"),
        (["once", "--config", "/nowhere.yaml"], 2, "/nowhere.yaml"),
    ],
)
def test_what_is_typed_wrongly_is_usage(arguments: list[str], code: int, words: str) -> None:
    """The words name what is wrong, on standard error, and the exit code is 2."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_reached_is_three(tmp_path: Path) -> None:
    """A remote that is not there ends a verb with 3 and one line of words."""
    config = tmp_path / "gitsidecar.yaml"
    config.write_text(f"repository: {{url: {tmp_path}/nowhere.git, folder: {tmp_path}/mirrors}}\n")
    done = subprocess.run([*COMMAND, "status", "--config", config], capture_output=True, text=True, timeout=60)
    assert done.returncode == main.UNREACHABLE
    assert done.stderr.startswith("error: ")
    assert "nowhere.git" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cluster_that_cannot_be_reached_is_three(good: Path, tmp_path: Path) -> None:
    """So does a kubeconfig that is not there, and nothing complains about connections left open."""
    words = [*COMMAND, "plan", str(good), "--kubeconfig", str(tmp_path / "nowhere.conf")]
    environ = {**os.environ, "PYTHONWARNINGS": "always::ResourceWarning"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environ)
    assert done.returncode == main.UNREACHABLE
    assert len(done.stderr.splitlines()) == 1


def test_control_c_is_tidy(good: Path) -> None:
    """An interrupted verb says so in a word, without a traceback, and ends as shells expect."""
    words = [*COMMAND, "plan", str(good), "--pods", "-"]
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=0
    )
    assert process.stdin is not None
    _wait_until_it_reads(process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.strip()) == (main.INTERRUPTED, "", "interrupted")


def _wait_until_it_reads(process: subprocess.Popen[str]) -> None:
    """Fill the pipe until somebody takes something out of it: by then all is imported."""
    assert process.stdin is not None
    os.write(process.stdin.fileno(), b" " * (1 << 17))  # more than a pipe holds
