"""When certificates are renewed; and that over many years everybody who is one step behind is understood."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.webhook import certificates, renewals
from tests.unit.webhook import clients

Kind = renewals.Kind
DAY = datetime.timedelta(days=1)
NAMES = clients.NAMES
FIRST = certificates.make(NAMES, clients.NOW, make_key=clients.keys())
END = FIRST.authorities[0].ends
MOST = 6  # steps until there is nothing to do


def _step(bundle: certificates.Bundle | None, after: datetime.timedelta, names: tuple[str, ...] = NAMES) -> Kind:
    return renewals.next_step(bundle, clients.NOW + after, names).kind


def _grown(*, age: datetime.timedelta, second: int = 30) -> certificates.Bundle:
    """Return the first bundle with an authority beside it that was made *age* before its first one ends."""
    added = certificates.make_authority(END - age, clients.keys(second)())
    served = certificates.make_serving(FIRST.authorities[0], NAMES, END - age, key=clients.keys(second + 1)())
    return certificates.Bundle((*FIRST.authorities, added), served)


def _steps(
    bundle: certificates.Bundle | None, now: datetime.datetime, seed: int
) -> Iterator[tuple[renewals.Step, certificates.Bundle | None]]:
    """Yield each step until there is nothing to do, with what there is after it."""
    make_key = clients.keys(seed)
    while True:
        step = renewals.next_step(bundle, now, NAMES)
        if step.kind is not Kind.WAIT:
            bundle = renewals.take(step, bundle, now, names=NAMES, make_key=make_key)
        yield step, bundle
        if step.kind is Kind.WAIT:
            return


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (DAY * 0, Kind.WAIT),
        (DAY * 39, Kind.WAIT),
        (DAY * 41, Kind.RENEW),
        (DAY * 70, Kind.RENEW),
        (END - clients.NOW - DAY * 3, Kind.RENEW),
        (END - clients.NOW - DAY, Kind.RENEW),
        (END - clients.NOW, Kind.START),
    ],
)
def test_a_first_bundle_grows_old(after: datetime.timedelta, kind: Kind) -> None:
    """The serving certificate is renewed after two thirds of its life; without an authority all starts anew."""
    assert _step(FIRST, after) is kind


def test_nothing_is_started() -> None:
    """Where there are no certificates, they are made."""
    assert _step(None, DAY * 0) is Kind.START


def test_other_names_are_served() -> None:
    """Another name of the Service asks for another certificate; the same address in another spelling does not."""
    assert _step(FIRST, DAY, ("other.gitsidecar.svc",)) is Kind.RENEW
    six = certificates.make(("fd00::1",), clients.NOW, make_key=clients.keys())
    assert _step(six, DAY, ("fd00:0::1",)) is Kind.WAIT


def test_a_new_authority_comes_long_before_the_end() -> None:
    """180 days before, and at first it signs nothing."""
    now = END - renewals.OVERLAP + DAY
    bundle = dataclasses.replace(
        FIRST, serving=certificates.make_serving(FIRST.authorities[0], NAMES, now, key=clients.keys(8)())
    )
    assert renewals.next_step(bundle, now, NAMES).kind is Kind.ADD
    step = renewals.next_step(bundle, now, NAMES)
    after = renewals.take(step, bundle, now, names=NAMES, make_key=clients.keys(20))
    assert (after.serving, len(after.authorities)) == (bundle.serving, 2)
    assert renewals.next_step(after, now, NAMES).kind is Kind.WAIT


@pytest.mark.parametrize(("waited", "kind"), [(DAY * 0.9, Kind.WAIT), (DAY, Kind.SWITCH)])
def test_a_new_authority_signs_after_a_day(waited: datetime.timedelta, kind: Kind) -> None:
    """By then everybody has heard of it; and the key of the old one is forgotten."""
    now = END - 100 * DAY + waited
    bundle = _grown(age=100 * DAY)
    step = renewals.next_step(bundle, now, NAMES)
    assert step.kind is kind
    after = renewals.take(step, bundle, now, names=NAMES, make_key=clients.keys(60))
    assert (after.issuer == after.authorities[1]) is (kind is Kind.SWITCH)
    assert (after.authorities[0].key is None) is (kind is Kind.SWITCH)


def test_an_authority_that_has_ended_is_dropped() -> None:
    """Nothing that it signed is valid then."""
    now = END + DAY * 0.01
    *_, (_, before) = _steps(_grown(age=30 * DAY), END - 20 * DAY, 70)
    assert before is not None
    assert before.serving.ends > END
    step = renewals.next_step(before, now, NAMES)
    assert step.kind is Kind.DROP
    after = renewals.take(step, before, now, names=NAMES)
    assert after.authorities == before.authorities[1:]


def test_the_last_two_days_of_an_authority_are_not_waited_for() -> None:
    """After a long time without us, a new authority signs at once rather than not at all."""
    kinds = [step.kind for step, _ in _steps(FIRST, END - DAY, 80)]
    assert kinds == [Kind.RENEW, Kind.ADD, Kind.SWITCH, Kind.WAIT]


def test_a_clock_that_was_wrong_is_got_over() -> None:
    """Certificates that begin in the future, by however little, serve nobody: they are made anew."""
    for ahead in (DAY / 12, DAY, 900 * DAY):
        future = certificates.make(NAMES, clients.NOW + ahead, make_key=clients.keys())
        *_, (_, bundle) = _steps(future, clients.NOW, 90)
        assert bundle is not None
        assert clients.accepts(bundle.trusted, bundle.serving, clients.NOW)


def test_a_certificate_of_the_future_is_signed_anew_by_the_same_authority() -> None:
    """Nobody has to learn of another one where only what is served was made by a wrong clock."""
    served = certificates.make_serving(FIRST.authorities[0], NAMES, clients.NOW + DAY, key=clients.keys(8)())
    *taken, (_, bundle) = _steps(dataclasses.replace(FIRST, serving=served), clients.NOW, 90)
    assert [step.kind for step, _ in taken] == [Kind.RENEW]
    assert bundle is not None
    assert clients.accepts(FIRST.trusted, bundle.serving, clients.NOW)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-9000.0, 1090.0), min_size=1, max_size=3))
def test_no_wrong_clock_cuts_the_others_off(shifts: list[float]) -> None:
    """Whatever the clocks of who writes say, short of the end of the first authority: what others serve is trusted."""
    bundle = FIRST
    for number, shift in enumerate([*shifts, 0.0]):
        *_, (_, after) = _steps(bundle, clients.NOW + DAY * shift, 100 * (number + 1))
        assert after is not None
        read = certificates.read(certificates.write(after))
        assert isinstance(read, certificates.Bundle)
        bundle = read
        assert clients.accepts(bundle.trusted, FIRST.serving, clients.NOW)
    assert clients.accepts(bundle.trusted, bundle.serving, clients.NOW)


def test_starting_anew_goes_on_to_trust_what_is_not_over() -> None:
    """Another replica may serve with the old certificate for a while yet."""
    keyless = dataclasses.replace(FIRST, authorities=(FIRST.authorities[0].without_key(),))
    *_, (_, bundle) = _steps(keyless, clients.NOW + DAY, 100)
    assert bundle is not None
    for served in (FIRST.serving, bundle.serving):
        assert clients.accepts(bundle.trusted, served, clients.NOW + DAY)


def test_waiting_says_until_when() -> None:
    """Until then the answer is the same; then it is another one."""
    now, bundle = clients.NOW, FIRST
    step = renewals.next_step(bundle, now, NAMES)
    while step.until is not None and renewals.next_step(bundle, step.until, NAMES).kind is Kind.WAIT:
        assert step.until > now
        now = step.until
        step = renewals.next_step(bundle, now, NAMES)
    assert step.until is not None
    assert renewals.next_step(bundle, step.until - datetime.timedelta(seconds=1), NAMES).kind is Kind.WAIT
    assert renewals.next_step(bundle, step.until, NAMES).kind is Kind.RENEW


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(0.5, 15.0), min_size=8, max_size=60), st.integers(0, 1000))
def test_whoever_is_one_look_behind_is_understood(gaps: list[float], seed: int) -> None:
    """
    Over seven years of looks at any time, but at least every 15 days: nobody is ever turned away.

    A client that trusts what was trusted at any moment since the look before accepts what is served now; and a client
    that trusts what is trusted now accepts what was served at any moment since then.
    """
    now, bundle, number, kinds = clients.NOW, None, 1000 * seed + 1, set()
    before: list[certificates.Bundle] = []
    while now < clients.NOW + 2600 * DAY:
        since = before[-1:]
        for step, after in _steps(bundle, now, number):
            kinds.add(step.kind)
            assert after is not None
            bundle = after
            since.append(bundle)
        number += MOST
        assert bundle is not None
        for old in since:
            assert clients.accepts(old.trusted, bundle.serving, now)
            assert clients.accepts(bundle.trusted, old.serving, now)
        assert len(since) <= MOST + 2
        assert len(bundle.authorities) <= 2
        before = since
        now += DAY * gaps[number // MOST % len(gaps)]
    assert kinds == set(Kind)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.01, 2000.0), min_size=1, max_size=12))
def test_after_any_absence_it_serves_again(gaps: list[float]) -> None:
    """However long nobody looked: a few steps, and there is a certificate that those who hear of it accept."""
    now, bundle, number = clients.NOW, None, 1
    for gap in gaps:
        now += DAY * gap
        taken = list(_steps(bundle, now, number))
        number += MOST
        bundle = taken[-1][1]
        assert bundle is not None
        assert len(taken) <= MOST
        assert clients.accepts(bundle.trusted, bundle.serving, now)
