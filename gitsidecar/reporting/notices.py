"""
What happened between the last report and this one, as notices.

A set is in one of four states, which its report tells by itself: under way, blocked, failed or complete. Entering one
is the event. So the same report twice tells nothing, and what was recorded is not told again by another process.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.model import notices, plans, reports
from gitsidecar.reporting import conditions, records, standings, texts, yamls

_FAULTS = (standings.PODS_FAILING, standings.WRITES_FORBIDDEN, str(plans.HoldReason.DEADLINE_EXCEEDED))
_REJECTED = str(plans.HoldReason.MANIFEST_REJECTED)
_REPOSITORY = "."  # the file of a finding about all of it


@dataclasses.dataclass(frozen=True, slots=True)
class _Scene:
    """One set in a report and in the one before, which may have had no such set."""

    whole: reports.Report
    now: reports.SetReport
    before: reports.SetReport | None
    at: datetime.datetime


def find(report: reports.Report, recorded: reports.Report | None, at: datetime.datetime) -> tuple[notices.Notice, ...]:
    """
    Return what *report*, made at the time *at*, has to tell after *recorded*: of sets by name, then of the repository.

    Where nothing was recorded, what is complete already is no news.
    """
    known = {each.name: each for each in recorded.sets} if recorded is not None else {}
    found: list[notices.Notice] = []
    for each in report.sets:
        scene = _Scene(report, each, known.get(each.name), at)
        found += (*_of_state(scene, is_first=recorded is None), *_of_rejection(scene))
    return (*found, *_of_repository(report, recorded, at))


def _of_state(scene: _Scene, *, is_first: bool) -> Iterator[notices.Notice]:
    each, before = scene.now, scene.before
    event, _, reason = state = _state(each)
    if before is not None and _state(before) == state:
        return
    if (is_first and event is notices.Event.COMPLETED) or (each.rejection and reason == _REJECTED):
        return  # a refusal of its own manifest is told as that
    complete = each.condition(conditions.COMPLETE)
    reason, message = (complete.reason, complete.message) if complete is not None else ("", "")
    is_resumed = event is notices.Event.STARTED and before is not None and before.spec_hash == each.spec_hash
    notice = _notice(scene, event, reason, message)
    yield dataclasses.replace(notice, commit=each.commit, is_resumed=is_resumed)


def _of_rejection(scene: _Scene) -> Iterator[notices.Notice]:
    each, before = scene.now, scene.before
    refused = records.rejections(scene.whole.found)
    is_told = before is not None and before.rejection == each.rejection
    stalls = [found.message for found in refused if found.file == _REPOSITORY]
    if not each.rejection or is_told or each.rejection in stalls:
        return  # what stops all sets alike is told once, of the repository
    own = tuple(found for found in refused if found.file == each.place.file)
    notice = _notice(scene, notices.Event.REJECTED, _REJECTED, each.rejection)
    yield dataclasses.replace(notice, commit=scene.whole.revision, rejections=own)


def _of_repository(
    report: reports.Report, recorded: reports.Report | None, at: datetime.datetime
) -> Iterator[notices.Notice]:
    """Yield one notice of all new refusals that no set tells."""
    known = records.rejections(recorded.found) if recorded is not None else []
    told = {each.place.file for each in report.sets if each.rejection} - {_REPOSITORY}
    refused = [each for each in records.rejections(report.found) if each not in known and each.file not in told]
    if not refused:
        return
    words = [str(each) for each in refused]
    more = f" (and {len(words) - 1} more)" if len(words) > 1 else ""
    yield notices.Notice(
        id=_id(report.cluster, "", notices.Event.REJECTED, report.revision, *words),
        event=notices.Event.REJECTED,
        at=at,
        cluster=report.cluster,
        set_name="",
        commit=report.revision,
        reason=_REJECTED,
        message=texts.one_line(words[0]) + more,
        rejections=tuple(refused),
    )


def _notice(scene: _Scene, event: notices.Event, reason: str, message: str) -> notices.Notice:
    each, before = scene.now, scene.before
    was = [f"{found.type}={found.status}/{found.reason}/{found.since}" for found in before.conditions] if before else []
    spec = (each.spec_hash, str(each.generation))
    return notices.Notice(
        # By what came before, not by the time: who repeats it after a crash finds the same, and the next one does not.
        id=_id(scene.whole.cluster, each.name, event, *spec, reason, each.rejection, *was),
        event=event,
        at=scene.at,
        cluster=scene.whole.cluster,
        set_name=each.name,
        commit="",
        reason=reason,
        message=texts.one_line(message),
        labels=_labels(each),
        spec_hash=each.spec_hash,
        place=each.place,
        counts=_counts(each),
    )


def _state(report: reports.SetReport) -> tuple[notices.Event, str, str]:
    """Return which state the set is in, for which spec, and of a stop also why: another reason is another stop."""
    complete, blocked = report.condition(conditions.COMPLETE), report.condition(conditions.BLOCKED)
    if complete is not None and complete.status:
        return notices.Event.COMPLETED, report.spec_hash, ""
    if blocked is not None and blocked.status:
        event = notices.Event.FAILED if blocked.reason in _FAULTS else notices.Event.BLOCKED
        return event, report.spec_hash, blocked.reason
    return notices.Event.STARTED, report.spec_hash, ""


def _labels(report: reports.SetReport) -> Mapping[str, str]:
    manifest: Any = yamls.from_json(report.manifest)
    return dict((manifest.get("metadata") or {}).get("labels") or {})


def _counts(report: reports.SetReport) -> Mapping[str, int]:
    counts = {key: int(getattr(report, attribute)) for key, attribute in records.COUNTS.items()}
    return {**counts, "heldPods": report.held_pods, "failingPods": report.failing_pods}


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
