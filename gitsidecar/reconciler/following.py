"""What a follower remembers: what others have recorded, carried on in memory, and written by nobody."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Mapping

from gitsidecar import ports
from gitsidecar.model import findings, histories, reports
from gitsidecar.reporting import histories as memories


class Follower:
    """
    Stands in for a `recording.Recorder` where nothing is to be recorded; calls of `load` block.

    Between two loads the history goes on as the recorder's would: a rollout that completes makes its spec the stable
    one here at once, not only when the one who records has pushed it and we have fetched it.
    """

    def __init__(self, branch: ports.StatusBranch) -> None:
        self.history = histories.History()
        self.problems: tuple[findings.Finding, ...] = ()
        self.is_loaded = False
        self._branch = branch
        self._content: Mapping[str, bytes] = {}
        self._recall: Callable[[reports.Report], histories.History] | None = None

    @property
    def recorded(self) -> histories.History:
        """Return nothing: a follower vouches for no record."""
        return histories.History()

    @property
    def last_good(self) -> object:
        """Return the last good forms of sets and policies, to be compared."""
        return {name: each.accepted for name, each in self.history.sets.items()}, self.history.policies

    def load(self, restore: memories.Restore, restore_policy: memories.RestorePolicy) -> bool:
        """
        Read what the branch remembers, as often as wanted, and say whether it is another state than before.

        Raises TransientError, StalledError: all stays then.
        """
        content = dict(self._branch.load())
        if self.is_loaded and content == self._content:
            return False
        cached = functools.lru_cache(maxsize=1024)
        self._recall = functools.partial(
            memories.recall, restore=cached(restore), restore_policy=cached(restore_policy)
        )
        self._content, self.history = content, memories.read(content, restore, restore_policy)
        self.problems = self.history.problems
        self.is_loaded = True
        return True

    def carry_on(self, report: reports.Report, after: histories.History) -> None:
        """Remember what *report* leaves to remember, unless what was loaded meanwhile is newer than *after*."""
        if self._recall is not None and self.history is after:
            self.history = self._recall(report)

    def flush(self, now: datetime.datetime, pass_id: str) -> str:  # noqa: ARG002  # as a recorder has it
        """Commit nothing."""
        return ""
