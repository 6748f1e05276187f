"""Durations, instants and time zones as people write them: read, or refused with what to write instead."""

from __future__ import annotations

import datetime
import functools
import re
import zoneinfo
from typing import Any

from gitsidecar.manifests import names

MAX_DURATION = datetime.timedelta(days=31)

_DURATION = re.compile(r"(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")
_DURATION_EXAMPLE = "write hours, minutes and seconds such as 4h, 1h30m or 90m"
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_NEARLY = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?)?(?:\.[0-9]+)? ?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_INSTANT_EXAMPLE = "write date, time and offset such as 2026-12-20T18:00:00Z, or 2026-12-20T18:00:00+01:00"
_YEARS = range(2000, 10000)  # what is earlier is a slip of the pen
_NO_PLACES = ("Factory", "localtime")  # "localtime" is the zone of the machine that happens to read


def duration(value: Any) -> datetime.timedelta:
    """Return the duration that *value* says; raises ValueError with words for the reader."""
    if not isinstance(value, str):
        raise ValueError(f"must be a duration with units: {_DURATION_EXAMPLE}")  # noqa: TRY004 - one kind of refusal
    form = _DURATION.fullmatch(value)
    if form is None or not value:
        days = re.fullmatch(r"([0-9]{1,2})d", value)
        hint = f"write {int(days[1]) * 24}h" if days else _DURATION_EXAMPLE
        raise ValueError(f"{names.shown(value)} is not a duration: {hint}")
    hours, minutes, seconds = (int(part or 0) for part in form.groups())
    total = seconds + 60 * minutes + 3600 * hours
    if total > MAX_DURATION.total_seconds():
        raise ValueError("is longer than 31 days (744h): write several windows, or a freeze")
    if not total:
        raise ValueError(f"must be more than nothing: {_DURATION_EXAMPLE}")
    return datetime.timedelta(seconds=total)


def instant(value: Any) -> datetime.datetime:
    """Return the aware time that *value* says in RFC 3339; raises ValueError with words for the reader."""
    if not isinstance(value, str):
        raise ValueError(f"must be a point in time: {_INSTANT_EXAMPLE}")  # noqa: TRY004 - one kind of refusal
    if not _INSTANT.fullmatch(value):
        raise ValueError(f"{names.shown(value)} {_instant_hint(value)}")
    try:
        found = datetime.datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise ValueError(f"{names.shown(value)} does not exist: {error}") from None
    if found.year not in _YEARS:
        raise ValueError(
            f"{names.shown(value)} is not in the years {_YEARS[0]} to {_YEARS[-1]}: leave the field out to set no bound"
        )
    return found


def zone_fault(name: str) -> str:
    """Say what is wrong with *name* as a time zone, or nothing."""
    # Looked up in the list and never opened: a name may be a path, a folder, or a file that is no time zone.
    if name == "UTC" or ("/" in name and name in _zones()):
        return ""
    if name.upper() in ("UTC", "GMT", "Z", "ZULU", "UCT"):
        return f"{names.shown(name)} is not the name of a time zone: write UTC"
    if name in _zones():
        return f"{names.shown(name)} is an abbreviation, and those change their meaning: write e.g. Europe/Berlin"
    hint = _zone_suggestion(name) or "write a name of the IANA database such as Europe/Berlin, or UTC"
    return f"{names.shown(name)} is not a time zone: {hint}"


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()).difference(_NO_PLACES)


def _zone_suggestion(name: str) -> str:
    if len(name) > 64:
        return ""
    city = re.sub(r"[ -]", "_", name.rpartition("/")[2].lower())
    # The nearest of some 600 is looked for among those whose city begins alike: there may be many mistakes.
    alike = [each for each in _zones() if "/" in each and each.rpartition("/")[2].lower()[:1] == city[:1]]
    same = sorted(each for each in alike if each.rpartition("/")[2].lower() == city)
    return f"did you mean {same[-1]!r}?" if same else names.suggestion(name, alike)


def _instant_hint(text: str) -> str:
    nearly = _NEARLY.fullmatch(text)
    if nearly is None:
        return f"is not a point in time: {_INSTANT_EXAMPLE}"
    date, time, seconds, offset = nearly.groups()
    full = f"{date}T{time or '00:00'}{seconds or ':00'}"
    if offset:
        return f"is not RFC 3339: write {full}{offset}"
    lacks = "has no offset from UTC" if time else "has no time of day and no offset from UTC"
    return f"{lacks}: write {full}Z, or e.g. {full}+01:00"
