"""
The environment of every git process: nothing of this machine's configuration, nothing of this process's secrets.

Kept of our own environment: the search path, where temporary files go, and how to get out (proxies, CA bundles).
Settings travel as ``GIT_CONFIG_*`` variables: Git does not hand those on to the other side of a ``file://`` remote, so
the hooks of a server are still its own. A token is never here, only the path of its file.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from gitsidecar.repository import remotes

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
KEPT = frozenset((*_PROXIES, "PATH", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"))

# Run by git's shell when the remote's own host, and no other (not a proxy either), asks who we are. `printf` is built
# into the shell, so the token is in no process's arguments.
_CREDENTIAL_HELPER = (
    '!f() { test "$1" = get || exit 0; token=$(tr -d "[:space:]" <"$GITSIDECAR_TOKEN_FILE") || exit 1; '
    'printf "username=%s\\npassword=%s\\n" "$GITSIDECAR_USERNAME" "$token"; }; f'
)

_CONFIG = (
    ("core.hooksPath", "/dev/null"),
    ("core.askPass", ""),
    ("core.logAllRefUpdates", "false"),
    ("credential.helper", ""),
    ("gc.auto", "0"),  # it would run on in the background, outside our time-out
    ("maintenance.auto", "false"),
    ("fetch.unpackLimit", "1"),  # one pack a fetch, so that packs tell when to compact, not thousands of files
    ("fastimport.unpackLimit", "1"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    ("transfer.credentialsInUrl", "die"),
    ("protocol.version", "2"),  # asks for one branch instead of being told all
    ("http.followRedirects", "false"),  # a token must not follow to a host that nobody has named
    ("http.sslVerify", "true"),
    ("http.lowSpeedLimit", "1"),
)


def cleaning(inherited: Iterable[str], ours: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command that runs the next one without the *inherited* variables, but with `KEPT` and *ours*."""
    # GitPython passes on the whole environment and cannot unset a name; an empty GIT_DIR is not the same as none.
    unset = (("-u", name) for name in sorted(inherited) if name not in KEPT and name not in ours)
    return ("env", *(part for pair in unset for part in pair))


def variables(remote: remotes.Remote, *, home: Path) -> dict[str, str]:
    """Return the variables for git commands about *remote*; *home* is an empty folder that takes a user's place."""
    found = {
        "HOME": str(home),
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_ALLOW_PROTOCOL": remote.scheme,
        "GIT_CEILING_DIRECTORIES": str(home.parent),
    }
    config = [*_CONFIG, ("http.lowSpeedTime", str(max(1, int(remote.timeout))))]
    if remote.token_file is not None and remote.is_http:
        config.append((f"credential.{remote.origin}.helper", _CREDENTIAL_HELPER))
        found["GITSIDECAR_TOKEN_FILE"] = str(remote.token_file.absolute())
        found["GITSIDECAR_USERNAME"] = remote.username
    if remote.ca_file is not None:
        config.append(("http.sslCAInfo", str(remote.ca_file.absolute())))
    if remote.scheme == "ssh":
        found["GIT_SSH_COMMAND"] = shlex.join(ssh_command(remote))
        found["GIT_SSH_VARIANT"] = "ssh"
    return found | _as_variables(config)


def ssh_command(remote: remotes.Remote) -> tuple[str, ...]:
    """Return the ssh command for *remote*: our key only, the given host keys only, and no questions."""
    options = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": _ssh_path(remote.known_hosts_file),
        "GlobalKnownHostsFile": "/dev/null",
        "UpdateHostKeys": "no",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "IdentityFile": _ssh_path(remote.ssh_key_file),
        "PreferredAuthentications": "publickey",
        "ConnectTimeout": str(max(1, int(remote.timeout))),
        "ServerAliveInterval": "15",
        "ServerAliveCountMax": "3",
        "ControlMaster": "no",
        "ControlPath": "none",
        "ForwardAgent": "no",
        "LogLevel": "ERROR",
    }
    if not remote.has_user:
        options["User"] = remote.username
    pairs = (("-o", f"{name}={value}") for name, value in options.items())
    return ("ssh", "-F", "/dev/null", *(part for pair in pairs for part in pair))


def _ssh_path(path: Path | None) -> str:
    """Write a path as ssh wants it: quoted against spaces, and with % doubled, as it would expand tokens."""
    if path is None:
        return "none"
    return '"' + str(path.absolute()).replace("%", "%%") + '"'


def _as_variables(config: list[tuple[str, str]]) -> dict[str, str]:
    found = {"GIT_CONFIG_COUNT": str(len(config))}
    for number, (key, value) in enumerate(config):
        found[f"GIT_CONFIG_KEY_{number}"] = key
        found[f"GIT_CONFIG_VALUE_{number}"] = value
    return found
