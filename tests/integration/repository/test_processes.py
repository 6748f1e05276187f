"""What git leaves behind and what it gets to see: nothing stays, no secret shows, nobody's configuration counts."""

from __future__ import annotations

import datetime
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.repository import mirrors, pipes, statuses
from gitsidecar.repository import remotes as addresses
from tests.support import git_fixtures, processes, remotes, workbenches

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
Open = Callable[[remotes.Served], workbenches.Workbench]
NOW = datetime.datetime(2026, 11, 24, 2, 0, tzinfo=datetime.UTC)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port on which connections are taken and never answered."""
    with socket.socket() as listener:
        port = processes.free_port()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        yield port


def mirror(served: remotes.Served, tmp_path: Path) -> mirrors.Mirror:
    return mirrors.Mirror(served.address(), branch="main", folder=tmp_path / "mirror")


def status_branch(served: remotes.Served, tmp_path: Path) -> statuses.GitStatusBranch:
    return statuses.GitStatusBranch(
        served.address(),
        branch="gitsidecar/status/fleet",
        folder=tmp_path / "status",
        author_name="gitsidecar",
        author_email="gitsidecar@example.com",
        random=random.Random(1),
        now=lambda: NOW,
    )


def told(text: str, what: str = "cmdline") -> list[str]:
    """Return the command lines, or environments, of all processes but this one that have *text* in them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            content = (folder / what).read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        if int(folder.name) != os.getpid() and text in content:
            found.append(content)
    return found


def held() -> tuple[int, int, list[int]]:
    """Return how many descriptors and threads this process has, and its children, zombies included."""
    children = [
        int(child) for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), sorted(children)


