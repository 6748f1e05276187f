"""Sets with which no pod could start are refused when they are read; nearly the same ones are not."""

from __future__ import annotations

import json

import pytest

from gitsidecar.manifests import trees
from gitsidecar.model import desires, files, findings
from tests.support import refusals


def _read(case: refusals.Case) -> desires.Desired:
    spec = {"selector": {"matchLabels": {"app": "web"}}, case.field: [case.container], "volumes": case.volumes}
    head = {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": "a"}}
    return trees.read(files.Tree("", (files.File("a.json", json.dumps({**head, "spec": spec}).encode()),)))


@pytest.mark.parametrize("name", refusals.REFUSED)
def test_what_no_pod_can_have_is_refused(name: str) -> None:
    """The finding is about the very container or volume."""
    found = _read(refusals.REFUSED[name]).rejections
    assert found != ()
    assert all(
        each.field.startswith(("spec.containers[0].", "spec.initContainers[0].", "spec.volumes[0].")) for each in found
    )
    assert all(len(str(each)) < 400 for each in found)


@pytest.mark.parametrize("name", refusals.TAKEN)
def test_what_pods_can_have_is_taken(name: str) -> None:
    """The rules go no further than the API server's."""
    assert _read(refusals.TAKEN[name]).rejections == ()


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({"configMap": {"name": "A_b"}}, "configMap.name"),
        ({"secret": {"secretName": "A_b"}}, "secret.secretName"),
        ({"persistentVolumeClaim": {"claimName": "a/b"}}, "persistentVolumeClaim.claimName"),
        ({"projected": {"sources": [{"secret": {"name": "A_b"}}]}}, "projected.sources[0].secret.name"),
    ],
)
def test_what_cannot_exist_is_told(source: dict[str, object], field: str) -> None:
    """The API server takes a pod that waits for a ConfigMap of an impossible name, so it is a warning."""
    [found] = _read(refusals.Case({}, source)).found
    assert (found.level, found.field) == (findings.Level.WARNING, f"spec.volumes[0].{field}")
