"""Scatter: the reference's own cases, and equality with its words on any input (reference §5.6, §9.1 no. 14)."""

from __future__ import annotations

import collections
import random
import sys
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import sidecarsets
from gitsidecar.planning import scattering
from tests.unit.planning import scatter_reference

Labels = Mapping[str, str]

_law = settings(deadline=None)
_sparse: st.SearchStrategy[Labels] = st.dictionaries(
    st.sampled_from("abc"), st.sampled_from(("x", "y", "z", "")), max_size=3
)
_crowded: st.SearchStrategy[Labels] = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xxxxxxy"), max_size=3)
_numbered: st.SearchStrategy[Labels] = st.fixed_dictionaries(
    {"a": st.integers(0, 20).map(str), "b": st.sampled_from("xyz")}
)
_terms = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(("x", "y", "z", "", "*", "*", "gone"))), min_size=1, max_size=5
)


@st.composite
def _fleets(draw: st.DrawFn) -> tuple[list[Labels], list[Labels]]:
    """Draw all matched pods and, in an order of their own, those of them that wait."""
    matched = draw(st.lists(draw(st.sampled_from((_sparse, _crowded, _numbered))), max_size=60))
    waiting = [labels for labels in draw(st.permutations(matched)) if draw(st.integers(0, 3))]
    return waiting, matched


def _arrange(terms: Sequence[tuple[str, str]], waiting: Sequence[Labels], matched: Sequence[Labels]) -> list[int]:
    return scattering.arrange([sidecarsets.Scatter(*term) for term in terms], waiting, matched)


def _pods(drawn: str) -> list[Labels]:
    """Read a drawing: ``.`` is a pod without labels, ``A`` one that the term ``("A", "yes")`` matches."""
    return [{} if letter == "." else {letter: "yes"} for letter in drawn]


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("", []),
        ("A", [0]),
        ("A.", [0, 1]),
        ("..A...", [0, 1, 2, 3, 4, 5]),
        ("AA.AA", [0, 1, 2, 3, 4]),
        ("....AA", [4, 0, 1, 2, 3, 5]),
        ("...AAA", [3, 0, 1, 4, 2, 5]),
        ("..AAAA", [2, 3, 0, 4, 1, 5]),
        ("AAA.........", [0, 3, 4, 5, 6, 7, 1, 8, 9, 10, 11, 2]),
        ("AAAAA.....", [0, 5, 1, 6, 2, 7, 3, 8, 9, 4]),
        ("...A..A", [3, 0, 1, 2, 4, 5, 6]),
        ("......AAA", [6, 0, 1, 2, 7, 3, 4, 5, 8]),
    ],
)
def test_one_term_spreads_its_pods_evenly(drawn: str, expected: list[int]) -> None:
    """One member is first, one is last, and the others lie between in even groups; too few are left alone."""
    assert _arrange([("A", "yes")], _pods(drawn), _pods(drawn)) == expected


@pytest.mark.parametrize(
    ("drawn", "terms", "expected"),
    [
        ("BB..AA", "AB", [0, 4, 2, 3, 5, 1]),
        ("......BAAB", "BA", [7, 6, 0, 1, 2, 3, 4, 5, 9, 8]),
        ("......BAAB", "AB", [6, 7, 0, 1, 2, 3, 4, 5, 8, 9]),
        (".AABBCCCCC", "ABC", [3, 1, 5, 0, 6, 7, 8, 9, 2, 4]),
    ],
)
def test_several_terms_apply_one_after_another(drawn: str, terms: str, expected: list[int]) -> None:
    """The term with most waiting pods applies first; of equals, the one that is written first."""
    assert _arrange([(letter, "yes") for letter in terms], _pods(drawn), _pods(drawn)) == expected


def test_case_14_explicit_terms_stand_as_they_are_written() -> None:
    """Three explicit terms are neither expanded nor joined: the result is that of the three, in their order."""
    pods = _pods("AABBCC......")
    terms = [("A", "yes"), ("B", "yes"), ("C", "yes")]
    assert scatter_reference.expanded(terms, pods) == terms
    assert _arrange(terms, pods, pods) == scatter_reference.arrange(terms, pods, pods)


