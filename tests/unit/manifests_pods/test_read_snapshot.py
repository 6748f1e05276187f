"""A saved list of pods becomes a snapshot, or a sentence that says why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitsidecar.manifests import pods as reading

Json = dict[str, Any]


def _pod(name: str, namespace: str = "shop") -> Json:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-of-{name}"},
        "spec": {"containers": [{"name": "app", "image": "nginx:1"}]},
    }


def _save(*items: Json, kind: str = "List") -> bytes:
    return json.dumps({"kind": kind, "apiVersion": "v1", "items": items}, indent=4).encode()


def test_pods_come_in_order() -> None:
    """Rows are in order of key, whatever the order in the file."""
    snapshot = reading.read_snapshot(_save(_pod("b"), _pod("a"), _pod("z", "a-shop"), _pod("c", "shop-b")))
    assert [pod.key for pod in snapshot.pods] == ["a-shop/z", "shop-b/c", "shop/a", "shop/b"]


def test_a_list_from_the_api_server_is_read() -> None:
    """The items of a PodList do not say their kind."""
    item = _pod("a")
    del item["kind"]
    assert [pod.key for pod in reading.read_snapshot(_save(item, kind="PodList")).pods] == ["shop/a"]


def test_a_single_pod_is_read() -> None:
    """One pod is a list of one."""
    assert [pod.key for pod in reading.read_snapshot(json.dumps(_pod("a")).encode()).pods] == ["shop/a"]


def test_an_empty_list_is_an_empty_snapshot() -> None:
    """No pods is an answer."""
    assert reading.read_snapshot(_save()).pods == ()


def test_namespaces_bring_their_labels() -> None:
    """A namespace in the list has its labels; one that is not has the label of its name only."""
    namespace = {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"env": "prod"}}}
    snapshot = reading.read_snapshot(_save(_pod("a"), namespace, _pod("b", "other")))
    assert snapshot.namespaces == {
        "shop": {"env": "prod", "kubernetes.io/metadata.name": "shop"},
        "other": {"kubernetes.io/metadata.name": "other"},
    }


def test_other_kinds_are_passed_over() -> None:
    """``kubectl get all`` is read for its pods."""
    snapshot = reading.read_snapshot(_save(_pod("a"), {"kind": "Service", "metadata": {"name": "web"}}))
    assert [pod.key for pod in snapshot.pods] == ["shop/a"]


def test_a_malformed_pod_does_not_hide_the_others() -> None:
    """One pod that cannot be read is a row with a fault among the others."""
    snapshot = reading.read_snapshot(_save(_pod("a"), {**_pod("b"), "spec": None}))
    assert [bool(pod.fault) for pod in snapshot.pods] == [False, True]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not a list of pods"),
        (b"\xff", "not a list of pods"),
        (b"apiVersion: v1\nkind: List", "not a list of pods"),
        (b"[" * 100_000, "not a list of pods"),
        (b"[]", "not a list of pods"),
        (b"{}", "no Kubernetes object"),
        (b'{"kind":"Deployment"}', "this is Deployment, not"),
        (b'{"kind":"List"}', "not a list of pods"),
        (b'{"kind":"List","items":[1]}', "not a list of pods"),
        (_save({"metadata": {}}, kind="DeploymentList"), "no pods in it, only Deployment"),
        (_save({"kind": "Pod"}), r"items\[0\]: this is not a pod"),
        (_save(_pod("a"), {"kind": "Namespace"}), r"items\[1\]: this is not a namespace"),
    ],
)
def test_anything_else_is_refused_in_words(raw: bytes, words: str) -> None:
    """What is no list of pods is said to be none, with the command that makes one."""
    with pytest.raises(ValueError, match=words + ".*kubectl get pods -A -o json"):
        reading.read_snapshot(raw)
