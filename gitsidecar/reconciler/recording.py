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


@dataclasses.dataclass(frozen=True, slots=True)
class _Waiting:
    """
    A report that no commit has told of, with the moves of those before it, and what it leaves to remember.

    `is_tried` says that its commit may have come through although we heard of a failure.
    """

    report: reports.Report
    state: object
    history: histories.History
    is_tried: bool = False


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
        self._waiting: list[_Waiting] = []

    @property
    def recorded(self) -> histories.History:
        """Return what the branch itself remembers, whatever has become of the pods since."""
        return self._recorded_history

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
        self._take(report)
        commit = self._catch_up(now, pass_id)
        wait = self._wait(report, now)
        if self._state != self._recorded_state and wait > 0:
            return Recorded(commit, again_after=wait)
        return Recorded(self._commit(now, pass_id) or commit)

    def flush(self, now: datetime.datetime, pass_id: str) -> str:
        """Commit now what waits for its interval; return the commit, empty if nothing waited. Raises as `record`."""
        commit = self._catch_up(now, pass_id)
        return self._commit(now, pass_id) or commit

    def _take(self, report: reports.Report) -> None:
        """Take over what *report* tells; nothing is written for it, because most passes make no commit."""
        assert self._recall is not None, "load comes before record"
        state = files.state(report)
        if state != self._state:
            self._state = state
            self.history = self._recall(report)
        if self._waiting and not _is_apart(self._waiting[-1], report):
            report = _joined(self._waiting.pop().report, report)
        self._waiting.append(_Waiting(report, state, self.history))

    def _catch_up(self, now: datetime.datetime, pass_id: str) -> str:
        """Commit all that waits but the newest, whose interval may go on; return the last commit made."""
        commit = ""
        while len(self._waiting) > 1:
            commit = self._commit(now, pass_id) or commit
        return commit

    def _commit(self, now: datetime.datetime, pass_id: str) -> str:
        """Commit what waits longest, if it says anything new; the words of the newest wait for something that does."""
        if not self._waiting:
            return ""
        first = self._waiting[0]
        content = self._recorded if first.state == self._recorded_state else self._renderer.render(first.report)
        if content == self._recorded:
            self._recorded_state = first.state
            del self._waiting[:-1]
            return ""
        message = messages.write(first.report, self._recorded_history, pass_id=pass_id)
        self._waiting[0] = dataclasses.replace(first, is_tried=True)
        self._recorded, self._recorded_state = {}, None  # if this fails, it may have come through all the same
        commit = self._branch.record(content, message)
        self._recorded, self._recorded_state = content, first.state
        self._recorded_history, self._recorded_at = first.history, now
        self._waiting.pop(0)
        return commit

    def _wait(self, report: reports.Report, now: datetime.datetime) -> float:
        if self._recorded_at is None or changes.is_transition(report, self._recorded_history):
            return 0.0
        wait = self._recorded_at + self._interval - now
        return min(wait, self._interval).total_seconds()  # the wall clock may have been set back


def _is_apart(earlier: _Waiting, newer: reports.Report) -> bool:
    """
    Say whether *newer* must not share a commit with what waits.

    Moves were made at the revision that their commit names, and the next one may have been a stop. What a commit may
    have told already is told in the same way again, or not at all.
    """
    is_same = earlier.report.revision == newer.revision
    return earlier.is_tried or (not is_same and any(each.moves or each.evicted for each in earlier.report.sets))


def _joined(earlier: reports.Report, newer: reports.Report) -> reports.Report:
    """Return *newer* with what the passes of *earlier* did."""
    before = {each.name: each for each in earlier.sets}
    sets = (_joined_set(before[each.name], each) if each.name in before else each for each in newer.sets)
    return dataclasses.replace(newer, sets=tuple(sets))


def _joined_set(earlier: reports.SetReport, newer: reports.SetReport) -> reports.SetReport:
    moves = (*earlier.moves, *newer.moves)
    return dataclasses.replace(
        newer,
        moves=moves,
        failed={**earlier.failed, **newer.failed},
        evicted={**earlier.evicted, **newer.evicted},
    )
