"""Cron expressions: what cron takes is taken, and anything else is refused with what to write instead."""

from __future__ import annotations

import datetime
import string

import cronsim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.manifests import schedules

_ALPHABET = string.digits + "*/,-#LW? @" + "MONFRISAT"


@pytest.mark.parametrize(
    "text",
    [
        "0 22 * * MON-FRI",
        "*/15 8-18 * * *",
        "0 0 1,15 JAN-JUN *",
        "0 0 L * *",
        "0 2 * * mon#1",
        "0 0 29 2 *",
        "0 0 LW * *",
        "0 0 * * 5L",
        "0\t0 * * 7",
    ],
)
def test_what_cron_knows_is_taken(text: str) -> None:
    """Names, steps, lists, ranges, L and # are fine, in either case and with any space between."""
    assert schedules.fault(text) == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty: write e.g. '0 22 * * MON-FRI'"),
        ("0 22 * *", "has 4 fields, but five are meant: minute, hour"),
        ("0", "has 1 field, but"),
        ("0 0 22 * * *", "has 6 fields, but five are meant"),
        ("0 0 22 * * *", "; remove the seconds"),
        ("60 * * * *", "minute '60' is not valid: write 0-59"),
        ("0 24 * * *", "hour '24' is not valid: write 0-23"),
        ("0 0 0 * *", "day of the month '0' is not valid"),
        ("0 0 * 13 *", "month '13' is not valid: write 1-12 or JAN-DEC"),
        ("0 0 * * MONDAY", "day of the week 'MONDAY' is not valid: write 0-7 or SUN-SAT, e.g. MON-FRI"),
        ("0 0 ? * MON", "day of the month '?' is not known here: write *"),
        ("0 22-6 * * *", "hour '22-6' runs backwards: write 22-23,0-6"),
        ("0 0 * * SAT-SUN", "day of the week 'SAT-SUN' runs backwards: write SAT,SUN"),
        ("0 0 * NOV-FEB *", "month 'NOV-FEB' runs backwards: write NOV-DEC,JAN-FEB"),
        ("@daily", "'@daily' is not supported: write '0 0 * * *'"),
        ("@Weekly", "write '0 0 * * SUN'"),
        ("@reboot", "'@reboot' is not supported: write e.g."),
        ("0 0 30 2 *", "'0 0 30 2 *' never fires"),
        ("0 0 31 2,4 *", "never fires"),
        ("0 0 */15 * MON#2", "never fires"),
        ("0 " + "1," * 100 + "1 * * *", "characters: use at most 200"),
        (f"{'9' * 150} * * * *", "minute '999"),
    ],
)
def test_what_cron_does_not_know_is_told(text: str, told: str) -> None:
    """An error says which field is wrong, and what to write instead."""
    assert told in schedules.fault(text)


@pytest.mark.parametrize(
    ("text", "is_either"), [("0 0 1-7 * MON", True), ("0 0 1-7 * *", False), ("0 0 */2 * 1", False)]
)
def test_two_kinds_of_day_are_noticed(text: str, is_either: bool) -> None:
    """Only where both days are limited does cron fire on either."""
    assert schedules.fires_on_either_day(text) is is_either


@given(st.text(_ALPHABET, max_size=30) | st.lists(st.text(_ALPHABET, max_size=5), max_size=6).map(" ".join))
def test_what_is_taken_fires(text: str) -> None:
    """Any text is refused in words, or is five fields for which cron finds a time."""
    if not schedules.fault(text):
        assert len(text.split()) == 5
        start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        assert next(cronsim.CronSim(" ".join(text.split()), start)) > start
