"""Files of this machine as a tree, in the form in which the mirror hands out a revision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from gitsidecar.model import files, findings

_ENDINGS = (".yaml", ".yml", ".json")


def read(paths: Iterable[Path]) -> files.Tree:
    """
    Return the manifests below *paths*: files as they are named, folders at any depth but for hidden ones.

    What cannot be read, and links, are among the tree's refused ones, as they are in a mirror.
    """
    found: dict[str, files.File] = {}
    refused: dict[str, findings.Finding] = {}
    for path in paths:
        for file in _walk(path):
            name = file.as_posix()
            if file.is_symlink() and file != path:
                refused[name] = findings.Finding(
                    name, 0, 0, "", "is a link, which gitsidecar does not follow: write the file"
                )
                continue
            try:
                found[name] = files.File(name, file.read_bytes())
            except OSError as error:
                refused[name] = findings.Finding(name, 0, 0, "", f"cannot be read: {error.strerror}")
    return files.Tree(
        "", tuple(found[name] for name in sorted(found)), tuple(refused[name] for name in sorted(refused))
    )


def _walk(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for each in sorted(path.iterdir()):
        if each.name.startswith("."):
            continue
        if each.is_dir() and not each.is_symlink():
            yield from _walk(each)
        elif each.suffix in _ENDINGS:
            yield each
