"""Priorities: the reference's comparisons, and its order of pods that have none of the keys (reference §5.5, §9.4)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import selectors, sidecarsets
from gitsidecar.planning import priorities

ORDER = sidecarsets.Priority(keys=("key1", "key2"))


def _weights(*terms: tuple[int, str, str]) -> sidecarsets.Priority:
    return sidecarsets.Priority(
        weights=tuple(
            sidecarsets.Weight(weight, selectors.Selector(labels=((key, value),))) for weight, key, value in terms
        )
    )


WEIGHTS = _weights((20, "key", "foo"), (10, "key", "bar"))


@pytest.mark.parametrize(
    ("priority", "first", "second"),
    [
        (WEIGHTS, {"key": "foo"}, {"key": "bar"}),
        (WEIGHTS, {"key": "bar"}, {}),
        (WEIGHTS, {"key": "foo"}, {}),
        (
            _weights((20, "key1", "foo"), (10, "key2", "bar"), (15, "key3", "baz")),
            {"key2": "bar", "key3": "baz"},
            {"key1": "foo"},
        ),
        (
            _weights((20, "key1", "foo"), (10, "key2", "bar"), (5, "key3", "baz")),
            {"key1": "foo"},
            {"key2": "bar", "key3": "baz"},
        ),
        (ORDER, {"key1": "o-10"}, {"key1": "o-5"}),
        (ORDER, {"key1": "o-20"}, {"key1": "o-10"}),
        (ORDER, {"key1": "o-10"}, {"key2": "o-20"}),
        (ORDER, {"key2": "o-20"}, {"key2": "o-10"}),
        (ORDER, {"key1": "1"}, {"key1": "web"}),
        (ORDER, {"key1": "5", "key2": "90"}, {"key1": "4", "key2": "99"}),
    ],
)
def test_first_goes_before_second(
    priority: sidecarsets.Priority, first: Mapping[str, str], second: Mapping[str, str]
) -> None:
    """Larger sums go first; earlier keys do, and larger numbers of one key, as the reference compares them."""
    assert priorities.key(priority, first) < priorities.key(priority, second)


@pytest.mark.parametrize(
    ("priority", "one", "other"),
    [
        (WEIGHTS, {}, {}),
        (WEIGHTS, {"key": "foo"}, {"key": "foo"}),
        (WEIGHTS, {"key": "baz"}, {}),
        (ORDER, {}, {"key3": "7"}),
        (ORDER, {"key1": "o-10"}, {"key1": "p-10"}),
        (ORDER, {"key1": "o-10"}, {"key1": "o-010"}),
        (ORDER, {"key1": "10-o"}, {"key1": ""}),
        (sidecarsets.Priority(), {"key1": "1"}, {"key2": "2"}),
    ],
)
def test_what_is_equal_keeps_the_default_order(
    priority: sidecarsets.Priority, one: Mapping[str, str], other: Mapping[str, str]
) -> None:
    """Equal sums, or the same number under the same key, leave pods as they stood."""
    assert priorities.key(priority, one) == priorities.key(priority, other)


def test_pods_with_none_of_the_keys_go_first() -> None:
    """A pod without any listed key goes before those that have the first one, as in the reference."""
    assert priorities.key(ORDER, {}) < priorities.key(ORDER, {"key1": "99"})


def test_a_number_too_large_for_the_reference_counts_as_none() -> None:
    """64 bits hold the largest number; one more is no number."""
    largest, beyond, none = ({"key1": f"pod-{number}"} for number in (2**63 - 1, 2**63, "x"))
    assert priorities.key(ORDER, largest) < priorities.key(ORDER, none)
    assert priorities.key(ORDER, beyond) == priorities.key(ORDER, none)


def test_weights_outrank_keys() -> None:
    """Where a strategy has both, keys are not looked at."""
    both = sidecarsets.Priority(weights=WEIGHTS.weights, keys=ORDER.keys)
    assert priorities.key(both, {"key1": "9"}) == priorities.key(both, {})


def test_case_19_the_largest_numbers_go_first() -> None:
    """Of pods that all have 5, the one with 20 goes first and the one with 10 second; the others stay as they are."""
    pods = [{"name": str(number), "key1": {17: "10", 18: "20"}.get(number, "5")} for number in range(19, -1, -1)]
    pods.sort(key=lambda labels: priorities.key(ORDER, labels))
    assert [labels["name"] for labels in pods[:4]] == ["18", "17", "19", "16"]


@settings(deadline=None)
@given(st.text(alphabet="az-.0", max_size=5), st.integers(0, 10**9))
def test_the_number_at_the_end_counts_whatever_stands_before(prefix: str, number: int) -> None:
    """Only the digits that end a value are read, and leading zeros are nothing."""
    same = priorities.key(ORDER, {"key2": f"{prefix}-{number}"})
    assert same == (1, -number)
