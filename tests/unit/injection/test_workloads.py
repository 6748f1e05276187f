"""Which pods a document describes, and where they stand in it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gitsidecar.injection import workloads

_POD = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}


def _workload(version: str, kind: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"template": _POD}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("apps/v1", "ReplicaSet"),
        ("batch/v1", "Job"),
        ("batch/v1", "CronJob"),
    ],
)
def test_a_workload_describes_the_pod_of_its_template(version: str, kind: str) -> None:
    """The namespace is the workload's, and the document that is handed in stays as it is."""
    document = _workload(version, kind)
    before = copy.deepcopy(document)
    [found] = workloads.find(document)
    assert (found.pod, found.namespace, found.title) == (_POD, "shop", f"{kind} shop/web")
    changed = workloads.put(document, found.path, {"spec": {}})
    assert [each.pod for each in workloads.find(changed)] == [{"spec": {}}]
    assert document == before


def test_lists_are_looked_through() -> None:
    """Also lists of one kind, whose items do not say what they are."""
    document = {
        "kind": "List",
        "items": [_workload("apps/v1", "Deployment"), {"kind": "PodList", "items": [_POD]}, {"kind": "Service"}, None],
    }
    found = list(workloads.find(document))
    assert [workloads.pointer(each.path) for each in found] == ["/items/0/spec/template", "/items/1/items/0"]
    assert found[1].title == "Pod without a name"


@pytest.mark.parametrize(
    "document",
    [
        None,
        "text",
        {},
        {"kind": 5},
        {"kind": "Service"},
        {"apiVersion": "batch.example.com/v1", "kind": "Job", "spec": {"tasks": []}},
        {"kind": "List", "items": "x"},
    ],
)
def test_other_documents_describe_no_pod(document: Any) -> None:
    """Whatever they are."""
    assert list(workloads.find(document)) == []


@pytest.mark.parametrize("spec", [None, {}, {"template": None}, []])
def test_a_workload_without_a_template_describes_what_is_no_pod(spec: Any) -> None:
    """So that it is said."""
    [found] = workloads.find({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": [], "spec": spec})
    assert found.pod is None
