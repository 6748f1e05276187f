"""
One window of a RolloutPolicy, asked at a moment: is it open, and until when is that so (DESIGN §2).

A window begins when its schedule fires, in local time, and lasts `duration` of elapsed time. Openings that overlap or
touch are one. What a change of the clocks does is what Debian's cron does:

- A schedule at set times (neither minute nor hour begins with ``*``) fires once for each of them. A time that the
  clocks skip fires at the first moment after the gap; one that comes twice fires the first time only.
- Any other schedule fires at every minute whose local time matches: never at a skipped one, twice at a doubled one.

cronsim reads the schedule and finds its days. The times of a day become moments here, because cronsim steps over some
where the clocks move by half an hour, and forgets which of two equal local times it was asked at.
"""

from __future__ import annotations

import bisect
import dataclasses
import datetime
import functools
import zoneinfo
from collections.abc import Iterable

import cronsim

from gitsidecar.model import policies

HORIZON = datetime.timedelta(days=366)
"""An opening that goes on for longer counts as without end."""

_Span = tuple[datetime.timedelta, datetime.timedelta]
_DAY = datetime.timedelta(days=1)
_MINUTE = datetime.timedelta(minutes=1)


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """
    Whether a window is open, and when that changes, in UTC.

    `until` is ``None`` for an opening that is longer than `HORIZON`, and for a window that never begins again.
    """

    is_open: bool
    until: datetime.datetime | None


def look(window: policies.Window, now: datetime.datetime) -> State:
    """
    Say whether *window* is open at *now* (aware, in any zone), and until when.

    The window must be valid, which is the business of whoever reads it: a schedule of five fields that cronsim
    accepts, a zone that exists, a duration above zero.
    """
    timetable = _timetable(window)
    now = now.astimezone(datetime.UTC)
    today = now.astimezone(timetable.zone).date()
    begun = _last_day(timetable.days, today)
    while begun is not None:
        agenda = _agenda(timetable, begun)
        if count := agenda.begun(now):
            break
        begun = _last_day(timetable.days, begun - _DAY)
    else:
        return State(False, _next_begin(timetable, now, today))
    if now >= agenda.end(count - 1):
        return State(False, _next_begin(timetable, now, today))
    if count < len(agenda.spans):
        return State(True, agenda.end(count - 1))
    return State(True, _run_end(timetable, begun))


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Timetable:
    """A window's schedule, read: `times` count from local midnight, `spans` are a day's openings if no clock moves."""

    zone: zoneinfo.ZoneInfo
    days: str
    times: tuple[datetime.timedelta, ...]
    spans: tuple[_Span, ...]
    duration: datetime.timedelta
    is_wildcard: bool


@dataclasses.dataclass(frozen=True, slots=True)
class _Agenda:
    """The openings that begin on one local day, apart from each other and in order, counted from *base* (UTC)."""

    base: datetime.datetime
    spans: tuple[_Span, ...]

    def start(self, index: int) -> datetime.datetime:
        return self.base + self.spans[index][0]

    def end(self, index: int) -> datetime.datetime:
        return self.base + self.spans[index][1]

    def begun(self, now: datetime.datetime) -> int:
        """Return how many have begun at *now*; of those, the last to begin is the last to end."""
        return bisect.bisect_right(self.spans, now - self.base, key=lambda span: span[0])


