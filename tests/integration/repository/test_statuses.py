"""The status branch: made, kept small in its changes, shared with others' files, and never forced."""

from __future__ import annotations

import datetime
import random
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.repository import statuses
from tests.support import remotes, workbenches

pytestmark = pytest.mark.integration
Open = Callable[..., workbenches.Workbench]
BRANCH = "gitsidecar/status/fleet"
NOW = datetime.datetime(2026, 11, 24, 2, 0, tzinfo=datetime.UTC)
BUILD_UPON = """
export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x
while read old new ref; do git update-ref "$ref" "$(git commit-tree "$new^{tree}" -p "$new" -m "On top")"; done
"""
CONTENT = {"STATUS.md": b"# Fleet\n", "sets/logtail.yaml": b"status: {}\n", "history/logtail/v1-a.yaml": b"spec: {}\n"}


def status_branch(
    served: remotes.Served,
    tmp_path: Path,
    *,
    prefix: str = "",
    now: Callable[[], datetime.datetime] = lambda: NOW,
    sleep: Callable[[float], None] = lambda _: None,
    timeout: float = 30.0,
) -> statuses.GitStatusBranch:
    return statuses.GitStatusBranch(
        served.address(timeout=timeout),
        branch=BRANCH,
        folder=tmp_path / "status",
        prefix=prefix,
        author_name="gitsidecar",
        author_email="gitsidecar@example.com",
        random=random.Random(1),
        now=now,
        sleep=sleep,
    )


def overtaken_by(workbench: workbenches.Workbench, *, times: int) -> Callable[[], datetime.datetime]:
    """Return a clock that is read while a commit is made; somebody else pushes at that moment, *times* times."""
    numbers = iter(range(times))

    def now() -> datetime.datetime:
        number = next(numbers, None)
        if number is not None:
            workbench.commit({"NOTES.md": f"mine {number}"})
            workbench.pull()
        return NOW

    return now


def install_hook(served: remotes.Served, name: str, script: str) -> None:
    hook = served.repository / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)


def test_a_branch_that_does_not_exist_loads_as_nothing(any_remote: remotes.Served, tmp_path: Path) -> None:
    """Before the first record there is nothing to remember, in an empty repository too."""
    assert status_branch(any_remote, tmp_path).load() == {}


