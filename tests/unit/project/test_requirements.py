"""The pinned requirement files: they agree with pyproject.toml, with each other, and every entry has its hash."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging import requirements, utils, version

import gitsidecar

ROOT = Path(__file__).resolve().parents[3]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
FILES = ("build.txt", "dev.txt", "run.txt")
_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def test_the_version_is_written_the_same_twice() -> None:
    """pyproject.toml and the package say the same version."""
    assert PYPROJECT["project"]["version"] == gitsidecar.__version__


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("build.txt", PYPROJECT["build-system"]["requires"]),
        ("run.txt", PYPROJECT["project"]["dependencies"]),
        ("dev.txt", PYPROJECT["project"]["dependencies"]),
        ("dev.txt", PYPROJECT["project"]["optional-dependencies"]["dev"]),
    ],
)
def test_what_is_pinned_satisfies_what_is_asked_for(file: str, wanted: list[str]) -> None:
    """Each dependency of pyproject.toml is pinned, to a version in its range."""
    pinned = _pinned(file)
    for line in wanted:
        asked = requirements.Requirement(line)
        assert pinned[utils.canonicalize_name(asked.name)] in asked.specifier, line


@pytest.mark.parametrize("file", ["build.txt", "run.txt"])
def test_development_runs_on_what_is_shipped(file: str) -> None:
    """dev.txt pins everything of the other two to the same versions, so that the tests test what is shipped."""
    assert _pinned(file).items() <= _pinned("dev.txt").items()


@pytest.mark.parametrize("file", FILES)
def test_every_pin_has_a_hash(file: str) -> None:
    """No entry can be installed from anything but the very files that were looked at when it was pinned."""
    entries = re.split(r"\n(?=[A-Za-z])", (ROOT / "requirements" / file).read_text().strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert len(entries) == len(_pinned(file))


def test_the_source_of_build_txt_is_the_build_system() -> None:
    """requirements/build.in asks for what pyproject.toml says the wheel is built with."""
    lines = (ROOT / "requirements" / "build.in").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == PYPROJECT["build-system"]["requires"]


def _pinned(file: str) -> dict[str, version.Version]:
    entries = _ENTRY.findall((ROOT / "requirements" / file).read_text())
    return {utils.canonicalize_name(name): version.Version(number) for name, number in entries}
