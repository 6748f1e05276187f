"""A pod's JSON becomes a row; what is malformed becomes a row with a fault, never an exception."""

from __future__ import annotations

import copy
import datetime
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar import handoff
from gitsidecar.manifests import pods as reading
from gitsidecar.model import pods

Json = dict[str, Any]

AT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
MARK = pods.Mark("logtail", "v1-a", "v1-b", "4f2a9c1", ("logtail",))
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def _pod(**changes: Any) -> Json:
    """Return a pod as the API server gives it, with *changes* to its metadata, spec or status."""
    pod: Json = {
        "metadata": {
            "name": "web-6b7f9c-x2x4z",
            "namespace": "shop",
            "uid": "u-1",
            "resourceVersion": "1017",
            "generation": 2,
            "creationTimestamp": "2026-01-02T03:04:00Z",
            "labels": {"app": "web", "pod-template-hash": "6b7f9c"},
            "annotations": {"other": "kept", pods.MARK_ANNOTATION: handoff.write([MARK])},
            "ownerReferences": [
                {"kind": "Thing", "name": "bystander"},
                {"kind": "ReplicaSet", "name": "web-6b7f9c", "controller": True},
            ],
        },
        "spec": {
            "nodeName": "node-1",
            "initContainers": [
                {"name": "migrate", "image": "migrate:1"},
                {"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"},
            ],
            "containers": [
                {"name": "app", "image": "nginx:1", "imagePullPolicy": "Never"},
                {"name": "logtail", "image": "logtail:0.16.16"},
            ],
        },
        "status": {
            "phase": "Running",
            "observedGeneration": 2,
            "conditions": [
                {"type": "Initialized", "status": "True", "lastTransitionTime": "2026-01-02T03:04:01Z"},
                {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z"},
            ],
            "initContainerStatuses": [{"name": "proxy", "ready": True, "restartCount": 1, "containerID": "c://p"}],
            "containerStatuses": [
                {
                    "name": "logtail",
                    "ready": False,
                    "restartCount": 3,
                    "containerID": "c://l",
                    "imageID": "i@sha256:1",
                    "state": {"waiting": {"reason": "ImagePullBackOff", "message": "…"}},
                }
            ],
        },
    }
    for path, value in changes.items():
        section, field = path.split("__")
        if value is ...:
            del pod[section][field]
        else:
            pod[section][field] = value
    return pod


def _read(pod: object) -> pods.Pod:
    return reading.read_pod(json.dumps(pod).encode())


def _shape(**members: Any) -> Json:
    """Return the shape of a container with *members*, decoded."""
    container = {"name": "app", "image": "nginx:1", **members}
    shape: Json = json.loads(_read(_pod(spec__containers=[container])).containers[-1].shape)
    return shape


def test_a_whole_pod_is_read() -> None:
    """Every field of the row comes from its place; native sidecars come first, plain initContainers not at all."""
    assert _read(_pod()) == pods.Pod(
        namespace="shop",
        name="web-6b7f9c-x2x4z",
        uid="u-1",
        labels={"app": "web", "pod-template-hash": "6b7f9c"},
        containers=(
            pods.Container("proxy", "proxy:1", 1, True, '{"restartPolicy":"Always"}', "c://p", "", 1, True),
            pods.Container("app", "nginx:1", 0, False, '{"imagePullPolicy":"Never"}'),
            pods.Container(
                "logtail", "logtail:0.16.16", 1, False, "{}", "c://l", "i@sha256:1", 3, False, "ImagePullBackOff"
            ),
        ),
        marks=(MARK,),
        workload="Deployment/web",
        phase="Running",
        node="node-1",
        is_ready=True,
        has_annotations=True,
        has_seen_spec=True,
        created=AT.replace(second=0),
        ready_since=AT,
        resource_version="1017",
        annotation=handoff.write([MARK]),
    )


def test_the_annotation_is_kept_as_it_was_written() -> None:
    """A newer release's members are not in the marks, but they are in the text that a write of ours must test."""
    text = json.dumps({**json.loads(handoff.write([MARK]))["logtail"], "newer": [1, 2]}, indent=1)
    row = _read(_pod(metadata__annotations={pods.MARK_ANNOTATION: f'{{"logtail": {text}}}'}))
    assert (row.marks, row.annotation) == ((MARK,), f'{{"logtail": {text}}}')
    assert _read(_pod(metadata__annotations={"other": "kept"})).annotation == ""


def test_a_pod_that_no_kubelet_has_seen_has_no_fault() -> None:
    """A pod without status, node, labels or annotations is young, not broken."""
    pod = _pod(metadata__labels=..., metadata__annotations=..., spec__nodeName=...)
    del pod["status"]
    row = _read(pod)
    assert (row.fault, row.phase, row.node, row.is_ready, row.ready_since) == ("", "", "", False, None)
    assert not row.has_annotations
    assert row.labels == {}


@pytest.mark.parametrize(
    ("owners", "workload"),
    [
        ([], ""),
        (None, ""),
        ([{"kind": "Thing", "name": "bystander"}], ""),
        ([{"kind": "StatefulSet", "name": "db-6b7f9c", "controller": True}], "StatefulSet/db-6b7f9c"),
        ([{"kind": "ReplicaSet", "name": "bare", "controller": True}], "ReplicaSet/bare"),
        ([{"kind": "ReplicaSet", "name": "a-b-6b7f9c", "controller": True}], "Deployment/a-b"),
    ],
)
def test_the_workload_is_the_controlling_owner(owners: object, workload: str) -> None:
    """Only a ReplicaSet that carries the template's hash stands for its Deployment."""
    assert _read(_pod(metadata__ownerReferences=owners)).workload == workload


@pytest.mark.parametrize(
    ("observed", "has_seen"), [(..., True), (None, True), (0, True), (1, False), (2, True), (3, True)]
)
def test_a_lagging_kubelet_has_not_seen_the_spec(observed: object, has_seen: bool) -> None:
    """Only an observedGeneration that is there and older than the pod's own says that the kubelet lags."""
    assert _read(_pod(status__observedGeneration=observed)).has_seen_spec is has_seen


def test_not_ready_has_no_since() -> None:
    """`ready_since` is said of pods that are ready, and of no other."""
    condition = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-02T03:04:05Z"}
    row = _read(_pod(status__conditions=[condition]))
    assert (row.is_ready, row.ready_since) == (False, None)


def test_the_account_mount_is_no_part_of_the_shape() -> None:
    """Pods differ in the name of the service-account mount: it is left out, and an empty list with it."""
    mount = {"name": "kube-api-access-x2x4z", "readOnly": True, "mountPath": ACCOUNT}
    data = {"name": "data", "mountPath": "/data"}
    assert _shape(volumeMounts=[mount]) == {}
    assert _shape(volumeMounts=[data, mount]) == {"volumeMounts": [data]}


def test_equal_containers_share_their_shape() -> None:
    """Two pods of a workload hold one string, although their service-account mounts have different names."""

    def pod(suffix: str) -> pods.Pod:
        mount = {"name": f"kube-api-access-{suffix}", "readOnly": True, "mountPath": ACCOUNT}
        container = {"name": "app", "image": "nginx:1", "volumeMounts": [mount], "tty": True}
        return _read(_pod(spec__containers=[container]))

    assert pod("aaaaa").containers[-1].shape is pod("bbbbb").containers[-1].shape


@pytest.mark.parametrize(
    "mount",
    [
        {"mountPath": ACCOUNT, "name": "x"},
        {"name": "x", "subPath": "a{b", "mountPath": ACCOUNT},
        {"name": "x", "subPath": 'a{"b":"', "mountPath": ACCOUNT},
        {"name": "x", "mountPath": ACCOUNT, "subPath": "a}b"},
        {"name": "é", "mountPath": ACCOUNT, "readOnly": None},
    ],
)
def test_odd_account_mounts_are_left_out_too(mount: Json) -> None:
    """However the mount is written, the shape is the same as without it, and nothing beside it is lost."""
    data = {"name": "data", "mountPath": "/data"}
    assert _shape(volumeMounts=[mount, data], tty=True) == {"volumeMounts": [data], "tty": True}


def test_the_account_path_elsewhere_stays() -> None:
    """An environment variable that names the path is part of the shape."""
    env = [{"name": "mountPath", "value": ACCOUNT}]
    assert _shape(env=env) == {"env": env}


@pytest.mark.parametrize(
    ("field", "entries"),
    [
        ("env", [{"name": "A"}, {"name": "B", "value": "1"}]),
        ("volumeMounts", [{"mountPath": "/a", "name": "z"}, {"mountPath": "/b", "name": "y"}]),
        ("volumeDevices", [{"devicePath": "/a"}, {"devicePath": "/b"}]),
        ("ports", [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}, {"containerPort": 443}]),
    ],
)
def test_the_order_of_named_lists_does_not_count(field: str, entries: list[Json]) -> None:
    """Lists whose entries have names are sorted by them."""
    assert _shape(**{field: entries}) == _shape(**{field: entries[::-1]}) == {field: entries}


