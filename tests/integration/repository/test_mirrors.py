"""The source branch through a mirror: fetched and read the same over every transport, odd content refused by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitsidecar import errors
from gitsidecar.model import findings
from gitsidecar.repository import mirrors, trees
from tests.support import remotes, workbenches

pytestmark = pytest.mark.integration
Open = Callable[[remotes.Served], workbenches.Workbench]
SET = "kind: SidecarSet\n"


def mirror(
    served: remotes.Served, tmp_path: Path, *, path: str = "", limits: trees.Limits | None = None
) -> mirrors.Mirror:
    return mirrors.Mirror(served.address(), branch="main", folder=tmp_path / "mirror", path=path, limits=limits)


def refused(found: mirrors.Mirror) -> dict[str, findings.Finding]:
    return {finding.file: finding for finding in found.read(found.fetch()).refused}


def paths(found: mirrors.Mirror) -> list[str]:
    return [file.path for file in found.read(found.fetch()).files]


def test_manifests_are_fetched_and_read(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """The newest commit's manifest files come with their bytes, in order of path, over every transport."""
    pushed = open_workbench(any_remote).commit({"b.yml": "b", "sets/a.yaml": SET, "c.json": "{}", "README.md": "no"})
    source = mirror(any_remote, tmp_path)
    assert source.fetch() == pushed
    tree = source.read(pushed)
    assert [(file.path, file.content) for file in tree.files] == [
        ("b.yml", b"b"),
        ("c.json", b"{}"),
        ("sets/a.yaml", SET.encode()),
    ]
    assert (tree.revision, tree.refused, tree.author) == (pushed, (), "Ada Lovelace <ada@example.com>")


