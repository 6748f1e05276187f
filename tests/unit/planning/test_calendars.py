"""Windows and freezes of several policies as one answer (DESIGN §2)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import findings, plans, policies
from gitsidecar.planning import calendars

_law = settings(deadline=None)  # the machine of a busy CI is slow now and then

MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
ALLOW, DENY = policies.WindowType.ALLOW, policies.WindowType.DENY
FROZEN, WINDOW_CLOSED = plans.HoldReason.FROZEN, plans.HoldReason.WINDOW_CLOSED
BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime.datetime:
    """Read ``2026-11-24 01:00`` as UTC."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


NOON = utc("2026-11-24 12:00")  # a Tuesday


def allow(schedule: str, duration: datetime.timedelta = HOUR, zone: str = "UTC") -> policies.Window:
    """Return an Allow window."""
    return policies.Window(ALLOW, schedule, duration, zone)


def deny(schedule: str, duration: datetime.timedelta = HOUR, zone: str = "UTC") -> policies.Window:
    """Return a Deny window."""
    return policies.Window(DENY, schedule, duration, zone)


def freeze(start: str = "", end: str = "", reason: str = "month-end close") -> policies.Freeze:
    """Return a freeze; without *start* or *end* it has none."""
    return policies.Freeze(reason, utc(start) if start else None, utc(end) if end else None)


def policy(*parts: policies.Window | policies.Freeze, name: str = "nights") -> policies.RolloutPolicy:
    """Return a policy of windows and freezes."""
    return policies.RolloutPolicy(
        name,
        findings.Place(f"policies/{name}.yaml", 4, 9),
        windows=tuple(part for part in parts if isinstance(part, policies.Window)),
        freezes=tuple(part for part in parts if isinstance(part, policies.Freeze)),
    )


NIGHTS = policy(allow("0 2 * * *", 4 * HOUR, BERLIN))


def test_without_policies_pods_may_start() -> None:
    """Nothing forbids, and nothing ever changes that."""
    assert calendars.judge([], NOON) == calendars.Verdict(None)


def test_a_policy_without_windows_is_always_open() -> None:
    """No Allow window means always, not never."""
    assert calendars.judge([policy()], NOON) == calendars.Verdict(None)


def test_an_open_window_says_when_it_closes() -> None:
    """An open verdict has no words, and one time that matters."""
    closing = utc("2026-11-24 05:00")
    expected = calendars.Verdict(None, closes_at=closing, changes_at=closing)
    assert calendars.judge([NIGHTS], utc("2026-11-24 03:00")) == expected


def test_a_closed_window_says_when_it_opens_and_closes_again() -> None:
    """Outside its windows a policy holds, and says in its zone when the next one opens."""
    assert calendars.judge([NIGHTS], NOON) == calendars.Verdict(
        WINDOW_CLOSED,
        "outside the windows of RolloutPolicy nights (policies/nights.yaml:4:9); "
        "window opens Wed 2026-11-25 02:00 Europe/Berlin",
        opens_at=utc("2026-11-25 01:00"),
        closes_at=utc("2026-11-25 05:00"),
        changes_at=utc("2026-11-25 01:00"),
    )


def test_a_deny_window_closes_what_is_always_open() -> None:
    """A policy of Deny windows alone is open outside them."""
    weekend = policy(deny("0 0 * * SAT,SUN", DAY, BERLIN), name="weekend")
    assert calendars.judge([weekend], NOON).closes_at == utc("2026-11-27 23:00")
    assert calendars.judge([weekend], utc("2026-11-28 12:00")) == calendars.Verdict(
        WINDOW_CLOSED,
        "in a Deny window of RolloutPolicy weekend (policies/weekend.yaml:4:9); "
        "window opens Mon 2026-11-30 00:00 Europe/Berlin",
        opens_at=utc("2026-11-29 23:00"),
        closes_at=utc("2026-12-04 23:00"),
        changes_at=utc("2026-11-29 23:00"),
    )


