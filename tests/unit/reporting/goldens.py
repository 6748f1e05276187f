"""Golden files: what is written today must be what was written before, letter by letter."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping

_FOLDER = pathlib.Path(__file__).parent / "golden"
_UPDATE = "GITSIDECAR_UPDATE_GOLDEN"


def check(folder: str, content: Mapping[str, bytes]) -> None:
    """Compare *content* with the files in *folder*; with GITSIDECAR_UPDATE_GOLDEN set, write them anew first."""
    root = _FOLDER / folder
    if os.environ.get(_UPDATE):
        for path, text in content.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text)
    held = {each.relative_to(root).as_posix(): each.read_bytes() for each in root.rglob("*") if each.is_file()}
    assert {path: text.decode() for path, text in content.items()} == {
        path: text.decode() for path, text in held.items()
    }
