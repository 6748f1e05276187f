"""Moments and numbers of a review as a reviewer reads them: in the zone of the windows, to the minute."""

from __future__ import annotations

import datetime
import math
import zoneinfo

UTC = "UTC"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def moment(at: datetime.datetime, zone: str, *, since: datetime.datetime | None = None) -> str:
    """Return ``Tue 2026-11-24 22:00``, or the time alone when that is the day of *since*; in *zone*."""
    local = at.astimezone(zoneinfo.ZoneInfo(zone or UTC))
    if since is not None and since.astimezone(local.tzinfo).date() == local.date():
        return f"{local:%H:%M}"
    return f"{_DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M}"


def until(at: datetime.datetime) -> datetime.datetime:
    """Return the end of the minute of *at*: what ends is told too late rather than too early."""
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + datetime.timedelta(minutes=1)


def seconds(number: float) -> str:
    """Return ``10 s``, ``4 min``."""
    return f"{math.ceil(number)} s" if number < 120 else f"{math.ceil(number / 60)} min"


def number(count: int) -> str:
    """Return ``1,240``."""
    return f"{count:,}"


def pods(count: int) -> str:
    """Return ``1 pod``, ``1,240 pods``."""
    return counted(count, "pod")


def counted(count: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"