def test_the_order_of_other_lists_counts() -> None:
    """Arguments stay as they are."""
    assert _shape(args=["b", "a"]) == {"args": ["b", "a"]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"metadata__uid": ...}, "uid"),
        ({"metadata__uid": None}, "uid"),
        ({"metadata__labels": {"app": None}}, "labels"),
        ({"metadata__labels": []}, "labels"),
        ({"metadata__creationTimestamp": "yesterday"}, "creationTimestamp"),
        ({"spec__containers": ...}, "containers"),
        ({"spec__containers": None}, "containers"),
        ({"spec__containers": []}, "containers"),
        ({"spec__containers": [None]}, r"spec.containers\[0\]"),
        ({"spec__containers": [{"name": "app"}]}, r"spec.containers\[0\]: image is missing"),
        ({"spec__containers": [{"name": "app", "image": ""}]}, "image is missing"),
        ({"spec__initContainers": [{"image": "a"}]}, r"spec.initContainers\[0\]: name is missing"),
        ({"status__phase": 7}, "phase"),
        ({"status__containerStatuses": [{"name": "app", "restartCount": "3"}]}, "restartCount"),
        ({"status__conditions": [{"type": None}]}, "conditions"),
        ({"metadata__annotations": {pods.MARK_ANNOTATION: "{"}}, "gitsidecar.io/sidecars"),
        ({"metadata__annotations": "none"}, "annotations"),
    ],
)
def test_a_malformed_pod_has_a_fault_and_its_identity(changes: Json, words: str) -> None:
    """Nulls, wrong types and missing fields are said in words, with the identity that could be read."""
    row = _read(_pod(**changes))
    assert row.key == "shop/web-6b7f9c-x2x4z"
    assert re.search(words, row.fault)


