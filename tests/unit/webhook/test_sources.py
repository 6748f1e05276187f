"""Authorities are trusted for a while after they were replaced, whatever happens to the clock."""

from __future__ import annotations

import datetime

import pytest

from gitsidecar.webhook import certificates, sources
from tests.unit.webhook import clients

OLD, NEW = (certificates.make_authority(clients.NOW, clients.keys(seed)()).certificate for seed in (1, 10))
HOUR = datetime.timedelta(hours=1)


@pytest.mark.parametrize(("after", "trusted"), [(0.0, [OLD, NEW]), (0.9, [OLD, NEW]), (1.0, [NEW])])
def test_what_was_trusted_before_is_trusted_for_a_while(after: float, trusted: list[object]) -> None:
    """From the moment on at which another took its place, however long ago we looked before."""
    trust = sources.Trust(HOUR)
    trust.of([OLD], clients.NOW - 9 * HOUR)
    assert trust.of([NEW], clients.NOW) == certificates.pem([OLD, NEW])
    assert trust.of([NEW], clients.NOW + after * HOUR) == certificates.pem(
        [each for each in (OLD, NEW) if each in trusted]
    )


def test_what_comes_back_is_trusted_once() -> None:
    """As one of the moment."""
    trust = sources.Trust(HOUR)
    for each in (OLD, NEW):
        trust.of([each], clients.NOW)
    assert trust.of([OLD], clients.NOW) == certificates.pem([NEW, OLD])


def test_a_clock_that_is_set_back_keeps_nothing_for_longer() -> None:
    """The hour begins again, at the time that is said now."""
    trust = sources.Trust(HOUR)
    trust.of([OLD], clients.NOW)
    trust.of([NEW], clients.NOW + 9000 * HOUR)
    assert trust.of([NEW], clients.NOW) == certificates.pem([OLD, NEW])
    assert trust.of([NEW], clients.NOW + HOUR) == certificates.pem([NEW])
