"""One window through the days and over the changes of the clocks (DESIGN §2)."""

from __future__ import annotations

import datetime
import zoneinfo

import cronsim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import policies
from gitsidecar.planning import windows

_law = settings(deadline=None)  # the machine of a busy CI is slow now and then

MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


def window(schedule: str, duration: datetime.timedelta = HOUR, zone: str = "UTC") -> policies.Window:
    """Return an Allow window."""
    return policies.Window(policies.WindowType.ALLOW, schedule, duration, zone)


def utc(text: str) -> datetime.datetime:
    """Read ``2026-03-29 01:00`` as UTC."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


def openings(asked: policies.Window, start: str, end: str) -> list[str]:
    """Return the openings that begin in [*start*, *end*) in UTC, each as ``29 01:00-02:00``: day, begin and end."""
    at: datetime.datetime | None = utc(start) - datetime.timedelta(seconds=1)
    found: list[str] = []
    begun = None
    while at is not None and (at < utc(end) or begun is not None):
        state = windows.look(asked, at)
        if state.is_open and at >= utc(start):
            begun = at
        elif begun is not None:
            found.append(f"{begun:%d %H:%M}-{at:%H:%M}")
            begun = None
        at = state.until
    return found


@pytest.mark.parametrize(
    ("now", "is_open", "until"),
    [
        ("2026-11-24 01:59:59", False, "2026-11-24 02:00"),
        ("2026-11-24 02:00", True, "2026-11-24 06:00"),
        ("2026-11-24 05:59:59.999999", True, "2026-11-24 06:00"),
        ("2026-11-24 06:00", False, "2026-11-25 02:00"),
        ("2026-11-24 23:00", False, "2026-11-25 02:00"),
    ],
)
def test_an_opening_has_its_begin_and_not_its_end(now: str, is_open: bool, until: str) -> None:
    """A window of four hours at two is open from two, no longer at six, and says when that changes."""
    assert windows.look(window("0 2 * * *", 4 * HOUR), utc(now)) == windows.State(is_open, utc(until))


@pytest.mark.parametrize(
    ("now", "is_open", "until"),
    [
        ("2026-11-27 21:59", False, "2026-11-27 22:00"),
        ("2026-11-27 22:00", True, "2026-11-28 04:00"),
        ("2026-11-28 00:00", True, "2026-11-28 04:00"),
        ("2026-11-28 03:59", True, "2026-11-28 04:00"),
        ("2026-11-28 04:00", False, "2026-12-04 22:00"),
    ],
)
def test_an_opening_goes_on_past_midnight(now: str, is_open: bool, until: str) -> None:
    """A window on Friday night lasts into Saturday, which its schedule does not name."""
    assert windows.look(window("0 22 * * FRI", 6 * HOUR), utc(now)) == windows.State(is_open, utc(until))


def test_local_times_are_of_the_windows_zone() -> None:
    """Two in the night of Berlin is one o'clock UTC in winter, and the day of the week is Berlin's too."""
    asked = window("30 0 * * SAT", HOUR, BERLIN)
    assert openings(asked, "2026-11-24 00:00", "2026-12-01 00:00") == ["27 23:30-00:30"]


def test_the_zone_of_the_question_does_not_matter() -> None:
    """The same moment has the same answer, in whichever zone it is written."""
    asked, now = window("0 2 * * *", HOUR, BERLIN), utc("2026-11-24 01:30")
    for zone in (NEW_YORK, LORD_HOWE, "Asia/Kolkata"):
        assert windows.look(asked, now.astimezone(zoneinfo.ZoneInfo(zone))) == windows.look(asked, now)


@pytest.mark.parametrize(
    ("schedule", "duration", "expected"),
    [
        ("0 8-17 * * *", HOUR, ["24 08:00-18:00"]),  # they touch
        ("0 8-17 * * *", 90 * MINUTE, ["24 08:00-18:30"]),  # they overlap
        ("0 8,9 * * *", HOUR - datetime.timedelta(seconds=60), ["24 08:00-08:59", "24 09:00-09:59"]),
        ("*/30 8 * * *", 30 * MINUTE, ["24 08:00-09:00"]),
        ("0 1,23 * * *", 2 * HOUR, ["24 23:00-03:00"]),  # over midnight, also from the day before
        ("0 0 24,25,27 * *", DAY, ["24 00:00-00:00"]),  # two days that touch, one that does not
    ],
)
def test_openings_that_overlap_or_touch_are_one(
    schedule: str, duration: datetime.timedelta, expected: list[str]
) -> None:
    """A fire before the end of an opening, or at it, makes the opening longer."""
    assert openings(window(schedule, duration), "2026-11-24 00:00", "2026-11-25 00:00") == expected


def test_openings_are_one_over_the_end_of_a_month() -> None:
    """What begins on the last evening joins on to the first opening of the next month, and to no other."""
    asked = window("0 1,23 * * *", 2 * HOUR)
    assert windows.look(asked, utc("2026-11-30 23:30")) == windows.State(True, utc("2026-12-01 03:00"))


@pytest.mark.parametrize(
    ("schedule", "duration", "zone"),
    [
        ("* * * * *", MINUTE, BERLIN),
        ("*/15 * * * *", 15 * MINUTE, LORD_HOWE),
        ("0 */6 * * *", 8 * HOUR, NEW_YORK),
        ("0 0 * * *", DAY, "UTC"),
        ("0 0 * * *", 25 * HOUR, BERLIN),
    ],
)
def test_a_window_that_never_closes_has_no_end(schedule: str, duration: datetime.timedelta, zone: str) -> None:
    """An opening that goes on for longer than a year counts as without end."""
    assert windows.look(window(schedule, duration, zone), utc("2026-11-24 12:34")) == windows.State(True, None)


def test_a_day_of_elapsed_time_leaves_a_gap_when_a_day_is_longer() -> None:
    """24 hours from midnight to midnight are always open, but for the hour that autumn adds."""
    asked = window("0 0 * * *", DAY, BERLIN)
    assert windows.look(asked, utc("2026-07-01 12:00")).until == utc("2026-10-25 22:00")
    assert windows.look(asked, utc("2026-10-25 22:00")) == windows.State(False, utc("2026-10-25 23:00"))


def test_a_window_that_never_fires_never_opens() -> None:
    """A schedule that names no day in fifty years is answered, not searched for ever."""
    never = window("0 0 */31 2 MON#5")  # the first of February, and the fifth Monday of that month
    assert windows.look(never, utc("2026-11-24 12:00")) == windows.State(False, None)


def test_a_rare_window_is_found() -> None:
    """The next begin may be years away."""
    assert windows.look(window("0 0 29 2 *"), utc("2026-11-24 12:00")).until == utc("2028-02-29 00:00")


FIXED, WILDCARD = "30 2 * * *", "30 * * * *"


@pytest.mark.parametrize(
    ("zone", "schedule", "start", "end", "expected"),
    [
        # 2026-03-29 01:00 UTC: 02:00 becomes 03:00
        (BERLIN, FIXED, "2026-03-28 00:00", "2026-03-31 00:00", ["28 01:30-01:45", "29 01:00-01:15", "30 00:30-00:45"]),
        (BERLIN, WILDCARD, "2026-03-29 00:00", "2026-03-29 02:00", ["29 00:30-00:45", "29 01:30-01:45"]),
        (BERLIN, "*/30 2 * * *", "2026-03-29 00:00", "2026-03-30 00:00", []),
        (BERLIN, "0,30,59 2 * * *", "2026-03-29 00:00", "2026-03-30 00:00", ["29 01:00-01:15"]),
        (BERLIN, "0 3 * * *", "2026-03-29 00:00", "2026-03-30 00:00", ["29 01:00-01:15"]),
        # 2026-10-25 01:00 UTC: 03:00 becomes 02:00
        (BERLIN, FIXED, "2026-10-24 00:00", "2026-10-27 00:00", ["24 00:30-00:45", "25 00:30-00:45", "26 01:30-01:45"]),
        (BERLIN, "*/30 2 * * *", "2026-10-25 00:00", "2026-10-26 00:00", [
            "25 00:00-00:15", "25 00:30-00:45", "25 01:00-01:15", "25 01:30-01:45",
        ]),
        (BERLIN, "0 2,3 * * *", "2026-10-25 00:00", "2026-10-26 00:00", ["25 00:00-00:15", "25 02:00-02:15"]),
        # 2026-03-08 07:00 UTC: 02:00 becomes 03:00
        (NEW_YORK, FIXED, "2026-03-07 00:00", "2026-03-10 00:00", [
            "07 07:30-07:45", "08 07:00-07:15", "09 06:30-06:45",
        ]),
        (NEW_YORK, WILDCARD, "2026-03-08 06:00", "2026-03-08 08:00", ["08 06:30-06:45", "08 07:30-07:45"]),
        # 2026-11-01 06:00 UTC: 02:00 becomes 01:00
        (NEW_YORK, "30 1 * * *", "2026-10-31 00:00", "2026-11-03 00:00", [
            "31 05:30-05:45", "01 05:30-05:45", "02 06:30-06:45",
        ]),
        (NEW_YORK, "*/30 1 * * *", "2026-11-01 00:00", "2026-11-02 00:00", [
            "01 05:00-05:15", "01 05:30-05:45", "01 06:00-06:15", "01 06:30-06:45",
        ]),
        # 2026-10-03 15:30 UTC: 02:00 becomes 02:30
        (LORD_HOWE, "15 2 * * *", "2026-10-02 00:00", "2026-10-05 00:00", [
            "02 15:45-16:00", "03 15:30-15:45", "04 15:15-15:30",
        ]),
        (LORD_HOWE, "0 * * * *", "2026-10-03 14:00", "2026-10-03 18:00", [
            "03 14:30-14:45", "03 16:00-16:15", "03 17:00-17:15",
        ]),
        (LORD_HOWE, WILDCARD, "2026-10-03 14:00", "2026-10-03 17:00", [
            "03 14:00-14:15", "03 15:00-15:15", "03 15:30-15:45", "03 16:30-16:45",
        ]),
        # 2026-04-04 15:00 UTC: 02:00 becomes 01:30
        (LORD_HOWE, "45 1 * * *", "2026-04-03 00:00", "2026-04-06 00:00", [
            "03 14:45-15:00", "04 14:45-15:00", "05 15:15-15:30",
        ]),
        (LORD_HOWE, WILDCARD, "2026-04-04 14:00", "2026-04-04 17:00", [
            "04 14:30-14:45", "04 15:00-15:15", "04 16:00-16:15",
        ]),
        (LORD_HOWE, "0 */2 * * *", "2026-04-04 12:00", "2026-04-04 18:00", [
            "04 13:00-13:15", "04 15:30-15:45", "04 17:30-17:45",
        ]),
    ],
)  # fmt: skip
def test_a_change_of_the_clocks(zone: str, schedule: str, start: str, end: str, expected: list[str]) -> None:
    """A set time fires once, after the gap if it is skipped; a wildcard fires whenever the wall clock matches."""
    assert openings(window(schedule, 15 * MINUTE, zone), start, end) == expected


@pytest.mark.parametrize(
    ("zone", "schedule", "begin"),
    [
        (BERLIN, "0 1 * * *", "2026-03-29 00:00"),
        (BERLIN, "0 1 * * *", "2026-10-24 23:00"),
        (NEW_YORK, "0 0 * * *", "2026-03-08 05:00"),
        (NEW_YORK, "0 0 * * *", "2026-11-01 04:00"),
        (LORD_HOWE, "0 1 * * *", "2026-10-03 14:30"),
        (LORD_HOWE, "0 1 * * *", "2026-04-04 14:00"),
    ],
)
def test_a_duration_is_elapsed_time(zone: str, schedule: str, begin: str) -> None:
    """Four hours are four hours, also while the clocks move."""
    asked = window(schedule, 4 * HOUR, zone)
    assert windows.look(asked, utc(begin)) == windows.State(True, utc(begin) + 4 * HOUR)
    assert not windows.look(asked, utc(begin) + 4 * HOUR).is_open


def test_in_the_doubled_hour_the_two_times_are_told_apart() -> None:
    """Half past two the second time is an hour after half past two the first time."""
    asked = window("30 2 * * *", 30 * MINUTE, BERLIN)
    first = datetime.datetime(2026, 10, 25, 2, 40, tzinfo=zoneinfo.ZoneInfo(BERLIN))
    assert windows.look(asked, first).is_open
    assert not windows.look(asked, first.replace(fold=1)).is_open


def test_a_day_that_a_country_skipped_fires_when_the_next_one_begins() -> None:
    """Samoa had no 30 December 2011; what was set for it came at the first moment of the 31st."""
    assert windows.look(window("0 12 30 12 *", HOUR, "Pacific/Apia"), utc("2011-12-30 10:30")).is_open


SCHEDULES = st.sampled_from(
    [
        *("0 2 * * *", "30 2 * * *", "0 0 * * *", "15 1,2,3 * * SUN", "0,45 0-3 * * *", "30 3 1-7 * SUN", "0 1 L * *"),
        *("*/20 2 * * *", "0 */2 * * *", "7 * * * *", "*/15 * * * *"),
    ]
)
SPRING_2024, NEW_YEAR_2030 = utc("2024-03-01 12:00"), utc("2030-01-01 12:00")


@_law
@given(SCHEDULES, st.sampled_from([BERLIN, NEW_YORK]), st.integers(0, (NEW_YEAR_2030 - SPRING_2024).days))
def test_windows_begin_when_debians_cron_fires(schedule: str, zone: str, day: int) -> None:
    """Where clocks move by whole hours the begins are those of cronsim, which follows Debian's cron."""
    second = datetime.timedelta(seconds=1)
    asked, at = window(schedule, second, zone), SPRING_2024 + day * DAY + second
    fires = cronsim.CronSim(schedule, at.astimezone(zoneinfo.ZoneInfo(zone)))
    for fire in sorted({next(fires).astimezone(datetime.UTC) for _ in range(20)}):
        assert windows.look(asked, at) == windows.State(False, fire)
        at = fire + second


