"""Policies by which no pod can start to move, alone or together."""

from __future__ import annotations

import datetime

import pytest

from gitsidecar.model import findings, policies, selectors, sidecarsets
from gitsidecar.planning import openings

_NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
_MINUTE = datetime.timedelta(minutes=1)
_PLACE = findings.Place("x.yaml", 1, 1)
_SET = sidecarsets.SidecarSet("logtail", _PLACE, selectors.Selector(), (), "v1-0", "v1-0")


def _allow(schedule: str, minutes: float) -> policies.Window:
    return policies.Window(policies.WindowType.ALLOW, schedule, datetime.timedelta(minutes=minutes))


def _deny(schedule: str, minutes: float) -> policies.Window:
    return policies.Window(policies.WindowType.DENY, schedule, datetime.timedelta(minutes=minutes))


def _policy(name: str, *windows: policies.Window, names: tuple[str, ...] = ()) -> policies.RolloutPolicy:
    return policies.RolloutPolicy(name, _PLACE, (policies.Target(names=names),), windows)


def _find(*found: policies.RolloutPolicy) -> list[tuple[list[str], datetime.timedelta | None]]:
    shut = openings.find([_SET], found, _NOW, least=_MINUTE)
    return [([policy.name for policy in each.policies], each.longest) for each in shut]


@pytest.mark.parametrize(
    ("windows", "longest"),
    [
        ([_allow("0 2 * * *", 60), _deny("0 0 * * *", 360)], None),
        ([_allow("0 2 * * *", 60), _deny("0 0 * * *", 24 * 60)], None),
        ([_allow("0 2 * * *", 60), _deny("0 2 * * *", 59.5)], datetime.timedelta(seconds=30)),
        ([_deny("* * * * *", 1)], None),
    ],
)
def test_a_policy_that_denies_all_that_it_allows(
    windows: list[policies.Window], longest: datetime.timedelta | None
) -> None:
    """It never opens, or for less than asked for."""
    assert _find(_policy("nights", *windows)) == [(["nights"], longest)]


@pytest.mark.parametrize(
    "windows",
    [
        [],
        [_allow("0 2 * * *", 60)],
        [_allow("0 2 29 2 *", 60)],
        [_deny("0 2 * * *", 60)],
        [_allow("0 2 * * *", 60), _deny("0 2 * * MON-SAT", 60)],
        [_allow("0 2 * * *", 60), _deny("0 2 * * *", 59)],
        [_allow("* * * * *", 1)],
    ],
)
def test_a_policy_with_room(windows: list[policies.Window]) -> None:
    """A minute once in four years is an opening."""
    assert _find(_policy("nights", *windows)) == []


def test_policies_that_leave_no_room_together() -> None:
    """Each opens, but never at the same time."""
    days, nights = _policy("days", _allow("0 8 * * *", 480)), _policy("nights", _allow("0 22 * * *", 480))
    assert _find(nights, days) == [(["days", "nights"], None)]


def test_policies_of_different_sets_need_no_time_in_common() -> None:
    """Only those that cover one set are asked together."""
    days = _policy("days", _allow("0 8 * * *", 480), names=("other",))
    assert _find(days, _policy("nights", _allow("0 22 * * *", 480))) == []


def test_who_never_opens_is_told_once() -> None:
    """The policies beside it are not to blame."""
    shut = _policy("shut", _deny("* * * * *", 1))
    assert _find(shut, _policy("nights", _allow("0 22 * * *", 480))) == [(["shut"], None)]


def test_a_freeze_does_not_count() -> None:
    """It says itself that it stops everything."""
    frozen = policies.RolloutPolicy("frozen", _PLACE, freezes=(policies.Freeze("Christmas"),))
    assert _find(frozen) == []


def test_short_windows_are_not_told_twice() -> None:
    """A window that says itself that it is short has a warning of its own."""
    assert _find(_policy("short", _allow("0 2 * * *", 0.5))) == []


def test_a_refused_policy_is_passed_over() -> None:
    """Its windows are not known."""
    assert _find(policies.RolloutPolicy("bad", _PLACE, rejection="no")) == []
