"""Where a repository is and how to prove who we are there: an address and the files that hold the secrets."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse
from pathlib import Path

from gitsidecar import errors

SCHEMES = ("https", "http", "ssh", "file")
_SCP = re.compile(r"(?:\w[\w.+-]*@)?(?!(?:https?|ssh|file):)\w[\w.-]*:(?!//)\S+")


@dataclasses.dataclass(frozen=True, slots=True)
class Remote:
    """
    One Git remote.

    *url* is ``https://``, ``http://``, ``ssh://``, ``file://``, ``user@host:path`` or an absolute path; it never holds
    a password or token. *username* goes with the token over HTTP, and is the SSH user where the url names none. The
    files are read at each use, so that a rotated secret is taken up. *timeout* is in seconds, for one Git command.

    Raises StalledError for an address that cannot be used.
    """

    url: str
    username: str = "git"
    token_file: Path | None = None
    ssh_key_file: Path | None = None
    known_hosts_file: Path | None = None
    ca_file: Path | None = None
    timeout: float = 60.0

    def __post_init__(self) -> None:
        _check_url(self.url)
        if not re.fullmatch(r"[\w.+@-]+", self.username, re.ASCII) or self.username.startswith("-"):
            raise errors.StalledError(f"the repository's username {self.username!r} may hold letters, digits and .+@-_")

    @property
    def scheme(self) -> str:
        """Return the transport: one of `SCHEMES`."""
        if "://" in self.url:
            return self.url.partition("://")[0].lower()
        return "file" if self.url.startswith("/") else "ssh"

    @property
    def is_http(self) -> bool:
        return self.scheme in ("https", "http")

    @property
    def origin(self) -> str:
        """Return scheme, host and port of an HTTP remote: the only place that the token may be sent to."""
        parts = urllib.parse.urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def has_user(self) -> bool:
        """Say whether the url itself names the user."""
        return "@" in (urllib.parse.urlsplit(self.url).netloc if "://" in self.url else self.url.partition(":")[0])

    def token(self) -> str:
        """
        Read the token, or return an empty string where none is set.

        Raises StalledError when its file cannot be read or does not hold exactly one word.
        """
        if self.token_file is None:
            return ""
        try:
            words = self.token_file.read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            raise errors.StalledError(
                f"cannot read the token file {self.token_file} for {self.url}: {_reason(error)}; "
                "mount the secret there, or set repository.credentials.tokenFile to where it is"
            ) from None  # a decoding error quotes the bytes that it stumbled over
        if len(words) != 1:
            raise errors.StalledError(
                f"the token file {self.token_file} for {self.url} holds {len(words)} words; "
                "it must hold the token and nothing else"
            )
        return words[0]

    def check_files(self) -> None:
        """Raise StalledError when a file that this remote needs is not set or cannot be read."""
        self.token()
        if self.scheme == "ssh" and self.known_hosts_file is None:
            raise errors.StalledError(
                f"no known-hosts file is set for {self.url}: SSH host keys are always checked; write the host's "
                "public key into a file (ssh-keyscan prints it; compare it with what the host's owner publishes) "
                "and set repository.credentials.knownHostsFile"
            )
        wanted = {"ssh key": self.ssh_key_file, "known-hosts": self.known_hosts_file, "CA": self.ca_file}
        for what, path in wanted.items():
            if path is not None:
                _check_readable(path, f"the {what} file {path} for {self.url}")


def _check_url(url: str) -> None:
    if not url or not url.isprintable() or " " in url:
        raise errors.StalledError("the repository's url is empty or holds spaces or control characters")
    if "://" in url:
        _check_parts(url)
    elif not url.startswith("/") and not _SCP.fullmatch(url):
        raise errors.StalledError(
            "the repository's url is neither an absolute path, user@host:path, nor one of "
            + ", ".join(f"{scheme}://…" for scheme in SCHEMES)
        )


def _check_parts(url: str) -> None:
    """Refuse unknown transports, and secrets in the address, without repeating any part that may hold one."""
    try:
        parts = urllib.parse.urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        raise errors.StalledError("the repository's url cannot be read: is the host or port right?") from None
    if url.partition("://")[0] not in SCHEMES:
        raise errors.StalledError(
            f"the repository's url begins with none of {', '.join(f'{scheme}://' for scheme in SCHEMES)}"
        )
    is_http = parts.scheme in ("https", "http")
    if parts.password is not None or (is_http and "@" in parts.netloc) or (is_http and (parts.query or parts.fragment)):
        raise errors.StalledError(
            f"the repository's url ({parts.hostname}) holds credentials: take them out and change them, as it has been "
            "stored in clear; put the token alone into a file and set repository.credentials.tokenFile, "
            "and username to the user's name"
        )
    host = parts.hostname or ""
    if parts.scheme == "file":
        if host or not parts.path.startswith("/"):
            raise errors.StalledError("a file url has the form file:///absolute/path")
    elif not host or host.startswith("-") or not has_port or (parts.username or "").startswith("-"):
        raise errors.StalledError("the repository's url has no usable host or user")


def _check_readable(path: Path, what: str) -> None:
    try:
        with path.open("rb"):
            return
    except OSError as error:
        raise errors.StalledError(
            f"cannot read {what}: {_reason(error)}; mount it there, or set the right path in repository.credentials"
        ) from None


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not text"
    return getattr(error, "strerror", None) or type(error).__name__
