"""A source branch whose history was rewritten: halted or accepted by setting, and never mistaken for a merge."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from gitsidecar import errors
from gitsidecar.repository import mirrors
from tests.support import remotes, workbenches

pytestmark = pytest.mark.integration
Open = Callable[[remotes.Served], workbenches.Workbench]


def mirror(
    served: remotes.Served, tmp_path: Path, on_rewrite: Literal["halt", "accept"] = "halt", branch: str = "main"
) -> mirrors.Mirror:
    return mirrors.Mirror(served.address(), branch=branch, folder=tmp_path / "mirror", on_rewrite=on_rewrite)


def rewrite(workbench: workbenches.Workbench) -> tuple[str, str]:
    """Amend the newest commit and force it onto the remote; return the old and the new one."""
    old = workbench.head()
    workbench.write({"a.yaml": "rewritten"})
    workbench.git("commit", "--quiet", "--all", "--amend", "--message=Rewrite")
    return old, workbench.push(force=True)


def commit_many(workbench: workbenches.Workbench, count: int) -> None:
    """Add empty commits by the hundred, in one git process, and push them once."""
    commits = [
        f"commit refs/heads/main\ncommitter A <a@example.com> {1_700_000_000 + number} +0000\ndata 1\n.\n"
        + ("from refs/heads/main^0\n" if number == 0 else "")
        for number in range(count)
    ]
    workbench.git("fast-import", "--quiet", stdin="".join(commits).encode())
    workbench.git("reset", "--quiet", "--hard")
    workbench.push()


def test_a_rewritten_history_halts(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """The fault names both commits and the setting, at each fetch until somebody acts."""
    workbench, source = open_workbench(any_remote), mirror(any_remote, tmp_path)
    workbench.commit({"a.yaml": "1"})
    workbench.commit({"a.yaml": "2"})
    source.fetch()
    old, new = rewrite(workbench)
    for _ in range(2):
        with pytest.raises(errors.StalledError) as caught:
            source.fetch()
        assert all(text in str(caught.value) for text in (old[:12], new[:12], "rewrittenHistory: Accept"))


def test_the_halt_outlives_the_process(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """A restart does not turn a rewritten history into an accepted one, nor does a mirror that had to be rebuilt."""
    workbench = open_workbench(file_remote)
    workbench.commit({"a.yaml": "1"})
    mirror(file_remote, tmp_path).fetch()
    rewrite(workbench)
    with pytest.raises(errors.StalledError, match="rewritten"):
        mirror(file_remote, tmp_path).fetch()
    shutil.rmtree(tmp_path / "mirror/mirror.git")
    with pytest.raises(errors.StalledError, match="rewritten"):
        mirror(file_remote, tmp_path).fetch()


def test_a_branch_set_back_is_rewritten(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Taking commits off the branch's end is a rewrite too; a revert is the way to undo."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    workbench.commit({"a.yaml": "1"})
    workbench.commit({"a.yaml": "2"})
    source.fetch()
    workbench.git("reset", "--quiet", "--hard", "HEAD^")
    workbench.push(force=True)
    with pytest.raises(errors.StalledError, match="rewritten"):
        source.fetch()


def test_pushing_the_old_commit_again_ends_the_halt(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """Once the branch builds upon the last good commit again, fetching goes on by itself."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    workbench.commit({"a.yaml": "1"})
    source.fetch()
    old, _ = rewrite(workbench)
    with pytest.raises(errors.StalledError):
        source.fetch()
    workbench.git("reset", "--quiet", "--hard", old)
    workbench.push(force=True)
    assert source.fetch() == old
    assert workbench.commit({"a.yaml": "3"}) == source.fetch()


def test_a_rewritten_history_is_accepted(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """With "accept" the new history is read, and becomes what a later "halt" compares with."""
    workbench = open_workbench(any_remote)
    workbench.commit({"a.yaml": "1"})
    mirror(any_remote, tmp_path).fetch()
    _, new = rewrite(workbench)
    source = mirror(any_remote, tmp_path, "accept")
    assert source.fetch() == new
    assert source.read(new).files[0].content == b"rewritten"
    assert mirror(any_remote, tmp_path).fetch() == new


def test_a_merge_of_an_older_branch_is_no_rewrite(
    any_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A branch that left before the mirror's shallow edge and is merged now builds upon what was read."""
    workbench, source = open_workbench(any_remote), mirror(any_remote, tmp_path)
    workbench.commit({"a.yaml": "1"})
    workbench.git("checkout", "--quiet", "-b", "topic")
    workbench.write({"b.yaml": "topic"})
    workbench.git("add", "--all")
    workbench.git("commit", "--quiet", "--message=Topic")
    workbench.git("checkout", "--quiet", "main")
    workbench.commit({"a.yaml": "2"})
    source.fetch()
    workbench.git("merge", "--quiet", "--no-ff", "--message=Merge", "topic")
    merged = workbench.push()
    assert source.fetch() == merged


@pytest.mark.parametrize("count", [200, 2_500])
def test_a_long_absence_is_no_rewrite(
    count: int, file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """After hundreds or thousands of commits, more of the past is fetched until the last one read is found."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    workbench.commit({"a.yaml": "1"})
    source.fetch()
    commit_many(workbench, count)
    assert source.fetch() == workbench.head()


def test_another_branch_in_the_same_folder_is_no_rewrite(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """What was read of one branch says nothing about another one that the settings name now."""
    workbench = open_workbench(file_remote)
    workbench.commit({"a.yaml": "1"})
    mirror(file_remote, tmp_path).fetch()
    workbench.git("checkout", "--quiet", "--orphan", "other")
    workbench.branch = "other"
    pushed = workbench.commit({"a.yaml": "2"})
    assert mirror(file_remote, tmp_path, branch="other").fetch() == pushed
