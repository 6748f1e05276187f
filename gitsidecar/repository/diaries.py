"""The past of the status branch, read commit by commit: what each changed, and of which revision it tells."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gitsidecar import errors
from gitsidecar.model import diaries
from gitsidecar.repository import blobs, pipes, remotes, stores, trees

_FORMAT = "%x01%H%x00%ct%x00%(trailers:key=Gitsidecar-Revision,valueonly=true,separator=%x2C)"
_WANTED = ("rejections.yaml", "sets/", "history/")
_AT_ONCE = 20
"""So many commits have their files read together: the files of a large fleet change with each."""
_LIMIT = 256 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class _Commit:
    """One commit as git lists it; *blobs* maps each changed path to its blob, empty where the file is gone."""

    hash: str
    at: datetime.datetime
    revision: str
    blobs: Mapping[str, str]


class StatusDiary:
    """Reads the newest commits of *branch* of *remote*, whose files are below *prefix*, with a mirror in *folder*."""

    def __init__(self, remote: remotes.Remote, *, branch: str, folder: Path, prefix: str = "") -> None:
        self._store = stores.Store(remote, branch=branch, folder=folder, ref="refs/gitsidecar/status")
        self._start = f"{cleaned}/" if (cleaned := trees.clean_folder(prefix)) else ""
        self.is_cut = False
        """Whether there are older commits that would have been read, had more been asked for."""

    def read(self, most: int, *, since: datetime.datetime | None = None) -> Iterator[diaries.Recorded]:
        """
        Yield the newest *most* commits, oldest first, of those that changed our files.

        With *since* older ones are left out, but for the last before it. The first one has all files, the others those
        that they changed. Raises TransientError, StalledError.
        """
        with self._store.held():
            commits = self._store.healing(lambda: self._listed(most))
            self.is_cut = self._store.is_shallow and (since is None or all(each.at >= since for each in commits))
            for chunk in _chunks(_from(commits, since)):
                yield from self._with_content(chunk)

    def _listed(self, most: int) -> list[_Commit]:
        """Return the commits, oldest first; the mirror ends with the last of them, which git takes for a first one."""
        if self._store.tip() is None:
            return []
        self._store.compact()
        tip = self._store.fetch(depth=most)
        ours = (self._start + each for each in _WANTED)
        options = ("--first-parent", "--diff-merges=first-parent", "--root", "--raw", "--no-abbrev", "--no-renames")
        printed = self._store.ask("log", "-z", *options, f"--format={_FORMAT}", tip, "--", *ours)
        return list(_parse(printed, self._start))[::-1]

    def _with_content(self, commits: tuple[_Commit, ...]) -> Iterator[diaries.Recorded]:
        wanted = (blob for each in commits for blob in each.blobs.values() if blob)
        try:
            contents = blobs.read(self._store, wanted, limit=_LIMIT)
        except pipes.LimitError:
            raise errors.StalledError(
                f"{len(commits)} commits of {self._store.branch} change more than {_LIMIT} bytes of our files; "
                "read fewer of them with --since"
            ) from None
        for each in commits:
            changed = {path: contents[blob] if blob else None for path, blob in each.blobs.items()}
            yield diaries.Recorded(each.hash, each.at, each.revision, changed)


def _from(commits: list[_Commit], since: datetime.datetime | None) -> list[_Commit]:
    """Return the commits from the last one before *since* on, which gets the files of all before it."""
    places = [place for place, each in enumerate(commits) if since is not None and each.at < since]
    if not places:
        return commits
    last = places[-1]  # no clock that was set back may part them in another way
    files: dict[str, str] = {}
    for each in commits[: last + 1]:
        files |= each.blobs
    first = dataclasses.replace(commits[last], blobs={path: blob for path, blob in files.items() if blob})
    return [first, *commits[last + 1 :]]


def _chunks(commits: Iterable[_Commit]) -> Iterator[tuple[_Commit, ...]]:
    rest = iter(commits)
    while chunk := tuple(itertools.islice(rest, _AT_ONCE)):
        yield chunk


def _parse(printed: bytes, start: str) -> Iterator[_Commit]:
    """Read what git prints for each commit: `_FORMAT`, then for each file a line of modes and blobs, and its path."""
    words = iter(printed.split(b"\0"))
    head: tuple[str, datetime.datetime, str] | None = None
    files: dict[str, str] = {}
    for word in words:
        begin = word.lstrip(b"\n")
        if begin.startswith(b"\x01"):
            if head is not None:
                yield _Commit(*head, files)
            at = datetime.datetime.fromtimestamp(int(next(words)), datetime.UTC)
            head, files = (begin[1:].decode("ascii"), at, next(words).decode("utf-8", "replace").strip()), {}
        elif begin.startswith(b":"):
            path = next(words).decode("utf-8", "replace").removeprefix(start)
            _, mode, _, blob, _ = begin.decode("ascii").split()
            if path.endswith(".yaml"):
                files[path] = blob if mode in trees.FILES else ""
    if head is not None:
        yield _Commit(*head, files)
