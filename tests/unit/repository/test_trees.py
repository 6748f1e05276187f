"""Listings of trees: read whole, chosen by rule, refused with words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar import errors
from gitsidecar.repository import stores, trees

BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
_paths = st.binary(min_size=1, max_size=30).filter(lambda path: b"\0" not in path)


def choose(*paths: bytes, folder: str = "", mode: str = "100644", size: int = 1) -> trees.Choice:
    return trees.choose((trees.Entry(mode, BLOB, size, path) for path in paths), folder=folder, limits=trees.Limits())


@given(st.lists(st.tuples(_paths, st.integers(0, 1 << 40)), max_size=5))
def test_any_path_is_read_back(files: list[tuple[bytes, int]]) -> None:
    """Names may hold every byte but NUL, tabs and line feeds too."""
    listing = b"".join(f"100644 blob {BLOB} {size:>7}\t".encode() + path + b"\0" for path, size in files)
    assert [(entry.path, entry.size) for entry in trees.parse(listing)] == files


@given(st.lists(_paths.map(lambda path: path + b".yaml"), max_size=5))
def test_what_is_chosen_is_safe(paths: list[bytes]) -> None:
    """Whatever bytes a crafted tree holds, a chosen path is printable, relative, stays inside, and came once."""
    choice = choose(*paths)
    for path, entry in choice.files:
        assert trees.is_safe(path)
        assert entry.path == path.encode()
        assert paths.count(entry.path) == 1


@given(st.lists(_paths.map(lambda path: b"sets/" + path + b".json"), max_size=5), st.randoms())
def test_the_order_of_a_listing_does_not_count(paths: list[bytes], random: st.DataObject) -> None:
    """The same entries in another order are the same choice."""
    shuffled = list(paths)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose(*shuffled, folder="sets") == choose(*paths, folder="sets")


def test_suffixes_count_in_any_case() -> None:
    """A file is a manifest by the end of its name, however that is written."""
    chosen = choose(b"a.yaml", b"b.YML", b"c.json", b"d.txt", b"yaml", b"e.yaml.bak").files
    assert [path for path, _ in chosen] == ["a.yaml", "b.YML", "c.json"]


def test_a_size_that_git_cannot_tell_is_damage() -> None:
    """A listing that lacks an object's size comes from a damaged mirror."""
    with pytest.raises(stores.DamagedError):
        list(trees.parse(f"100644 blob {BLOB}     BAD\ta.yaml\0".encode()))


def test_too_many_bytes_stop_the_read() -> None:
    """The sum of all sizes is bounded, before anything is read."""
    with pytest.raises(errors.StalledError, match="bytes are the most"):
        choose(*(f"{number}.yaml".encode() for number in range(65)), size=1 << 20)


@pytest.mark.parametrize(("path", "cleaned"), [("", ""), (".", ""), ("/", ""), ("/sets/", "sets"), ("a/b", "a/b")])
def test_folders_are_cleaned(path: str, cleaned: str) -> None:
    """People write a folder with or without slashes around it."""
    assert trees.clean_folder(path) == cleaned


@pytest.mark.parametrize("path", ["..", "a/../b", "a//b", "a/.git", "a\nb", "a\\b", "./a"])
def test_folders_that_lead_elsewhere_are_refused(path: str) -> None:
    """The configured path stays inside the repository."""
    with pytest.raises(errors.StalledError):
        trees.clean_folder(path)
