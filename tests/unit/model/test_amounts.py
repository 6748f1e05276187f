"""Expressions come to the reference's results, and what was checked once never fails for any targets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.model import amounts, expressions, quantities

_words = st.sampled_from(
    [*("1", "50%", "100m", "2Gi", "0", "cpu", "cpu", "max(", "min(", "(", ")", ",", "+", "-", "*", "/")]
)
_texts = st.lists(_words, min_size=1, max_size=12).map("".join)


def _milli(text: str) -> int:
    found = quantities.parse(text)
    assert found is not None
    return found.milli


@pytest.mark.parametrize(
    ("text", "available", "wanted"),
    [
        ("cpu*50%", "200m", "100m"),
        ("max(cpu*50%,100m)", "150m", "100m"),
        ("max(cpu*50%,100m)", "400m", "200m"),
        ("cpu + 50m", "100m", "150m"),
        ("500m", "0", "500m"),
        ("cpu*50%", "0", "0"),
        ("1", "0", "1"),
        ("max(40m,20)", "0", "20"),
        ("max(min(2*cpu,3.0-cpu),2*cpu-3.0)", "1.5", "1500m"),
        ("0.5*cpu - 0.3*max(0, cpu-4) + 0.3*max(0, cpu-8)", "2", "1"),
        ("0.5*cpu - 0.3*max(0, cpu-4) + 0.3*max(0, cpu-8)", "6", "2400m"),
        ("0.5*cpu - 0.3*max(0, cpu-4) + 0.3*max(0, cpu-8)", "10", "3800m"),
        ("cpu / 3", "1", "333m"),
        ("cpu / 3 * 3", "1", "999m"),
        ("-cpu / 3", "1", "-333m"),
        ("0.0019", "0", "1m"),
        ("cpu - 2", "1", "-1"),
        ("cpu * 29%", "100m", "29m"),
    ],
)
def test_cpu_in_thousandths(text: str, available: str, wanted: str) -> None:
    """Cores are cut toward zero to thousandths at each step; unlike in binary floats, 29 % of 100m is 29m."""
    assert amounts.compute(text, "cpu", _milli(available)) == _milli(wanted)


@pytest.mark.parametrize(
    ("text", "available", "wanted"),
    [
        ("memory*30%", "600Mi", "180Mi"),
        ("max(memory*20% + 100Mi, 200Mi)", "800Mi", "260Mi"),
        ("1Gi", "0", "1Gi"),
        ("1Gi + 100Mi", "0", "1124Mi"),
        ("1.5Gi * 2", "0", "3Gi"),
        ("0.5 * memory + max(0, memory-2Gi)", "8Gi", "10Gi"),
        ("1", "0", "1"),
        ("2000.7", "0", "2000"),
        ("MEMORY / 3", "100", "33"),
    ],
)
def test_memory_in_bytes(text: str, available: str, wanted: str) -> None:
    """Memory is whole bytes."""
    assert amounts.compute(text, "memory", _milli(available)) == _milli(wanted)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cpu*cpu", "multiplies a quantity by a quantity"),
        ("cpu*(1+100m)", "'* (1 + 100m)' multiplies"),
        ("2/cpu", "divides by a quantity"),
        ("cpu/100m", "divides by a quantity"),
        ("cpu/0", "divides by zero"),
        ("cpu/(50%-0.5)", "divides by zero"),
        ("cpu + memory", "memory is not known in an expression for cpu"),
        ("cpu * 1Ei", "is not a suffix"),
    ],
)
def test_what_has_the_wrong_type_is_told(text: str, words: str) -> None:
    """Types, divisors and variables are wrong for all targets or for none, so they are told before there are any."""
    assert words in amounts.fault(text, "cpu")


@pytest.mark.parametrize("text", ["cpu - 2", "cpu*50%*2", "2*cpu/4", "-cpu", "max(cpu, 1)*2", "1/2*cpu", "(2-1)*cpu"])
def test_what_may_be_fine_is_accepted(text: str) -> None:
    """Whether an amount is above zero is a matter of the targets, not of the types."""
    assert amounts.fault(text, "cpu") == ""


@given(_texts, st.integers(-(2**70), 2**90), st.integers(-(2**70), 2**90))
def test_a_fault_never_depends_on_the_targets(text: str, one: int, other: int) -> None:
    """An expression fails for every amount or for none."""
    found = expressions.parse(text)
    if not isinstance(found, expressions.Fault):
        first, second = amounts.evaluate(found, one), amounts.evaluate(found, other)
        is_wrong = bool(amounts.fault(text, "cpu"))
        assert isinstance(first, expressions.Fault) == isinstance(second, expressions.Fault) == is_wrong


@given(st.integers(0, 2**62), st.integers(0, 100))
def test_a_share_is_exact(available: int, percent: int) -> None:
    """A percentage of any quantity is the exact one, cut to thousandths."""
    assert amounts.compute(f"cpu * {percent}%", "cpu", available) == available * percent // 100


def test_more_than_kubernetes_can_count_is_capped() -> None:
    """An amount beyond 2^63 - 1 is that, as Kubernetes itself caps it, on both sides."""
    assert amounts.compute("memory * 1e30", "memory", 10**15) == amounts.MAX_MILLI
    assert amounts.compute("-cpu * 1e30 * 1e30", "cpu", 10**15) == -amounts.MAX_MILLI


def test_the_largest_expression_is_quick_enough() -> None:
    """Even the largest factors that fit give numbers that are reckoned and written without pain."""
    text = "*".join(["cpu"] + ["9e30"] * 50)
    assert amounts.fault(text, "cpu") == ""
    assert amounts.compute(text, "cpu", 1) == amounts.MAX_MILLI


def test_constants_are_told_from_the_rest() -> None:
    """An expression without a variable comes to the same for all targets."""
    assert amounts.is_constant("max(1, 500m) * 2")
    assert not amounts.is_constant("max(1, -(2 * (cpu)))")
