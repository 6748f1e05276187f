"""Which remotes have pages to link to: hosts whose addresses are known, however the remote is spelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitsidecar.model import reports
from gitsidecar.repository import remotes, webs

_GITHUB = reports.Web("https://github.com/acme/fleet/blob/main/", "https://github.com/acme/fleet/commit/")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/fleet",
        "https://github.com/acme/fleet.git",
        "https://GitHub.com/acme/fleet.git/",
        "git@github.com:acme/fleet.git",
        "ssh://git@github.com/acme/fleet.git",
        "ssh://git@ssh.github.com:443/acme/fleet.git",
    ],
)
def test_every_spelling_leads_to_the_same_pages(url: str) -> None:
    """User, port of SSH and ending are no part of a page's address."""
    assert webs.web_of(remotes.Remote(url, known_hosts_file=Path("hosts")), "main") == _GITHUB


def test_hosts_of_the_other_kind_have_another_path() -> None:
    """GitLab has groups in groups and a dash before what is not one; a port of HTTPS stays."""
    web = webs.web_of(remotes.Remote("https://gitlab.example.com:8443/ops/eu/fleet.git"), "release/1 #2")
    base = "https://gitlab.example.com:8443/ops/eu/fleet/-"
    assert web == reports.Web(f"{base}/blob/release/1%20%232/", f"{base}/commit/")


@pytest.mark.parametrize(
    "url",
    [
        "/srv/git/github/fleet.git",
        "file:///srv/github/fleet.git",
        "https://git.example.com/acme/fleet.git",
        "https://mygithub.example.com/acme/fleet.git",
        "https://github.com/fleet.git",
        "https://github.com/acme/fleet)%20x",
        "https://github.com/../fleet",
    ],
)
def test_nothing_is_guessed(url: str) -> None:
    """A host that nobody knows, a folder or an odd path has no pages."""
    assert webs.web_of(remotes.Remote(url), "main") == reports.Web()
