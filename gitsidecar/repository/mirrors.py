"""The source branch seen through a bare, shallow mirror: fetched, read without a checkout, watched for rewriting."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
from pathlib import Path
from typing import Literal

from gitsidecar import errors
from gitsidecar.model import files
from gitsidecar.repository import ranges, remotes, revisions, stores, trees

_DEEPER = (2_000, stores.ALL)
_RECENT = 50
"""Generations fetched with a new commit: enough, nearly always, for the one before and for what a merge brought."""


class Mirror:
    """
    Fulfils `ports.Source` for *branch* of *remote*, kept in *folder*; manifests are looked for under *path*.

    *on_rewrite* says what to do when the branch no longer builds upon the commit that was fetched last: "halt" with a
    StalledError, or "accept". That commit is remembered in *folder*, so a restart changes nothing.

    A revision's trailers are those of all commits since the revision that was read before it, so that none is lost in
    a merge or between two polls. That revision is remembered by the process only.
    """

    def __init__(
        self,
        remote: remotes.Remote,
        *,
        branch: str,
        folder: Path,
        path: str = "",
        limits: trees.Limits | None = None,
        on_rewrite: Literal["halt", "accept"] = "halt",
    ) -> None:
        self._store = stores.Store(remote, branch=branch, folder=folder, ref="refs/gitsidecar/source")
        self._path = trees.clean_folder(path)
        self._limits = limits or trees.Limits()
        self._on_rewrite = on_rewrite
        self._seen = _Seen(folder.absolute() / "seen", f"{branch} {remote.url}")
        self._last = files.Tree("")

    def fetch(self) -> str:
        """Bring the newest revision into the mirror and return it; one round trip when nothing is new."""
        with self._store.held():
            return self._store.healing(self._bring)

    def read(self, revision: str) -> files.Tree:
        """Return the manifest files of *revision*, which `fetch` returned, with what was refused."""
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision):
            raise errors.BugError(f"{revision!r} is not a full commit hash")
        with self._store.held():
            try:
                tree = self._read(revision)
            except stores.DamagedError:
                self._store.discard()
                if self._bring() != revision:
                    raise errors.TransientError(
                        f"revision {revision[:12]} is no longer in the mirror, and {self._store.remote.url} has moved "
                        "on; the next pass reads the newest"
                    ) from None
                tree = self._read(revision)
        self._last = dataclasses.replace(tree, files=(), refused=())
        return tree

    def interrupt(self) -> None:
        """Stop a running call with a TransientError, and all later ones; may be called from any thread."""
        self._store.interrupt()

    def _bring(self) -> str:
        tip = self._store.tip()
        if tip is None:
            raise self._missing_branch()
        seen = self._seen.read()
        if self._store.fetched() != tip:
            self._store.compact()
            tip = self._store.fetch(depth=_RECENT)
        if seen is not None and self._on_rewrite == "halt":
            tip = self._check_history(seen, tip)
        self._seen.write(tip)
        return tip

    def _check_history(self, seen: str, tip: str) -> str:
        """Return the newest commit if it builds upon *seen*; fetches more of the past while that is not known."""
        for depth in _DEEPER:
            if tip == seen or self._store.is_ancestor(seen, tip):
                return tip
            if not self._store.is_shallow:
                break
            tip = self._store.fetch(depth=depth)
        if tip == seen or self._store.is_ancestor(seen, tip):
            return tip
        raise errors.StalledError(
            f"the history of branch {self._store.branch} was rewritten: {tip[:12]} does not build upon {seen[:12]}, "
            f"which was read last. No pod starts to move until somebody pushes {seen[:12]} or a child of it, or sets "
            f"repository.rewrittenHistory: Accept to follow ({self._store.remote.url})",
            is_halt=True,
        )

    def _missing_branch(self) -> errors.StalledError:
        there = self._store.branches()
        where = self._store.remote.url
        if not there:
            return errors.StalledError(
                f"the repository {where} is empty: it has no branch yet; push {self._store.branch}"
            )
        near = difflib.get_close_matches(self._store.branch, there, n=3)
        some = list(dict.fromkeys([*near, *there]))[:10]
        more = f" and {len(there) - len(some)} more" if len(there) > len(some) else ""
        return errors.StalledError(
            f"there is no branch {self._store.branch} in {where}; there are {', '.join(some)}{more}. "
            "Set repository.branch to one of these, or push it"
        )

    def _read(self, revision: str) -> files.Tree:
        author, trailers = self._describe(revision)
        content = revisions.read(self._store, revision, folder=self._path, limits=self._limits)
        return files.Tree(revision, content.files, content.refused, trailers, author)

    def _describe(self, revision: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Return the author of *revision*, and the trailers of all commits since the revision that was read last."""
        if revision == self._last.revision:
            return self._last.author, self._last.trailers  # the mirror may have forgotten what they were told from
        brought = ranges.brought_by(revision, self._store, since=self._last.revision or None)
        return brought[0].author, tuple(dict.fromkeys(pair for each in brought for pair in each.trailers))


class _Seen:
    """The commit that was fetched last, in a file, for one branch of one remote: another one's says nothing."""

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what

    def read(self) -> str | None:
        try:
            revision, _, what = self._path.read_text(encoding="utf-8", errors="replace").strip().partition(" ")
        except FileNotFoundError:
            return None
        return revision if what == self._what and re.fullmatch(r"[0-9a-f]{40,64}", revision) else None

    def write(self, revision: str) -> None:
        if self.read() == revision:
            return
        draft = self._path.with_suffix(".new")
        draft.write_text(f"{revision} {self._what}\n", encoding="utf-8")
        os.replace(draft, self._path)
