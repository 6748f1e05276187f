"""Partition and maxUnavailable in numbers (reference §5.4 and §9.4 `util`)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import censuses
from gitsidecar.planning import budgets
from tests.unit.planning import builders


@pytest.mark.parametrize(
    ("matched", "partition", "keep"),
    [
        (100, "50%", 50),
        (99, "50%", 50),
        (5, "1%", 1),
        (5, "99%", 4),
        (10, "95%", 9),
        (1, "99%", 1),
        (5, "100%", 5),
        (5, 7, 5),
        (10, "33%", 4),
        (0, "99%", 0),
        (9, "99%", 8),
        (10, "90%", 9),
        (10, "1%", 1),
        (99, "99%", 98),
        (99, "100%", 99),
        (99, "0%", 0),
        (10, 5, 5),
        (10, 10, 10),
        (10, "150%", 10),
    ],
)
def test_partition_table(matched: int, partition: int | str, keep: int) -> None:
    """A partition keeps as many pods old as the reference's."""
    assert budgets.kept(builders.share(partition), matched) == keep


@pytest.mark.parametrize(
    ("matched", "max_unavailable", "limit"),
    [
        (1000, "10%", 100),
        (980, "10%", 98),
        (5, "5%", 1),
        (10, "25%", 3),
        (1, "1%", 1),
        (10, "0%", 0),
        (10, 0, 0),
        (10, "150%", 15),
        (10, 7, 7),
    ],
)
def test_max_unavailable_table(matched: int, max_unavailable: int | str, limit: int) -> None:
    """`maxUnavailable` allows as many as the reference's; it has no upper clamp."""
    strategy = builders.sidecar_set(max_unavailable=max_unavailable).update
    assert budgets.measure(strategy, {censuses.MATCHED: matched}).limit == limit


def test_no_pods_use_no_budget() -> None:
    """A set without pods has no room and needs none."""
    assert budgets.measure(builders.sidecar_set().update, {}).room == 0


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(0, 120))
def test_a_partition_below_100_percent_lets_some_of_several_move(matched: int, percent: int) -> None:
    """What is kept lies between none and all, and is all of several pods only from 100% up."""
    keep = budgets.kept(builders.share(f"{percent}%"), matched)
    assert 0 <= keep <= matched
    if matched > 1 and percent < 100:
        assert keep < matched