ZONES = st.sampled_from(["UTC", BERLIN, NEW_YORK, LORD_HOWE, "Asia/Kolkata", "America/St_Johns"])
MINUTES = st.frozensets(st.integers(0, 59), min_size=1, max_size=4)
HOURS = st.frozensets(st.integers(0, 23), min_size=1, max_size=4)
DAYS = st.none() | st.frozensets(st.integers(1, 28), min_size=1, max_size=6)
MONTHS = st.none() | st.frozensets(st.integers(1, 12), min_size=1, max_size=6)
WEEKDAYS = st.none() | st.frozensets(st.integers(0, 6), min_size=1, max_size=3)
MOMENTS = st.integers(0, 2 * 365 * 24 * 60 * 60).map(lambda n: utc("2026-01-01") + datetime.timedelta(seconds=n))
Fields = tuple[frozenset[int], frozenset[int], frozenset[int] | None, frozenset[int] | None, frozenset[int] | None]


def written(fields: Fields) -> str:
    """Write the five *fields* as a schedule; ``None`` is a star."""
    return " ".join("*" if field is None else ",".join(map(str, sorted(field))) for field in fields)


def matches(fields: Fields, wall: datetime.datetime) -> bool:
    """Say whether cron's five *fields* name the minute of the local time *wall*."""
    minutes, hours, days, months, weekdays = fields
    in_days = days is None or wall.day in days
    in_weekdays = weekdays is None or wall.isoweekday() % 7 in weekdays
    is_day = in_days and in_weekdays if days is None or weekdays is None else in_days or in_weekdays
    return wall.minute in minutes and wall.hour in hours and is_day and (months is None or wall.month in months)


