"""Sets that would make a pod one that the API server refuses: refused when they are read, or left out of that pod."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from tests.apiserver import test_injections as injections
from tests.support import apiservers

Json = dict[str, Any]
_DISK: Json = {"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}
_FOLDER: Json = {"name": "disk", "emptyDir": {}}
_MOUNT: Json = {"volumeMounts": [{"name": "disk", "mountPath": "/x"}]}
_DEVICE: Json = {"volumeDevices": [{"name": "disk", "devicePath": "/dev/x"}]}
_MOUNTS, _DEVICES = ({field: {"type": "enabled"}} for field in ("shareVolumePolicy", "shareVolumeDevicePolicy"))
_PORT: Json = {"ports": [{"containerPort": 9901}]}
_HOST_PORT: Json = {"ports": [{"containerPort": 81, "hostPort": 8080}]}


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """
    What a pod and a set have beside a name and an image.

    `pod` are fields of the pod's spec, `apps` those of its containers, `side` those of the sidecar, `spec` the set's.
    """

    side: Json
    pod: Json = dataclasses.field(default_factory=dict)
    apps: tuple[Json, ...] = ({},)
    spec: Json = dataclasses.field(default_factory=dict)


_BIDIRECTIONAL: Json = {
    "securityContext": {"privileged": True},
    "volumeMounts": [{"name": "disk", "mountPath": "/x", "mountPropagation": "Bidirectional"}],
}
_HOT: Json = {"upgradeStrategy": {"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "empty:1"}}
_RESTART: Json = {"resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]}
_OTHER_DEVICE: Json = {"volumeDevices": [{"name": "disk", "devicePath": "/dev/y"}]}
_ON_HOST: Json = {"hostNetwork": True}
_PROCESS, _CONTAINER = ({"securityContext": {"windowsOptions": {"hostProcess": value}}} for value in (True, False))

# Fine for other pods.
PODS = {
    "a port of the host twice": Case(_HOST_PORT, apps=(_HOST_PORT,)),
    "a port twice on the host's network": Case(_PORT, {"hostNetwork": True}, (_PORT,)),
    "another port of the host on its network": Case(_HOST_PORT, {"hostNetwork": True}),
    "a pair on the host's network": Case({**_PORT, **_HOT}, {"hostNetwork": True}),
    "more than the pod's request": Case(
        {"resources": {"requests": {"cpu": 1}}}, {"resources": {"requests": {"cpu": "150m"}}}
    ),
    "more than the pod's limit": Case(
        {"resources": {"limits": {"cpu": 1}}}, {"resources": {"limits": {"cpu": "150m"}}}
    ),
    "a user of Linux under Windows": Case({"securityContext": {"runAsUser": 1000}}, {"os": {"name": "windows"}}),
    "a shared mount for the privileged": Case(
        _MOUNTS, {"volumes": [{"name": "disk", "hostPath": {"path": "/x"}}]}, (_BIDIRECTIONAL,)
    ),
    "a device that is a folder of the pod": Case(_DEVICE, {"volumes": [_FOLDER]}, spec={"volumes": [_DISK]}),
    "a shared mount of its own device": Case(
        {**_DEVICE, **_MOUNTS}, {"volumes": [_DISK]}, (_MOUNT,), spec={"volumes": [_DISK]}
    ),
    "a shared mount and device of one volume": Case({**_MOUNTS, **_DEVICES}, {"volumes": [_DISK]}, (_MOUNT, _DEVICE)),
    "a shared device at two paths": Case(_DEVICES, {"volumes": [_DISK]}, (_DEVICE, _OTHER_DEVICE)),
    "a device without the host's users": Case(_DEVICE, {"hostUsers": False}, spec={"volumes": [_DISK]}),
    "a resize that restarts in a pod that does not": Case(_RESTART, {"restartPolicy": "Never"}),
    "a container beside a process of the host": Case({}, _ON_HOST, (_PROCESS,)),
    "a process of the host beside a container": Case(_PROCESS, _ON_HOST),
    "a process of the host without its network": Case(_PROCESS),
    "a process of the host in a pod of them": Case(_PROCESS, {**_PROCESS, **_ON_HOST}),
    "one that says nothing in a pod of them": Case({}, {**_PROCESS, **_ON_HOST}),
    "a container in a pod of processes of the host": Case(_CONTAINER, {**_PROCESS, **_ON_HOST}),
    "a sleep that is longer than the pod's end": Case(
        {"lifecycle": {"preStop": {"sleep": {"seconds": 20}}}}, {"terminationGracePeriodSeconds": 10}
    ),
}
_PRIVILEGED: Json = {"privileged": True, "allowPrivilegeEscalation": False}
_ADMIN: Json = {"capabilities": {"add": ["CAP_SYS_ADMIN"]}, "allowPrivilegeEscalation": False}
_FILE: Json = {"fileKeyRef": {"volumeName": "disk", "path": "a", "key": "A"}}
_FILE_OUTSIDE: Json = {"fileKeyRef": {"volumeName": "disk", "path": "../a", "key": "A"}}
_CONFIG: Json = {"name": "disk", "configMap": {"name": "settings"}}
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"

# Fine for no pod.
SETS = {
    "an unknown resource": Case({"resources": {"limits": {"gpu": 1}}}),
    "a device plug-in's resource without limit": Case({"resources": {"requests": {"example.com/gpu": 1}}}),
    "another limit of a device plug-in's resource": Case(
        {"resources": {"requests": {"example.com/gpu": 1}, "limits": {"example.com/gpu": 2}}}
    ),
    "half a device": Case({"resources": {"limits": {"example.com/gpu": "500m"}}}),
    "a resource that is called as in a quota": Case({"resources": {"limits": {"requests.example.com/gpu": 1}}}),
    "half a huge page": Case({"resources": {"limits": {"memory": "64Mi", "hugepages-2Mi": "3Mi"}}}),
    "huge pages of no size": Case({"resources": {"limits": {"memory": "64Mi", "hugepages-big": 1}}}),
    "huge pages without limit": Case({"resources": {"requests": {"memory": "64Mi", "hugepages-2Mi": "4Mi"}}}),
    "huge pages alone": Case({"resources": {"limits": {"hugepages-2Mi": "4Mi"}}}),
    "a grace period of readiness": Case(
        {"readinessProbe": {"exec": {"command": ["true"]}, "terminationGracePeriodSeconds": 5}}
    ),
    "a way out of the volume": Case(
        {"volumeMounts": [{"name": "disk", "mountPath": "/x", "subPath": "../y"}]}, spec={"volumes": [_FOLDER]}
    ),
    "a way out of the host's folder": Case(
        _MOUNT, spec={"volumes": [{"name": "disk", "hostPath": {"path": "/x/../y"}}]}
    ),
    "a way from the root of the volume": Case(
        {"volumeMounts": [{"name": "disk", "mountPath": "/x", "subPath": "/y"}]}, spec={"volumes": [_FOLDER]}
    ),
    "a way back to a device": Case(
        {"volumeDevices": [{"name": "disk", "devicePath": "/dev/../x"}]}, spec={"volumes": [_DISK]}
    ),
    "a device at two paths": Case(
        {"volumeDevices": [*_DEVICE["volumeDevices"], *_OTHER_DEVICE["volumeDevices"]]}, spec={"volumes": [_DISK]}
    ),
    "variables of what is no folder": Case({"env": [{"name": "A", "valueFrom": _FILE}]}, spec={"volumes": [_CONFIG]}),
    "variables from outside the volume": Case(
        {"env": [{"name": "A", "valueFrom": _FILE_OUTSIDE}]}, spec={"volumes": [_FOLDER]}
    ),
    "a port of the host twice in one container": Case({"ports": [*_HOST_PORT["ports"], *_HOST_PORT["ports"]]}),
    "the name of a port twice": Case(
        {"ports": [{"name": "http", "containerPort": 81}, {"name": "http", "containerPort": 82}]}
    ),
    "privileged without escalation": Case({"securityContext": _PRIVILEGED}),
    "an administrator without escalation": Case({"securityContext": _ADMIN}),
    "a deletion cost that is no number": Case(
        {}, spec={"patchPodMetadata": [{"annotations": {"controller.kubernetes.io/pod-deletion-cost": "x"}}]}
    ),
    "tolerations that are no list": Case(
        {}, spec={"patchPodMetadata": [{"annotations": {"scheduler.alpha.kubernetes.io/tolerations": "{}"}}]}
    ),
    "an unknown profile of AppArmor": Case({}, spec={"patchPodMetadata": [{"annotations": {f"{_APPARMOR}side": "x"}}]}),
    "AppArmor for what no container is called": Case(
        {}, spec={"patchPodMetadata": [{"annotations": {f"{_APPARMOR}Side": "unconfined"}}]}
    ),
    "the mark of a mirror pod": Case(
        {}, spec={"patchPodMetadata": [{"annotations": {"kubernetes.io/config.mirror": "x"}}]}
    ),
}


@pytest.mark.parametrize("name", PODS)
def test_what_a_pod_has_no_room_for_is_left_out(apiserver_session: apiservers.ApiServer, name: str) -> None:
    """A set that other pods can have never keeps a pod from starting: it is left out of it, and the fault is told."""
    case = PODS[name]
    desired = injections.read(json.dumps(_set(case)))
    assert desired.rejections == ()
    bare = injections.ask(apiserver_session, _pod(case))
    assert bare.refusal == ""
    injection = injections.inject(bare.pod, desired.sets)
    assert injections.ask(apiserver_session, injection.pod).refusal == ""
    assert bool(injection.refusal) != bool(injection.injected)


@pytest.mark.parametrize("name", SETS)
def test_what_no_pod_can_have_is_refused_when_it_is_read(name: str) -> None:
    """A set with which no pod could start is an error of its manifest, before any pod is created."""
    assert injections.read(json.dumps(_set(SETS[name]))).rejections != ()


@pytest.mark.parametrize("name", SETS)
def test_no_pod_can_have_it(apiserver_session: apiservers.ApiServer, name: str) -> None:
    """What is refused when it is read the API server would refuse in a pod."""
    case = SETS[name]
    side = {"name": "side", "image": "side:1", **case.side}
    annotations = {
        key: each for patch in case.spec.get("patchPodMetadata", ()) for key, each in patch["annotations"].items()
    }
    pod = _pod(case)
    pod["metadata"]["annotations"] = annotations
    pod["spec"] |= {"containers": [side], "volumes": case.spec.get("volumes", [])}
    assert injections.ask(apiserver_session, pod).refusal != ""


def _set(case: Case) -> Json:
    spec = {
        "selector": {"matchLabels": {"app": "web"}},
        "containers": [{"name": "side", "image": "side:1", **case.side}],
    }
    head = {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet"}
    return {**head, "metadata": {"name": "logging"}, "spec": {**spec, **case.spec}}


def _pod(case: Case) -> Json:
    apps = [{"name": f"app-{number}", "image": "app:1", **each} for number, each in enumerate(case.apps)]
    metadata = {"name": "web-1", "labels": {"app": "web"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": apps, **case.pod}}
