"""Whether two sets can meet on a pod: the reference's table, and a search through all labels that could matter."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.manifests import overlapping
from gitsidecar.model import findings, selectors, sidecarsets

_KEYS, _VALUES = ("a", "b"), ("x", "y", "z")
_requirements = st.one_of(
    st.builds(
        selectors.Requirement,
        st.sampled_from(_KEYS),
        st.sampled_from([selectors.Operator.IN, selectors.Operator.NOT_IN]),
        st.lists(st.sampled_from(_VALUES), min_size=1, unique=True).map(tuple),
    ),
    st.builds(
        selectors.Requirement,
        st.sampled_from(_KEYS),
        st.sampled_from([selectors.Operator.EXISTS, selectors.Operator.DOES_NOT_EXIST]),
    ),
)
_labels = st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(_VALUES)).map(lambda each: tuple(each.items()))
_selectors = st.builds(selectors.Selector, _labels, st.lists(_requirements, max_size=3).map(tuple))


def _set(pods: selectors.Selector, namespaces: selectors.Selector | None = None) -> sidecarsets.SidecarSet:
    return sidecarsets.SidecarSet("s", findings.Place("s.yaml"), pods, (), "", "", namespace_selector=namespaces)


def _may_meet(one: sidecarsets.SidecarSet, other: sidecarsets.SidecarSet) -> bool:
    answer = overlapping.may_meet(overlapping.reach(one), overlapping.reach(other))
    assert answer == overlapping.may_meet(overlapping.reach(other), overlapping.reach(one)), "either way round"
    return answer


def _read(text: str) -> selectors.Selector:
    """Read ``a=h,b=i`` as labels, and ``a In h,i`` and the like as one requirement."""
    if "=" in text:
        pairs = (each.partition("=") for each in text.split(","))
        return selectors.Selector(tuple((key, value) for key, _, value in pairs))
    key, operator, *values = text.split()
    listed = tuple(values[0].split(",")) if values else ()
    return selectors.Selector(requirements=(selectors.Requirement(key, selectors.Operator(operator), listed),))


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("a=h", "a=h", True),
        ("a=h", "a=i", False),
        ("a=h", "b=i", True),
        ("a=h,b=i,c=j", "a=h,b=x,c=j", False),
        ("a=h", "a In h,i,j", True),
        ("a=h", "a In i,j", False),
        ("a NotIn h,i", "a=h", False),
        ("a=h", "a Exists", True),
        ("a DoesNotExist", "a=h", False),
        ("a Exists", "b=c", True),
        ("a DoesNotExist", "a NotIn h", True),
        ("a In h,i", "a NotIn h,i", False),
        ("a Exists", "a NotIn h,i", True),
    ],
)
def test_the_table(one: str, other: str, meet: bool) -> None:
    """As in reference §2.2 and, where it differs, exact: a key that the other does not mention parts nothing."""
    assert _may_meet(_set(_read(one)), _set(_read(other))) is meet


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (None, "team=red", True),
        ("team=red", "team=blue", False),
        ("team=red", "tier=web", True),
        (None, "kubernetes.io/metadata.name DoesNotExist", False),
        ("kubernetes.io/metadata.name=shop", "kubernetes.io/metadata.name NotIn shop,pay", False),
    ],
)
def test_namespaces_part_sets_too(one: str | None, other: str, meet: bool) -> None:
    """Sets for the same pods meet only where a namespace satisfies both; each namespace has its name as a label."""
    pods = _read("app=web")
    assert _may_meet(_set(pods, _read(one) if one else None), _set(pods, _read(other))) is meet


def test_a_selector_that_contradicts_itself_meets_nobody() -> None:
    """What selects no pod at all meets no other set, and says which label is why."""
    vain = selectors.Selector((("a", "x"),), (selectors.Requirement("a", selectors.Operator.IN, ("y",)),))
    assert not _may_meet(_set(vain), _set(_read("b=c")))
    assert overlapping.vain(overlapping.reach(_set(vain)).pods) == "a"


def _all_labels() -> Iterator[Mapping[str, str]]:
    for values in itertools.product((None, "other", *_VALUES), repeat=len(_KEYS)):
        yield {key: value for key, value in zip(_KEYS, values, strict=True) if value is not None}


@settings(deadline=None)  # the first example waits for a busy machine
@given(_selectors, _selectors)
def test_the_answer_is_exact(one: selectors.Selector, other: selectors.Selector) -> None:
    """Two selectors may meet if, and only if, some labels match both: all that could make a difference are tried."""
    found = any(one.matches(labels) and other.matches(labels) for labels in _all_labels())
    assert _may_meet(_set(one), _set(other)) is found


@settings(deadline=None)  # the first example waits for a busy machine
@given(_selectors, _selectors)
def test_listed_values_part(one: selectors.Selector, other: selectors.Selector) -> None:
    """Two sets that list values of a label, and none in common, never meet; each value of a label is listed alone."""
    first, second = (dict(overlapping.reach(_set(each)).listed()) for each in (one, other))
    if any(first[label].isdisjoint(second[label]) for label in first.keys() & second.keys()):
        assert not _may_meet(_set(one), _set(other))
    for (_, key), values in first.items():
        assert not any(one.matches(labels) and labels.get(key) not in values for labels in _all_labels())
