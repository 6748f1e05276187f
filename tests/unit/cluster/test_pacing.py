"""Retries spread out, and all writes wait at one gate."""

from __future__ import annotations

import random

from gitsidecar.cluster import pacing


def test_delays_grow_to_a_limit_and_start_again() -> None:
    """Each delay lies in the upper half below its power of two; a success starts over."""
    backoff = pacing.Backoff(random.Random(1), first=1.0, longest=8.0)
    delays = [backoff.next() for _ in range(6)]
    for delay, longest in zip(delays, (1, 2, 4, 8, 8, 8), strict=True):
        assert longest / 2 <= delay <= longest
    backoff.reset()
    assert backoff.next() <= 1.0


def test_thousands_of_failures_do_no_harm() -> None:
    """A cluster that is away for a week leaves the delay at its limit."""
    backoff = pacing.Backoff(random.Random(1), longest=30.0)
    assert max(backoff.next() for _ in range(5000)) <= 30.0


def test_what_the_server_asks_for_is_a_least() -> None:
    """Retry-After is never undercut, and never met by all at the same moment."""
    backoff = pacing.Backoff(random.Random(1))
    assert 7.0 <= backoff.next(7.0) <= 10.5


def test_the_longest_request_shuts_the_gate() -> None:
    """A shorter Retry-After does not shorten a longer one; time opens the gate."""
    now = 100.0
    gate = pacing.Gate(random.Random(1), lambda: now)
    gate.shut(5.0)
    gate.shut(1.0)
    assert gate.remaining == 5.0
    now = 106.0
    assert gate.remaining == 0.0
