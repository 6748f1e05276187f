"""Git's words in ours: who must act, and nothing that must not be shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.repository import faults, remotes

HTTP = remotes.Remote("https://git.example.com/fleet.git", token_file=Path("/secrets/token"))
SSH = remotes.Remote(
    "git@git.example.com:fleet.git", ssh_key_file=Path("/secrets/key"), known_hosts_file=Path("/known")
)


@pytest.mark.parametrize(
    ("remote", "stderr", "said"),
    [
        (HTTP, "fatal: Authentication failed for 'x'", "/secrets/token was refused"),
        (HTTP, "fatal: unable to access 'x': The requested URL returned error: 403", "/secrets/token was refused"),
        (HTTP, "remote: Repository not found.\nfatal: repository 'x' not found", "no Git repository"),
        (HTTP, "fatal: unable to access 'x': The requested URL returned error: 301", "sends us elsewhere"),
        (HTTP, "fatal: unable to access 'x': SSL certificate problem: certificate has expired", "certificate"),
        (SSH, "ERROR: Repository not found.\nfatal: Could not read from remote repository.", "no Git repository"),
        (SSH, "git@git.example.com: Permission denied (publickey,password).", "refused the SSH key /secrets/key"),
        (SSH, "Host key verification failed.\nfatal: Could not read from remote repository.", "not the one in /known"),
        (SSH, "error: file write error: No space left on device", "the folder /data"),
    ],
)  # fmt: skip
def test_a_person_must_act(remote: remotes.Remote, stderr: str, said: str) -> None:
    """Faults that stay until somebody does something say what to do."""
    error = faults.translate(remote, stderr, may="read", folder="/data")
    assert isinstance(error, errors.StalledError)
    assert said in str(error)


@pytest.mark.parametrize(
    "stderr",
    [
        "fatal: unable to access 'x': Could not resolve host: git.example.com",
        "fatal: unable to access 'x': The requested URL returned error: 503",
        "error: RPC failed; curl 56 Recv failure: Connection reset by peer\nfatal: early EOF",
        "ssh: connect to host git.example.com port 22: Connection timed out",
        "remote: fatal: No space left on device\nfatal: the remote end hung up unexpectedly",
        "fatal: unable to access 'https://git.example.com/fleet.git': Could not resolve host: x",
        "fatal: unable to access 'x': OpenSSL SSL_read: Connection reset by peer, errno 104",
        "remote: your certificate is fine, says the server\nfatal: the remote end hung up unexpectedly",
        "fatal: something that nobody has seen before",
        "",
    ],
)
def test_it_may_pass_by_itself(stderr: str) -> None:
    """Faults of the network, of the server's disk, and those that we do not know are tried again."""
    assert isinstance(faults.translate(HTTP, stderr, may="read", folder="/data"), errors.TransientError)


def test_the_name_of_a_repository_does_not_count() -> None:
    """A repository whose name is a word of some fault is not that fault."""
    remote = remotes.Remote("https://git.example.com/certificates.git")
    stderr = f"fatal: unable to access '{remote.url}/': Could not resolve host: git.example.com"
    assert isinstance(faults.translate(remote, stderr, may="read"), errors.TransientError)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """Neither the token nor what stands before an @ in a url (a proxy's password) is repeated."""
    token = tmp_path / "token"
    token.write_text("t0ken\n", encoding="utf-8")
    remote = remotes.Remote(HTTP.url, token_file=token)
    shown = faults.shown(remote, "remote: bad t0ken\nfatal: proxy http://ada:pass@proxy:3128/ refused")
    assert shown == "remote: bad ***; proxy http://proxy:3128/ refused"


def test_long_and_odd_words_are_cut_and_cleaned() -> None:
    """A server's words are data: no control characters, no more than a few lines."""
    shown = faults.shown(HTTP, "remote: \x1b[31mred\x07\nhint: skipped\n" + "x" * 1000)
    assert shown.startswith("remote:  [31mred; xxx")
    assert len(shown) == 400


def test_silence_is_said() -> None:
    """A command that failed without a word does not leave a hole in the sentence."""
    assert faults.shown(HTTP, "\n") == "it gave no reason"
