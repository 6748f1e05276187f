"""The two commands of the README and CI's one: what they would run, read off `make -n`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_make_test_runs_every_check_and_then_the_tests() -> None:
    """`make test` lints, checks types and layers, and runs pytest with the arguments it is given."""
    assert _commands("test", "PYTEST_ARGS=--require=apiserver,node,browser")[-5:] == [
        "bin/ruff check",
        "bin/ruff format --check",
        "bin/mypy",
        "bin/lint-imports",
        "bin/pytest --require=apiserver,node,browser",
    ]


def test_the_demo_needs_no_tools_of_development() -> None:
    """`make demo` on a fresh clone installs what is shipped, nothing of dev.txt, and then the demo runs."""
    commands = _commands("demo")
    assert commands[-1] == "bin/gitsidecar demo"
    assert not any("dev.txt" in command for command in commands)


def test_everything_that_is_installed_is_pinned() -> None:
    """No set-up step of `make demo` or `make test` installs anything without its hash, but for the project itself."""
    installs = [command for command in _commands("test") if "pip install" in command]
    assert len(installs) == 4
    assert [command for command in installs if "--require-hashes" not in command] == [
        "bin/pip install --quiet --no-deps --no-build-isolation --editable ."
    ]


def test_a_second_call_sets_nothing_up_again(tmp_path: Path) -> None:
    """Where the stamps are newer than what the steps read, only the demo itself is run."""
    for stamp in (".python", ".run", ".dev"):
        (tmp_path / stamp).touch()
    assert _make("-n", "demo", f"VENV={tmp_path}").split() == [f"{tmp_path}/bin/gitsidecar", "demo"]


def test_ci_asks_for_every_tier_and_swallows_no_failure() -> None:
    """.ci/run can be executed, stops at the first failure, and calls `make test` with all tiers required."""
    script = ROOT / ".ci" / "run"
    text = script.read_text()
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in text
    assert 'make test PYTEST_ARGS="--require=apiserver,node,browser"' in text
    assert "|| true" not in text
    subprocess.run(["bash", "-n", script], check=True)


def _commands(target: str, *words: str) -> list[str]:
    """Return the commands of *target* in a clone without an environment yet, whose folder is left out of them."""
    folder = "no-environment-yet"
    return [
        line.replace(f"{folder}/", "").strip() for line in _make("-n", target, f"VENV={folder}", *words).splitlines()
    ]


def _make(*words: str) -> str:
    # What a make around this test hands down would change what is printed.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTEST_ARGS", "MFLAGS"))}
    return subprocess.run(["make", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