def test_a_new_commit_is_seen(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Each fetch returns the commit that the branch is at by then."""
    workbench, source = open_workbench(any_remote), mirror(any_remote, tmp_path)
    for content in ("1", "2", "2"):
        pushed = workbench.commit({"a.yaml": content})
        revision = source.fetch()
        assert (revision, source.read(revision).files[0].content) == (pushed, content.encode())


def test_trailers_are_read(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Trailers come with keys in lower case; other lines of the message do not."""
    message = (
        "Remove them\n\nNot-a-trailer: no\nreally\n\nGitsidecar-Allow-Removal: true\nReviewed-by: Grace <g@example.com>"
    )
    open_workbench(file_remote).commit({"a.yaml": "a"}, message)
    source = mirror(file_remote, tmp_path)
    assert source.read(source.fetch()).trailers == (
        ("gitsidecar-allow-removal", "true"),
        ("reviewed-by", "Grace <g@example.com>"),
    )


def test_only_the_path_is_read(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Files outside the configured folder, and in one whose name only begins like it, are not read."""
    open_workbench(file_remote).commit({"sets/a.yaml": "a", "sets-old/b.yaml": "b", "c.yaml": "c"})
    assert paths(mirror(file_remote, tmp_path, path="/sets/")) == ["sets/a.yaml"]


def test_a_missing_path_is_said(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """A folder that does not exist reads as no files and a warning that names it."""
    open_workbench(file_remote).commit({"c.yaml": "c"})
    source = mirror(file_remote, tmp_path, path="stes")
    tree = source.read(source.fetch())
    assert tree.files == ()
    assert [(finding.file, finding.level) for finding in tree.refused] == [("stes", findings.Level.WARNING)]


def test_hidden_files_are_not_read(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Files and folders that begin with a dot belong to other tools, unless the path itself leads there."""
    open_workbench(file_remote).commit({".github/w.yaml": "w", "x/.hidden.yaml": "h", ".deploy/sets/a.yaml": "a"})
    assert paths(mirror(file_remote, tmp_path)) == []
    assert paths(mirror(file_remote, tmp_path, path=".deploy/sets")) == [".deploy/sets/a.yaml"]


def test_a_repository_that_becomes_empty_reads_as_no_files(
    any_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A commit that deletes all files is a revision like any other, without files and without a fault."""
    workbench, source = open_workbench(any_remote), mirror(any_remote, tmp_path)
    workbench.commit({"a.yaml": "a"})
    assert paths(source) == ["a.yaml"]
    pushed = workbench.commit({"a.yaml": None})
    tree = source.read(source.fetch())
    assert (tree.revision, tree.files, tree.refused) == (pushed, (), ())


def test_links_are_refused(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """A link that could be or hold a manifest is refused by name; its target is not read."""
    workbench = open_workbench(file_remote)
    os.symlink("/etc/passwd", workbench.folder / "passwd.yaml")
    os.symlink("sets", workbench.folder / "folder")
    os.symlink("README", workbench.folder / "notes.md")
    workbench.commit({"sets/a.yaml": "a"})
    source = mirror(file_remote, tmp_path)
    assert paths(source) == ["sets/a.yaml"]
    assert set(refused(source)) == {"passwd.yaml", "folder"}


def test_submodules_are_refused(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """A submodule is refused by name, and nothing is fetched for it."""
    workbench = open_workbench(file_remote)
    head = workbench.commit({"a.yaml": "a"})
    workbench.git("update-index", "--add", "--cacheinfo", f"160000,{head},vendor/sets")
    workbench.git("commit", "--quiet", "--message=Add a submodule")
    workbench.push()
    found = refused(mirror(file_remote, tmp_path))
    assert list(found) == ["vendor/sets"]
    assert "submodules are not followed" in found["vendor/sets"].message


def test_a_file_over_1_mib_is_refused(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """One byte more than 1 MiB is refused with its size, while 1 MiB is read."""
    open_workbench(file_remote).commit({"big.yaml": b"a" * ((1 << 20) + 1), "most.yaml": b"a" * (1 << 20)})
    source = mirror(file_remote, tmp_path)
    assert paths(source) == ["most.yaml"]
    assert "1048577 bytes" in refused(source)["big.yaml"].message


def test_too_many_files_stop_the_read(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """More files than the limit is a fault that says how many there are, not a shorter list."""
    open_workbench(file_remote).commit({f"{number}.yaml": "a" for number in range(6)})
    source = mirror(file_remote, tmp_path, limits=trees.Limits(files=5))
    with pytest.raises(errors.StalledError, match="6 manifest files"):
        source.read(source.fetch())


def test_a_tree_that_unfolds_without_end_is_cut_off(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """A tree of a few bytes that lists millions of files is stopped at the limit of the listing."""
    workbench = open_workbench(file_remote)
    workbench.commit({"a.yaml": "a"})
    tree = workbench.tree(("100644", b"a.yaml", workbench.blob(b"a")))
    for _ in range(8):
        tree = workbench.tree(*(("40000", f"d{number}".encode(), tree) for number in range(10)))
    workbench.commit_tree(tree)
    source = mirror(file_remote, tmp_path, limits=trees.Limits(listing_bytes=1 << 20))
    with pytest.raises(errors.StalledError, match="more than 1048576 bytes"):
        source.read(source.fetch())


def test_crafted_names_are_refused(any_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Names that lead out, hide a slash, cannot be shown or are not UTF-8 are refused, and the rest is read."""
    workbench = open_workbench(any_remote)
    workbench.commit({"a.yaml": "a"})
    blob = workbench.blob(b"evil")
    inner = workbench.tree(("100644", b"up.yaml", blob))
    names = (b"../../etc/slash.yaml", b"back\\slash.yaml", b"line\nfeed.yaml", b"\xff\xfe.yaml", b"\xff.txt")
    entries = [("100644", name, blob) for name in names]
    workbench.commit_tree(workbench.tree(("40000", b"..", inner), *entries, ("100644", b"good.yaml", blob)))
    source = mirror(any_remote, tmp_path)
    assert paths(source) == ["good.yaml"]
    expected = {"../up.yaml", "../../etc/slash.yaml", "back\\slash.yaml", "line\\nfeed.yaml", "\\xff\\xfe.yaml"}
    assert set(refused(source)) == expected


def test_a_name_that_comes_twice_is_refused(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Neither of two entries of one name is read: which of them counts is anybody's guess."""
    workbench = open_workbench(file_remote)
    workbench.commit({"a.yaml": "a"})
    entries = [("100644", b"twice.yaml", workbench.blob(content)) for content in (b"1", b"2")]
    workbench.commit_tree(workbench.tree(*entries))
    source = mirror(file_remote, tmp_path)
    assert (paths(source), list(refused(source))) == ([], ["twice.yaml"])


def test_nothing_new_costs_one_question(
    http_server: tuple[remotes.HttpServer, remotes.Served], open_workbench: Open, tmp_path: Path
) -> None:
    """A fetch of what is there already asks for the branch's tip and transfers nothing."""
    server, served = http_server
    open_workbench(served).commit({"a.yaml": "a"})
    source = mirror(served, tmp_path)
    revision = source.fetch()
    server.seen.clear()
    assert source.fetch() == revision
    assert len([path for method, path, _ in server.seen if method == "POST"]) == 1


def test_a_mirror_outlives_its_process(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """Another process that is given the same folder goes on with what is in it."""
    pushed = open_workbench(file_remote).commit({"a.yaml": "a"})
    assert mirror(file_remote, tmp_path).fetch() == pushed
    again = mirror(file_remote, tmp_path)
    assert again.fetch() == pushed
    assert again.read(pushed).files[0].content == b"a"


def test_the_mirror_stays_small(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """After many commits the mirror has been compacted, and still reads the newest."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    for number in range(56):
        revision = workbench.commit({"a.yaml": str(number)})
        assert source.fetch() == revision
    assert source.read(revision).files[0].content == b"55"
    assert len(list((tmp_path / "mirror/mirror.git/objects/pack").glob("*.pack"))) < 10


@pytest.mark.parametrize("victim", ["HEAD", "config", "packed objects", "everything"])
def test_a_damaged_mirror_heals_itself(
    victim: str, file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """Whatever is broken in the mirror's folder, it is fetched anew and the pass goes on."""
    pushed = open_workbench(file_remote).commit({"a.yaml": "a"})
    source = mirror(file_remote, tmp_path)
    source.fetch()
    folder = tmp_path / "mirror/mirror.git"
    for path in (folder / victim,) if (folder / victim).exists() else folder.rglob("*"):
        if path.is_file() and (victim != "packed objects" or path.suffix == ".pack"):
            path.chmod(0o600)
            path.write_bytes(b"\0garbage\n" * 5)
    assert source.read(pushed).files[0].content == b"a"
    assert source.fetch() == pushed


def test_locks_of_killed_commands_do_not_matter(
    file_remote: remotes.Served, open_workbench: Open, tmp_path: Path
) -> None:
    """Lock files and half a pack that a killed git left behind are cleared away."""
    workbench, source = open_workbench(file_remote), mirror(file_remote, tmp_path)
    workbench.commit({"a.yaml": "a"})
    source.fetch()
    folder = tmp_path / "mirror/mirror.git"
    leftovers = [folder / "shallow.lock", folder / "refs/gitsidecar/source.lock", folder / "objects/pack/tmp_pack_x"]
    for leftover in leftovers:
        leftover.write_bytes(b"")
    pushed = workbench.commit({"a.yaml": "b"})
    assert source.fetch() == pushed
    assert not any(leftover.exists() for leftover in leftovers)


def test_one_process_at_a_time_uses_a_folder(file_remote: remotes.Served, open_workbench: Open, tmp_path: Path) -> None:
    """A second process on the same folder is told so, and harms nothing."""
    open_workbench(file_remote).commit({"a.yaml": "a"})
    source, other = mirror(file_remote, tmp_path), mirror(file_remote, tmp_path)
    source.fetch()
    with source._store.held(), pytest.raises(errors.TransientError, match="another gitsidecar process"):
        other.fetch()
    other.fetch()


def test_only_a_full_hash_is_read(file_remote: remotes.Served, tmp_path: Path) -> None:
    """Anything but a commit hash is a fault of ours and never reaches git's command line."""
    with pytest.raises(errors.BugError):
        mirror(file_remote, tmp_path).read("--output=/tmp/x")
