"""Where people look at a branch in a browser, told from the remote's address for hosts whose pages are known."""

from __future__ import annotations

import re
import urllib.parse

from gitsidecar.model import reports
from gitsidecar.repository import remotes

_KINDS = {"github": "", "gitlab": "/-"}
"""A label of the host's name, and what its kind of host puts between the repository and the rest of an address."""
_SSH_ONLY = re.compile(r"^(?:alt)?ssh\.")  # hosts where SSH is answered on the port of HTTPS
_PATH = re.compile(r"[\w.~-]+(?:/[\w.~-]+)+", re.ASCII)


def web_of(remote: remotes.Remote, branch: str) -> reports.Web:
    """
    Return where files and commits of *branch* can be looked at; empty for a remote of which nobody knows.

    The branch stands in the addresses, not a revision: what the status tells is of its newest commit, and a revision in
    it would be another text for each commit.
    """
    origin, path = _origin(remote)
    kinds = [each for each in origin.partition("://")[2].partition(":")[0].split(".") if each in _KINDS]
    path = path.strip("/").removesuffix(".git")
    if not kinds or not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        return reports.Web()
    base = f"{origin}/{path}{_KINDS[kinds[0]]}"
    return reports.Web(f"{base}/blob/{urllib.parse.quote(branch, safe='/')}/", f"{base}/commit/")


def _origin(remote: remotes.Remote) -> tuple[str, str]:
    """Return where the remote's host serves its pages, and the repository's path there."""
    if remote.scheme == "file":
        return "", ""
    if "://" not in remote.url:
        host, _, path = remote.url.partition(":")
        return f"https://{_SSH_ONLY.sub('', host.rpartition('@')[2].lower())}", path
    parts = urllib.parse.urlsplit(remote.url)
    host = (parts.hostname or "").lower()
    if remote.scheme == "ssh":
        return f"https://{_SSH_ONLY.sub('', host)}", parts.path
    return f"{remote.scheme}://{host}{f':{parts.port}' if parts.port else ''}", parts.path
