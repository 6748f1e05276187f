"""`patchPodMetadata`: policies, merging, and which keys are allowed (reference §3.8, §2.2; cases 42, 43, 50)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gitsidecar.injection import injecting, metadatapatches
from gitsidecar.model import selectors, sidecarsets
from tests.unit.injection import builders


def _set(*annotations: str, value: str = "x", policy: str = "Retain") -> sidecarsets.SidecarSet:
    patch = {"annotations": dict.fromkeys(annotations, value), "patchPolicy": policy}
    return builders.build(
        {
            "metadata": {"name": "logging", "labels": {"app": "sidecar"}},
            "spec": {"containers": [{"name": "logtail", "image": "l:1"}], "patchPodMetadata": [patch]},
        }
    )


def _rule(expression: str, **labels: str) -> metadatapatches.Rule:
    return metadatapatches.Rule(selectors.Selector(tuple(labels.items())), (expression,))


@pytest.mark.parametrize(
    ("whitelist", "is_allowed"),
    [
        (None, True),
        ([], False),
        ([_rule("key.*")], True),
        ([_rule("key2")], False),
        ([_rule("key2"), _rule("y1")], True),
        ([_rule("key.*", app="other")], False),
        ([_rule("key.*", app="sidecar")], True),
    ],
)
def test_keys_are_allowed_by_rules_for_the_sets_labels(
    whitelist: list[metadatapatches.Rule] | None, is_allowed: bool
) -> None:
    """Every key must hold one of the expressions; without a whitelist all are allowed."""
    found = builders.chosen([_set("key1")])
    injection = injecting.inject(builders.pod("app"), found, whitelist=whitelist)
    assert (injection.refusal == "") is is_allowed
    assert ("key1" in injection.pod["metadata"].get("annotations", {})) is is_allowed


def test_the_refused_key_is_named() -> None:
    """Nothing of the set is put in: the annotation may be what its containers need."""
    found = builders.chosen([_set("key1", "key2")])
    injection = injecting.inject(builders.pod("app"), found, whitelist=[_rule("key1")])
    assert (
        "MetadataRefused: patchPodMetadata gives annotation key2, which the settings do not allow" in injection.refusal
    )
    assert injection.patch == ()


@pytest.mark.parametrize("key", ["gitsidecar.io/sidecars", "gitsidecar.io/anything"])
def test_our_own_annotations_are_never_given(key: str) -> None:
    """A set that wrote our mark could make the planner believe anything."""
    assert "gitsidecar's own" in builders.inject(builders.pod("app"), _set(key)).refusal


@pytest.mark.parametrize(("present", "value"), [("{", "{}"), ("{}", "{"), ("NaN", "{}"), ("[" * 100_000, "{}")])
def test_what_is_not_json_cannot_be_merged(present: str, value: str) -> None:
    """The words name the annotation, never what is in it."""
    pod = builders.pod("app")
    pod["metadata"]["annotations"] = {"key": present}
    injection = builders.inject(pod, _set("key", value=value, policy="MergePatchJson"))
    assert injection.pod == pod
    assert re.search("(annotation key of the pod|patchPodMetadata of key) is not JSON", injection.refusal)


def test_an_empty_value_is_like_none() -> None:
    """There is nothing to merge with: the value is set as it is written."""
    pod = builders.pod("app")
    pod["metadata"]["annotations"] = {"key": ""}
    injection = builders.inject(pod, _set("key", value='{ "a": 1}', policy="MergePatchJson"))
    assert injection.pod["metadata"]["annotations"]["key"] == '{ "a": 1}'


@pytest.mark.parametrize(
    ("target", "change", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging_follows_the_rfc(target: Any, change: Any, expected: Any) -> None:
    """These are the example cases of RFC 7396."""
    assert metadatapatches.merge(target, change) == expected
