"""Older forms mean what they meant, and the explicit form of today wins."""

from __future__ import annotations

from typing import Any

import pytest

from gitsidecar.model import findings, selectors, sidecarsets

_V1ALPHA1 = ("apiVersion", "apps.kruise.io/v1alpha1")
_VERSION_LABEL = "apps.kruise.io/sidecarset-custom-version"


@pytest.mark.parametrize(
    ("changes", "update"),
    [
        (("spec.paused", True), sidecarsets.UpdateStrategy(paused=True)),
        (("spec.strategy.paused", True), sidecarsets.UpdateStrategy(paused=True)),
        (
            ("spec.strategy.rollingUpdate.maxUnavailable", 3),
            sidecarsets.UpdateStrategy(max_unavailable=sidecarsets.Share(3)),
        ),
        (("spec.strategy.partition", "5%"), sidecarsets.UpdateStrategy(partition=sidecarsets.Share(5, True))),
        (
            ("spec.strategy.type", "NotUpdate"),
            sidecarsets.UpdateStrategy(type=sidecarsets.StrategyType.NOT_UPDATE),
        ),
        (("spec.paused", True, "spec.updateStrategy.paused", False), sidecarsets.UpdateStrategy(paused=False)),
        (("spec.paused", False, "spec.strategy.paused", True), sidecarsets.UpdateStrategy(paused=True)),
        (
            (
                "spec.strategy",
                {"maxUnavailable": 2, "rollingUpdate": {"maxUnavailable": 3}},
                "spec.updateStrategy",
                {"partition": 1},
            ),
            sidecarsets.UpdateStrategy(partition=sidecarsets.Share(1), max_unavailable=sidecarsets.Share(2)),
        ),
    ],
)
def test_older_strategies_are_read_with_a_warning(
    read_changed: Any, changes: tuple[Any, ...], update: sidecarsets.UpdateStrategy
) -> None:
    """Each older place of a strategy's field is read, with a warning, and loses to the newer place."""
    desired = read_changed(*changes)
    assert desired.sets[0].update == update
    assert {each.level for each in desired.found} == {findings.Level.WARNING}


def test_the_namespace_becomes_a_selector(read_changed: Any) -> None:
    """The namespace of v1alpha1 selects by the namespace's own name; an empty one selects all."""
    desired = read_changed(*_V1ALPHA1, "spec.namespace", "web")
    assert desired.sets[0].namespace_selector == selectors.Selector((("kubernetes.io/metadata.name", "web"),))
    assert read_changed(*_V1ALPHA1, "spec.namespace", "").sets[0].namespace_selector is None


@pytest.mark.parametrize("namespace", ["Web", 5, "../web", "a" * 64])
def test_a_bad_namespace_is_an_error(read_changed: Any, namespace: object) -> None:
    """A namespace that cannot be one is an error at its value."""
    (error,) = read_changed(*_V1ALPHA1, "spec.namespace", namespace).rejections
    assert error.field == "spec.namespace"


def test_both_versions_are_the_same_set(read_changed: Any) -> None:
    """A set of v1alpha1 and its v1beta1 form hash alike and leave the same document."""
    labels = {_VERSION_LABEL: "3", "app": "x"}
    (older,) = read_changed(*_V1ALPHA1, "spec.namespace", "web", "metadata.labels", labels).sets
    selector = {"matchLabels": {"kubernetes.io/metadata.name": "web"}}
    changes = ("spec.namespaceSelector", selector, "spec.customVersion", "3", "metadata.labels", {"app": "x"})
    (newer,) = read_changed(*changes).sets
    assert (older.document, older.spec_hash, older.shape_hash) == (newer.document, newer.spec_hash, newer.shape_hash)


def test_an_empty_version_label_goes(read_changed: Any) -> None:
    """An empty custom version is none."""
    (found,) = read_changed(*_V1ALPHA1, "metadata.labels", {_VERSION_LABEL: ""}).sets
    assert "ersion-label" not in found.document
    assert "customVersion" not in found.document


def test_a_forgotten_value_is_not_a_default(read_changed: Any) -> None:
    """A field of the strategy or a selector without a value is an error: its default would move pods."""
    for field in ("spec.updateStrategy.partition", "spec.paused", "spec.namespaceSelector", "spec.strategy.partition"):
        assert [each.field for each in read_changed(field, None).rejections] == [field]


def test_nulls_elsewhere_are_absent(read_changed: Any) -> None:
    """Other fields without a value are read as absent, with a warning, as Kubernetes reads them."""
    desired = read_changed("spec.containers.0.env", None, "spec.volumes", None, "metadata.creationTimestamp", None)
    assert desired.sets
    assert [each.field for each in desired.found] == ["spec.containers[0].env", "spec.volumes"]
