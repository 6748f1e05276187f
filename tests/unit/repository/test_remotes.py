"""Addresses of remotes: what is taken, and what is refused without repeating a secret."""

from __future__ import annotations

import pytest

from gitsidecar import errors
from gitsidecar.repository import branches, remotes


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("https://git.example.com/team/fleet.git", "https"),
        ("http://[::1]:3000/fleet.git", "http"),
        ("ssh://git@git.example.com:22/fleet.git", "ssh"),
        ("git@git.example.com:team/fleet.git", "ssh"),
        ("git.example.com:team/fleet.git", "ssh"),
        ("file:///srv/fleet.git", "file"),
        ("/srv/fleet.git", "file"),
    ],
)
def test_addresses_that_are_taken(url: str, scheme: str) -> None:
    """Each form that people write is known by its transport."""
    assert remotes.Remote(url).scheme == scheme


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:s3cret@git.example.com/fleet.git",
        "https://s3cret@git.example.com/fleet.git",
        "https://:s3cret@git.example.com/fleet.git",
        "ssh://git:s3cret@git.example.com/fleet.git",
        "https://git.example.com/fleet.git?private_token=s3cret",
        "https://git.example.com/fleet.git#s3cret",
        "https://ada:s3cret@[bad/fleet.git",
        "https://ada:s3cret@git.example.com:port/fleet.git",
        "ftp://ada:s3cret@git.example.com/fleet.git",
        "s3cret@:x",
        "ada:s3cret@git.example.com/x://y",
    ],
)
def test_secrets_in_an_address_are_refused_and_not_repeated(url: str) -> None:
    """Whatever form the secret takes, the refusal does not hold it."""
    with pytest.raises(errors.StalledError) as caught:
        remotes.Remote(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fleet",
        "../fleet.git",
        "--upload-pack=touch /tmp/x",
        "-oProxyCommand=x:y",
        "ext::sh -c x",
        "ssh://-oProxyCommand=x/y",
        "ssh://-x@host/y",
        "git://git.example.com/fleet.git",
        "file://host/srv/fleet.git",
        "file:relative",
        "file:/srv/fleet.git",
        "-host:x",
        "https:///fleet.git",
        "HTTPS://git.example.com/fleet.git",
        "/srv/fle\net.git",
        "/srv/fleet one.git",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    """Options, helpers, unknown transports, relative paths and odd characters never reach git."""
    with pytest.raises(errors.StalledError):
        remotes.Remote(url)


def test_the_origin_is_where_the_token_may_go() -> None:
    """Scheme, host and port, and no more."""
    assert remotes.Remote("https://git.example.com:8443/team/fleet.git").origin == "https://git.example.com:8443"


@pytest.mark.parametrize("name", ["main", "gitsidecar/status/eu-west.1", "release/1.2", "ümläut"])
def test_branch_names_that_are_taken(name: str) -> None:
    """Names that Git allows stay as they are."""
    assert branches.check_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "-f", "a b", "a..b", "a~1", "a^", "a:b", "a*", "a\\b", "a.lock", "a/", "/a", "a//b", "a/.b", "@",
     "a@{b", "refs/heads/main", "a\n", "a."],
)  # fmt: skip
def test_branch_names_that_are_refused(name: str) -> None:
    """Names that Git does not allow, or that would mean something else in a command, are refused."""
    with pytest.raises(errors.StalledError):
        branches.check_name(name)
