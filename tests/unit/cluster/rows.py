"""Rows, pods and actions that the tests of this folder share."""

from __future__ import annotations

import dataclasses
from typing import Any

from gitsidecar.model import plans, pods

Json = dict[str, Any]

LOGTAIL = plans.ImageChange("logtail", 1, False, "logtail:1", "logtail:2")
MARK = pods.Mark("logtail", "v1-a", "v1-b", "4f2a9c1", ("logtail",))


def row(name: str = "web", *, version: str = "10", **members: Any) -> pods.Pod:
    """Return the row of a pod with an app and a logtail."""
    containers = (pods.Container("app", "nginx:1", 0), pods.Container("logtail", "logtail:1", 1))
    pod = pods.Pod("shop", name, f"uid-of-{name}", {"app": "web"}, containers, has_annotations=True)
    return dataclasses.replace(pod, resource_version=version, **members)


def pod(name: str = "web", *, version: str = "10", image: str = "logtail:1", **metadata: Any) -> Json:
    """Return such a pod as JSON."""
    containers = [{"name": "app", "image": "nginx:1"}, {"name": "logtail", "image": image}]
    identity = {"name": name, "namespace": "shop", "uid": f"uid-of-{name}", "resourceVersion": version}
    annotations = {"other": "kept"}
    return {
        "metadata": {**identity, "annotations": annotations, "labels": {"app": "web"}, **metadata},
        "spec": {"containers": containers},
        "status": {"phase": "Running"},
    }


def action(pod: pods.Pod, *changes: plans.ImageChange) -> plans.Action:
    """Return the move of *pod* to logtail:2, or by *changes*."""
    return plans.Action(pod, "logtail", changes or (LOGTAIL,), (MARK,))
