"""What there is to see: the newest pass, those before it in a few words, and what keeps the daemon from working."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import zlib

from gitsidecar.model import outcomes, plans, reports
from gitsidecar.reconciler import reconcilers

REMEMBERED = 500


@dataclasses.dataclass(frozen=True, slots=True)
class Stretch:
    """
    One pass in numbers, or several in a row in which nothing was done and nothing came to be known.

    Times are when their plans were made, *seconds* what the longest took. *commit* is that of the status branch.
    """

    first: datetime.datetime
    last: datetime.datetime
    passes: int
    seconds: float
    revision: str
    moved: int = 0
    evicted: int = 0
    failed: int = 0
    held: int = 0
    commit: str = ""
    failure: str = ""

    @property
    def is_quiet(self) -> bool:
        """Say whether nothing was done: passes like it may be told as one."""
        return not (self.moved or self.evicted or self.failed or self.commit or self.failure)


@dataclasses.dataclass(frozen=True, slots=True)
class Sight:
    """All that a page is made from; *passes* are the newest first, *done* is ``None`` before the first has ended."""

    cluster: str
    done: reconcilers.Pass | None = None
    passes: tuple[Stretch, ...] = ()
    trouble: str = ""

    @property
    def tag(self) -> str:
        """Return a text that is another one whenever a page may be."""
        seen = self.done.id if self.done is not None else "none"
        return f"{seen}-{zlib.crc32(self.trouble.encode()):x}"

    def find(self, name: str) -> tuple[reports.SetReport, plans.SetPlan, reconcilers.Pass] | None:
        """Return what the newest pass says of the set *name*, and planned for it; ``None`` if there is no such set."""
        if self.done is None:
            return None
        report = next((each for each in self.done.report.sets if each.name == name), None)
        planned = next((each for each in self.done.plan.sets if each.sidecar_set.name == name), None)
        return None if report is None or planned is None else (report, planned, self.done)


class Memory:
    """Keeps what was last seen. Between two passes it keeps no more than references, and a few numbers of each."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._done: reconcilers.Pass | None = None
        self._stretches: collections.deque[Stretch] = collections.deque(maxlen=REMEMBERED)

    def note(self, done: reconcilers.Pass) -> None:
        """Note a pass that has ended (`daemons.Daemon`)."""
        self._done = done
        newest = _stretch(done)
        if self._stretches and _is_like(self._stretches[0], newest):
            newest = _joined(self._stretches.popleft(), newest)
        self._stretches.appendleft(newest)

    def look(self, trouble: str) -> Sight:
        """Return what there is to see now; *trouble* is the daemon's."""
        return Sight(self._cluster, self._done, tuple(self._stretches), trouble)


def _stretch(done: reconcilers.Pass) -> Stretch:
    now, report = done.plan.now, done.report
    return Stretch(
        first=now,
        last=now,
        passes=1,
        seconds=sum(done.seconds.values()),
        revision=report.revision,
        moved=sum(each.kind is outcomes.OutcomeKind.APPLIED for each in done.outcomes),
        evicted=sum(each.kind is outcomes.OutcomeKind.APPLIED for each in done.evicted),
        failed=sum(len(each.failed) for each in report.sets),
        held=sum(each.held_pods for each in report.sets),
        commit=done.commit,
        failure=str(done.failure) if done.failure is not None else "",
    )


def _is_like(one: Stretch, other: Stretch) -> bool:
    return one.is_quiet and other.is_quiet and (one.revision, one.held) == (other.revision, other.held)


def _joined(one: Stretch, other: Stretch) -> Stretch:
    return dataclasses.replace(
        one, last=other.last, passes=one.passes + other.passes, seconds=max(one.seconds, other.seconds)
    )
