"""What new pods are given is checked before the merge; the words of most rules stand in `golden/injections.txt`."""

from __future__ import annotations

from typing import Any

import pytest


def _patch(size: int) -> list[dict[str, Any]]:
    """Return two entries whose keys and values come to *size* bytes."""
    return [{"annotations": {"a": "x" * (size - 5)}}, {"annotations": {"b": "éx"}}]


@pytest.mark.parametrize(("size", "errors"), [(256 * 1024, 0), (256 * 1024 + 1, 1)])
def test_annotations_fit_into_a_pod(read_changed: Any, size: int, errors: int) -> None:
    """All annotations of a set together are no more bytes than Kubernetes lets a pod have."""
    rejections = read_changed("spec.patchPodMetadata", _patch(size)).rejections
    assert [each.field for each in rejections] == ["spec.patchPodMetadata"] * errors


@pytest.mark.parametrize("value", ["{}", "null", "5", '"a"', "[1]", '{"a": null}'])
def test_any_json_can_be_merged(read_changed: Any, value: str) -> None:
    """RFC 7396 merges any JSON value, not objects only."""
    patch = {"annotations": {"a": value}, "patchPolicy": "MergePatchJson"}
    assert not read_changed("spec.patchPodMetadata", [patch]).found


@pytest.mark.parametrize("value", ["", "{", "NaN", "{'a': 1}", "[" * 100_000])
def test_what_is_no_json_cannot_be_merged(read_changed: Any, value: str) -> None:
    """Such a patch would fail for every pod that has the annotation already."""
    patch = {"annotations": {"a": value}, "patchPolicy": "MergePatchJson"}
    [error] = read_changed("spec.patchPodMetadata", [patch]).rejections
    assert error.field == "spec.patchPodMetadata[0].annotations.a"


def test_a_revision_is_named_by_hash_or_version(read_changed: Any) -> None:
    """A spec hash, or a custom version, each with a policy, is accepted without a word."""
    for revision in ({"revisionName": "v1-0123456789abcdef"}, {"customVersion": "1.2", "policy": "Partial"}):
        assert not read_changed("spec.injectionStrategy", {"revision": revision}).found


def _annotate(read_changed: Any, key: str, value: str) -> list[str]:
    patch = {"annotations": {key: value}}
    return [each.message for each in read_changed("spec.patchPodMetadata", [patch]).found]


@pytest.mark.parametrize("value", ["0", "-0", "-01", "100", "-2147483648", "2147483647"])
def test_a_deletion_cost_is_a_whole_number(read_changed: Any, value: str) -> None:
    """All that the API server takes as a number of 32 bits is accepted."""
    assert _annotate(read_changed, "controller.kubernetes.io/pod-deletion-cost", value) == []


@pytest.mark.parametrize("value", ["", "-", "+5", "05", " 5", "5\n", "5.0", "1e3", "٥", "2147483648", "9" * 5000])
def test_what_is_no_deletion_cost_is_refused(read_changed: Any, value: str) -> None:
    """The API server takes no sign, no zero and no space in front, and nothing larger than 32 bits."""
    (message,) = _annotate(read_changed, "controller.kubernetes.io/pod-deletion-cost", value)
    assert "is not a whole number of 32 bits" in message


@pytest.mark.parametrize(("value", "errors"), [("", 0), ("null", 0), (" [] ", 0), ("[1]", 1), ("[NaN]", 1), ("[", 1)])
def test_tolerations_are_a_list(read_changed: Any, value: str, errors: int) -> None:
    """Of the old annotation for tolerations only the form counts, and an empty one is no fault."""
    assert len(_annotate(read_changed, "scheduler.alpha.kubernetes.io/tolerations", value)) == errors
