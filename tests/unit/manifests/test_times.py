"""Durations, instants and time zones: what people write is read, or refused with what to write instead."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.manifests import times


@pytest.mark.parametrize(
    ("text", "seconds"), [("4h", 14400), ("1h30m", 5400), ("90m", 5400), ("45s", 45), ("1h1s", 3601), ("744h", 2678400)]
)
def test_durations_are_read(text: str, seconds: int) -> None:
    """Hours, minutes and seconds, each once and in this order."""
    assert times.duration(text) == datetime.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("4", "'4' is not a duration: write hours, minutes and seconds such as 4h, 1h30m or 90m"),
        (4, "must be a duration with units"),
        (None, "must be a duration"),
        ("1d", "'1d' is not a duration: write 24h"),
        ("", "'' is not a duration"),
        ("30m1h", "is not a duration"),
        ("1.5h", "is not a duration"),
        ("-4h", "is not a duration"),
        ("4 h", "is not a duration"),
        ("٤h", "is not a duration"),
        ("0h0m", "must be more than nothing"),
        ("744h1s", "is longer than 31 days"),
        ("9" * 5000 + "h", "is not a duration"),
    ],
)
def test_other_durations_are_told(value: Any, told: str) -> None:
    """An error says what a duration looks like, and how much is too much."""
    with pytest.raises(ValueError, match=re.escape(told)):
        times.duration(value)


@pytest.mark.parametrize(
    "text", ["2026-12-20T17:00:00Z", "2026-12-20t18:00:00+01:00", "2026-12-20 12:00:00-05:00", "2026-12-20T17:00:00.0z"]
)
def test_instants_are_read(text: str) -> None:
    """RFC 3339 with any offset, T or a space between, in either case."""
    assert times.instant(text) == datetime.datetime(2026, 12, 20, 17, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2026-12-20", "no time of day and no offset from UTC: write 2026-12-20T00:00:00Z"),
        (
            "2026-12-20T18:00:00",
            "has no offset from UTC: write 2026-12-20T18:00:00Z, or e.g. 2026-12-20T18:00:00+01:00",
        ),
        ("2026-12-20 18:00", "write 2026-12-20T18:00:00Z, or e.g."),
        ("2026-12-20T18:00+01:00", "is not RFC 3339: write 2026-12-20T18:00:00+01:00"),
        ("2026-12-20T18:00:00+0100", "is not a point in time: write date, time and offset"),
        ("2026-12-20T18:00:00 CET", "is not a point in time"),
        ("20.12.2026", "is not a point in time"),
        ("", "is not a point in time"),
        (20261220, "must be a point in time"),
        (None, "must be a point in time"),
        ("2026-02-30T00:00:00Z", "does not exist"),
        ("2026-12-20T24:00:00Z", "does not exist"),
        ("2026-12-20T00:00:60Z", "does not exist"),
        ("2026-12-20T00:00:00+24:00", "does not exist"),
        ("0206-12-20T00:00:00Z", "is not in the years 2000 to 9999"),
        ("x" * 5000, "is not a point in time"),
    ],
)
def test_other_instants_are_told(value: Any, told: str) -> None:
    """An error says which part is missing, and writes the time out where it can."""
    with pytest.raises(ValueError, match=re.escape(told)):
        times.instant(value)


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+2", "Australia/Lord_Howe"]
)
def test_time_zones_are_known_by_name(name: str) -> None:
    """Names of the IANA database are taken."""
    assert times.zone_fault(name) == ""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Europe/Berln", "did you mean 'Europe/Berlin'?"),
        ("europe/berlin", "did you mean 'Europe/Berlin'?"),
        ("Berlin", "did you mean 'Europe/Berlin'?"),
        ("paris", "did you mean 'Europe/Paris'?"),
        ("America/New York", "did you mean 'America/New_York'?"),
        ("America/Los_Angelos", "did you mean 'America/Los_Angeles'?"),
        ("CET", "'CET' is an abbreviation, and those change their meaning: write e.g. Europe/Berlin"),
        ("EST5EDT", "is an abbreviation"),
        ("gmt", "write UTC"),
        ("Zulu", "write UTC"),
        ("", "write a name of the IANA database"),
        ("localtime", "is not a time zone"),
        ("Europe", "is not a time zone"),
        ("Europe/", "is not a time zone"),
        ("../../etc/passwd", "is not a time zone"),
        ("/etc/localtime", "is not a time zone"),
        ("posix/Europe/Berlin", "is not a time zone"),
        ("tzdata.zi", "is not a time zone"),
        ("a\0b", "is not a time zone"),
        ("\udcff", "is not a time zone"),
        ("x" * 5000, "is not a time zone"),
    ],
)
def test_other_time_zones_are_told(name: str, told: str) -> None:
    """Abbreviations, paths, folders and misspellings are refused, with the name that was probably meant."""
    assert told in times.zone_fault(name)


@given(st.text() | st.sampled_from(sorted(zoneinfo.available_timezones())))
def test_a_zone_that_is_taken_can_be_loaded(name: str) -> None:
    """Whatever is taken as a time zone is one; whatever is not has words."""
    if not times.zone_fault(name):
        assert zoneinfo.ZoneInfo(name).key == name


@given(st.integers(0, 10**11), st.integers(-23, 23))
def test_an_instant_comes_back(seconds: int, hours: int) -> None:
    """Whatever Python writes with an offset is read as the same time."""
    zone = datetime.timezone(datetime.timedelta(hours=hours))
    at = datetime.datetime(2000, 1, 2, tzinfo=zone) + datetime.timedelta(seconds=seconds)
    assert times.instant(at.isoformat()) == at


@given(st.text(max_size=30))
def test_any_text_gives_an_answer(text: str) -> None:
    """Any text is a duration above zero, or refused with ValueError and nothing else."""
    try:
        assert times.duration(text) > datetime.timedelta()
    except ValueError as error:
        told = str(error)
        assert "write" in told
