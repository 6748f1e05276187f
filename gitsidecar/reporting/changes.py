"""What differs between a report and the one before: the commit's time and its message both read it here."""

from __future__ import annotations

import dataclasses

from gitsidecar.model import findings, histories, reports
from gitsidecar.reporting import records, standings

_PROGRESS = frozenset(str(reason) for reason in standings.PACING)
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


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """All that differs; `rejected` are new rejections, `accepted` those that are gone."""

    sets: tuple[Change, ...] = ()
    rejected: tuple[findings.Finding, ...] = ()
    accepted: tuple[findings.Finding, ...] = ()

    @property
    def is_transition(self) -> bool:
        """Say whether something other than progress differs."""
        return bool(self.rejected or self.accepted) or any(each.is_transition for each in self.sets)


def is_transition(report: reports.Report, history: histories.History) -> bool:
    """
    Say whether *report* tells something other than progress: a reason to commit it at once.

    Counts are progress, and so are the holds of a healthy rollout's pace. All else is news: conditions, a new manifest
    or spec, other reasons to hold, rejections, sets that come and go, and anything at all where nothing was recorded.
    """
    return history.recorded is None or compare(report, history).is_transition


def compare(report: reports.Report, history: histories.History) -> Changes:
    """Return what differs between *report* and what *history* recorded; sets in order of name."""
    recorded = history.recorded or reports.Report("", "")
    before = {each.name: each for each in recorded.sets}
    now = {each.name: each for each in report.sets}
    names = sorted(before.keys() | now.keys())
    found = (_compare_set(name, now.get(name), before.get(name)) for name in names)
    refused, known = records.rejections(report.found), records.rejections(recorded.found)
    return Changes(
        tuple(each for each in found if each is not None),
        rejected=tuple(each for each in refused if each not in known),
        accepted=tuple(each for each in known if each not in refused),
    )


def _compare_set(name: str, now: reports.SetReport | None, before: reports.SetReport | None) -> Change | None:
    if now is None or before is None:
        moved: _Moved = tuple((each, None) for each in now.conditions) if now is not None else ()
        return Change(name, now, before, moved, is_transition=True)
    if _lasting(now) == _lasting(before) and not now.moved and not now.failed:
        return None
    moved = tuple(
        (each, was)
        for each in now.conditions
        if (was := before.condition(each.type)) is None or (each.status, each.reason) != (was.status, was.reason)
    )
    return Change(name, now, before, moved, is_transition=bool(moved) or _news(now) != _news(before))


def _lasting(report: reports.SetReport) -> reports.SetReport:
    """Return the report without what only a message tells."""
    return dataclasses.replace(report, moved=(), failed={})


def _news(report: reports.SetReport) -> tuple[object, ...]:
    """Return what is told at once when it changes, conditions aside."""
    reasons = frozenset(held.reason for held in report.held) - _PROGRESS
    manifest = (report.spec_hash, report.generation, report.commit, report.manifest)
    return (*manifest, report.stable, report.rejection, reasons, report.forbidden is not None)
