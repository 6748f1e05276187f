"""The installed command where something is wrong from the start: exit codes, words, and what the probes say."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import daemons, remotes

pytestmark = pytest.mark.integration

_AWAY = "https://127.0.0.1:9"


@pytest.fixture
def daemon(file_remote: remotes.Served, tmp_path: Path) -> Iterator[daemons.Daemon]:
    """Prepare a daemon whose kubeconfig names an API server at which nobody listens."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "away", "cluster": {"server": _AWAY}}],
                "users": [{"name": "away", "user": {"token": "a-token-of-the-cluster"}}],
                "contexts": [{"name": "away", "context": {"cluster": "away", "user": "away"}}],
                "current-context": "away",
            }
        )
    )
    with daemons.prepared(tmp_path, file_remote, kubeconfig=kubeconfig) as prepared:
        yield prepared


@pytest.mark.parametrize("verb", ["run", "once", "status"])
async def test_settings_with_faults_are_usage(verb: str, daemon: daemons.Daemon) -> None:
    """All faults of the settings file are printed with line and column, and the exit code is 2."""
    daemon.settings.change({"limits": {"coalesc": "1s"}, "status": {"interval": "soon"}})
    done = await daemons.run(verb, "--config", daemon.settings.file)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.count(f"{daemon.settings.file}:") == 2
    assert "did you mean 'coalesce'?" in done.stderr
    assert "'soon' is not a duration" in done.stderr


async def test_a_settings_file_that_is_not_there_is_usage(tmp_path: Path) -> None:
    """A missing settings file is named with the option that names another, and the exit code is 2."""
    done = await daemons.run("run", "--config", tmp_path / "nowhere.yaml")
    assert done.status == 2
    assert f"{tmp_path / 'nowhere.yaml'}" in done.stderr
    assert "--config" in done.stderr


@pytest.mark.parametrize(
    ("repository", "words"),
    [
        ({"url": "http://127.0.0.1:9/fleet.git", "allowInsecureHttp": False}, "is not encrypted"),
        ({"url": "https://me:hunter2@127.0.0.1:9/fleet.git"}, "holds credentials"),
        ({"url": "ftp://127.0.0.1/fleet.git"}, "begins with none of"),
        ({"branch": "..main"}, "..main"),
    ],
)
async def test_a_repository_that_cannot_be_used_is_usage(
    repository: dict[str, object], words: str, daemon: daemons.Daemon
) -> None:
    """An address or a branch that no remote could have is a fault of the settings: exit code 2, and no secret."""
    daemon.settings.change({"repository": repository})
    done = await daemons.run("run", "--config", daemon.settings.file)
    assert done.status == 2
    assert words in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


async def test_an_address_that_is_taken_is_said(daemon: daemons.Daemon) -> None:
    """When another process listens on the probes' address, the command ends with 3 and names address and setting."""
    with socket.create_server(("127.0.0.1", daemon.settings.port)):
        done = await daemons.run("run", "--config", daemon.settings.file)
    assert done.status == 3
    assert f"cannot listen on 127.0.0.1:{daemon.settings.port}" in done.stderr
    assert "probes.address" in done.stderr


async def test_an_api_server_that_is_away_is_waited_for(
    daemon: daemons.Daemon, file_remote: remotes.Served, tmp_path: Path
) -> None:
    """Without its API server the daemon stays alive, says so at `/readyz`, and ends with 0 when told to."""
    source = tmp_path / "source"
    remotes.git("clone", "--quiet", str(file_remote.repository), str(source))
    remotes.git("commit", "--quiet", "--allow-empty", "--message=Begin", folder=source)
    remotes.git("push", "--quiet", "origin", "HEAD:main", folder=source)
    daemon.start()
    words = await daemon.unready(_AWAY)
    assert "a-token-of-the-cluster" not in words
    assert daemon.probe("/healthz") == (200, "ok")
    assert "gitsidecar_passes_total" in daemon.probe("/metrics")[1]
    assert await daemon.stopped() == 0


async def test_the_status_branch_is_not_the_source_branch(daemon: daemons.Daemon) -> None:
    """Each record would be a new revision of the SidecarSets; that is a fault of the settings."""
    daemon.settings.change({"status": {"branch": "main"}})
    done = await daemons.run("once", "--config", daemon.settings.file)
    assert done.status == 2
    assert "status.branch and repository.branch are both main" in done.stderr