@pytest.mark.parametrize("is_one_policy", [True, False])
def test_deny_beats_allow(is_one_policy: bool) -> None:
    """Where both windows are open pods are held, whether one policy has both or each has one."""
    day, lunch = allow("0 8 * * *", 10 * HOUR), deny("0 12 * * *", HOUR)
    covering = [policy(day, lunch)] if is_one_policy else [policy(day), policy(lunch, name="lunch")]
    assert calendars.judge(covering, utc("2026-11-24 11:00")).closes_at == NOON
    verdict = calendars.judge(covering, NOON)
    assert verdict.reason == WINDOW_CLOSED
    assert verdict.message.startswith("in a Deny window of RolloutPolicy ")
    assert (verdict.opens_at, verdict.closes_at) == (utc("2026-11-24 13:00"), utc("2026-11-24 18:00"))


def test_one_open_allow_window_of_a_policy_is_enough() -> None:
    """The Allow windows of one policy add up, and where they touch nothing closes."""
    shifts = policy(allow("0 6 * * *", 4 * HOUR), allow("0 10 * * *", 4 * HOUR), allow("0 20 * * *", HOUR))
    end = utc("2026-11-24 14:00")
    assert calendars.judge([shifts], utc("2026-11-24 07:00")) == calendars.Verdict(None, closes_at=end, changes_at=end)
    assert calendars.judge([shifts], utc("2026-11-24 15:00")).opens_at == utc("2026-11-24 20:00")


def test_all_policies_must_allow() -> None:
    """Two policies are open together where the windows of both are."""
    early, late = policy(allow("0 8 * * *", 6 * HOUR)), policy(allow("0 12 * * *", 6 * HOUR), name="late")
    verdict = calendars.judge([early, late], utc("2026-11-24 09:00"))
    assert (verdict.opens_at, verdict.closes_at) == (NOON, utc("2026-11-24 14:00"))
    assert verdict.message.startswith("outside the windows of RolloutPolicy late (")


def test_the_opening_is_written_in_the_zone_of_the_window_that_opens_last() -> None:
    """What holds now is named; the time is that at which the last window lets the pods go."""
    lunch = policy(deny("0 12 * * *", HOUR, "America/New_York"), name="lunch")
    assert calendars.judge([NIGHTS, lunch], utc("2026-11-24 17:30")).message == (
        "outside the windows of RolloutPolicy nights (policies/nights.yaml:4:9); "
        "window opens Wed 2026-11-25 02:00 Europe/Berlin"
    )


def test_a_freeze_with_an_end() -> None:
    """A freeze gives its reason and its end; what is open afterwards needs no more words."""
    quiet = policy(freeze("2026-11-20 00:00", "2026-12-01 08:00"), name="quiet")
    assert calendars.judge([quiet], NOON) == calendars.Verdict(
        FROZEN,
        "frozen by RolloutPolicy quiet (policies/quiet.yaml:4:9): month-end close; ends 2026-12-01 08:00 UTC",
        opens_at=utc("2026-12-01 08:00"),
        changes_at=utc("2026-12-01 08:00"),
    )


def test_a_freeze_without_end() -> None:
    """Such a freeze is released by removing it, and opens at no time."""
    quiet = policy(freeze("2026-11-20 00:00"), name="quiet")
    assert calendars.judge([quiet, NIGHTS], NOON) == calendars.Verdict(
        FROZEN,
        "frozen by RolloutPolicy quiet (policies/quiet.yaml:4:9): month-end close; remove the freeze to release",
        changes_at=utc("2026-11-25 01:00"),
    )


def test_a_freeze_that_ends_while_windows_are_closed_says_what_comes_then() -> None:
    """The end of a freeze is not the release when the window is still closed."""
    quiet = policy(freeze(end="2026-12-01 08:00"), name="quiet")
    verdict = calendars.judge([quiet, NIGHTS], utc("2026-11-24 03:00"))
    assert verdict.opens_at == utc("2026-12-02 01:00")
    assert verdict.message.endswith("; ends 2026-12-01 08:00 UTC; window opens Wed 2026-12-02 02:00 Europe/Berlin")


