"""Percentages that come to something else in whole pods."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from gitsidecar.model import sidecarsets
from gitsidecar.planning import budgets, roundings

_ONE = sidecarsets.Share(1)


def _share(percent: int) -> sidecarsets.Share:
    return sidecarsets.Share(percent, is_percent=True)


@pytest.mark.parametrize(
    ("percent", "matched", "told"),
    [
        (1, 40, ["2.5%"]),
        (5, 10, ["10%"]),
        (1, 100, []),
        (1, 60, []),
        (10, 12, []),
        (100, 40, []),
        (10, 1, []),  # of so few nobody expects it to come out
        (0, 40, []),
    ],
)
def test_a_budget_that_is_twice_what_was_written(percent: int, matched: int, told: list[str]) -> None:
    """One pod is the least, and of forty it is more than one percent."""
    update = sidecarsets.UpdateStrategy(max_unavailable=_share(percent))
    assert [each.percent for each in roundings.find(update, matched)] == told


@pytest.mark.parametrize(
    ("percent", "matched", "pods"),
    [(99, 40, [1]), (95, 40, []), (85, 13, []), (50, 40, []), (100, 40, []), (0, 40, [])],
)
def test_a_partition_that_moves_more(percent: int, matched: int, pods: list[int]) -> None:
    """A canary of one percent of forty pods is one pod; of thirteen pods 15% are one pod too, as one expects."""
    update = sidecarsets.UpdateStrategy(partition=_share(percent))
    assert [each.pods for each in roundings.find(update, matched)] == pods


@hypothesis.given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 500))
def test_numbers_never_surprise_and_many_pods_hardly(budget: int, partition: int, matched: int) -> None:
    """From 100 pods for each percent on, rounding is out of sight; what is told is what budgets come to."""
    plain = sidecarsets.UpdateStrategy(
        partition=sidecarsets.Share(partition), max_unavailable=sidecarsets.Share(budget)
    )
    assert list(roundings.find(plain, matched)) == []
    update = sidecarsets.UpdateStrategy(partition=_share(partition), max_unavailable=_share(budget))
    for each in roundings.find(update, matched):
        assert matched < 200
        kept = budgets.kept(update.partition, matched)
        assert each.pods == (matched - kept if each.field == "partition" else update.max_unavailable.of(matched))


def test_a_set_that_moves_nothing_has_no_percentages() -> None:
    """NotUpdate makes them idle."""
    update = sidecarsets.UpdateStrategy(sidecarsets.StrategyType.NOT_UPDATE, max_unavailable=_share(1))
    assert list(roundings.find(update, 40)) == []
