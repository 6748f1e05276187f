"""The status branch's past as entries: rollouts, stops and rejections, from the first to the last sign of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from gitsidecar.model import diaries, findings, plans, reports
from gitsidecar.reporting import conditions, images, moments, paths, readings, records, wording, yamls

_REPLACED = "another spec came first"
_LEFT = "no longer managed"
_CUT = b"\n  workloads:\n"
"""What comes after this in a set's file is long and tells nothing of the set's past."""


def read(past: Iterable[diaries.Recorded]) -> tuple[diaries.Entry, ...]:
    """
    Return the entries that the commits *past*, oldest first, tell of, the newest first.

    A file that cannot be read tells nothing new: the last one that could stands for it.
    """
    diary = _Diary()
    for each in past:
        diary.take(each)
    return diary.entries()


class _Diary:
    """What is known after some of the commits."""

    def __init__(self) -> None:
        self._sets: dict[str, reports.SetReport] = {}
        self._rollouts: dict[tuple[str, str, str], diaries.Rollout] = {}
        self._specs: dict[str, str] = {}
        self._stops: dict[str, diaries.Stop] = {}
        self._refused: dict[findings.Finding, diaries.Rejection] = {}
        self._over: list[diaries.Entry] = []

    def entries(self) -> tuple[diaries.Entry, ...]:
        found = (*self._over, *self._rollouts.values(), *self._stops.values(), *self._refused.values())
        return tuple(sorted(found, key=lambda each: each.started, reverse=True))

    def take(self, recorded: diaries.Recorded) -> None:
        """Take in what one commit says."""
        before, self._sets = self._sets, self._read(recorded.changed)
        for name, report in self._sets.items():
            if before.get(name) is not report:
                self._take_rollouts(report)
                self._take_stop(report, recorded, is_first=not before)
        for name in before.keys() - self._sets.keys():
            self._end_stop(name, recorded)
            self._leave(name)
        if paths.REJECTIONS in recorded.changed:
            self._take_rejections(recorded)

    def _read(self, changed: Mapping[str, bytes | None]) -> dict[str, reports.SetReport]:
        """Return the sets by name; those of which no file changed, or can be read now, are as before."""
        for path, content in changed.items():
            whose = paths.spec_of(path)
            if whose is not None and content is not None and whose[1] not in self._specs:
                self._specs[whose[1]] = _document(content)
        gone = {path for path, content in changed.items() if content is None}
        kept = {name: each for name, each in self._sets.items() if paths.set_file(name) not in gone}
        heads = {path: content.partition(_CUT)[0] for path, content in changed.items() if content is not None}
        found, _ = readings.read({path: head for path, head in heads.items() if path.startswith(paths.SETS)})
        return {**kept, **{each.name: each for each in found.sets}}

    def _take_rollouts(self, report: reports.SetReport) -> None:
        self._specs.setdefault(report.spec_hash, report.manifest)
        last = len(report.rollouts) - 1
        for number, told in enumerate(report.rollouts):
            key = (report.name, told.commit, told.started)
            known = self._rollouts.get(key)
            earlier = report.rollouts[number - 1].spec_hash if number else report.stable
            brought = known.images if known is not None else self._images(earlier, told.spec_hash)
            self._rollouts[key] = dataclasses.replace(_rollout(report, told, is_last=number == last), images=brought)

    def _images(self, old: str, new: str) -> tuple[tuple[str, str, str], ...]:
        was, now = (images.of_document(self._specs.get(each, "{}")) for each in (old, new))
        return tuple((each.container, each.old, each.new) for each in images.compare(was, now))

    def _leave(self, name: str) -> None:
        """Close the rollout of a set that is no longer managed."""
        for key, entry in self._rollouts.items():
            if entry.name == name and entry.is_open:
                self._rollouts[key] = dataclasses.replace(entry, state=_LEFT, message="", is_open=False)

    def _take_stop(self, report: reports.SetReport, recorded: diaries.Recorded, *, is_first: bool) -> None:
        found = _stop(report)
        known = self._stops.get(report.name)
        if found is None or (known is not None and known.reason != found.reason):
            self._end_stop(report.name, recorded)
            known = None
        if found is None:
            return
        at = moments.to_seconds(recorded.at)
        started = known.started if known is not None else found.since if is_first else at
        commit = known.commit if known is not None else recorded.revision
        self._stops[report.name] = diaries.Stop(
            report.name, wording.state(report), found.reason, found.message, commit, started
        )

    def _end_stop(self, name: str, recorded: diaries.Recorded) -> None:
        known = self._stops.pop(name, None)
        if known is not None:
            self._over.append(dataclasses.replace(known, finished=moments.to_seconds(recorded.at)))

    def _take_rejections(self, recorded: diaries.Recorded) -> None:
        at = moments.to_seconds(recorded.at)
        content = recorded.changed[paths.REJECTIONS]
        refused = records.rejections(readings.read({paths.REJECTIONS: content})[0].found) if content else []
        known, self._refused = self._refused, {}
        for each in refused:
            begun = known.get(each) or diaries.Rejection(each, recorded.revision, at, name=self._whose(each))
            self._refused[each] = begun
        self._over += [dataclasses.replace(known[each], finished=at) for each in known.keys() - self._refused.keys()]

    def _whose(self, refused: findings.Finding) -> str:
        """Return the set whose manifest is refused, or nothing."""
        found = (each for each in self._sets.values() if each.rejection and each.place.file == refused.file)
        return next((each.name for each in found), "")


def _document(content: bytes) -> str:
    """Return a file of the history as JSON; one that cannot be read brings nothing."""
    try:
        return yamls.to_json(yamls.load(content))
    except ValueError:
        return "{}"


def _rollout(report: reports.SetReport, told: reports.Rollout, *, is_last: bool) -> diaries.Rollout:
    if told.finished:
        return diaries.Rollout(report.name, told, (), "complete")
    if not is_last or told.spec_hash != report.spec_hash:
        return diaries.Rollout(report.name, told, (), _REPLACED)
    complete = report.condition(conditions.COMPLETE)
    message = complete.message if complete is not None else ""
    return diaries.Rollout(report.name, told, (), wording.state(report), message, is_open=True)


def _stop(report: reports.SetReport) -> reports.Condition | None:
    """Return the condition that says that a person has stopped the set, or has to act, or ``None``."""
    chief = wording.chief(report)
    is_stopped = chief is not None and (chief.type == conditions.BLOCKED or chief.reason == plans.HoldReason.FROZEN)
    return chief if is_stopped else None