def test_what_was_recorded_is_loaded(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """A first record makes the branch, apart from the source's history; another process loads it."""
    open_workbench(any_remote).commit({"a.yaml": "a"})
    commit = status_branch(any_remote, tmp_path).record(CONTENT, "logtail: 0/3 pods\n\nGitsidecar-Pass: 1")
    workbench = open_workbench(any_remote)
    assert workbench.remote_head(BRANCH) == commit
    assert status_branch(any_remote, tmp_path / "other").load() == CONTENT
    assert workbench.log(BRANCH, "%an|%ae|%ct|%s|%(trailers:only)|%P") == [
        f"gitsidecar|gitsidecar@example.com|{int(NOW.timestamp())}|logtail: 0/3 pods|Gitsidecar-Pass: 1",
        "|",
    ]


def test_the_same_bytes_make_no_commit(any_remote: remotes.Served, tmp_path: Path) -> None:
    """Recording what the branch holds already returns nothing and pushes nothing, in a new process too."""
    commit = status_branch(any_remote, tmp_path).record(CONTENT, "One")
    assert status_branch(any_remote, tmp_path).record(CONTENT, "Two") == ""
    assert status_branch(any_remote, tmp_path / "other").record(CONTENT, "Three") == ""
    assert remotes.git("rev-parse", BRANCH, folder=any_remote.repository) == commit


def test_a_record_changes_only_what_differs(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """A file that is no longer wanted is removed, a changed one is written, and the rest is not touched."""
    branch, workbench = status_branch(any_remote, tmp_path), open_workbench(any_remote)
    first = branch.record(CONTENT, "One")
    changed = {**CONTENT, "STATUS.md": b"# Fleet, later\n"}
    del changed["history/logtail/v1-a.yaml"]
    second = branch.record(changed, "Two")
    changes = remotes.git("diff-tree", "-r", "--name-status", first, second, folder=any_remote.repository)
    assert changes.split() == ["M", "STATUS.md", "D", "history/logtail/v1-a.yaml"]
    assert branch.load() == changed
    assert workbench.log(BRANCH, "%H") == [second, first]


def test_files_of_others_are_kept(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """What somebody put beside the managed files stays in every later commit, whatever its name; it is not loaded."""
    branch = status_branch(any_remote, tmp_path)
    branch.record(CONTENT, "One")
    workbench = open_workbench(any_remote, BRANCH)
    workbench.pull()
    workbench.commit({"NOTES.md": "mine", "sets-old/x.yaml": "mine", "ümläut \\ \n": "mine"})
    assert branch.load() == CONTENT
    branch.record({"STATUS.md": b"2"}, "Two")
    assert workbench.names(BRANCH) == ["NOTES.md", "STATUS.md", "sets-old/x.yaml", "ümläut \\ \n"]


def test_edits_of_managed_files_are_overwritten(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """Managed files are ours alone: a changed, an added and an oddly named one are put right by the next record."""
    branch = status_branch(file_remote, tmp_path)
    branch.record(CONTENT, "One")
    workbench = open_workbench(file_remote, BRANCH)
    workbench.pull()
    workbench.commit({"STATUS.md": "edited", "sets/extra.yaml": "x", 'sets/"odd"\n\udcff.yaml': "x"})
    assert branch.load()["STATUS.md"] == b"edited"
    assert branch.record(CONTENT, "Two") != ""
    assert workbench.names(BRANCH) == sorted(CONTENT)
    assert branch.load() == CONTENT


def test_managed_files_that_became_something_else_are_replaced(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A link, a folder or a file in the place of what we manage gives way, and is never read as content."""
    branch = status_branch(file_remote, tmp_path)
    branch.record(CONTENT, "One")
    workbench = open_workbench(file_remote, BRANCH)
    workbench.pull()
    for name in CONTENT:
        (workbench.folder / name).unlink()
    (workbench.folder / "sets").rmdir()
    (workbench.folder / "sets").symlink_to("/etc")
    (workbench.folder / "history/logtail/v1-a.yaml").symlink_to("/etc/passwd")
    workbench.commit({"STATUS.md/inner": "x"})
    assert branch.load() == {}
    branch.record(CONTENT, "Two")
    assert branch.load() == CONTENT
    assert workbench.names(BRANCH) == sorted(CONTENT)


def test_a_prefix_keeps_the_files_together(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Below a prefix the same files are managed; the same names outside it are somebody else's."""
    workbench = open_workbench(file_remote, BRANCH)
    workbench.commit({"STATUS.md": "mine", "status/NOTES.md": "mine"})
    branch = status_branch(file_remote, tmp_path, prefix="status")
    branch.record(CONTENT, "One")
    assert workbench.names(BRANCH) == sorted(["STATUS.md", "status/NOTES.md", *(f"status/{name}" for name in CONTENT)])
    assert (branch.load(), branch.record(CONTENT, "Two")) == (CONTENT, "")


def test_a_lost_race_is_rebuilt_on_the_new_tip(
    any_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """When somebody pushes between our look and our push, both commits end up on the branch, in a line."""
    first = status_branch(any_remote, tmp_path).record(CONTENT, "One")
    workbench = open_workbench(any_remote, BRANCH)
    workbench.pull()
    branch = status_branch(any_remote, tmp_path, now=overtaken_by(workbench, times=1))
    second = branch.record({"STATUS.md": b"2"}, "Two")
    assert workbench.log(BRANCH, "%H") == [second, workbench.head(), first]
    assert workbench.names(BRANCH) == ["NOTES.md", "STATUS.md"]


def test_a_race_for_the_first_commit_is_rebuilt(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """When somebody makes the branch first, we build upon it instead of replacing it."""
    workbench = open_workbench(file_remote, BRANCH)
    branch = status_branch(file_remote, tmp_path, now=overtaken_by(workbench, times=1))
    commit = branch.record(CONTENT, "One")
    assert workbench.log(BRANCH, "%H") == [commit, workbench.head()]


def test_an_endless_race_is_given_up(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Somebody who is always faster makes the record fail for this pass, after growing pauses."""
    pauses: list[float] = []
    workbench = open_workbench(file_remote, BRANCH)
    branch = status_branch(file_remote, tmp_path, now=overtaken_by(workbench, times=100), sleep=pauses.append)
    with pytest.raises(errors.TransientError, match="others pushed"):
        branch.record(CONTENT, "One")
    assert len(pauses) == 5
    assert all(pause < 0.1 * 2**number for number, pause in enumerate(pauses, start=1))


def test_a_push_that_came_through_unheard_counts(
    http_server: tuple[remotes.HttpServer, remotes.Served], tmp_path: Path
) -> None:
    """A push whose answer got lost, but after which the branch is at our commit, succeeded: the ref decides."""
    server, served = http_server
    server.unheard = "/git-receive-pack"
    commit = status_branch(served, tmp_path).record(CONTENT, "One")
    assert remotes.git("rev-parse", BRANCH, folder=served.repository) == commit


def test_a_push_that_was_cut_off_but_came_through_counts(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A push that ran out of time after the branch had moved succeeded: nothing has to be told once more."""
    install_hook(file_remote, "post-receive", "exec sleep 60")
    commit = status_branch(file_remote, tmp_path, timeout=3.0).record(CONTENT, "One")
    assert open_workbench(file_remote).remote_head(BRANCH) == commit


def test_a_push_that_was_cut_off_before_is_a_fault(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A push that ran out of time before the branch moved is said, and recorded by the next call."""
    install_hook(file_remote, "pre-receive", "exec sleep 60")
    with pytest.raises(errors.TransientError, match=r"git push .* did not finish within 3 s"):
        status_branch(file_remote, tmp_path, timeout=3.0).record(CONTENT, "One")
    install_hook(file_remote, "pre-receive", "exit 0")
    commit = status_branch(file_remote, tmp_path).record(CONTENT, "One")
    assert open_workbench(file_remote).remote_head(BRANCH) == commit


def test_a_push_that_others_built_upon_counts(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """When our commit came through and somebody has put another on top before we looked, its hash is returned."""
    install_hook(any_remote, "post-receive", BUILD_UPON)
    commit = status_branch(any_remote, tmp_path).record(CONTENT, "One")
    assert open_workbench(any_remote).log(BRANCH, "%s|%P") == [f"On top|{commit}", "One|"]


def test_a_refused_push_says_the_servers_words(any_remote: remotes.Served, tmp_path: Path) -> None:
    """A server that refuses the branch by a hook of its own is a matter for a person, with its own words."""
    install_hook(any_remote, "pre-receive", "echo 'branch is protected, ask ops' >&2; exit 1")
    with pytest.raises(errors.StalledError, match="protected, ask ops") as caught:
        status_branch(any_remote, tmp_path).record(CONTENT, "One")
    assert BRANCH in str(caught.value)


def test_a_branch_name_that_is_taken_as_a_folder_is_said(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A branch ``gitsidecar`` in the way of ``gitsidecar/status/…`` fails with git's reason."""
    open_workbench(file_remote, "gitsidecar").commit({"a": "a"})
    with pytest.raises(errors.GitsidecarError, match="gitsidecar"):
        status_branch(file_remote, tmp_path).record(CONTENT, "One")


def test_a_foreign_path_is_a_bug(file_remote: remotes.Served, tmp_path: Path) -> None:
    """Only managed files are written, wherever the caller got the path from."""
    for path in ("README.md", "sets/../../x", "sets/", "/STATUS.md"):
        with pytest.raises(errors.BugError):
            status_branch(file_remote, tmp_path).record({path: b""}, "One")


def test_a_deleted_branch_is_made_anew(file_remote: remotes.Served, tmp_path: Path) -> None:
    """When somebody deletes the status branch, it loads as nothing and the next record makes it again."""
    branch = status_branch(file_remote, tmp_path)
    branch.record(CONTENT, "One")
    remotes.git("branch", "-D", BRANCH, folder=file_remote.repository)
    assert branch.load() == {}
    assert branch.record(CONTENT, "Two") != ""


def test_the_mirror_of_the_status_branch_stays_small(file_remote: remotes.Served, tmp_path: Path) -> None:
    """After many records the mirror has been compacted, and the branch holds every commit."""
    branch = status_branch(file_remote, tmp_path)
    for number in range(56):
        branch.record({"STATUS.md": str(number).encode()}, f"Number {number}")
    assert len(list((tmp_path / "status/mirror.git/objects/pack").glob("*.pack"))) < 10
    assert remotes.git("rev-list", "--count", BRANCH, folder=file_remote.repository) == "56"
