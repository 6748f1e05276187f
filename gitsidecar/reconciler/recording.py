"""When a report becomes a commit of the status branch, and what history the next plan is made from (DESIGN §7)."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Callable, Mapping

from gitsidecar import errors, ports
from gitsidecar.model import findings, histories, reports
from gitsidecar.reporting import changes, files, messages
from gitsidecar.reporting import histories as memories


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """The commit made, empty if none was due or *failure* hindered it; *again_after* are the seconds until one is."""

    commit: str = ""
    again_after: float | None = None
    failure: errors.TransientError | errors.StalledError | None = None


class Recorder:
    """
    Writes reports to the status branch: transitions at once, progress at most every *interval* seconds.

    Calls block. What was moved in passes that made no commit is told by the next commit: nothing is lost to the audit.
    """

    def __init__(self, branch: ports.StatusBranch, interval: float) -> None:
        self.history = histories.History()
        self.problems: tuple[findings.Finding, ...] = ()
        self.is_loaded = False
        self._branch = branch
        self._interval = datetime.timedelta(seconds=interval)
        self._recall: Callable[[reports.Report], histories.History] | None = None
        self._renderer = files.Renderer()
        self._state: object = None
        self._recorded: Mapping[str, bytes] = {}
        self._recorded_state: object = None  # a person may have worded what was loaded in another way
        self._recorded_history = self.history
        self._recorded_at: datetime.datetime | None = None
        self._untold: dict[str, reports.SetReport] = {}
        self._unrecorded: reports.Report | None = None

    def load(self, restore: memories.Restore, restore_policy: memories.RestorePolicy) -> None:
        """Read what the status branch remembers. Raises TransientError, StalledError."""
        cached = functools.lru_cache(maxsize=1024)  # most manifests are the same from pass to pass
        self._recall = functools.partial(
            memories.recall, restore=cached(restore), restore_policy=cached(restore_policy)
        )
        self._recorded = dict(self._branch.load())
        self.history = self._recorded_history = memories.read(self._recorded, restore, restore_policy)
        self.problems = self.history.problems
        self.is_loaded = True

    def record(self, report: reports.Report, now: datetime.datetime, pass_id: str) -> Recorded:
        """Commit *report* if it says anything new and a commit is due. Raises TransientError, StalledError."""
        try:
            if self._loses_moves(report):
                self._commit(now, pass_id)
        finally:
            told = self._with_untold(report)
        self._remember(report)
        self._unrecorded = told
        wait = self._wait(report, now)
        if self._state != self._recorded_state and wait > 0:
            return Recorded(again_after=wait)
        return Recorded(self._commit(now, pass_id))

    def flush(self, now: datetime.datetime, pass_id: str) -> str:
        """Commit now what waits for its interval; return the commit, empty if nothing waited. Raises as `record`."""
        return self._commit(now, pass_id)

    def _commit(self, now: datetime.datetime, pass_id: str) -> str:
        if self._unrecorded is None or self._state == self._recorded_state:
            return ""
        content = self._renderer.render(self._unrecorded)
        if content == self._recorded:  # as after a start
            self._recorded_state = self._state
            return ""
        message = messages.write(self._unrecorded, self._recorded_history, pass_id=pass_id)
        self._recorded, self._recorded_state = {}, None  # if this fails, it may have come through all the same
        commit = self._branch.record(content, message)
        self._recorded, self._recorded_state = content, self._state
        self._recorded_history, self._recorded_at = self.history, now
        self._untold = {}
        return commit

    def _with_untold(self, report: reports.Report) -> reports.Report:
        """Add to *report* what the passes since the last commit moved."""
        self._untold |= {each.name: _joined(self._untold.get(each.name), each) for each in report.sets}
        return dataclasses.replace(report, sets=tuple(self._untold[each.name] for each in report.sets))

    def _loses_moves(self, report: reports.Report) -> bool:
        """Say whether moves that no commit has told of were made at another revision, which may have been a stop."""
        is_same = self._unrecorded is None or self._unrecorded.revision == report.revision
        return not is_same and any(each.moved for each in self._untold.values())

    def _remember(self, report: reports.Report) -> None:
        """Take over what *report* tells; nothing is written for it, because most passes make no commit."""
        assert self._recall is not None, "load comes before record"
        state = files.state(report)
        if state != self._state:
            self._state = state
            self.history = self._recall(report)

    def _wait(self, report: reports.Report, now: datetime.datetime) -> float:
        if self._recorded_at is None or changes.is_transition(report, self._recorded_history):
            return 0.0
        wait = self._recorded_at + self._interval - now
        return min(wait, self._interval).total_seconds()  # the wall clock may have been set back


def _joined(earlier: reports.SetReport | None, newer: reports.SetReport) -> reports.SetReport:
    if earlier is None:
        return newer
    moved = tuple(dict.fromkeys((*earlier.moved, *newer.moved)))
    return dataclasses.replace(newer, moved=moved, failed={**earlier.failed, **newer.failed})
