"""Moments as they are written for others: RFC 3339, in UTC."""

from __future__ import annotations

import datetime


def to_seconds(at: datetime.datetime) -> str:
    """Return *at* to the second: ``2026-11-24T02:00:00Z``."""
    return _write(at, "seconds")


def to_milliseconds(at: datetime.datetime) -> str:
    """Return *at* as our annotation on pods has it: to the millisecond."""
    return _write(at, "milliseconds")


def _write(at: datetime.datetime, precision: str) -> str:
    return at.astimezone(datetime.UTC).isoformat(timespec=precision).replace("+00:00", "Z")
