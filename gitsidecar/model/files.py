"""Files as Git holds them: a path and its bytes."""

from __future__ import annotations

import dataclasses

from gitsidecar.model import findings


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """One regular file; *path* is relative to the repository's root, with forward slashes."""

    path: str
    content: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class Tree:
    """
    The files of one revision, in order of path, and what was refused (links, submodules, files too large).

    `trailers` are those of the messages of all commits since the revision that was read before, newest first and each
    once, keys in lower case.
    """

    revision: str
    files: tuple[File, ...] = ()
    refused: tuple[findings.Finding, ...] = ()
    trailers: tuple[tuple[str, str], ...] = ()
    author: str = ""
