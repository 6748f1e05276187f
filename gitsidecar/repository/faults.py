"""
One place that turns git's complaints into our errors: what, where, why, what to do next.

Git tells a refused token from a lost connection only in words, so they are read here (in the C locale, which every
command runs in). They decide who must act, never what a pass does: that is judged by refs.
"""

from __future__ import annotations

import dataclasses
import re

from gitsidecar import errors
from gitsidecar.repository import remotes

_SHOWN = 400
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")
_UNAUTHENTICATED = re.compile(r"Authentication failed|could not read (?:Username|Password)|returned error: 40[13]")
_BOILERPLATE = re.compile(
    r"^(?:Please make sure you have the correct access rights|and the repository exists\.|"
    r"fatal: Could not read from remote repository\.|hint: .*|@+|To .*|Done)$"
)


@dataclasses.dataclass(frozen=True, slots=True)
class _Fault:
    """What git says (*words*), what that means, and whether it may pass by itself."""

    words: re.Pattern[str]
    message: str
    is_transient: bool = False


def _fault(words: str, message: str, *, is_transient: bool = False) -> _Fault:
    return _Fault(re.compile(words, re.IGNORECASE | re.MULTILINE), message, is_transient)


_NO_CREDENTIALS = (
    "{url} wants a user and a token, and none is set: put a token into a file and set repository.credentials.tokenFile"
)
_REFUSED = (
    "the token in {token_file} was refused by {url} ({said}): has it expired, and may it {may}? "
    "Put a valid one into that file; it is read anew at each use"
)

_DISK = _fault(
    r"No space left on device|Read-only file system|Disk quota exceeded",
    "cannot write to the folder {folder} ({said}): free some space, or give it another volume",
)

# In order: the first that matches speaks.
_FAULTS = (
    _DISK,
    _fault(
        r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED",
        "the SSH host key of {url} is not the one in {known_hosts}; someone may be listening in between. If the host's "
        "owner says that the key was changed, put the new one into that file",
    ),
    _fault(
        r"Permission denied \((?:publickey|[\w,-]*publickey)|Load key .*(?:bad permissions|invalid format|error in)",
        "{url} refused the SSH key {ssh_key} ({said}): is its public half registered there, and may it {may}?",
    ),
    _fault(
        r"returned error: 30\d|update url base from redirection",
        "{url} sends us elsewhere ({said}), and a token must not follow: write the "
        "address that it leads to as repository.url (often the same with .git at the end)",
    ),
    _fault(r"returned error: (?:429|5\d\d)", "{url} is busy or broken ({said})", is_transient=True),
    _fault(
        r"certificate",
        "the certificate of {url} is not trusted ({said}): renew it, or set repository.credentials.caFile to the CA "
        "that signed it",
    ),
    _fault(
        r"dubious ownership",
        "the repository {url} belongs to another user and git does not trust it ({said}): "
        "run gitsidecar as its owner, or change the owner",
    ),
    _fault(
        r"repository .*not found|returned error: (?:404|410)|does not appear to be a git repository|"
        r"not valid: is this a git repository",
        "there is no Git repository at {url} for the user that we are ({said}): check the url, and that the token or "
        "key may {may}",
    ),
    _fault(
        r"could not resolve|failed to connect|couldn't connect|connection (?:refused|reset|timed out|closed)|timed out|"
        r"no route to host|network is unreachable|ssl_|gnutls|early eof|hung up|rpc failed|kex_exchange|"
        r"unable to access|could not read from remote|disconnect|transfer closed|operation too slow",
        "cannot reach {url} ({said}); it is tried again at the next pass",
        is_transient=True,
    ),
)
_OTHER = _fault("", "git could not {may} at {url} ({said}); it is tried again at the next pass", is_transient=True)


def translate(remote: remotes.Remote, stderr: str, *, may: str, folder: object = "") -> errors.GitsidecarError:
    """Return the error to raise for git's *stderr*; *may* is what we were about to do, e.g. ``read``."""
    said = shown(remote, stderr)
    fault = _understood(remote, stderr) or _OTHER
    message = fault.message.format(
        url=remote.url,
        said=said,
        may=may,
        folder=folder,
        token_file=remote.token_file,
        known_hosts=remote.known_hosts_file,
        ssh_key=remote.ssh_key_file or "(none is set)",
    )
    return errors.TransientError(message) if fault.is_transient else errors.StalledError(message)


def is_understood(remote: remotes.Remote, stderr: str) -> bool:
    """Say whether *stderr* is one of the complaints that we know, so that nothing else need be suspected."""
    return _understood(remote, stderr) is not None


def is_about_the_disk(stderr: str) -> bool:
    """Say whether a command that talks to nobody failed for want of space, and not because of what it read."""
    return _DISK.words.search(stderr) is not None


def shown(remote: remotes.Remote, text: str) -> str:
    """Return git's or the server's words fit to be shown: no secrets, no control characters, not too long."""
    token = _token_or_nothing(remote)
    if token:
        text = text.replace(token, "***")
    text = _USERINFO.sub("", text)
    lines = ("".join(char if char.isprintable() else " " for char in line).strip() for line in text.splitlines())
    kept = [re.sub(r"^(?:fatal|error): ", "", line) for line in lines if line and not _BOILERPLATE.match(line)]
    joined = "; ".join(kept) or "it gave no reason"
    return joined if len(joined) <= _SHOWN else joined[: _SHOWN - 1] + "…"


def _understood(remote: remotes.Remote, stderr: str) -> _Fault | None:
    # Neither the server's own words nor the url may decide: a repository may well be called "certificates".
    lines = stderr.replace(remote.url, "").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("remote:"))
    if remote.is_http and _UNAUTHENTICATED.search(text):
        return _fault("", _REFUSED if remote.token_file is not None else _NO_CREDENTIALS)
    return next((each for each in _FAULTS if each.words.search(text)), None)


def _token_or_nothing(remote: remotes.Remote) -> str:
    try:
        return remote.token()
    except errors.StalledError:
        return ""  # it is gone since; then there is nothing left to hide from
