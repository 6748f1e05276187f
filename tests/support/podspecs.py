"""Pods as JSON, as a test wants to create them in a real API server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]


def pod(
    name: str,
    images: Mapping[str, str],
    *,
    namespace: str = "default",
    natives: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    node: str = "node-1",
) -> Json:
    """
    Return a pod with one container for each entry of *images* (container name → image).

    *natives* are native sidecars: initContainers with ``restartPolicy: Always``. The pod is bound to *node* already, so
    that it needs no scheduler; an empty *node* leaves it unscheduled. Host network and no service account, so that it
    needs neither a network plug-in nor a controller on a real node.
    """
    spec: Json = {
        "containers": _containers(images),
        "initContainers": [{**each, "restartPolicy": "Always"} for each in _containers(natives or {})],
        "automountServiceAccountToken": False,
        "hostNetwork": True,
        "terminationGracePeriodSeconds": 1,
    }
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": dict(labels or {}),
        "annotations": dict(annotations or {}),
    }
    if node:
        spec["nodeName"] = node
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def containers(pod: Json) -> list[Json]:
    """Return the containers that run as long as the pod: the native sidecars first, then the others."""
    natives = [each for each in pod["spec"].get("initContainers", ()) if each.get("restartPolicy") == "Always"]
    return [*natives, *pod["spec"]["containers"]]


def statuses(pod: Json) -> dict[str, Json]:
    """Return the container statuses that the pod reports so far, native sidecars included, by container name."""
    status = pod.get("status", {})
    both: Iterable[Json] = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    return {each["name"]: each for each in both}


def is_ready(pod: Json) -> bool:
    """Say whether the pod's Ready condition is true."""
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _containers(images: Mapping[str, str]) -> list[Json]:
    return [{"name": name, "image": image, "imagePullPolicy": "Never"} for name, image in images.items()]