@pytest.mark.parametrize(
    ("start", "end", "is_frozen"),
    [
        ("", "", True),
        ("2026-11-24 12:00", "", True),
        ("2026-11-24 12:01", "", False),
        ("", "2026-11-24 12:01", True),
        ("", "2026-11-24 12:00", False),
        ("2026-11-24 11:00", "2026-11-24 13:00", True),
        ("2026-11-24 13:00", "2026-11-24 11:00", False),
    ],
)
def test_a_freeze_has_its_begin_and_not_its_end(start: str, end: str, is_frozen: bool) -> None:
    """A freeze holds from its begin, if it has one, until right before its end."""
    assert (calendars.judge([policy(freeze(start, end))], NOON).reason is FROZEN) == is_frozen


def test_a_freeze_in_the_middle_of_a_window() -> None:
    """A freeze ends the opening before it, and the window goes on after it."""
    quiet = policy(freeze("2026-11-24 02:00", "2026-11-24 03:00"), name="quiet")
    assert calendars.judge([NIGHTS, quiet], utc("2026-11-24 01:30")).closes_at == utc("2026-11-24 02:00")
    verdict = calendars.judge([NIGHTS, quiet], utc("2026-11-24 02:00"))
    assert (verdict.opens_at, verdict.closes_at) == (utc("2026-11-24 03:00"), utc("2026-11-24 05:00"))
    assert verdict.message.endswith("; ends 2026-11-24 03:00 UTC")


def test_a_freeze_that_begins_while_all_is_closed_changes_the_reason() -> None:
    """A set outside its windows wakes for the freeze, though pods are held before and after."""
    quiet = policy(freeze("2026-11-24 15:00", "2026-11-24 16:00"), name="quiet")
    verdict = calendars.judge([NIGHTS, quiet], NOON)
    assert (verdict.reason, verdict.changes_at) == (WINDOW_CLOSED, utc("2026-11-24 15:00"))
    assert calendars.judge([NIGHTS, quiet], utc("2026-11-24 15:00")).reason == FROZEN


def test_of_several_freezes_the_last_to_end_is_named() -> None:
    """It is that one which a person must remove or wait for."""
    covering = [
        policy(freeze(end="2026-11-26 00:00"), name="short"),
        policy(freeze(end="2026-11-28 00:00", reason="audit"), name="long"),
    ]
    verdict = calendars.judge(covering, NOON)
    assert verdict.message.startswith("frozen by RolloutPolicy long (policies/long.yaml:4:9): audit; ends 2026-11-28")
    assert verdict.changes_at == utc("2026-11-26 00:00")


def test_freezes_in_a_row_are_waited_for() -> None:
    """A freeze that begins when another ends moves the opening on."""
    quiet = policy(freeze(end="2026-11-26 00:00"), freeze("2026-11-26 00:00", "2026-11-28 00:00"))
    verdict = calendars.judge([quiet], NOON)
    assert verdict.opens_at == utc("2026-11-28 00:00")
    assert verdict.message.endswith("; ends 2026-11-26 00:00 UTC; window opens Sat 2026-11-28 00:00 UTC")


def test_a_freeze_until_the_end_of_time_is_one_without_end() -> None:
    """People write the year 9999; nobody waits for it, and nothing overflows."""
    for_ever = policies.Freeze("stop", None, datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC))
    verdict = calendars.judge([policy(for_ever), NIGHTS], NOON)
    assert verdict.message.endswith("; remove the freeze to release")
    assert verdict.opens_at is None


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("", "(policies/nights.yaml:4:9);"),
        ("two\n  lines\tand\r\nmore", ": two lines and more;"),
        ("\x1b[31mred\x00\u202e", ": [31mred;"),
        ("x" * 300, ": " + "x" * 200 + "…;"),
    ],
)
def test_a_freezes_reason_is_one_harmless_line(reason: str, shown: str) -> None:
    """Whatever the reason holds, the message stays one line of bounded length."""
    assert shown in calendars.judge([policy(freeze(reason=reason))], NOON).message