def test_a_broken_section_does_not_hide_the_others() -> None:
    """A broken status leaves marks, labels and containers as they are; broken labels leave the good ones."""
    row = _read(_pod(status__phase=7))
    assert row.marks == (MARK,)
    assert [container.name for container in row.containers] == ["proxy", "app", "logtail"]
    row = _read(_pod(metadata__labels={"app": "web", "team": None}))
    assert (row.labels, row.marks, row.has_annotations) == ({"app": "web"}, (MARK,), True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"metadata":null}',
        b'{"metadata":{"name":"a"}}',
        b'{"metadata":{"name":"","namespace":"b"}}',
        b'{"metadata":{"name":"a","namespace":7}}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"metadata":' + b"[" * 100_000,
    ],
)
def test_without_an_identity_there_is_no_row(raw: bytes) -> None:
    """What has no namespace and name cannot be spoken of: ValueError, in words."""
    with pytest.raises(ValueError, match="not a pod"):
        reading.read_pod(raw)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_no_json_in_place_of_a_member_crashes(data: st.DataObject) -> None:
    """Whatever stands anywhere in a pod, the answer is a row of that pod or a ValueError."""
    pod = copy.deepcopy(_pod())
    node: Any = pod
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = data.draw(_json)
    try:
        row = _read(pod)
    except ValueError:
        return
    assert isinstance(row.fault, str)
    assert {type(label) for label in row.labels.values()} <= {str}


@given(_json)
def test_any_json_is_a_row_or_a_value_error(value: object) -> None:
    """What is no pod at all is a ValueError and nothing else."""
    with pytest.raises(ValueError, match="not a pod"):
        _read(value)


@given(st.binary())
def test_any_bytes_are_a_value_error(raw: bytes) -> None:
    """What is no JSON at all is a ValueError and nothing else."""
    with pytest.raises(ValueError, match="not a pod"):
        reading.read_pod(raw)
