"""Moments as they are written for others: RFC 3339, in UTC; and the time between two, in words."""

from __future__ import annotations

import datetime

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def to_seconds(at: datetime.datetime) -> str:
    """Return *at* to the second: ``2026-11-24T02:00:00Z``."""
    return _write(at, "seconds")


def to_milliseconds(at: datetime.datetime) -> str:
    """Return *at* as our annotation on pods has it: to the millisecond."""
    return _write(at, "milliseconds")


def between(started: datetime.datetime, finished: datetime.datetime) -> str:
    """Return the time between two moments in its two largest units: ``2 h 5 min``."""
    rest = max(0, int((finished - started).total_seconds()))
    parts: list[tuple[int, str]] = []
    for unit, seconds in _UNITS:
        number, rest = divmod(rest, seconds)
        if parts or number:
            parts.append((number, unit))
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number) or "0 s"


def _write(at: datetime.datetime, precision: str) -> str:
    return at.astimezone(datetime.UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def as_written(at: datetime.datetime) -> datetime.datetime:
    """Return *at* as annotations and files keep it: to the millisecond."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
