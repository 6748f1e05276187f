"""Somebody's clone: names to commits, where two parted, and the manifests of a commit, without touching the clone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.model import findings
from gitsidecar.repository import clones
from tests.support import remotes, workbenches

pytestmark = pytest.mark.integration

Bench = workbenches.Workbench


@pytest.fixture
def bench(file_remote: remotes.Served, open_workbench: Callable[[remotes.Served], Bench]) -> Bench:
    """Give a clone with one commit on main."""
    found = open_workbench(file_remote)
    found.commit({"sets/a.yaml": "a: 1\n", "notes.txt": "no manifest\n"})
    return found


@pytest.fixture
def clone(bench: Bench) -> Iterator[clones.Clone]:
    """Give the clone as it is read."""
    with clones.opened(bench.folder) as opened:
        yield opened


@pytest.mark.parametrize("ref", ["main", "HEAD", "refs/heads/main", "v1", "origin/main", "HEAD~0", "main@{0}"])
def test_a_name_is_made_a_hash(bench: Bench, clone: clones.Clone, ref: str) -> None:
    """Branches, tags (of which the annotated are peeled), remote branches and all else that Git can spell."""
    bench.git("tag", "--annotate", "--message=one", "v1")
    bench.git("fetch", "--quiet", "origin")
    assert clone.resolve(ref) == bench.head()
    assert clone.resolve(bench.head()[:10]) == bench.head()


@pytest.mark.parametrize("ref", ["", "-h", "--upload-pack=touch x", "--all", "a\nb", "nowhere", "main:sets", "9" * 40])
def test_what_is_no_commit_is_refused(clone: clones.Clone, ref: str) -> None:
    """An option is never read as one, and neither files nor names that are not there pass for commits."""
    with pytest.raises(clones.UnknownRefError):
        clone.resolve(ref)


def test_names_that_may_have_been_meant_are_offered(bench: Bench, clone: clones.Clone) -> None:
    """A pipeline has branches as origin/<name>; a misspelt one is like another."""
    bench.git("push", "--quiet", "origin", "HEAD:refs/heads/release")
    bench.git("fetch", "--quiet", "origin")
    with pytest.raises(clones.UnknownRefError, match=r"'release' is no commit in .*did you mean origin/release\?"):
        clone.resolve("release")
    with pytest.raises(clones.UnknownRefError, match=r"did you mean main"):
        clone.resolve("mian")


def test_a_change_is_compared_with_where_it_parted(bench: Bench, clone: clones.Clone) -> None:
    """What came to the base meanwhile is no part of the change."""
    parted = bench.head()
    bench.git("checkout", "--quiet", "-b", "change")
    bench.write({"sets/b.yaml": "b: 1\n"})
    bench.git("add", "--all")
    bench.git("commit", "--quiet", "--message=b\n\nGitsidecar-Allow-Removal: true")
    change = bench.head()
    bench.git("checkout", "--quiet", "main")
    bench.commit({"sets/c.yaml": "c: 1\n"}, "c\n\nOther: trailer")
    assert clone.merge_base(bench.head(), change) == parted
    tree = clone.read(change, path="sets/", since=parted)
    assert [(file.path, file.content) for file in tree.files] == [
        ("sets/a.yaml", b"a: 1\n"),
        ("sets/b.yaml", b"b: 1\n"),
    ]
    assert (tree.revision, tree.trailers) == (change, (("gitsidecar-allow-removal", "true"),))
    assert clone.read(parted).trailers == ()


def test_what_lies_about_in_the_folder_does_not_count(bench: Bench, clone: clones.Clone) -> None:
    """Commits are read, not the files of the working tree; and nothing of the clone is changed."""
    before = {path: path.stat().st_mtime_ns for path in bench.folder.rglob("*")}
    (bench.folder / "sets" / "a.yaml").write_text("a: 2\n")
    before[bench.folder / "sets" / "a.yaml"] = (bench.folder / "sets" / "a.yaml").stat().st_mtime_ns
    [file] = clone.read(clone.resolve("HEAD")).files
    assert file.content == b"a: 1\n"
    assert {path: path.stat().st_mtime_ns for path in bench.folder.rglob("*")} == before


def test_a_folder_in_a_clone_and_a_worktree_are_clones_too(bench: Bench, tmp_path: Path) -> None:
    """Whoever stands in a folder further down, or in a second working tree, means the repository; so does a space."""
    other = tmp_path / "a work tree"
    bench.git("worktree", "add", "--quiet", "--detach", str(other))
    for folder in (bench.folder / "sets", other, bench.repository):
        with clones.opened(folder) as clone:
            assert clone.resolve("HEAD" if folder != bench.repository else "main") == bench.head()


def test_a_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    """The words name the folder."""
    with (
        pytest.raises(clones.NoRepositoryError, match=f"{tmp_path} is not in a Git repository"),
        clones.opened(tmp_path),
    ):
        pass


def test_a_shallow_clone_says_what_is_missing(bench: Bench, tmp_path: Path) -> None:
    """Without the common past nobody can tell where the change parted; the words say how to get it."""
    bench.git("checkout", "--quiet", "-b", "change")
    bench.git("commit", "--quiet", "--allow-empty", "--message=change")
    bench.git("push", "--quiet", "origin", "change")
    bench.git("checkout", "--quiet", "main")
    bench.commit({"sets/c.yaml": "c: 1\n"})
    shallow = tmp_path / "shallow"
    remotes.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{bench.repository}", str(shallow))
    with clones.opened(shallow) as clone:
        ends = clone.resolve("origin/main"), clone.resolve("origin/change")
        with pytest.raises(errors.StalledError, match=r"the clone is shallow.*fetch-depth: 0"):
            clone.merge_base(*ends)


def test_histories_without_a_common_commit_are_told(bench: Bench, clone: clones.Clone) -> None:
    """Two roots have nothing to be compared with."""
    main = bench.head()
    bench.git("checkout", "--quiet", "--orphan", "other")
    bench.git("commit", "--quiet", "--allow-empty", "--message=other")
    with pytest.raises(errors.StalledError, match="no commit in common"):
        clone.merge_base(main, bench.head())


def test_what_was_cloned_in_part_is_not_fetched(bench: Bench, tmp_path: Path) -> None:
    """A clone without file contents is refused with what to do; nothing goes out to the network."""
    bench.git("push", "--quiet", "origin", "main")
    remotes.git("config", "uploadpack.allowFilter", "true", folder=bench.repository)
    partial = tmp_path / "partial"
    url = f"file://{bench.repository}"
    remotes.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", url, str(partial))
    remotes.git("config", "remote.origin.url", "https://127.0.0.1:9/none.git", folder=partial)
    with clones.opened(partial) as clone, pytest.raises(errors.StalledError, match="clone it whole, without --filter"):
        clone.read(clone.resolve("HEAD"))


def test_links_and_missing_folders_are_told(bench: Bench, clone: clones.Clone) -> None:
    """As in a mirror: what is refused has its place, and a path that is not there is a warning."""
    (bench.folder / "link.yaml").symlink_to("sets/a.yaml")
    bench.commit({})
    head = clone.resolve("HEAD")
    assert [(each.file, each.level) for each in clone.read(head).refused] == [("link.yaml", findings.Level.ERROR)]
    [missing] = clone.read(head, path="nowhere").refused
    assert (missing.file, missing.level) == ("nowhere", findings.Level.WARNING)
