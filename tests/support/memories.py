"""The two Git ports in memory, for tests that run hundreds of passes: a source branch and a status branch."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping

from gitsidecar import errors
from gitsidecar.model import files


class MemorySource:
    """
    Fulfils `ports.Source`: `push` makes the next revision.

    `fault`, when set, is what a fetch raises; `gate` may be cleared to hold fetches back, in a thread of their own.
    """

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.fault: Exception | None = None
        self.fetches = 0
        self._trees: dict[str, files.Tree] = {}
        self._content: dict[str, bytes] = {}

    def push(self, content: Mapping[str, str | None], trailers: tuple[tuple[str, str], ...] = ()) -> str:
        """Write files, or remove those whose content is ``None``, and return the new revision."""
        for path, text in content.items():
            self._content.pop(path, None)
            if text is not None:
                self._content[path] = text.encode()
        revision = hashlib.sha1(str(len(self._trees)).encode()).hexdigest()
        found = tuple(files.File(path, each) for path, each in sorted(self._content.items()))
        self._trees[revision] = files.Tree(revision, found, trailers=trailers)
        return revision

    def fetch(self) -> str:
        """Return the newest revision."""
        self.fetches += 1
        assert self.gate.wait(10)
        if self.fault is not None:
            raise self.fault
        if not self._trees:
            raise errors.StalledError("the repository is empty: push main")
        return list(self._trees)[-1]

    def read(self, revision: str) -> files.Tree:
        """Return the files of *revision*."""
        return self._trees[revision]


class MemoryBranch:
    """
    Fulfils `ports.StatusBranch` and keeps every commit: message and files.

    `fault`, when set, is what each call raises; with `is_unheard` a record is taken all the same.
    """

    def __init__(self) -> None:
        self.content: Mapping[str, bytes] = {}
        self.messages: list[str] = []
        self.states: list[Mapping[str, bytes]] = []
        self.fault: Exception | None = None
        self.is_unheard = False
        self.loads = 0
        self.tries = 0

    @property
    def subjects(self) -> list[str]:
        """Return the first line of each commit's message, oldest first."""
        return [message.partition("\n")[0] for message in self.messages]

    def load(self) -> Mapping[str, bytes]:
        """Return the newest files."""
        self.loads += 1
        if self.fault is not None:
            raise self.fault
        return dict(self.content)

    def record(self, content: Mapping[str, bytes], message: str) -> str:
        """Commit *content* if it differs, and return the commit's name."""
        self.tries += 1
        if self.fault is not None and not self.is_unheard:
            raise self.fault
        commit = "" if content == self.content else self._commit(content, message)
        if self.fault is not None:
            raise self.fault
        return commit

    def _commit(self, content: Mapping[str, bytes], message: str) -> str:
        self.content = dict(content)
        self.states.append(self.content)
        self.messages.append(message)
        return hashlib.sha1(f"{len(self.messages)}{message}".encode()).hexdigest()
