"""A valid document becomes the set that planning reads, with defaults, and comes back from its document the same."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from gitsidecar.manifests import restoring, trees
from gitsidecar.model import files, findings, selectors, sidecarsets

_HERE = pathlib.Path(__file__)
_EXAMPLES = sorted((_HERE.parents[3] / "manifests-example").rglob("*.yaml"))
_SET_EXAMPLES = [path for path in _EXAMPLES if "kind: SidecarSet\n" in path.read_text()]
_EXISTS = {"matchExpressions": [{"key": "c", "operator": "Exists"}]}


@pytest.mark.parametrize("field", ["containers", "initContainers"])
def test_a_hot_container_is_a_pair(read_changed: Any, field: str) -> None:
    """With HotUpgrade a container arrives as the two that stand for it in a pod, the second with the empty image."""
    hot = {"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "empty:1"}
    container = {"name": "a", "image": "a:1", "tty": True, "restartPolicy": "Always", "upgradeStrategy": hot}
    (found,) = read_changed(f"spec.{field}", [container]).sets
    shape = '{"restartPolicy":"Always","tty":true}'
    is_native = field == "initContainers"
    assert found.sidecars[-2:] == (
        sidecarsets.Sidecar("a-1", "a:1", is_native, shape, pair="a"),
        sidecarsets.Sidecar("a-2", "empty:1", is_native, shape, pair="a"),
    )


def test_defaults_are_filled_in(read_changed: Any) -> None:
    """A set that says only what it must rolls with the defaults of the field."""
    (found,) = read_changed().sets
    assert found.name == "logtail"
    assert str(found.place) == "set.yaml:1:85"
    assert found.selector == selectors.Selector((("app", "nginx"),))
    assert found.namespace_selector is None
    assert found.update == sidecarsets.UpdateStrategy()
    assert found.sidecars == (sidecarsets.Sidecar("logtail", "log-service/logtail:0.16.16"),)
    assert not found.is_adopting
    assert found.revision_history_limit == 10
    assert found.rejection == ""


def test_all_that_planning_reads(read_text: Any) -> None:
    """Every honoured field arrives, native sidecars after the containers and plain init containers not at all."""
    (found,) = read_text((_HERE.parent / "golden" / "full.yaml").read_bytes()).sets
    assert found.selector == selectors.Selector(
        (("app", "nginx"),),
        (
            selectors.Requirement("tier", selectors.Operator.IN, ("web", "api")),
            selectors.Requirement("legacy", selectors.Operator.DOES_NOT_EXIST),
        ),
    )
    assert found.namespace_selector == selectors.Selector((("kubernetes.io/metadata.name", "web"),))
    assert found.update.partition == sidecarsets.Share(10, is_percent=True)
    assert found.update.max_unavailable == sidecarsets.Share(20, is_percent=True)
    assert [(each.name, each.is_native) for each in found.sidecars] == [
        ("logtail", False),
        ("sized", False),
        ("native", True),
    ]
    assert found.is_adopting
    assert found.revision_history_limit == 5


@pytest.mark.parametrize(("written", "effective"), [(0, 1), (1, 1), (25, 25)])
def test_one_revision_is_always_kept(read_changed: Any, written: int, effective: int) -> None:
    """The history's limit is at least one."""
    (found,) = read_changed("spec.revisionHistoryLimit", written).sets
    assert found.revision_history_limit == effective


def test_not_update_is_honoured(read_changed: Any) -> None:
    """With type NotUpdate a selector may stand beside a partition, as nothing moves."""
    strategy = {"type": "NotUpdate", "selector": {"matchLabels": {"a": "b"}}, "partition": "5%"}
    (found,) = read_changed("spec.updateStrategy", strategy).sets
    assert found.update.type is sidecarsets.StrategyType.NOT_UPDATE


def test_labels_are_what_policies_select_by(read_changed: Any) -> None:
    """A set has the labels of its metadata, and none when none are written."""
    assert read_changed("metadata.labels", {"tier": "web"}).sets[0].labels == {"tier": "web"}
    assert read_changed().sets[0].labels == {}


def test_weights_become_a_priority(read_changed: Any) -> None:
    """weightPriority arrives as terms of weight and selector, in the order written."""
    terms = [{"weight": 5, "matchSelector": {"matchLabels": {"a": "b"}}}, {"weight": 100, "matchSelector": _EXISTS}]
    (found,) = read_changed("spec.updateStrategy.priorityStrategy", {"weightPriority": terms}).sets
    assert found.update.priority == sidecarsets.Priority(
        weights=(
            sidecarsets.Weight(5, selectors.Selector((("a", "b"),))),
            sidecarsets.Weight(100, selectors.Selector((), (selectors.Requirement("c", selectors.Operator.EXISTS),))),
        )
    )


def test_keys_become_a_priority(read_changed: Any) -> None:
    """orderPriority arrives as keys, in the order written."""
    terms = [{"orderedKey": "b"}, {"orderedKey": "a"}]
    (found,) = read_changed("spec.updateStrategy.priorityStrategy", {"orderPriority": terms}).sets
    assert found.update.priority == sidecarsets.Priority(keys=("b", "a"))


