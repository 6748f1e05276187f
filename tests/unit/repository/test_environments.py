"""The environment of git processes: ours, what leads out of the machine, and nothing else."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from gitsidecar.repository import environments, remotes

HOME = Path("/data/mirror/home")
URL = "https://git.example.com/fleet.git"


def config(remote: remotes.Remote) -> dict[str, str]:
    found = environments.variables(remote, home=HOME)
    count = int(found["GIT_CONFIG_COUNT"])
    return {found[f"GIT_CONFIG_KEY_{number}"]: found[f"GIT_CONFIG_VALUE_{number}"] for number in range(count)}


def test_inherited_variables_are_unset_by_name() -> None:
    """Whatever is not ours and not needed to get out is taken away, by name only, never by value."""
    inherited = ("GIT_DIR", "HOME", "HTTPS_PROXY", "PATH", "SECRET")
    command = environments.cleaning(inherited, {"HOME": "/data"})
    assert command == ("env", "-u", "GIT_DIR", "-u", "SECRET")


def test_the_token_helper_is_for_one_origin_only() -> None:
    """Git asks our helper for the remote's own host; a proxy or another host gets nothing."""
    found = config(remotes.Remote(URL, token_file=Path("/secrets/token")))
    helpers = {key: value for key, value in found.items() if key.endswith("helper")}
    assert list(helpers) == ["credential.helper", "credential.https://git.example.com.helper"]
    assert helpers["credential.helper"] == ""


@pytest.mark.parametrize("url", [URL, "http://git.example.com/x", "/srv/x", "file:///srv/x", "git@git.example.com:x"])
def test_only_the_remotes_own_transport_is_allowed(url: str) -> None:
    """A remote cannot lead git to another protocol than the one that the settings name."""
    remote = remotes.Remote(url)
    assert environments.variables(remote, home=HOME)["GIT_ALLOW_PROTOCOL"] == remote.scheme


def test_redirects_hooks_and_background_work_are_off() -> None:
    """These three are what the rest of this package relies on."""
    found = config(remotes.Remote(URL))
    assert (found["http.followRedirects"], found["core.hooksPath"], found["gc.auto"]) == ("false", "/dev/null", "0")


def test_ssh_paths_survive_shell_and_ssh() -> None:
    """The command is split by a shell and the path then by ssh; both must give the path back."""
    remote = remotes.Remote("git@host:x", known_hosts_file=Path("/a b/100%'$x"), ssh_key_file=Path("/k"))
    found = shlex.split(environments.variables(remote, home=HOME)["GIT_SSH_COMMAND"])
    assert 'UserKnownHostsFile="/a b/100%%\'$x"' in found
    assert "StrictHostKeyChecking=yes" in found
    assert not any(part.startswith("User=") for part in found)