@pytest.mark.parametrize(
    ("covering", "end_of_message"),
    [
        (
            [policy(deny("* * * * *", HOUR))],
            "in a Deny window of RolloutPolicy nights (policies/nights.yaml:4:9); no window opens: a Deny window of "
            "RolloutPolicy nights (policies/nights.yaml:4:9) stays open for over a year; change it to release",
        ),
        (
            [policy(allow("0 0 */31 2 MON#5"))],
            "; no window opens: no schedule of RolloutPolicy nights (policies/nights.yaml:4:9) fires any more; "
            "change one to release",
        ),
        (
            [policy(allow("0 18 * * *")), policy(freeze("2026-11-24 17:00"), name="quiet")],
            "; no window opens: RolloutPolicy quiet (policies/quiet.yaml:4:9) has a freeze without end; "
            "remove the freeze to release",
        ),
        (
            [policy(allow("0 1 * * *")), policy(allow("0 3 * * *"), name="later")],
            "; no window opens: no moment is in sight at which all policies allow; let their windows meet to release",
        ),
        (  # both on Sundays that are 29 February, 28 years apart
            [policy(allow("0 1 29 2 */7")), policy(allow("0 3 29 2 */7"), name="later")],
            "; no window opens: no moment is in sight at which all policies allow; let their windows meet to release",
        ),
    ],
)
def test_what_never_opens_says_so_and_what_to_do(covering: list[policies.RolloutPolicy], end_of_message: str) -> None:
    """Without an opening in sight the message names what is in the way, and a person's next step."""
    verdict = calendars.judge(covering, NOON)
    assert verdict.message.endswith(end_of_message)
    assert (verdict.opens_at, verdict.closes_at) == (None, None)


def test_windows_that_take_turns_for_ever_are_given_up_on() -> None:
    """An opening that goes on and on is without end, and is looked at again when the present window ends."""
    turns = policy(allow("0 */2 * * *", HOUR), allow("0 1-23/2 * * *", HOUR))
    assert calendars.judge([turns], utc("2026-11-24 12:10")) == calendars.Verdict(
        None, changes_at=utc("2026-11-24 13:00")
    )


@pytest.mark.parametrize(
    ("zone", "schedule", "now", "words", "opens_at"),
    [
        (BERLIN, "30 2 * * *", "2026-03-28 12:00", "Sun 2026-03-29 03:00 Europe/Berlin", "2026-03-29 01:00"),
        (BERLIN, "30 2 * * *", "2026-10-24 12:00", "Sun 2026-10-25 02:30 Europe/Berlin (+0200)", "2026-10-25 00:30"),
        ("America/New_York", "30 2 * * *", "2026-03-07 12:00", "Sun 2026-03-08 03:00 America/New_York",
         "2026-03-08 07:00"),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-02 17:00", "Sun 2026-10-04 02:30 Australia/Lord_Howe",
         "2026-10-03 15:30"),
    ],
)  # fmt: skip
def test_words_over_a_change_of_the_clocks(zone: str, schedule: str, now: str, words: str, opens_at: str) -> None:
    """The message names the time that the wall clock shows at the opening, and which one if it comes twice."""
    verdict = calendars.judge([policy(allow(schedule, HOUR, zone))], utc(now))
    assert verdict.message.endswith(f"; window opens {words}")
    assert verdict.opens_at == utc(opens_at)


ZONES = st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe"])
SCHEDULES = st.sampled_from(
    [
        *("0 2 * * *", "30 2 * * SUN", "0 0 * * MON-FRI", "15 22 * * *", "0 8-17 * * *", "0 0 1 * *", "0 12 29 2 *"),
        *("*/20 * * * *", "0 */3 * * *", "30 1,2,3 25-31 3,10 SUN", "* 1-3 * * *"),
    ]
)
DURATIONS = st.sampled_from([MINUTE, 20 * MINUTE, HOUR, 5 * HOUR, DAY, 30 * HOUR, 10 * DAY])
WINDOWS = st.builds(policies.Window, st.sampled_from([ALLOW, ALLOW, DENY]), SCHEDULES, DURATIONS, ZONES)
MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: utc("2026-01-01") + minutes * MINUTE)
FREEZES = st.builds(policies.Freeze, st.just("quiet"), st.none() | MOMENTS, st.none() | MOMENTS)
POLICIES = st.lists(st.tuples(st.lists(WINDOWS, max_size=3), st.lists(FREEZES, max_size=1)), max_size=3).map(
    lambda parts: [policy(*wins, *stops, name=f"p{index}") for index, (wins, stops) in enumerate(parts)]
)


