"""Rules for a RolloutPolicy as a whole: which sets it is for, and whether its times make sense together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts, names, schedules, times
from gitsidecar.model import findings

_OURS = "gitsidecar.io/"
_ACTING = ("windows", "freezes", "podsPerMinute", "minReadySeconds", "progressDeadlineSeconds", "repair")
_REVERSED_ZONE = re.compile(r"Etc/GMT([-+])([0-9]+)")


def check(draft: drafts.Draft) -> Iterator[findings.Finding]:
    """Yield what is wrong, or doubtful, with the whole of *draft*."""
    spec = drafts.mapping(draft.value.get("spec"))
    for key in drafts.mapping(drafts.mapping(draft.value.get("metadata")).get("annotations")):
        if key.startswith(_OURS):
            message = f"gitsidecar knows no annotation on a RolloutPolicy: remove it, {', '.join(_ACTING)} are fields"
            yield draft.finding(("metadata", "annotations", key), message, at_key=True)
    written = draft.document.value.get("spec")
    if isinstance(written, dict) and not any(
        spec.get(field) not in (None, [], {}) or written.get(field, 0) is None for field in _ACTING
    ):
        message = f"asks for nothing: write at least one of {', '.join(_ACTING)}"
        yield draft.finding(("spec",), message, findings.Level.WARNING, at_key=True)
    yield from _check_targets(draft, spec)
    yield from _check_seconds(draft, spec)
    for index, window in enumerate(drafts.items(spec.get("windows"))):
        yield from _check_window(draft, ("spec", "windows", index), drafts.mapping(window))
    for index, freeze in enumerate(drafts.items(spec.get("freezes"))):
        yield from _check_freeze(draft, ("spec", "freezes", index), drafts.mapping(freeze))


def _check_targets(draft: drafts.Draft, spec: Mapping[str, Any]) -> Iterator[findings.Finding]:
    if "sidecarSets" in spec and "sidecarSetSelector" in spec:
        message = "cannot stand beside sidecarSetSelector: choose the sets by one of the two"
        yield draft.finding(("spec", "sidecarSets"), message, at_key=True)
    seen: set[str] = set()
    for index, name in enumerate(drafts.items(spec.get("sidecarSets"))):
        if isinstance(name, str):
            if name in seen:
                message = f"{names.shown(name)} is named twice: remove one"
                yield draft.finding(("spec", "sidecarSets", index), message, findings.Level.WARNING)
            seen.add(name)


def _check_seconds(draft: drafts.Draft, spec: Mapping[str, Any]) -> Iterator[findings.Finding]:
    settle, deadline = spec.get("minReadySeconds"), spec.get("progressDeadlineSeconds")
    if type(settle) is int and type(deadline) is int and 1 <= deadline <= settle:
        message = f"must be more than minReadySeconds ({settle}): no pod could finish in time"
        yield draft.finding(("spec", "progressDeadlineSeconds"), message)


def _check_window(draft: drafts.Draft, path: documents.Path, window: Mapping[str, Any]) -> Iterator[findings.Finding]:
    schedule, zone = window.get("schedule"), window.get("timeZone")
    if isinstance(schedule, str) and not schedules.fault(schedule) and schedules.fires_on_either_day(schedule):
        message = (
            "opens on these days of the month and also on these days of the week, as cron does: "
            "write * for one of them, or e.g. MON#1 for the first Monday"
        )
        yield draft.finding((*path, "schedule"), message, findings.Level.WARNING)
    reverse = _REVERSED_ZONE.fullmatch(zone) if isinstance(zone, str) else None
    if reverse is not None and int(reverse[2]) and not times.zone_fault(reverse[0]):
        side = "behind" if reverse[1] == "+" else "ahead of"
        message = f"is {int(reverse[2])} h {side} UTC, as these names are the wrong way round: write e.g. Europe/Berlin"
        yield draft.finding((*path, "timeZone"), message, findings.Level.WARNING)


def _check_freeze(draft: drafts.Draft, path: documents.Path, freeze: Mapping[str, Any]) -> Iterator[findings.Finding]:
    if "from" not in freeze or "until" not in freeze:
        return
    try:
        start, end = times.instant(freeze["from"]), times.instant(freeze["until"])
    except ValueError:
        return  # told already, at the field
    if end <= start:
        yield draft.finding((*path, "until"), f"must be later than from ({freeze['from']}): such a freeze never is on")
