"""Who made the commits of the source branch, as far as they can be had without fetching its whole past."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gitsidecar.model import diaries
from gitsidecar.repository import remotes, stores

_DEPTHS = (50, 1_000)
_FORMAT = "%H%x00%an%x00%ae%x00%s"
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Origins:
    """Looks commits up in *branch* of *remote*, with a mirror in *folder*."""

    def __init__(self, remote: remotes.Remote, *, branch: str, folder: Path) -> None:
        self._store = stores.Store(remote, branch=branch, folder=folder, ref="refs/gitsidecar/source")

    def find(self, revisions: Iterable[str]) -> Mapping[str, diaries.Origin]:
        """Return those of *revisions* that are among the newest commits. Raises TransientError, StalledError."""
        wanted = {each for each in revisions if _HASH.fullmatch(each)}
        if not wanted:
            return {}
        with self._store.held():
            return self._store.healing(lambda: self._find(wanted))

    def _find(self, wanted: set[str]) -> Mapping[str, diaries.Origin]:
        found: dict[str, diaries.Origin] = {}
        if self._store.tip() is None:
            return found
        self._store.compact()
        for depth in _DEPTHS:
            self._store.fetch(depth=depth)
            found = self._described(wanted)
            if found.keys() == wanted or not self._store.is_shallow:
                break
        return found

    def _described(self, wanted: set[str]) -> dict[str, diaries.Origin]:
        questions = "".join(f"{each}\n" for each in sorted(wanted)).encode("ascii")
        options = ("--no-walk", "--ignore-missing", "--no-commit-header", f"--format={_FORMAT}", "--stdin")
        lines = self._store.ask("rev-list", *options, stdin=questions).decode("utf-8", "replace").split("\n")
        parts = (line.split("\0") for line in lines if line)
        return {commit: diaries.Origin(author, email, subject) for commit, author, email, subject in parts}