def is_steady(zone: zoneinfo.ZoneInfo, start: datetime.datetime, end: datetime.datetime) -> bool:
    """Say whether no clock moves from a day before *start* until a day after *end*."""
    return (start - DAY).astimezone(zone).utcoffset() == (end + DAY).astimezone(zone).utcoffset()


@_law
@given(st.tuples(MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS), st.integers(1, 1500), ZONES, MOMENTS)
def test_a_window_is_open_within_its_duration_of_a_match(
    fields: Fields, minutes: int, zone_name: str, now: datetime.datetime
) -> None:
    """Stepping back from now minute by minute finds a match exactly if the window is open, while no clock moves."""
    zone = zoneinfo.ZoneInfo(zone_name)
    asked = window(written(fields), minutes * MINUTE, zone_name)
    if not is_steady(zone, now - minutes * MINUTE, now):
        return
    this_minute = now.replace(second=0, microsecond=0)
    reach = (this_minute - step * MINUTE for step in range(minutes + 1))
    expected = any(matches(fields, at.astimezone(zone)) for at in reach if now < at + minutes * MINUTE)
    assert windows.look(asked, now).is_open == expected


CHANGES = st.sampled_from(
    [
        *("2026-03-29 01:00", "2026-10-25 01:00", "2026-03-08 07:00", "2026-11-01 06:00"),
        *("2026-10-03 15:30", "2026-04-04 15:00"),
    ]
)