@_law
@given(POLICIES, MOMENTS, st.floats(0, 1))
def test_a_verdict_stands_until_it_says(
    covering: Sequence[policies.RolloutPolicy], now: datetime.datetime, part: float
) -> None:
    """Before `changes_at`, or a month on if there is none, the reason, the words and the times given are the same."""
    verdict = calendars.judge(covering, now)
    end = verdict.changes_at or now + 30 * DAY
    assert end > now
    between = now + (end - now) * part
    if between < end:
        later = calendars.judge(covering, between)
        assert (later.reason, later.message, later.opens_at) == (verdict.reason, verdict.message, verdict.opens_at)
        assert verdict.closes_at in (None, later.closes_at)


@_law
@given(POLICIES, MOMENTS)
def test_pods_may_start_when_it_opens(covering: Sequence[policies.RolloutPolicy], now: datetime.datetime) -> None:
    """At `opens_at` pods may start, and the moment before they may not."""
    verdict = calendars.judge(covering, now)
    if verdict.opens_at is not None:
        assert verdict.reason is not None
        assert calendars.judge(covering, verdict.opens_at).reason is None
        assert calendars.judge(covering, verdict.opens_at - datetime.timedelta(microseconds=1)).reason is not None


@_law
@given(POLICIES, MOMENTS, st.floats(0, 1))
def test_no_opening_is_passed_over(
    covering: Sequence[policies.RolloutPolicy], now: datetime.datetime, part: float
) -> None:
    """From now until `opens_at`, or for a month if there is none, pods are held at every moment."""
    verdict = calendars.judge(covering, now)
    if verdict.reason is not None:
        end = verdict.opens_at or now + 30 * DAY
        between = now + (end - now) * part
        assert between >= end or calendars.judge(covering, between).reason is not None


@_law
@given(POLICIES, MOMENTS, st.floats(0, 1))
def test_an_opening_ends_when_it_says(
    covering: Sequence[policies.RolloutPolicy], now: datetime.datetime, part: float
) -> None:
    """From the begin of an opening until `closes_at` pods may start, and then no longer."""
    verdict = calendars.judge(covering, now)
    begin = now if verdict.reason is None else verdict.opens_at
    if begin is not None and verdict.closes_at is not None:
        between = begin + (verdict.closes_at - begin) * part
        assert between >= verdict.closes_at or calendars.judge(covering, between).reason is None
        assert calendars.judge(covering, verdict.closes_at).reason is not None


@_law
@given(POLICIES, MOMENTS)
def test_all_must_allow(covering: Sequence[policies.RolloutPolicy], now: datetime.datetime) -> None:
    """Together policies allow exactly when each of them alone does."""
    alone = [calendars.judge([each], now).reason is None for each in covering]
    assert (calendars.judge(covering, now).reason is None) == all(alone)


@_law
@given(POLICIES, MOMENTS)
def test_the_order_of_policies_changes_nothing(
    covering: Sequence[policies.RolloutPolicy], now: datetime.datetime
) -> None:
    """The same policies in another order give the same verdict, words and all."""
    assert calendars.judge(covering[::-1], now) == calendars.judge(covering, now)


@_law
@given(POLICIES, WINDOWS, MOMENTS)
def test_an_open_deny_window_beats_everything_but_a_freeze(
    covering: Sequence[policies.RolloutPolicy], window: policies.Window, now: datetime.datetime
) -> None:
    """While a window is open as an Allow window, the same as a Deny window holds the pods of any policies."""
    alone = policy(policies.Window(ALLOW, window.schedule, window.duration, window.time_zone))
    if calendars.judge([alone], now).reason is None:
        never = policies.Window(DENY, window.schedule, window.duration, window.time_zone)
        assert calendars.judge([*covering, policy(never, name="never")], now).reason is not None


@_law
@given(POLICIES, MOMENTS)
def test_a_freeze_outranks_windows(covering: Sequence[policies.RolloutPolicy], now: datetime.datetime) -> None:
    """While any freeze is on the reason is `Frozen`, whatever the windows say, and else it is not."""
    is_frozen = any(each.is_on(now) for one in covering for each in one.freezes)
    assert (calendars.judge(covering, now).reason == FROZEN) == is_frozen
