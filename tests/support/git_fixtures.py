"""Fixtures with real Git remotes, each empty and of its own, for any test; `tests/conftest.py` loads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import remotes, workbenches

TOKEN = "token-that-must-never-be-shown"


@pytest.fixture
def file_remote(tmp_path: Path) -> remotes.Served:
    """Give a repository that is reached as a folder."""
    return remotes.by_file(_folder(tmp_path, "file-remote"))


@pytest.fixture
def http_server(tmp_path: Path) -> Iterator[tuple[remotes.HttpServer, remotes.Served]]:
    """Serve a repository over HTTP, with a token, and give the server too, to look into it or to disturb it."""
    with remotes.serving_http(_folder(tmp_path, "http-remote"), token=TOKEN) as served:
        yield served


@pytest.fixture
def http_remote(http_server: tuple[remotes.HttpServer, remotes.Served]) -> remotes.Served:
    """Give a repository that is reached over HTTP with a token."""
    return http_server[1]


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[remotes.SshServer]:
    """Run one sshd for all tests of the session; started by the first that asks."""
    if not remotes.has_sshd():
        pytest.skip(f"this machine lacks ssh, ssh-keygen or {remotes.SSHD} (apt-get install openssh-server)")
    with remotes.serving_ssh(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def ssh_remote(ssh_server: remotes.SshServer, tmp_path: Path) -> remotes.Served:
    """Give a repository that is reached over SSH."""
    return ssh_server.serve(_folder(tmp_path, "ssh-remote"))


@pytest.fixture(params=["file", "http", "ssh"])
def any_remote(request: pytest.FixtureRequest) -> remotes.Served:
    """Run the test once over each transport."""
    served = request.getfixturevalue(f"{request.param}_remote")
    assert isinstance(served, remotes.Served)
    return served


@pytest.fixture
def open_workbench(tmp_path: Path) -> Callable[[remotes.Served], workbenches.Workbench]:
    """Give a function that opens a person's clone of a remote, or another one, on branch ``main`` or the one named."""
    numbers = iter(range(1000))

    def opened(served: remotes.Served, branch: str = "main") -> workbenches.Workbench:
        return workbenches.Workbench(tmp_path / f"workbench-{next(numbers)}", served.repository, branch=branch)

    return opened


def _folder(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder
