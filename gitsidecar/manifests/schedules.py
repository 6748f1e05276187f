"""Cron expressions of windows: what is wrong with one, and what to write instead."""

from __future__ import annotations

import datetime
import functools
import re

import cronsim

from gitsidecar.manifests import names

_MAX_LENGTH = 200
_EXAMPLE = "write e.g. '0 22 * * MON-FRI' for 22:00 on working days"
_EPOCH = datetime.datetime(2000, 1, 1)  # noqa: DTZ001 - a wall clock without leaps: only the expression counts

# Name of the field, what it takes, and its highest and lowest value.
_FIELDS = (
    ("minute", "0-59, e.g. 0, */15 or 0,30", "59", "0"),
    ("hour", "0-23, e.g. 2, 8-18 or */6", "23", "0"),
    ("day of the month", "1-31, e.g. 1, 1-7 or L for the last", "31", "1"),
    ("month", "1-12 or JAN-DEC, e.g. 12 or JUN-AUG", "DEC", "JAN"),
    ("day of the week", "0-7 or SUN-SAT, e.g. MON-FRI, SAT,SUN or MON#1 for the first Monday", "SAT", "SUN"),
)
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * SUN",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_RANGE = re.compile(r"([0-9A-Z]+)-([0-9A-Z]+)")


@functools.lru_cache(maxsize=1024)
def fault(text: str) -> str:
    """Say what is wrong with *text* as five cron fields that fire some day, or nothing."""
    fields = text.upper().split()
    if len(text) > _MAX_LENGTH:
        return f"has {len(text)} characters: use at most {_MAX_LENGTH}"
    if not fields:
        return f"is empty: {_EXAMPLE}"
    if fields[0].startswith("@"):
        instead = _MACROS.get(fields[0].lower())
        return f"{names.shown(text)} is not supported: " + (f"write '{instead}'" if instead else _EXAMPLE)
    if len(fields) != len(_FIELDS):
        return _count_fault(len(fields))
    for index, field in enumerate(fields):
        if words := _field_fault(index, field):
            return words
    if not _fires(" ".join(fields)):
        return f"{names.shown(text)} never fires: no month that it names has such a day"
    return ""


def fires_on_either_day(text: str) -> bool:
    """Say whether a valid schedule limits both kinds of day, so that cron fires when one of the two fits."""
    _, _, day, _, weekday = text.split()
    return not day.startswith("*") and not weekday.startswith("*")


def _count_fault(count: int) -> str:
    meant = "five are meant: minute, hour, day of the month, month, day of the week"
    hint = "remove the seconds" if count == len(_FIELDS) + 1 else _EXAMPLE
    return f"has {count} field{'' if count == 1 else 's'}, but {meant}; {hint}"


def _field_fault(index: int, field: str) -> str:
    alone = ["*"] * len(_FIELDS)
    alone[index] = field
    if _fires(" ".join(alone)):
        return ""
    name, known, highest, lowest = _FIELDS[index]
    if field == "?":
        return f"{name} '?' is not known here: write *"
    span = _RANGE.fullmatch(field)
    if span is not None and all(_fires(" ".join([*alone[:index], end, *alone[index + 1 :]])) for end in span.groups()):
        first, last = (f"{low}-{high}" if low != high else low for low, high in ((span[1], highest), (lowest, span[2])))
        return f"{name} '{field}' runs backwards: write {first},{last}"
    return f"{name} {names.shown(field)} is not valid: write {known}"


def _fires(expression: str) -> bool:
    """Say whether cron knows *expression* and finds a time for it within its fifty years."""
    try:
        return next(cronsim.CronSim(expression, _EPOCH), None) is not None
    except (cronsim.CronSimError, ValueError):  # ValueError: a number with thousands of digits
        return False
