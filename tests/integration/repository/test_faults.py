"""Trouble with the remote: each kind tells who must act, where, and what to do, and no secret."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitsidecar import errors
from gitsidecar.repository import mirrors
from tests.support import git_fixtures, processes, remotes, workbenches

pytestmark = pytest.mark.integration
Open = Callable[..., workbenches.Workbench]
Http = tuple[remotes.HttpServer, remotes.Served]


def mirror(served: remotes.Served, tmp_path: Path, **changes: Any) -> mirrors.Mirror:
    return mirrors.Mirror(served.address(**changes), branch="main", folder=tmp_path / "mirror")


def stalled(source: mirrors.Mirror) -> str:
    """Return what the fault that a person must act upon says."""
    with pytest.raises(errors.StalledError) as caught:
        source.fetch()
    return str(caught.value)


def transient(source: mirrors.Mirror) -> str:
    """Return what the fault that may pass by itself says."""
    with pytest.raises(errors.TransientError) as caught:
        source.fetch()
    return str(caught.value)


def test_a_missing_branch_is_named_with_those_that_exist(
    any_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """The fault names the branch that was asked for and those that are there."""
    open_workbench(any_remote, "master").commit({"a.yaml": "a"})
    open_workbench(any_remote, "mine").commit({"a.yaml": "a"})
    said = stalled(mirror(any_remote, tmp_path))
    assert "no branch main" in said
    assert "there are master, mine." in said or "there are mine, master." in said


def test_an_empty_repository_is_said(any_remote: remotes.Served, tmp_path: Path) -> None:
    """A repository without any commit is told apart from one that only lacks the branch."""
    assert f"{any_remote.url} is empty" in stalled(mirror(any_remote, tmp_path))


def test_a_branch_that_only_ends_alike_is_missing(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A branch is asked for by its whole name: ``refs/heads/main`` below another branch's name is not it."""
    open_workbench(file_remote, "x/refs/heads/main").commit({"a.yaml": "a"})
    assert "no branch main" in stalled(mirror(file_remote, tmp_path))


def test_an_unreachable_remote_may_come_back(http_server: Http, open_workbench: Open, tmp_path: Path) -> None:
    """While nobody listens the fault is transient and names the url; after that, fetching goes on."""
    server, served = http_server
    pushed = open_workbench(served).commit({"a.yaml": "a"})
    source = mirror(served, tmp_path)
    server.stop()
    assert f"cannot reach {served.url}" in transient(source)
    server.start()
    assert source.fetch() == pushed


def test_an_unreachable_ssh_host_is_transient(ssh_remote: remotes.Served, tmp_path: Path) -> None:
    """A refused SSH connection is nobody's mistake yet."""
    url = f"ssh://git@127.0.0.1:{processes.free_port()}/x.git"
    assert "cannot reach" in transient(mirror(ssh_remote, tmp_path, url=url))


def test_an_unknown_host_is_transient(file_remote: remotes.Served, tmp_path: Path) -> None:
    """A name that does not resolve may be the resolver's trouble."""
    assert "cannot reach" in transient(mirror(file_remote, tmp_path, url="http://no-such-host.invalid/x.git"))


def test_a_busy_server_is_transient(http_server: Http, tmp_path: Path) -> None:
    """Answers of the 5xx kind, and 429, pass by themselves."""
    server, served = http_server
    for status in (429, 500, 503):
        server.status = (status, {})
        assert str(status) in transient(mirror(served, tmp_path))


def test_a_missing_repository_is_said(any_remote: remotes.Served, tmp_path: Path) -> None:
    """A url without a repository behind it is a matter for a person, over every transport."""
    assert "no Git repository at" in stalled(mirror(any_remote, tmp_path, url=any_remote.url.replace("fleet", "flee")))


def test_a_wrong_token_is_said_without_it(http_server: Http, open_workbench: Open, tmp_path: Path) -> None:
    """A refused token names its file and the url, never itself; once the file is right, fetching goes on."""
    _, served = http_server
    pushed = open_workbench(served).commit({"a.yaml": "a"})
    assert served.token_file is not None
    source = mirror(served, tmp_path)
    served.token_file.write_text("an-old-token", encoding="utf-8")
    said = stalled(source)
    assert f"the token in {served.token_file} was refused by {served.url}" in said
    assert "an-old-token" not in said
    served.token_file.write_text(git_fixtures.TOKEN, encoding="utf-8")
    assert source.fetch() == pushed


def test_a_forbidden_repository_is_said(http_server: Http, tmp_path: Path) -> None:
    """403 is the token's fault as well: it is known but may not."""
    server, served = http_server
    server.status = (403, {})
    assert "was refused by" in stalled(mirror(served, tmp_path))


def test_a_token_that_is_not_set_is_asked_for(http_server: Http, tmp_path: Path) -> None:
    """Where the server wants a token and the settings have none, the fault says what to set, and nothing prompts."""
    assert "none is set" in stalled(mirror(http_server[1], tmp_path, token_file=None))


@pytest.mark.parametrize("content", [None, b"", b"  \n", b"two words", b"\xff\xfe"])
def test_a_token_file_that_cannot_be_used_is_said(content: bytes | None, http_server: Http, tmp_path: Path) -> None:
    """A token file that is missing, empty, or holds anything but one word is named, without what it holds."""
    path = tmp_path / "other-token"
    if content is not None:
        path.write_bytes(content)
    said = stalled(mirror(http_server[1], tmp_path, token_file=path))
    assert str(path) in said
    assert "two" not in said
    assert http_server[0].seen == []


