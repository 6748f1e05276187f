"""The trailers of all commits that a revision brought: merged, pushed between two polls, beyond the mirror's edge."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.repository import mirrors, trees
from tests.support import remotes, workbenches

pytestmark = pytest.mark.integration
Open = Callable[[remotes.Served], workbenches.Workbench]
ALLOWED = ("gitsidecar-allow-removal", "true")
PERMISSION = "Remove them\n\nGitsidecar-Allow-Removal: true"


def mirror(served: remotes.Served, tmp_path: Path) -> mirrors.Mirror:
    return mirrors.Mirror(served.address(), branch="main", folder=tmp_path / "mirror")


def commit(workbench: workbenches.Workbench, message: str = "Change", *, count: int = 1) -> None:
    for _ in range(count):
        workbench.git("commit", "--quiet", "--allow-empty", f"--message={message}")


def merge(workbench: workbenches.Workbench, *messages: str, start: str = "HEAD") -> str:
    """Make a branch at *start* with a commit for each message, merge it with a merge commit, push, return that."""
    workbench.git("checkout", "--quiet", "-B", "topic", start)
    for message in messages:
        commit(workbench, message)
    workbench.git("checkout", "--quiet", "main")
    workbench.git("merge", "--quiet", "--no-ff", "--message=Merge pull request", "topic")
    return workbench.push()


def trailers(source: mirrors.Mirror) -> tuple[tuple[str, str], ...]:
    return source.read(source.fetch()).trailers


def test_a_merge_brings_its_branchs_trailers(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """The trailer of any commit of a pull request counts once it is merged, and only then."""
    workbench, source = open_workbench(any_remote), mirror(any_remote, tmp_path)
    workbench.commit({"a.yaml": "1"})
    assert trailers(source) == ()
    merge(workbench, PERMISSION, "Fix a typo")
    assert trailers(source) == (ALLOWED,)
    workbench.commit({"a.yaml": "2"})
    assert trailers(source) == ()


def test_commits_between_two_reads_count(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """All commits since the last read count, newest first, each trailer once; being fetched is not being read."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    workbench.commit({"a.yaml": "1"})
    source.read(source.fetch())
    workbench.commit({"a.yaml": "2"}, f"{PERMISSION}\nReviewed-by: Ada")
    source.fetch()
    workbench.commit({"a.yaml": "3"}, "More\n\nReviewed-by: Grace")
    workbench.commit({"a.yaml": "4"}, "More\n\nReviewed-by: Ada")
    assert trailers(source) == (("reviewed-by", "Ada"), ("reviewed-by", "Grace"), ALLOWED)


def test_the_author_is_the_newest_commits(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """A revision's author is that of its own commit, whoever wrote the others."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    workbench.commit({"a.yaml": "1"})
    source.read(source.fetch())
    workbench.commit({"a.yaml": "2"})
    workbench.git("commit", "--quiet", "--allow-empty", "--message=x", "--author=Grace <grace@example.com>")
    workbench.push()
    assert source.read(source.fetch()).author == "Grace <grace@example.com>"


def test_a_revision_read_again_says_the_same(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """The trailers stay until another revision is read, also when the mirror had to be fetched anew."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    workbench.commit({"a.yaml": "1"})
    source.read(source.fetch())
    commit(workbench, PERMISSION)
    commit(workbench, count=60)
    revision = workbench.push()
    assert trailers(source) == (ALLOWED,)
    assert trailers(source) == (ALLOWED,)
    shutil.rmtree(tmp_path / "mirror/mirror.git")
    assert source.read(revision).trailers == (ALLOWED,)


def test_a_failed_read_is_no_read(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """What a revision says that could not be read is said by the next one."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    workbench.commit({"a.yaml": "1"})
    source.read(source.fetch())
    workbench.commit({f"{number}.yaml": "1" for number in range(3)}, PERMISSION)
    limits, source._limits = source._limits, trees.Limits(files=2)
    with pytest.raises(errors.StalledError):
        trailers(source)
    source._limits = limits
    workbench.commit({"a.yaml": "2"})
    assert trailers(source) == (ALLOWED,)


def test_after_a_restart_a_merge_counts_whole(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A new process knows no last read: the newest commit counts, with what it merged, and nothing older."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    workbench.commit({"a.yaml": "1"}, "Old\n\nOld: yes")
    source.read(source.fetch())
    merge(workbench, PERMISSION, "Fix a typo")
    source.fetch()
    assert trailers(mirror(file_remote, tmp_path)) == (ALLOWED,)
    workbench.commit({"a.yaml": "2"}, "New\n\nNew: yes")
    assert trailers(mirror(file_remote, tmp_path)) == (("new", "yes"),)


@pytest.mark.parametrize("length", [2, 60])
def test_a_first_clone_sees_the_merge(
    length: int, any_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """The commits of the newest merge are there after the first fetch, and fetched where the branch was a long one."""
    workbench = open_workbench(any_remote)
    workbench.commit({"a.yaml": "1"}, PERMISSION.replace("Allow", "Never"))
    commit(workbench, count=3)
    merge(workbench, PERMISSION, *["More"] * (length - 1))
    assert trailers(mirror(any_remote, tmp_path)) == (ALLOWED,)


def test_an_old_permission_does_not_count_again(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A branch that left long before the mirror's edge brings its own commits, not those that it left from."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    commit(workbench, "First")
    commit(workbench, PERMISSION)
    start = workbench.head()
    commit(workbench, count=60)
    workbench.push()
    source.read(source.fetch())
    merge(workbench, "Topic\n\nTopic: yes", start=start)
    assert trailers(source) == (("topic", "yes"),)
    assert trailers(mirror(file_remote, tmp_path)) == (("topic", "yes"),)


def test_without_the_past_only_what_is_surely_new_counts(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """While the remote cannot be asked for more of the past, the revision is read with the commits that must be new."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    commit(workbench, PERMISSION)
    start = workbench.head()
    commit(workbench, count=60)
    workbench.push()
    source.read(source.fetch())
    workbench.commit({"a.yaml": "1"}, "Main\n\nMain: yes")
    merge(workbench, "Topic\n\nTopic: yes", start=start)
    revision = source.fetch()
    file_remote.repository.rename(tmp_path / "away.git")
    assert source.read(revision).trailers == (("main", "yes"),)


def test_a_rewritten_history_starts_afresh(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Where the last revision read is no ancestor, the newest commit counts, with what it merged."""
    workbench = open_workbench(file_remote)
    source = mirrors.Mirror(file_remote.address(), branch="main", folder=tmp_path / "mirror", on_rewrite="accept")
    workbench.commit({"a.yaml": "1"}, "Old\n\nOld: yes")
    workbench.commit({"a.yaml": "2"})
    source.read(source.fetch())
    workbench.git("commit", "--quiet", "--amend", f"--message={PERMISSION}")
    workbench.push(force=True)
    assert trailers(source) == (ALLOWED,)
