"""Expressions of `resourcesPolicy` are read as the reference reads them, and anything else is told in words."""

from __future__ import annotations

import fractions
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gitsidecar.model import amounts, expressions, literals

_TEXTS = ("0", "3", ".5", "5.", "1e3", "1.5E-2", "50%", "1e1%", "100m", "1.5Gi", "2k", "1Pi")
_leaves = st.sampled_from([*map(expressions.parse, _TEXTS), expressions.Variable("cpu")])


def _chains(inner: st.SearchStrategy[expressions.Expression]) -> st.SearchStrategy[expressions.Expression]:
    rests = [
        st.lists(st.tuples(st.sampled_from(signs), inner), min_size=1, max_size=3).map(tuple) for signs in ("+-", "*/")
    ]
    return st.builds(expressions.Chain, inner, st.one_of(rests))


_trees: st.SearchStrategy[expressions.Expression] = st.recursive(
    _leaves,  # type: ignore[arg-type]  # those texts are expressions
    lambda inner: (
        st.builds(expressions.Negation, inner)
        | _chains(inner)
        | st.builds(expressions.Choice, st.sampled_from(literals.FUNCTIONS), inner, inner)
    ),
    max_leaves=10,
)
_words = st.sampled_from([*_TEXTS, "cpu", "MEMORY", "max(", "min", "(", ")", ",", "+", "-", "*", "/", "%", " ", "1Ei"])
_texts = st.text(max_size=300) | st.lists(_words, max_size=30).map("".join)


@given(_trees)
def test_an_expression_reads_back_from_its_text(tree: expressions.Expression) -> None:
    """What an expression is written as is read as the same expression."""
    assume(len(str(tree)) <= expressions.MAX_LENGTH)
    assert expressions.parse(str(tree)) == tree


@given(_texts)
def test_any_text_gets_an_answer(text: str) -> None:
    """Any text at all is an expression, or has words that say why not."""
    found = expressions.parse(text)
    assert found.words if isinstance(found, expressions.Fault) else str(found)


_numbers: st.SearchStrategy[str] = st.recursive(
    st.sampled_from(["0", "1", "3", "0.25", "12.5"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})")
        | inner.map(lambda one: f"-{one}")
        | st.tuples(st.sampled_from(["max", "min"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
        )
    ),
    max_leaves=8,
)


def _oracle(text: str) -> fractions.Fraction | None:
    """Return what Python makes of the same text with exact numbers."""
    exact = re.sub(r"[0-9]+(?:\.[0-9]+)?", lambda number: f"F('{number[0]}')", text)
    try:
        return fractions.Fraction(eval(exact, {"F": fractions.Fraction, "max": max, "min": min}))
    except ZeroDivisionError:
        return None


@given(_numbers)
def test_numbers_come_to_what_python_says(text: str) -> None:
    """Signs, precedence, functions and divisions of numbers agree with exact arithmetic; ÷ 0 is a fault."""
    assume(len(text) <= expressions.MAX_LENGTH)
    tree = expressions.parse(text)
    assert not isinstance(tree, expressions.Fault)
    value, wanted = amounts.evaluate(tree, 0), _oracle(text)
    assert isinstance(value, expressions.Fault) if wanted is None else value == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("5..5", "no sign before .5"),
        ("5%%", "'%' means nothing"),
        ("()", "')' is not expected after ("),
        ("(2+3", "never closed"),
        ("2)", "')' is not expected after 2"),
        ("+2", "'+' is not expected at the start"),
        ("2 *", "an amount is missing after 2 *"),
        ("2 3", "no sign before 3"),
        ("2 cpu", "no sign before cpu"),
        ("2cpu", "write 2 * cpu"),
        ("max(10)", "exactly two"),
        ("max(1,2,3)", "exactly two"),
        ("max()", "exactly two"),
        ("max 1", "write max(a, b)"),
        ("abs(1, 2)", "'abs' is not known"),
        ("1e3e2", "'e2' in '1e3e2' is not a suffix"),
        ("1eKi", "is not a suffix"),
        ("1e", "is not a suffix"),
        ("1e3Ki", "not both"),
        ("100K", "did you mean 100k?"),
        ("100MiB", "did you mean 100Mi?"),
        ("1Ei", "known are m, k"),
        ("1e31", "exponent"),
        ("invalid expression @#$", "means nothing"),
        ("1+" * 128 + "1", "257 characters"),
        ("-" * 25 + "1", "deeper"),
        ("(" * 128 + "1" + ")" * 127, "deeper"),
    ],
)
def test_what_is_no_expression_is_told(text: str, words: str) -> None:
    """Each mistake has words that name it; none is read as 0."""
    found = expressions.parse(text)
    assert isinstance(found, expressions.Fault)
    assert words in found.words


def test_names_are_read_in_any_case() -> None:
    """Variables and functions are the same in upper and lower case."""
    assert expressions.parse("MAX(Memory, 1Gi)") == expressions.parse("max(memory,1Gi)")


def test_a_long_sum_is_no_deep_tree() -> None:
    """As many terms as fit are one chain, so neither reading nor reckoning goes deep."""
    found = expressions.parse("1+" * 127 + "1")
    assert isinstance(found, expressions.Chain)
    assert len(found.rest) == 127
