"""The status branch: load what it says, and record a new state as one commit made and pushed without a checkout."""

from __future__ import annotations

import datetime
import random as randomness
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from gitsidecar import errors
from gitsidecar.repository import blobs, commands, commits, faults, pipes, remotes, stores, trees

MANAGED = ("STATUS.md", "rejections.yaml", "sets/**", "policies/**", "history/**")
_LIMITS = trees.Limits(file_bytes=16 << 20, files=100_000, total_bytes=256 << 20)
_PENDING = "refs/gitsidecar/pending"
_TRIES = 6
_RECENT = 50
_RACED = re.compile(
    r"cannot lock ref|failed to (?:lock|update ref)|stale info|fetch first|non-fast-forward|already exists"
)


class GitStatusBranch:
    """
    Fulfils `ports.StatusBranch` for *branch* of *remote*, with a mirror of its own in *folder*.

    The managed files are those that match one of *managed* (a path, or ``folder/**``) below *prefix*; they are ours
    alone, and whatever else the branch holds is kept. *now* dates the commits; *random* and *sleep* space out the
    tries after a lost race.
    """

    def __init__(
        self,
        remote: remotes.Remote,
        *,
        branch: str,
        folder: Path,
        author_name: str,
        author_email: str,
        random: randomness.Random,
        now: Callable[[], datetime.datetime],
        prefix: str = "",
        managed: tuple[str, ...] = MANAGED,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = stores.Store(remote, branch=branch, folder=folder, ref="refs/gitsidecar/status")
        self._author = commits.Author(author_name, author_email)
        self._prefix = trees.clean_folder(prefix)
        self._managed = managed
        self._random = random
        self._now = now
        self._sleep = sleep

    def load(self) -> Mapping[str, bytes]:
        """Return path → bytes of the managed files, freshly fetched; empty while the branch does not exist."""
        with self._store.held():
            return self._store.healing(self._load)

    def record(self, content: Mapping[str, bytes], message: str) -> str:
        """
        Make the managed files exactly *content*, in one pushed commit with *message*, and return its hash.

        Returns an empty string when they are that already. Raises TransientError when others keep pushing first.
        """
        for path in content:
            if not (trees.is_safe(path) and self._is_managed(path)):
                raise errors.BugError(f"{path!r} is not one of the managed files {', '.join(self._managed)}")
        with self._store.held():
            return self._store.healing(lambda: self._record(content, message))

    def interrupt(self) -> None:
        """Stop a running call with a TransientError, and all later ones; may be called from any thread."""
        self._store.interrupt()

    def _load(self) -> Mapping[str, bytes]:
        entries = self._entries(self._bring(depth=1))
        choice = {
            entry.shown.removeprefix(self._below_prefix("")): entry
            for entry in entries.values()
            if entry.mode in trees.FILES and entry.is_plain  # what else there is, is not ours and goes next time
        }
        _check_amount(choice, self._store)
        contents = blobs.read(self._store, (each.blob for each in choice.values()), limit=_LIMITS.total_bytes)
        return {path: contents[entry.blob] for path, entry in sorted(choice.items())}

    def _record(self, content: Mapping[str, bytes], message: str) -> str:
        offered = lost = ""
        for attempt in range(_TRIES):
            if offered:
                self._sleep(self._random.uniform(0.0, 0.1 * 2**attempt))
            # After a race, deep enough to see whether our commit came through and others have built upon it.
            tip = self._bring(depth=_RECENT if offered else 1)
            if offered and tip and self._store.is_ancestor(offered, tip):
                return offered
            change = self._change(tip, content)
            if change is None:
                return ""
            offered = self._commit(change, message)
            lost = self._push(offered, expected=tip)
            if not lost:
                return offered
        raise errors.TransientError(
            f"others pushed to {self._store.branch} of {self._store.remote.url} first, {_TRIES} times in a row "
            f"({lost}); the next pass records the state again"
        )

    def _bring(self, *, depth: int) -> str | None:
        """Return the branch's newest commit, fetched, or ``None`` while there is none."""
        tip = self._store.tip()
        if tip is None:
            return None
        self._store.compact()
        if self._store.fetched() == tip:
            return tip
        return self._store.fetch(depth=depth)

    def _entries(self, tip: str | None) -> dict[bytes, trees.Entry]:
        """List the managed files of *tip* by their path below the prefix."""
        if tip is None:
            return {}
        start = f"{self._prefix}/".encode() if self._prefix else b""
        ours = (self._below_prefix(pattern.removesuffix("**")) for pattern in self._managed)
        try:
            listing = self._store.ask("ls-tree", "-r", "-z", "-l", "--full-tree", tip, "--", *ours)
        except pipes.LimitError:
            raise errors.StalledError(
                f"the status branch {self._store.branch} of {self._store.remote.url} holds too many files; "
                "delete it, and it is written anew, or set another one in status.branch"
            ) from None
        found = {
            entry.path.removeprefix(start): entry for entry in trees.parse(listing) if entry.path.startswith(start)
        }
        return {path: entry for path, entry in found.items() if self._is_managed(path.decode("utf-8", "replace"))}

    def _change(self, tip: str | None, content: Mapping[str, bytes]) -> commits.Change | None:
        """Return what must be committed on *tip*, or ``None`` when it holds *content* already."""
        there = self._entries(tip)
        wanted = {path.encode(): path for path in content}
        writes = {
            self._below_prefix(path): content[path]
            for raw, path in wanted.items()
            if raw not in there or not _holds(there[raw], content[path])
        }
        deletes = tuple(entry.path for raw, entry in there.items() if raw not in wanted)
        return commits.Change(tip, writes, deletes) if writes or deletes else None

    def _commit(self, change: commits.Change, message: str) -> str:
        stream = commits.stream(change, ref=_PENDING, author=self._author, now=self._now(), message=message)
        # --force: the pending ref may still be at a commit that was offered and lost.
        printed = self._store.ask("fast-import", "--quiet", "--force", "--done", stdin=stream)
        return printed.decode("ascii").strip()

    def _push(self, offered: str, *, expected: str | None) -> str:
        """Push; return nothing when the branch is at *offered* now, git's words when somebody else was faster."""
        try:
            answer = self._store.push(offered, expected=expected)
        except errors.TransientError:
            # Cut off, but perhaps only after it had come through: then it must not be told a second time.
            if self._has_come_through(offered, self._store.tip()):
                return ""
            raise
        tip = self._store.tip()
        if self._has_come_through(offered, tip):
            return ""
        if tip == expected and not _RACED.search(answer.stderr):
            raise self._refusal(answer)
        return faults.shown(self._store.remote, answer.stderr)

    def _has_come_through(self, offered: str, tip: str | None) -> bool:
        if tip != offered:
            return False
        self._store.keep(offered)
        return True

    def _refusal(self, answer: commands.Answer) -> errors.GitsidecarError:
        if "remote rejected" in answer.stderr or "[rejected]" in answer.stderr:
            said = faults.shown(self._store.remote, answer.stderr)
            return errors.StalledError(
                f"{self._store.remote.url} refused our push to {self._store.branch} ({said}); allow gitsidecar's "
                "account to push to that branch, or set another one in status.branch"
            )
        return self._store.translate(answer, may="push")

    def _below_prefix(self, path: str) -> str:
        return f"{self._prefix}/{path}" if self._prefix else path

    def _is_managed(self, path: str) -> bool:
        return any(
            path.startswith(pattern.removesuffix("**")) if pattern.endswith("/**") else path == pattern
            for pattern in self._managed
        )


def _holds(entry: trees.Entry, content: bytes) -> bool:
    return entry.mode == "100644" and entry.blob == commits.blob_name(content, like=entry.blob)


def _check_amount(found: Mapping[str, trees.Entry], store: stores.Store) -> None:
    total = sum(entry.size for entry in found.values())
    large = [entry.shown for entry in found.values() if entry.size > _LIMITS.file_bytes]
    if large or total > _LIMITS.total_bytes or len(found) > _LIMITS.files:
        raise errors.StalledError(
            f"the status branch {store.branch} of {store.remote.url} holds more than is read of it "
            f"({len(found)} files, {total} bytes): remove {', '.join(large[:3]) or 'what is not needed'}, "
            "or delete the branch, and it is written anew"
        )
