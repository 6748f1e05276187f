"""What differs between a report and the one before: the commit's time and its message both read it here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import TypeVar

from gitsidecar.model import findings, histories, reports
from gitsidecar.reporting import records, standings

_PROGRESS = frozenset(str(reason) for reason in standings.PACING)
_Report = TypeVar("_Report", reports.SetReport, reports.PolicyReport)
_Moved = tuple[tuple[reports.Condition, reports.Condition | None], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """
    One set that is not as it was; *now* is ``None`` when it is no longer managed, *before* when it is new.

    `conditions` are those whose status or reason moved, each with the earlier one if there was one.
    """

    name: str
    now: reports.SetReport | None
    before: reports.SetReport | None
    conditions: _Moved = ()
    is_transition: bool = False

    @property
    def has_other_manifest(self) -> bool:
        """Say whether the manifest in force, or its place, is another one than before."""
        if self.now is None or self.before is None:
            return False
        return (self.now.generation, self.now.place) != (self.before.generation, self.before.place)

    @property
    def noted(self) -> tuple[reports.Attempt, ...]:
        """Return the pods that are to be evicted for repair, said for the first time."""
        if self.now is None:
            return ()
        known = {each.uid for each in self.before.attempts} if self.before is not None else set()
        new = (each for each in self.now.attempts if each.uid not in known)
        return tuple(each for each in new if each.key not in self.now.evicted)

    @property
    def is_manifest_only(self) -> bool:
        """Say whether the manifest is another one, though not its spec, and nothing else has come of it."""
        if (
            self.now is None
            or self.before is None
            or self.conditions
            or self.now.moves
            or self.now.failed
            or self.noted
        ):
            return False
        return self.now.generation != self.before.generation and self.now.spec_hash == self.before.spec_hash


@dataclasses.dataclass(frozen=True, slots=True)
class PolicyChange:
    """One RolloutPolicy that is not as it was; *now* is ``None`` when it is gone, *before* when it is new."""

    name: str
    now: reports.PolicyReport | None
    before: reports.PolicyReport | None

    @property
    def is_transition(self) -> bool:
        """Say whether more than its place differs: a line that moves in a file changes nothing for any pod."""
        if self.now is None or self.before is None:
            return True
        return dataclasses.replace(self.now, place=self.before.place) != self.before


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """All that differs; `rejected` are new rejections, `accepted` those that are gone."""

    sets: tuple[Change, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    rejected: tuple[findings.Finding, ...] = ()
    accepted: tuple[findings.Finding, ...] = ()

    @property
    def is_transition(self) -> bool:
        """Say whether something other than progress differs."""
        has_news = any(each.is_transition for each in self.sets) or any(each.is_transition for each in self.policies)
        return bool(self.rejected or self.accepted) or has_news


def is_transition(report: reports.Report, history: histories.History) -> bool:
    """
    Say whether *report* tells something other than progress: a reason to commit it at once.

    Counts are progress, and so are the holds of a healthy rollout's pace. All else is news: conditions, a new manifest
    or spec, other reasons to hold, rejections, sets and policies that come, change or go, and anything at all where
    nothing was recorded.
    """
    return history.recorded is None or compare(report, history).is_transition


def compare(report: reports.Report, history: histories.History) -> Changes:
    """Return what differs between *report* and what *history* recorded; sets and policies in order of name."""
    recorded = history.recorded or reports.Report("", "")
    sets = (_compare_set(*each) for each in _paired(report.sets, recorded.sets))
    refused, known = records.rejections(report.found), records.rejections(recorded.found)
    policies = _paired(report.policies, recorded.policies)
    return Changes(
        tuple(each for each in sets if each is not None),
        tuple(PolicyChange(name, now, before) for name, now, before in policies if now != before),
        rejected=tuple(each for each in refused if each not in known),
        accepted=tuple(each for each in known if each not in refused),
    )


def _paired(now: Iterable[_Report], before: Iterable[_Report]) -> Iterator[tuple[str, _Report | None, _Report | None]]:
    """Pair what has one name, in order of name."""
    new, old = {each.name: each for each in now}, {each.name: each for each in before}
    return ((name, new.get(name), old.get(name)) for name in sorted(new.keys() | old.keys()))


def _compare_set(name: str, now: reports.SetReport | None, before: reports.SetReport | None) -> Change | None:
    if now is None or before is None:
        moved: _Moved = tuple((each, None) for each in now.conditions) if now is not None else ()
        return Change(name, now, before, moved, is_transition=True)
    if _lasting(now) == _lasting(before) and not (now.moves or now.failed or now.evicted):
        return None
    moved = tuple(
        (each, was)
        for each in now.conditions
        if (was := before.condition(each.type)) is None or (each.status, each.reason) != (was.status, was.reason)
    )
    return Change(name, now, before, moved, is_transition=bool(moved) or _news(now) != _news(before))


def _lasting(report: reports.SetReport) -> reports.SetReport:
    """Return the report without what only a message tells."""
    return dataclasses.replace(report, moves=(), failed={}, evicted={})


def _news(report: reports.SetReport) -> tuple[object, ...]:
    """Return what is told at once when it changes, conditions aside."""
    reasons = frozenset(held.reason for held in report.held) - _PROGRESS
    manifest = (report.spec_hash, report.generation, report.commit, report.manifest)
    return (*manifest, report.stable, report.rejection, reasons, report.forbidden is not None, report.attempts)