@_law
@given(st.sampled_from(["*/15", "*/7", "*"]), HOURS, st.integers(1, 300), ZONES, CHANGES, st.integers(-2000, 2000))
def test_a_wildcard_matches_the_clock_on_the_wall(
    minute: str, hours: frozenset[int], length: int, zone_name: str, change: str, offset: int
) -> None:
    """Stepping over the wall clock agrees at every moment around a change of the clocks, half an hour or whole."""
    zone, now = zoneinfo.ZoneInfo(zone_name), utc(change) + offset * MINUTE
    steps = frozenset(range(0, 60, int(minute[2:] or 1)))
    fields: Fields = (steps, hours, None, None, None)
    asked = window(f"{minute} {','.join(map(str, hours))} * * *", length * MINUTE, zone_name)
    expected = any(matches(fields, (now - step * MINUTE).astimezone(zone)) for step in range(length))
    assert windows.look(asked, now).is_open == expected


@_law
@given(st.tuples(MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS), st.integers(1, 3000), ZONES, MOMENTS, st.floats(0, 1))
def test_a_state_lasts_until_it_says(
    fields: Fields, minutes: int, zone: str, now: datetime.datetime, part: float
) -> None:
    """Asked at any moment before `until` the answer is the same, and at it the other one."""
    asked = window(written(fields), minutes * MINUTE, zone)
    state = windows.look(asked, now)
    if state.until is None:
        return
    assert state.until > now
    between = now + (state.until - now) * part
    assert between >= state.until or windows.look(asked, between) == state
    assert windows.look(asked, state.until).is_open != state.is_open