@functools.lru_cache(maxsize=1024)
def _timetable(window: policies.Window) -> _Timetable:
    minute, hour, *days = window.schedule.split()
    schedule = cronsim.CronSim(window.schedule, datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
    times = tuple(
        datetime.timedelta(hours=hours, minutes=minutes)
        for hours in sorted(schedule.hours)
        for minutes in sorted(schedule.minutes)
    )
    return _Timetable(
        zone=zoneinfo.ZoneInfo(window.time_zone),
        days=" ".join(days),
        times=times,
        spans=_joined(times, window.duration),
        duration=window.duration,
        is_wildcard=minute.startswith("*") or hour.startswith("*"),
    )


@functools.lru_cache(maxsize=8192)
def _agenda(timetable: _Timetable, day: datetime.date) -> _Agenda:
    midnight = datetime.datetime.combine(day, datetime.time(), timetable.zone)
    base = midnight.astimezone(datetime.UTC)
    if midnight.utcoffset() == (midnight + _DAY).utcoffset():  # arithmetic on the wall clock: the next midnight
        return _Agenda(base, timetable.spans)
    fires = {fire - base for each in timetable.times for fire in _fires(midnight + each, timetable.is_wildcard)}
    return _Agenda(base, _joined(sorted(fires), timetable.duration))


def _fires(wall: datetime.datetime, is_wildcard: bool) -> list[datetime.datetime]:
    """Return the moments at which a schedule fires for the local time *wall*, on a day when the clocks move."""
    real = sorted({each.astimezone(datetime.UTC) for each in (wall, wall.replace(fold=1)) if _exists(each)})
    if is_wildcard:
        return real
    if real:
        return real[:1]
    while not _exists(wall):
        wall += _MINUTE
    return [wall.astimezone(datetime.UTC)]


def _exists(wall: datetime.datetime) -> bool:
    return wall.astimezone(datetime.UTC).astimezone(wall.tzinfo) == wall


def _joined(starts: Iterable[datetime.timedelta], duration: datetime.timedelta) -> tuple[_Span, ...]:
    spans: list[_Span] = []
    for start in starts:
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], start + duration)
        else:
            spans.append((start, start + duration))
    return tuple(spans)


def _next_begin(timetable: _Timetable, now: datetime.datetime, today: datetime.date) -> datetime.datetime | None:
    """Return when the window begins after *now*, at which it is closed."""
    day = _next_day(timetable.days, today - _DAY)
    while day is not None:
        agenda = _agenda(timetable, day)
        count = agenda.begun(now)
        if count < len(agenda.spans):
            return agenda.start(count)
        day = _next_day(timetable.days, day)
    return None


def _run_end(timetable: _Timetable, day: datetime.date) -> datetime.datetime | None:
    """Return when the last opening of *day* ends, with all those of later days that join on to it."""
    end, going_on = _run_in_month(timetable, day)
    while going_on is not None:
        if going_on - day > HORIZON:
            return None
        end, going_on = _run_in_month(timetable, going_on)
    return end


@functools.lru_cache(maxsize=8192)
def _run_in_month(timetable: _Timetable, day: datetime.date) -> tuple[datetime.datetime, datetime.date | None]:
    """
    Return the end of the run, and ``None``; or its end so far, and the day of another month from which to go on.

    By the month, so that runs of a year which are asked for from one day after the other share nearly all the work.
    """
    end = _agenda(timetable, day).end(-1)
    following = _next_day(timetable.days, day)
    while following is not None:
        agenda = _agenda(timetable, following)
        if agenda.spans:  # none where the clocks skip all times of the day
            if agenda.start(0) > end:
                return end, None
            end = agenda.end(0)
            if len(agenda.spans) > 1:
                return end, None
            if following.month != day.month:
                return end, following
        following = _next_day(timetable.days, following)
    return end, None


@functools.lru_cache(maxsize=8192)
def _next_day(days: str, day: datetime.date) -> datetime.date | None:
    """Return the first day after *day* that the last three fields of a schedule name, ``None`` for none in 50 years."""
    last_second = datetime.datetime.combine(day, datetime.time(23, 59, 59), datetime.UTC)
    found = next(cronsim.CronSim(f"0 0 {days}", last_second), None)
    return found and found.date()


@functools.lru_cache(maxsize=8192)
def _last_day(days: str, day: datetime.date) -> datetime.date | None:
    """Return the last day that the fields name, *day* itself or one before it."""
    next_midnight = datetime.datetime.combine(day + _DAY, datetime.time(), datetime.UTC)
    found = next(cronsim.CronSim(f"59 23 {days}", next_midnight, reverse=True), None)
    return found and found.date()
