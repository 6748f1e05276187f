"""An action is one JSON Patch that tests everything it relies on before it changes anything."""

from __future__ import annotations

from gitsidecar import handoff
from gitsidecar.cluster import patches
from gitsidecar.model import plans
from tests.unit.cluster import rows

MARKS = "/metadata/annotations/gitsidecar.io~1sidecars"


def test_tests_come_before_changes() -> None:
    """UID, container name and old image are tested; then the image is set, and our annotation with it."""
    assert patches.build(rows.action(rows.row())) == [
        {"op": "test", "path": "/metadata/uid", "value": "uid-of-web"},
        {"op": "test", "path": "/spec/containers/1/name", "value": "logtail"},
        {"op": "test", "path": "/spec/containers/1/image", "value": "logtail:1"},
        {"op": "replace", "path": "/spec/containers/1/image", "value": "logtail:2"},
        {"op": "add", "path": MARKS, "value": handoff.write([rows.MARK])},
    ]


def test_all_containers_are_tested_before_any_is_changed() -> None:
    """Two changes are four tests and then two replacements; a native sidecar is found among the initContainers."""
    proxy = plans.ImageChange("proxy", 2, True, "proxy:1", "proxy:2")
    operations = patches.build(rows.action(rows.row(), rows.LOGTAIL, proxy))
    assert [operation["op"] for operation in operations] == ["test"] * 5 + ["replace"] * 2 + ["add"]
    assert operations[3]["path"] == "/spec/initContainers/2/name"
    assert operations[6] == {"op": "replace", "path": "/spec/initContainers/2/image", "value": "proxy:2"}


def test_a_pod_without_annotations_must_be_the_version_that_was_seen() -> None:
    """Adding the map would wipe annotations that came meanwhile: the patch holds for one version of the pod only."""
    operations = patches.build(rows.action(rows.row(has_annotations=False, version="77")))
    assert operations[-3:] == [
        {"op": "test", "path": "/metadata/resourceVersion", "value": "77"},
        {"op": "add", "path": "/metadata/annotations", "value": {}},
        {"op": "add", "path": MARKS, "value": handoff.write([rows.MARK])},
    ]


def test_marks_replace_the_very_text_that_was_seen() -> None:
    """Another set's mark that came meanwhile fails the patch, and is not lost."""
    operations = patches.build(rows.action(rows.row(annotation='{"proxy":{}}')))
    assert operations[-3] == {"op": "test", "path": MARKS, "value": '{"proxy":{}}'}
    assert [operation["op"] for operation in operations[-2:]] == ["replace", "add"]


def test_a_pod_with_annotations_may_have_another_version() -> None:
    """A kubelet's status writes must not fail our patch."""
    paths = [operation["path"] for operation in patches.build(rows.action(rows.row()))]
    assert "/metadata/resourceVersion" not in paths
    assert "/metadata/annotations" not in paths
