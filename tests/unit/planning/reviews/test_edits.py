"""Which fields of a SidecarSet differ, what each bears on, and which values are never told."""

from __future__ import annotations

import pytest
import yaml

from gitsidecar.model import reviews
from gitsidecar.planning.reviews import edits
from tests.support import pullrequests

Scope = reviews.Scope


def _find(before: str, after: str) -> dict[str, tuple[str, str, Scope]]:
    one, other = (pullrequests.desired({"a.yaml": text}).sets for text in (before, after))
    return {each.path: (each.before, each.after, each.scope) for each in edits.find(one[0], other[0])}


def _set(**spec: object) -> str:
    whole = yaml.safe_load(pullrequests.sidecar_set())
    whole["spec"] |= spec
    return yaml.safe_dump(whole)


def test_the_image_of_a_sidecar_is_told_apart() -> None:
    """It is what moves; all else is a field."""
    assert _find(pullrequests.sidecar_set(pullrequests.OLD), pullrequests.sidecar_set(pullrequests.NEW)) == {}


def test_values_that_go_into_pods_are_never_told() -> None:
    """A variable, a volume or an annotation may hold a secret: only its path is named, by the names of the items."""
    env = [{"name": "TOKEN", "value": "hunter1"}, {"name": "ZONE", "value": "a"}]
    container = {"name": "logtail", "image": pullrequests.NEW}
    patch = {"annotations": {"example.com/key": "hunter1"}, "patchPolicy": "Retain"}
    before = _set(containers=[{**container, "env": env}], patchPodMetadata=[patch])
    found = _find(before, before.replace("hunter1", "hunter2"))
    assert found == {
        "spec.containers[logtail].env[TOKEN].value": ("", "", Scope.SHAPE),
        "spec.patchPodMetadata": ("", "", Scope.NEW_PODS),
    }


def test_what_steers_the_rollout_is_told_with_its_values() -> None:
    """Old and new, as JSON; empty where it is not set."""
    before = _set(updateStrategy={"partition": "50%", "maxUnavailable": 1})
    after = _set(updateStrategy={"maxUnavailable": 5, "paused": True})
    assert _find(before, after) == {
        "spec.updateStrategy.maxUnavailable": ("1", "5", Scope.ROLLOUT),
        "spec.updateStrategy.partition": ('"50%"', "", Scope.ROLLOUT),
        "spec.updateStrategy.paused": ("", "true", Scope.ROLLOUT),
    }


@pytest.mark.parametrize(
    ("spec", "path", "scope"),
    [
        ({"selector": {"matchLabels": {"app.kubernetes.io/name": "x", "logging": "logtail"}}},
         'spec.selector.matchLabels["app.kubernetes.io/name"]', Scope.SELECTION),
        ({"namespaceSelector": {"matchLabels": {"team": "a"}}},
         "spec.namespaceSelector.matchLabels.team", Scope.SELECTION),
        ({"injectionStrategy": {"paused": True}}, "spec.injectionStrategy.paused", Scope.NEW_PODS),
        ({"initContainers": [{"name": "setup", "image": "setup:1"}]}, "spec.initContainers[setup]", Scope.NEW_PODS),
        ({"revisionHistoryLimit": 3}, "spec.revisionHistoryLimit", Scope.OTHER),
    ],
)  # fmt: skip
def test_each_field_bears_on_something(spec: dict[str, object], path: str, scope: Scope) -> None:
    """On which pods, on new ones only, or on none."""
    assert {name: each[2] for name, each in _find(_set(), _set(**spec)).items()} == {path: scope}


def test_adoption_is_selection() -> None:
    """The annotation decides which pods count."""
    found = _find(pullrequests.sidecar_set(is_adopting=False), pullrequests.sidecar_set())
    assert [each[2] for each in found.values()] == [Scope.SELECTION]


def test_a_container_that_comes_or_goes_is_one_edit() -> None:
    """It is named once, and so is a native sidecar."""
    agent = {"name": "agent", "image": "agent:1", "env": [{"name": "A", "value": "b"}]}
    native = {"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}
    logtail = {"name": "logtail", "image": pullrequests.NEW}
    found = _find(_set(initContainers=[native]), _set(containers=[agent, logtail]))
    assert found == {
        "spec.containers[agent]": ("", "", Scope.SHAPE),
        "spec.initContainers[proxy]": ("", "", Scope.SHAPE),
    }


def test_the_order_of_named_items_is_no_edit_and_equal_amounts_reshape_nothing() -> None:
    """512Mi written as 0.5Gi is a difference in the text that no pod takes up."""
    one, other = {"name": "A", "value": "1"}, {"name": "B", "value": "2"}
    logtail = {"name": "logtail", "image": pullrequests.NEW, "resources": {"limits": {"memory": "512Mi"}}}
    assert (
        _find(_set(containers=[{**logtail, "env": [one, other]}]), _set(containers=[{**logtail, "env": [other, one]}]))
        == {}
    )
    found = _find(
        _set(containers=[logtail]), _set(containers=[{**logtail, "resources": {"limits": {"memory": "0.5Gi"}}}])
    )
    assert found == {"spec.containers[logtail].resources.limits.memory": ("", "", Scope.OTHER)}
