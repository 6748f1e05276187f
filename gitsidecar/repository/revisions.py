"""The manifests of one revision, out of whichever repository has it, without a checkout."""

from __future__ import annotations

import dataclasses

from gitsidecar import errors
from gitsidecar.model import files, findings
from gitsidecar.repository import blobs, pipes, trees


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """The manifest files of a revision, in order of path, and what was refused."""

    files: tuple[files.File, ...]
    refused: tuple[findings.Finding, ...]


def read(store: blobs.Asked, revision: str, *, folder: str, limits: trees.Limits) -> Content:
    """
    Return what *revision* (a full commit hash) has below *folder*, which is empty for all of it.

    Raises DamagedError when the repository lacks a part of it, StalledError when there is too much.
    """
    listing = _list(store, revision, folder=folder, limit=limits.listing_bytes)
    choice = trees.choose(trees.parse(listing), folder=folder, limits=limits)
    contents = blobs.read(store, (entry.blob for _, entry in choice.files), limit=limits.total_bytes)
    found = tuple(files.File(path, contents[entry.blob]) for path, entry in choice.files)
    return Content(found, choice.refused + _missing_folder(listing, folder))


def _list(store: blobs.Asked, revision: str, *, folder: str, limit: int) -> bytes:
    below = ("--", f"{folder}/") if folder else ()
    try:
        return store.ask("ls-tree", "-r", "-z", "-l", "--full-tree", revision, *below, limit=limit)
    except pipes.LimitError:
        raise errors.StalledError(
            f"the names of all files of revision {revision[:12]} are more than {limit} bytes; "
            "set repository.path to the folder with the sets"
        ) from None


def _missing_folder(listing: bytes, folder: str) -> tuple[findings.Finding, ...]:
    if listing or not folder:
        return ()
    message = "there is no such folder at this revision, or it is empty; is repository.path right?"
    return (findings.Finding(folder, 0, 0, "", message, findings.Level.WARNING),)