def test_a_token_is_stripped(http_server: Http, open_workbench: Open, tmp_path: Path) -> None:
    """Line ends and spaces around the token, as editors leave them, do not count."""
    _, served = http_server
    pushed = open_workbench(served).commit({"a.yaml": "a"})
    path = tmp_path / "other token's file"
    path.write_bytes(b"  " + git_fixtures.TOKEN.encode() + b"\r\n\n")
    assert mirror(served, tmp_path, token_file=path).fetch() == pushed


def test_a_token_does_not_follow_a_redirect(http_server: Http, open_workbench: Open, tmp_path: Path) -> None:
    """A redirect is a fault that says where to look, and the place that it leads to is never asked."""
    server, served = http_server
    (tmp_path / "elsewhere").mkdir()
    with remotes.serving_http(tmp_path / "elsewhere", token=git_fixtures.TOKEN) as (elsewhere, target):
        open_workbench(target).commit({"a.yaml": "a"})
        server.status = (302, {"Location": f"{target.url}/info/refs?service=git-upload-pack"})
        assert "sends us elsewhere" in stalled(mirror(served, tmp_path))
        assert elsewhere.seen == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="this machine lacks openssl (apt-get install openssl)")
def test_an_untrusted_certificate_is_said(tmp_path: Path, file_remote: remotes.Served, open_workbench: Open) -> None:
    """A certificate that no known CA signed is refused; with its CA's file, the same remote is read."""
    certificate = tmp_path / "server.pem"
    remotes.make_certificate(certificate)
    pushed = open_workbench(file_remote).commit({"a.yaml": "a"})
    server = remotes.HttpServer(file_remote.repository.parent, certificate=certificate)
    server.start()
    try:
        assert "certificate" in stalled(mirror(file_remote, tmp_path, url=server.url()))
        assert mirror(file_remote, tmp_path, url=server.url(), ca_file=certificate).fetch() == pushed
    finally:
        server.stop()


def test_a_wrong_host_key_is_said(ssh_remote: remotes.Served, tmp_path: Path) -> None:
    """A host that shows another key than the known one is refused, with the file to look at."""
    remotes.make_key(tmp_path / "other")
    port = int(ssh_remote.url.partition("127.0.0.1:")[2].partition("/")[0])
    remotes.write_known_hosts(tmp_path / "known", port=port, public_key=tmp_path / "other.pub")
    said = stalled(mirror(ssh_remote, tmp_path, known_hosts_file=tmp_path / "known"))
    assert "SSH host key" in said
    assert str(tmp_path / "known") in said


def test_an_unknown_host_key_is_not_learned(ssh_remote: remotes.Served, tmp_path: Path) -> None:
    """A host that the file does not name is refused, and the file stays as it is."""
    (tmp_path / "known").write_bytes(b"")
    assert "SSH host key" in stalled(mirror(ssh_remote, tmp_path, known_hosts_file=tmp_path / "known"))
    assert (tmp_path / "known").read_bytes() == b""


def test_known_hosts_must_be_set(ssh_remote: remotes.Served, tmp_path: Path) -> None:
    """Without a known-hosts file there is no SSH, and the fault says how to make one."""
    assert "ssh-keyscan" in stalled(mirror(ssh_remote, tmp_path, known_hosts_file=None))


def test_a_wrong_ssh_key_is_said(ssh_remote: remotes.Served, tmp_path: Path) -> None:
    """A key that the host does not let in is named by its file."""
    remotes.make_key(tmp_path / "other key")
    assert f"refused the SSH key {tmp_path / 'other key'}" in stalled(
        mirror(ssh_remote, tmp_path, ssh_key_file=tmp_path / "other key")
    )


def test_paths_with_spaces_and_percents_work_for_ssh(
    ssh_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """Files for SSH may have any name: neither the shell nor ssh takes it apart."""
    pushed = open_workbench(ssh_remote).commit({"a.yaml": "a"})
    folder = tmp_path / "a b%h $(c)'"
    folder.mkdir()
    assert ssh_remote.ssh_key_file is not None
    assert ssh_remote.known_hosts_file is not None
    key, known = folder / "key", folder / "known"
    key.write_bytes(ssh_remote.ssh_key_file.read_bytes())
    key.chmod(0o600)
    known.write_bytes(ssh_remote.known_hosts_file.read_bytes())
    assert mirror(ssh_remote, tmp_path, ssh_key_file=key, known_hosts_file=known).fetch() == pushed


def test_a_url_without_a_user_takes_the_username(
    ssh_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """The SSH user comes from the settings where the url names none."""
    pushed = open_workbench(ssh_remote).commit({"a.yaml": "a"})
    user, _, rest = ssh_remote.url.removeprefix("ssh://").partition("@")
    assert mirror(ssh_remote, tmp_path, url=f"ssh://{rest}", username=user).fetch() == pushed
    assert "refused the SSH key" in stalled(mirror(ssh_remote, tmp_path, url=f"ssh://{rest}", username="no-such-user"))


def test_a_folder_that_cannot_be_used_is_said(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A mirror folder that is a file is a matter for a person."""
    open_workbench(file_remote).commit({"a.yaml": "a"})
    (tmp_path / "mirror").write_bytes(b"")
    assert f"cannot use the folder {tmp_path / 'mirror'}" in stalled(mirror(file_remote, tmp_path))