@pytest.mark.timeout(400)
def test_a_hundred_passes_leave_nothing(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """After 100 × fetch, read, load and record there is no new process, descriptor or thread."""
    workbench = open_workbench(file_remote)
    source, status = mirror(file_remote, tmp_path), status_branch(file_remote, tmp_path)
    before = None
    for number in range(100):
        if number % 10 == 0:
            workbench.commit({"a.yaml": str(number)})
        tree = source.read(source.fetch())
        status.load()
        status.record({"STATUS.md": tree.files[0].content + str(number).encode()}, f"Pass {number}")
        before = before or held()  # after the first pass: GitPython has been imported by then
    assert held() == before
    assert told(str(tmp_path)) == []


@pytest.mark.parametrize("scheme", ["http", "ssh"])
def test_a_silent_server_is_cut_off(scheme: str, silent_port: int, ssh_remote: remotes.Served, tmp_path: Path) -> None:
    """A server that takes the connection and never answers costs the time-out, and leaves no process."""
    url = f"{scheme}://127.0.0.1:{silent_port}/fleet.git"
    source = mirrors.Mirror(ssh_remote.address(url=url, timeout=1.0), branch="main", folder=tmp_path / "mirror")
    before, began = held()[2], time.monotonic()
    with pytest.raises(errors.TransientError) as caught:
        source.fetch()
    assert time.monotonic() - began < 15
    assert url in str(caught.value)
    assert held()[2] == before
    processes.wait_until(lambda: not told(str(silent_port)), what="the end of all processes", timeout=5)


def test_a_running_call_can_be_interrupted(silent_port: int, file_remote: remotes.Served, tmp_path: Path) -> None:
    """Another thread stops a call at once, and later calls do not begin: so a shutdown need not wait for a time-out."""
    url = f"http://127.0.0.1:{silent_port}/fleet.git"
    source = mirrors.Mirror(file_remote.address(url=url), branch="main", folder=tmp_path / "mirror")

    def interrupt() -> None:
        processes.wait_until(lambda: bool(told(url)), what="a git process", timeout=20)
        source.interrupt()

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(errors.TransientError, match="stopping"):
        source.fetch()
    other.join()
    with pytest.raises(errors.TransientError, match="stopping"):
        source.fetch()
    assert told(url) == []


def test_a_group_that_ignores_sigterm_is_killed() -> None:
    """A process that will not go, and the child that it started, are killed after a moment."""
    script = "trap '' TERM; sleep 271.828 & wait; sleep 271.828"
    process = subprocess.Popen(
        ["sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    with pytest.raises(TimeoutError):
        pipes.end(process, deadline=time.monotonic() + 0.2)
    assert process.returncode == -signal.SIGKILL
    processes.wait_until(lambda: not told("271.828"), what="the end of the group", timeout=5)


def test_the_token_is_nowhere_to_be_seen(
    http_server: tuple[remotes.HttpServer, remotes.Served], open_workbench: Open, tmp_path: Path
) -> None:
    """While git talks to the server the token is in no command line and no environment, nor in a file of ours."""
    server, served = http_server
    open_workbench(served).commit({"a.yaml": "a"})
    seen: list[str] = []
    clients: list[str] = []

    def watch() -> None:
        for what in ("cmdline", "environ"):
            seen.extend(told(git_fixtures.TOKEN, what))
        clients.extend(told("remote-http"))

    server.watch = watch
    source, status = mirror(served, tmp_path), status_branch(served, tmp_path)
    source.read(source.fetch())
    status.record({"STATUS.md": b"1"}, "One")
    assert clients != []
    assert any(authorization.startswith("Basic ") for _, _, authorization in server.seen)
    assert seen == []
    assert git_fixtures.TOKEN not in repr(served.address())
    kept = [path for folder in ("mirror", "status") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert not any(git_fixtures.TOKEN.encode() in path.read_bytes() for path in kept)


def test_a_token_that_the_server_repeats_is_not_shown(
    http_server: tuple[remotes.HttpServer, remotes.Served], tmp_path: Path
) -> None:
    """A server's words may hold the token; ours do not."""
    _, served = http_server
    hook = served.repository / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho 'go away, {git_fixtures.TOKEN}' >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    with pytest.raises(errors.StalledError, match=r"go away, \*\*\*") as caught:
        status_branch(served, tmp_path).record({"STATUS.md": b"1"}, "One")
    assert git_fixtures.TOKEN not in repr(caught.value)


def test_inherited_settings_do_not_count(
    any_remote: remotes.Served, open_workbench: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither variables nor files of whoever started us change what git does."""
    pushed = open_workbench(any_remote).commit({"a.yaml": "a"})
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        '[url "file:///nowhere"]\n\tinsteadOf = ' + any_remote.url + "\n", encoding="utf-8"
    )
    elsewhere = {"GIT_DIR": "/nowhere", "GIT_SSH_COMMAND": "false", "GIT_OBJECT_DIRECTORY": "/nowhere"}
    config = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.bare", "GIT_CONFIG_VALUE_0": "maybe"}
    for name, value in {"HOME": str(home), "GIT_TRACE": "2", **elsewhere, **config}.items():
        monkeypatch.setenv(name, value)
    source, status = mirror(any_remote, tmp_path), status_branch(any_remote, tmp_path)
    assert source.fetch() == pushed
    assert status.record({"STATUS.md": b"1"}, "One") != ""


def test_hooks_of_the_mirror_do_not_run(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """A script that somebody puts into the mirror's folder is not ours to run."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    workbench.commit({"a.yaml": "a"})
    source.fetch()
    hooks = tmp_path / "mirror/mirror.git/hooks"
    hooks.mkdir()
    (hooks / "reference-transaction").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", encoding="utf-8")
    (hooks / "reference-transaction").chmod(0o755)
    workbench.commit({"a.yaml": "b"})
    source.fetch()
    assert not (tmp_path / "ran").exists()


def test_a_machine_without_git_is_told(tmp_path: Path) -> None:
    """Where git is not installed, the fault says so in words, instead of a traceback at import."""
    script = (
        "from pathlib import Path\n"
        "from gitsidecar import errors\n"
        "from gitsidecar.repository import mirrors, remotes\n"
        f"source = mirrors.Mirror(remotes.Remote('file:///x'), branch='main', folder=Path({str(tmp_path / 'm')!r}))\n"
        "try:\n    source.fetch()\nexcept errors.StalledError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60
    )
    assert "git is not installed" in done.stdout, done.stderr


def test_the_address_needs_no_git() -> None:
    """Settings are checked without git: no import of it is needed to tell a bad url."""
    with pytest.raises(errors.StalledError):
        addresses.Remote("https://user:secret@example.com/x.git")
