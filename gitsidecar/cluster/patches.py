"""An action as a JSON Patch: tests that the pod is as planned, then the images and our annotation (DESIGN §5.9)."""

from __future__ import annotations

from typing import Any

from gitsidecar import handoff
from gitsidecar.model import plans, pods

_ANNOTATIONS = "/metadata/annotations"
_MARKS = f"{_ANNOTATIONS}/{pods.MARK_ANNOTATION.replace('~', '~0').replace('/', '~1')}"

Operation = dict[str, Any]


def build(action: plans.Action) -> list[Operation]:
    """Return the operations of *action*; the API server applies all of them or none."""
    return [
        _test("/metadata/uid", action.pod.uid),
        *(test for change in action.changes for test in _tests_of(change)),
        *([_test(_MARKS, action.pod.annotation)] if action.pod.annotation else ()),
        *({"op": "replace", "path": f"{_path(change)}/image", "value": change.new} for change in action.changes),
        *_annotate(action),
    ]


def _tests_of(change: plans.ImageChange) -> tuple[Operation, Operation]:
    path = _path(change)
    return _test(f"{path}/name", change.container), _test(f"{path}/image", change.old)


def _annotate(action: plans.Action) -> list[Operation]:
    marks: Operation = {"op": "add", "path": _MARKS, "value": handoff.write(action.marks)}
    if action.pod.has_annotations:
        return [marks]
    # `add` of the map would replace one that somebody has put there meanwhile, and RFC 6902 has no test for "absent":
    # so this one case holds only for the very version of the pod that was seen without annotations.
    return [
        _test("/metadata/resourceVersion", action.pod.resource_version),
        {"op": "add", "path": _ANNOTATIONS, "value": {}},
        marks,
    ]


def _path(change: plans.ImageChange) -> str:
    return f"/spec/{'initContainers' if change.is_native else 'containers'}/{change.index}"


def _test(path: str, value: str) -> Operation:
    return {"op": "test", "path": path, "value": value}
