"""Every finding of a file, to the word and the column: each `golden/*.yaml` has what is said about it beside it."""

from __future__ import annotations

import pathlib

import pytest

from gitsidecar.manifests import trees
from gitsidecar.model import files

_FOLDER = pathlib.Path(__file__).parent / "golden"
_CASES = sorted(path.name for path in _FOLDER.glob("*.yaml"))


def _told(name: str) -> str:
    desired = trees.read(files.Tree("r1", (files.File(name, (_FOLDER / name).read_bytes()),)))
    sets = ", ".join(each.name for each in desired.sets)
    ends = [f"sets: {sets}", f"refused: {', '.join(desired.refused)}", f"unread: {', '.join(desired.unread)}"]
    ends += [f"policy {each.name}: {each.rejection or 'accepted'}" for each in desired.policies]
    return "\n".join([*map(str, desired.found), *ends]).replace(": \n", ":\n").rstrip(" ") + "\n"


@pytest.mark.parametrize("name", _CASES)
def test_all_that_is_said_about_a_file(name: str) -> None:
    """The findings of a golden file are exactly those written beside it, all at once and in order."""
    assert _told(name) == (_FOLDER / name).with_suffix(".txt").read_text()