def test_a_star_stands_for_the_values_in_order_of_the_matched_pods() -> None:
    """A value that comes first among the matched pods is the first term, in whatever order pods wait."""
    matched: list[Labels] = [{"zone": zone} for zone in "xyxyzzzz"]
    waiting = matched[::-1]
    x, y, z = [("zone", zone) for zone in "xyz"]
    assert _arrange([("zone", "*")], waiting, matched) == _arrange([x, y, z], waiting, matched)
    assert _arrange([("zone", "*")], waiting, matched) != _arrange([y, x, z], waiting, matched)


def test_a_value_given_twice_counts_once() -> None:
    """An explicit term and the same value from ``*`` are one term, at the first of the two places."""
    pods: list[Labels] = [{"zone": zone} for zone in "xxyyzz"]
    x, y, z, star = [("zone", zone) for zone in "xyz*"]
    assert _arrange([y, star], pods, pods) == _arrange([y, x, z], pods, pods)
    assert _arrange([y, star], pods, pods) != _arrange([x, y, z], pods, pods)


def test_a_star_that_no_pod_has_changes_nothing() -> None:
    """A label that no matched pod carries yields no term."""
    assert _arrange([("zone", "*")], _pods("A.A."), _pods("A.A.")) == [0, 1, 2, 3]


def test_a_pod_without_the_label_has_the_empty_value() -> None:
    """One term with an empty value gathers the pods without the label."""
    assert _arrange([("A", "")], _pods("..AAAA"), _pods("..AAAA")) == [0, 2, 3, 4, 5, 1]


def test_an_empty_value_among_several_terms_needs_a_pod_that_carries_it() -> None:
    """Beside another term, an empty value that only pods without the label have is dropped."""
    pods = _pods("..AAAA")
    assert _arrange([("A", ""), ("B", "yes")], pods, pods) == [0, 1, 2, 3, 4, 5]


def test_a_line_sparser_than_the_whole_keeps_the_density_of_the_whole_at_its_end() -> None:
    """When most members are done, the rest of the others go first: members would else be few and far between."""
    waiting, done = _pods("AAA........"), _pods("AAAAA")
    assert _arrange([("A", "yes")], waiting, waiting + done) == [3, 4, 5, 6, 7, 8, 0, 9, 1, 10, 2]


def test_densities_are_compared_in_single_precision() -> None:
    """A line that is sparser by less than the reference's precision sees is not taken for sparser."""
    waiting, done = _pods("A" * 2948 + "." * 2948), _pods("A.")
    assert 2949 / 2948 < 2948 / 2947, "the line is sparser, the last member aside"
    assert _arrange([("A", "yes")], waiting, waiting + done)[0] == 0


@_law
@given(_terms, _fleets())
def test_any_line_is_arranged_as_the_reference_does(
    terms: list[tuple[str, str]], fleet: tuple[list[Labels], list[Labels]]
) -> None:
    """The result is the reference's, to the last pod, and every waiting pod is in it once."""
    arranged = _arrange(terms, *fleet)
    assert arranged == scatter_reference.arrange(terms, *fleet)
    assert sorted(arranged) == list(range(len(fleet[0])))


@pytest.mark.parametrize("values", [2, 60, 1500])
@pytest.mark.parametrize("share", [1.0, 0.6])
def test_a_long_line_is_arranged_as_the_reference_does(values: int, share: float) -> None:
    """Where the line fills many blocks, and they are cut anew, the result is still the reference's."""
    dice = random.Random(values)
    matched: list[Labels] = [
        {"node": str(int(dice.random() ** 2 * values)), "zone": dice.choice("xyz")} for _ in range(3000)
    ]
    waiting = [labels for labels in dice.sample(matched, len(matched)) if dice.random() < share]
    terms = [("zone", "x"), ("node", "*"), ("zone", "*")]
    assert _arrange(terms, waiting, matched) == scatter_reference.arrange(terms, waiting, matched)


@pytest.mark.parametrize("members", [2, 20])
def test_work_grows_as_the_line_does(members: int) -> None:
    """Eight times the pods and the terms make at most ten times the calls: never each term times each pod."""
    assert _calls(8000, members) < 10 * _calls(1000, members)


def _calls(pods: int, members: int) -> int:
    """Count what the interpreter enters while so many pods are arranged, so many to a value."""
    line: list[Labels] = [{"node": str(number % (pods // members))} for number in range(pods)]
    seen: collections.Counter[str] = collections.Counter()
    before = sys.getprofile()
    sys.setprofile(lambda _frame, event, _argument: seen.update((event,)))
    try:
        _arrange([("node", "*")], line, line)
    finally:
        sys.setprofile(before)
    return seen.total()
