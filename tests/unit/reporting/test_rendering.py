"""A renderer that remembers writes what one without memory writes, and no more of it than has changed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import findings, reports
from gitsidecar.reporting import files
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies

_SETS = st.lists(
    st.builds(policies.set_report, st.sampled_from(["agent", "logtail", "proxy"]), st.integers(0, 3)),
    max_size=3,
    unique_by=lambda each: each.name,
)
_POLICIES = st.lists(
    st.builds(
        policies.policy,
        st.sampled_from(["calm", "quiet"]),
        sets=st.sampled_from([(), ("logtail",)]),
        rejection=st.sampled_from(["", policies.REFUSAL]),
    ),
    max_size=2,
    unique_by=lambda each: each.name,
)
_FOUND = st.lists(
    st.builds(findings.Finding, st.just("a.yaml"), st.integers(0, 1), st.just(1), st.just(""), st.just("no")),
    max_size=1,
)
_REPORTS = st.builds(
    reports.Report,
    st.just("prod"),
    st.text(max_size=1),
    _SETS.map(tuple),
    _FOUND.map(tuple),
    _POLICIES.map(tuple),
)


@settings(deadline=None)
@given(st.lists(_REPORTS, max_size=5))
def test_memory_changes_no_byte(passes: list[reports.Report]) -> None:
    """Whatever was rendered before, the files are those of the report alone."""
    renderer = files.Renderer()
    for report in passes:
        assert list(renderer.render(report).items()) == list(files.render(report).items())


@settings(deadline=None)
@given(_REPORTS, _REPORTS)
def test_equal_states_have_equal_bytes(one: reports.Report, other: reports.Report) -> None:
    """Two reports differ in their state exactly when they differ in their files."""
    assert (files.state(one) == files.state(other)) == (files.render(one) == files.render(other))


def test_only_what_changed_is_written_anew() -> None:
    """Of two sets and a policy, only the files of the set that moved on are other objects than before."""
    still = policies.set_report("agent")
    renderer = files.Renderer()
    first = renderer.render(policies.report(policies.policy(), sets=(still, policies.set_report("logtail", 4))))
    then = renderer.render(policies.report(policies.policy(), sets=(still, policies.set_report("logtail", 5))))
    assert [path for path in then if then[path] is not first[path]] == [
        "STATUS.md",
        "sets/logtail.md",
        "sets/logtail.yaml",
    ]


@pytest.mark.parametrize(
    "told",
    [
        {"documents": {b.OLD_SPEC: "{}", b.NEW_SPEC: "{}"}},
        {"failing": {"shop/a": "x", "shop/b": "y"}},
        {"images": {"a": {b.OLD: 1, b.NEW: 2}, "z": {}}},
    ],
)
def test_order_of_a_mapping_is_part_of_the_state(told: dict[str, Any]) -> None:
    """Mappings are written in their order, so another order is another state, and is rendered anew."""
    turned: dict[str, Any] = {key: dict(reversed(value.items())) for key, value in told.items()}
    one = policies.report(sets=(policies.set_report(**told),))
    other = policies.report(sets=(policies.set_report(**turned),))
    renderer = files.Renderer()
    renderer.render(one)
    assert files.state(one) != files.state(other)
    assert renderer.render(other) == files.render(other)


def test_what_only_a_message_tells_is_no_state() -> None:
    """The revision, what moved, what failed and notes are not in the files."""
    one = policies.report()
    note = findings.Finding("README.json", 1, 1, "", "is no manifest", findings.Level.NOTE)
    did = dataclasses.replace(one.sets[0], moves=(b.move(1),), failed={"shop/web-2": "503"})
    other = dataclasses.replace(one, revision="0" * 40, found=(note,), sets=(did,))
    assert files.state(one) == files.state(other)
