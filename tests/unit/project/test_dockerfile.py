"""The Dockerfile, as far as it can be tried without a container engine: its steps are run where they can be."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import gitsidecar

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
_STEP = re.compile(r"^([A-Z]+) (.+)$", re.MULTILINE)
_PLACES = re.compile(r"\S*/(pip)(?= )|--no-cache-dir |--quiet ")


def test_hadolint_finds_nothing() -> None:
    """The Dockerfile's linter, which also reads the shell in it, has nothing to say."""
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_dependencies_come_by_the_commands_of_the_makefile() -> None:
    """What the image installs is installed by the same commands here, with hashes, before any test runs."""
    image = {line for line in _commands() if "--require-hashes" in line}
    here = {_bare(line.strip()) for line in (ROOT / "Makefile").read_text().splitlines()}
    assert image == {
        "pip install --require-hashes -r requirements/build.txt",
        "pip install --require-hashes -r requirements/run.txt",
    }
    assert image <= here


def test_the_image_holds_a_command_that_runs(tmp_path: Path) -> None:
    """The builder's last step, run on nothing but what the Dockerfile copies, gives a `gitsidecar` that starts."""
    source = _copied(tmp_path / "src")
    target = tmp_path / "gitsidecar"
    venv.create(target, with_pip=True)
    # Its dependencies were installed by the Makefile, into the environment of this test.
    (target / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "here.pth").write_text(_site_packages())
    build = _builder_steps()[-1].replace("/opt/build/bin/pip", f"{sys.executable} -m pip")
    subprocess.run(build.replace("/opt/gitsidecar", str(target)), shell=True, cwd=source, check=True)
    command = [str(target / "bin" / "gitsidecar"), "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert gitsidecar.__version__ in done.stdout
    assert not (target / "bin" / "pip").exists()


@pytest.mark.parametrize("name", ["requirements", "pyproject.toml", "README.md", "LICENSE", "gitsidecar"])
def test_what_is_copied_is_not_ignored(name: str) -> None:
    """.dockerignore lets through what the Dockerfile copies."""
    assert f"!{name}" in (ROOT / ".dockerignore").read_text().splitlines()
    assert name in " ".join(_arguments("COPY")).split()


def test_it_does_not_run_as_root() -> None:
    """The last USER is a number other than 0, so that `runAsNonRoot` can tell, and its home can be written to."""
    (user,) = _arguments("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert _arguments("VOLUME") == ["/var/lib/gitsidecar"]
    assert "HOME=/var/lib/gitsidecar" in " ".join(_arguments("ENV"))


def test_git_children_are_buried() -> None:
    """Process 1 is tini, which is installed beside what Git needs at run time; nothing that builds is."""
    assert _arguments("ENTRYPOINT") == ['["tini", "--", "gitsidecar"]']
    (packages,) = re.findall(
        r"apt-get install --yes --no-install-recommends ([a-z -]+?) &&", " ".join(_arguments("RUN"))
    )
    assert packages.split() == ["git", "openssh-client", "tini"]


def _arguments(keyword: str) -> list[str]:
    """Return what follows each *keyword*, in order, continued lines joined and comments left out."""
    lines = "\n".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#"))
    joined = re.sub(r"\s*\\\n\s*", " ", lines)
    return [rest for step, rest in _STEP.findall(joined) if step == keyword]


def _builder_steps() -> list[str]:
    return [step for step in _arguments("RUN") if "/opt/build" in step]


def _commands() -> set[str]:
    return {_bare(command.strip()) for step in _arguments("RUN") for command in step.split("&&")}


def _bare(command: str) -> str:
    """Take the parts off a pip command that say where it runs and how loud, not what it installs."""
    return _PLACES.sub(lambda match: match.group(1) or "", command)


def _copied(target: Path) -> Path:
    """Copy to *target* what the builder stage copies, and nothing else."""
    target.mkdir()
    for arguments in _arguments("COPY"):
        *sources, place = arguments.split()
        if sources[0].startswith("--from="):
            continue  # from the builder into the image
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, target / place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, target / place)
    return target


def _site_packages() -> str:
    (folder,) = [path for path in sys.path if path.endswith("site-packages")]
    return folder