@pytest.mark.parametrize("written", [{}, {"weightPriority": []}, {"orderPriority": []}])
def test_an_empty_priority_is_none(read_changed: Any, written: object) -> None:
    """A priorityStrategy without a term changes nothing, and a warning says so."""
    desired = read_changed("spec.updateStrategy.priorityStrategy", written)
    assert desired.sets[0].update.priority is None
    assert [each.level for each in desired.found] == [findings.Level.WARNING]


def test_scatter_terms_are_kept_as_written(read_changed: Any) -> None:
    """scatterStrategy arrives term by term; a value that '*' covers anyway is a warning and no error."""
    terms = [{"key": "zone", "value": "*"}, {"key": "zone", "value": "a"}, {"key": "rack", "value": ""}]
    desired = read_changed("spec.updateStrategy.scatterStrategy", terms)
    assert desired.sets[0].update.scatter == (
        sidecarsets.Scatter("zone", "*"),
        sidecarsets.Scatter("zone", "a"),
        sidecarsets.Scatter("rack", ""),
    )
    (warning,) = desired.found
    assert warning.level is findings.Level.WARNING
    assert warning.field == "spec.updateStrategy.scatterStrategy[1]"


def test_a_native_sidecar_may_roll(read_changed: Any, removed: object) -> None:
    """A set of native sidecars alone, with the default RollingUpdate, is accepted."""
    natives = [{"name": "a", "image": "a:1", "restartPolicy": "Always"}]
    (found,) = read_changed("spec.containers", removed, "spec.initContainers", natives).sets
    assert [(each.name, each.is_native) for each in found.sidecars] == [("a", True)]


@pytest.mark.parametrize(("value", "is_adopting"), [("true", True), ("false", False)])
def test_adoption_is_by_annotation(read_changed: Any, value: str, is_adopting: bool) -> None:
    """The annotation gitsidecar.io/adopt says whether pods are taken in that we never injected."""
    (found,) = read_changed("metadata.annotations", {sidecarsets.ADOPT_ANNOTATION: value}).sets
    assert found.is_adopting is is_adopting


def test_the_examples_are_valid() -> None:
    """The example manifests are accepted together without an error or a warning, one set or policy in each file."""
    listed = tuple(files.File(path.name, path.read_bytes()) for path in _EXAMPLES)
    desired = trees.read(files.Tree("r1", listed))
    places = [*(each.place for each in desired.sets), *(each.place for each in desired.policies)]
    assert sorted(place.file for place in places) == [path.name for path in _EXAMPLES]
    assert {finding.level for finding in desired.found} <= {findings.Level.NOTE}


@pytest.mark.parametrize("path", [*_SET_EXAMPLES, _HERE.parent / "golden" / "full.yaml"], ids=lambda path: path.name)
def test_a_set_comes_back_from_its_document(path: pathlib.Path, read_text: Any) -> None:
    """What the status branch keeps of a set is enough to build it again, equal in everything."""
    (found,) = read_text(path.read_bytes()).sets
    assert restoring.restore(found.document, found.place) == found


def test_a_document_is_canonical(read_changed: Any) -> None:
    """A set's document is JSON with sorted keys and no spaces, in v1beta1 form and without a server's fields."""
    (found,) = read_changed(
        "apiVersion", "apps.kruise.io/v1alpha1", "metadata.uid", "u", "spec.namespace", "web", "status", {"a": None}
    ).sets
    assert found.document == (
        '{"apiVersion":"apps.kruise.io/v1beta1","kind":"SidecarSet","metadata":{"name":"logtail"},"spec":{"containers":'
        '[{"image":"log-service/logtail:0.16.16","name":"logtail"}],"namespaceSelector":{"matchLabels":'
        '{"kubernetes.io/metadata.name":"web"}},"selector":{"matchLabels":{"app":"nginx"}}}}'
    )


def test_what_is_not_supported_any_more_is_restored(changed: Any) -> None:
    """A set that was accepted once stays readable, even with a field that reading from Git would refuse."""
    hot = {"name": "a", "image": "a:1", "upgradeStrategy": {"upgradeType": "HotUpgrade"}}
    document = json.dumps(changed("spec.containers", [hot]))
    assert restoring.restore(document, findings.Place("sets/logtail.yaml")).name == "logtail"


def test_nulls_in_a_document_are_absent(read_text: Any) -> None:
    """A document with fields set to null, by whatever tool wrote it anew, is the set without them."""
    (found,) = read_text((_HERE.parent / "golden" / "full.yaml").read_bytes()).sets
    value = json.loads(found.document)
    for field in list(value["spec"]["containers"][0]):
        if field not in ("name", "image"):
            value["spec"]["containers"][0][field] = None
    bare = restoring.restore(json.dumps(value), found.place)
    assert bare.sidecars[0].shape == "{}"


@pytest.mark.parametrize(
    "document", ["", "{", "[]", "null", "{}", '{"spec": {}}', "[" * 100_000, '{"a": "\\ud800"}', "NaN", "\udcff"]
)
def test_what_is_no_document_is_told(document: str) -> None:
    """Whatever else stands on the status branch raises ValueError with the file's name."""
    with pytest.raises(ValueError, match=r"sets/a\.yaml is not a SidecarSet that gitsidecar kept"):
        restoring.restore(document, findings.Place("sets/a.yaml"))
