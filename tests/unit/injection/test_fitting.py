"""A set that the API server would refuse in one pod is left out of it, and only of it, in words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.injection import builders

Json = builders.Json
_HOST_PORT: Json = {"ports": [{"containerPort": 81, "hostPort": 8080}]}
_PORT: Json = {"ports": [{"containerPort": 9901}]}
_HOT: Json = {"upgradeStrategy": {"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "empty:1"}}
_DISK: Json = {"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}
_FOLDER: Json = {"name": "disk", "emptyDir": {}}
_MOUNT: Json = {"volumeMounts": [{"name": "disk", "mountPath": "/x"}]}
_DEVICE: Json = {"volumeDevices": [{"name": "disk", "devicePath": "/dev/x"}]}
_OTHER_DEVICE: Json = {"volumeDevices": [{"name": "disk", "devicePath": "/dev/y"}]}
_MOUNTS, _DEVICES = ({field: {"type": "enabled"}} for field in ("shareVolumePolicy", "shareVolumeDevicePolicy"))
_RESTART: Json = {"resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]}
_FILE: Json = {"env": [{"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "disk", "path": "a", "key": "A"}}}]}
_UNMASKED: Json = {"securityContext": {"procMount": "Unmasked"}}
_USER: Json = {"securityContext": {"runAsUser": 1}}
_WINDOWS: Json = {"securityContext": {"windowsOptions": {"runAsUserName": "a"}}}
_ON_HOST: Json = {"hostNetwork": True}

_NEVER: Json = {"restartPolicy": "Never"}
_BIDIRECTIONAL: Json = {"volumeMounts": [{"name": "disk", "mountPath": "/x", "mountPropagation": "Bidirectional"}]}


def _app(**fields: Any) -> Json:
    return {"name": "app", "image": "app:1", **fields}


def _inject(side: Json, *apps: Json, native: bool = False, **spec: Any) -> str:
    """Return the words that keep a set with this sidecar out, or nothing when it is in."""
    container = {"name": "side", "image": "side:1", **side}
    pieces: Json = (
        {"initContainers": [{**container, "restartPolicy": "Always"}]} if native else {"containers": [container]}
    )
    volumes = [_DISK] if "volumeDevices" in side else [_FOLDER] if side == _FILE else []
    pod = builders.pod(*(apps or (_app(),)), **spec)
    injection = builders.inject(pod, builders.one(**pieces, volumes=volumes))
    assert bool(injection.refusal) != bool(injection.injected)
    assert injection.injected or injection.pod == pod
    return injection.refusal


def _process(*, host: bool) -> Json:
    return {"securityContext": {"windowsOptions": {"hostProcess": host}}}


def _sized(**fields: Json) -> Json:
    return {"resources": fields}


def _sleeping(hook: str, seconds: int) -> Json:
    return {"lifecycle": {hook: {"sleep": {"seconds": seconds}}}}


_1_CPU, _HALF_CPU = {"cpu": 1}, {"cpu": "500m"}


@pytest.mark.parametrize(
    ("side", "apps", "spec", "words"),
    [
        (_HOST_PORT, (_app(**_HOST_PORT),), {}, "side wants port 8080 (TCP) of the host, which container app has"),
        (_PORT, (_app(**_PORT),), _ON_HOST, "port 9901 (TCP) of the host, which container app has"),
        (_HOST_PORT, (), _ON_HOST, "containerPort 81 as hostPort 8080, which cannot be in a pod with hostNetwork"),
        ({**_PORT, **_HOT}, (), _ON_HOST, "side-2 wants port 9901 (TCP) of the host, which container side-1 has"),
        (_sized(requests=_1_CPU), (), _sized(requests=_HALF_CPU), "request 1 cpu, more than the pod's own spec.res"),
        (_sized(limits=_1_CPU), (), _sized(limits=_HALF_CPU), "request 1 cpu, more than the pod's own"),
        (
            _sized(limits=_1_CPU, requests=_HALF_CPU),
            (),
            _sized(limits=_HALF_CPU),
            "side has a limit of 1 cpu, more than the pod's own spec.resources allow (500m): raise that, lower it in",
        ),
        (_USER, (), {"os": {"name": "windows"}}, "securityContext.runAsUser, and the pod has os.name windows"),
        (_WINDOWS, (), {"os": {"name": "linux"}}, "securityContext.windowsOptions, and the pod has os.name linux"),
        (
            {"resources": {"claims": [{"name": "gpu"}]}},
            (),
            {},
            "has the resource claim gpu, and the pod has no such one",
        ),
        ({}, (_app(**_process(host=True)),), _ON_HOST, "container app is a process of the host (windowsOptions.hostP"),
        ({}, (_app(**_process(host=True)),), _ON_HOST, "and container side is not: let both be, or none"),
        (_process(host=True), (), _ON_HOST, "container side is a process of the host (windowsOptions.hostProcess) and"),
        (_process(host=False), (), {**_process(host=True), **_ON_HOST}, "side and the pod differ in securityContext.w"),
        (_process(host=True), (), {**_process(host=False), **_ON_HOST}, "side and the pod differ in securityContext.w"),
        (_process(host=True), (_app(**_process(host=True)),), {}, "and the pod has no hostNetwork: set that in the"),
        (_UNMASKED, (), {}, "securityContext.procMount Unmasked, which needs hostUsers: false"),
        (_DEVICE, (), {"volumes": [_FOLDER]}, "volume disk as a device, and the pod's own volume of this name can be"),
        (_FILE, (), {"volumes": [_DISK]}, "volume disk as the file of its variables, and the pod's own volume"),
        ({**_DEVICE, **_MOUNTS}, (_app(**_MOUNT),), {"volumes": [_DISK]}, "both as a mount and as a device"),
        (
            {**_MOUNTS, **_DEVICES},
            (_app(**_MOUNT), _app(name="b", **_DEVICE)),
            {"volumes": [_DISK]},
            "both as a mount and as a device",
        ),
        (
            _DEVICES,
            (_app(**_DEVICE), _app(name="b", **_OTHER_DEVICE)),
            {"volumes": [_DISK]},
            "volume disk as a device at two paths",
        ),
        (_DEVICE, (), {"hostUsers": False}, "side has volumeDevices, and the pod has hostUsers: false"),
        (_RESTART, (), _NEVER, "to restart when its cpu is resized, and the pod has restartPolicy Never"),
        (
            _sleeping("preStop", 20),
            (),
            {"terminationGracePeriodSeconds": 10},
            "sleeps 20 seconds in lifecycle.preStop, and the pod has terminationGracePeriodSeconds 10: shorten",
        ),
        (_sleeping("postStart", 31), (), {}, "sleeps 31 seconds in lifecycle.postStart"),
    ],
)
def test_what_does_not_fit_is_left_out(side: Json, apps: tuple[Json, ...], spec: Json, words: str) -> None:
    """The words say what clashes with what, and always one thing that the set's author can do."""
    refusal = _inject(side, *apps, **spec)
    assert refusal.startswith("SidecarSet logging: DoesNotFit: ")
    assert words in refusal
    assert refusal.endswith(", or let the set not select this pod")


@pytest.mark.parametrize(
    ("side", "apps", "spec"),
    [
        (_HOST_PORT, (_app(**_PORT),), {}),
        (_HOST_PORT, (_app(ports=[{"containerPort": 81, "hostPort": 8080, "protocol": "UDP"}]),), {}),
        (_HOST_PORT, (_app(ports=[{"containerPort": 81, "hostPort": 8080, "hostIP": "127.0.0.1"}]),), {}),
        (_PORT, (_app(**_PORT),), {}),
        (_PORT, (), _ON_HOST),
        ({**_PORT, **_HOT}, (), {}),
        (_sized(requests=_HALF_CPU), (_app(**_sized(requests=_HALF_CPU)),), _sized(requests=_1_CPU)),
        (_sized(limits=_HALF_CPU), (_app(**_sized(limits=_HALF_CPU)),), _sized(limits=_1_CPU)),
        (_sized(requests={"memory": "1Gi"}), (), _sized(requests=_1_CPU)),
        (_USER, (), {"os": {"name": "linux"}}),
        ({"securityContext": {"runAsNonRoot": True}}, (), {"os": {"name": "windows"}}),
        (_WINDOWS, (), {}),
        ({}, (), {**_process(host=True), **_ON_HOST}),
        (_process(host=True), (), {**_process(host=True), **_ON_HOST}),
        (_process(host=True), (_app(**_process(host=True)),), _ON_HOST),
        (_process(host=False), (), {}),
        ({}, (_app(**_process(host=False)),), _process(host=False)),
        (_UNMASKED, (), {"hostUsers": False}),
        (_DEVICE, (), {"volumes": [_DISK]}),
        (_DEVICE, (), {"volumes": [{"name": "disk", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}]}),
        (_FILE, (), {"volumes": [{"name": "disk"}]}),
        (_RESTART, (), {"restartPolicy": "OnFailure"}),
        (_sleeping("preStop", 30), (), {"terminationGracePeriodSeconds": None}),
        (_sleeping("preStop", 10), (), {"terminationGracePeriodSeconds": 10}),
    ],
)
def test_what_fits_is_put_in(side: Json, apps: tuple[Json, ...], spec: Json) -> None:
    """Nothing is kept out that the API server takes."""
    assert _inject(side, *apps, **spec) == ""


def test_a_native_sidecar_is_alone_with_its_ports() -> None:
    """The API server compares the ports of containers only, but all else holds for native sidecars as well."""
    assert _inject(_HOST_PORT, _app(**_HOST_PORT), native=True, hostNetwork=True) == ""
    assert "volumeDevices" in _inject(_DEVICE, native=True, hostUsers=False)
    assert "restartPolicy Never" in _inject(_RESTART, native=True, **_NEVER)


def test_init_containers_that_end_share_the_pods_request() -> None:
    """They count one at a time, each with the native sidecars before it."""
    native = {"name": "a", "image": "a:1", "restartPolicy": "Always", **_sized(requests=_HALF_CPU)}
    ending = {"name": "b", "image": "b:1", **_sized(requests=_HALF_CPU)}
    found = builders.one(initContainers=[native, ending, {**ending, "name": "c"}])
    assert builders.inject(builders.pod("app", **_sized(requests=_1_CPU)), found).refusal == ""
    scarce = builders.inject(builders.pod("app", **_sized(requests={"cpu": "900m"})), found)
    assert "the containers would request 1 cpu" in scarce.refusal


def test_what_a_policy_computes_must_fit() -> None:
    """Resources that `resourcesPolicy` works out are held against the pod's own."""
    policy = {"targetContainersMode": "sum", "resourcesExpr": {"requests": {"cpu": "cpu*50%"}}}
    app = _app(**_sized(requests=_1_CPU))
    assert "request 1500m cpu" in _inject({"resourcesPolicy": policy}, app, **_sized(requests=_1_CPU))
    assert _inject({"resourcesPolicy": policy}, app, **_sized(requests={"cpu": "1500m"})) == ""


def test_of_two_sets_with_one_port_the_first_is_put_in() -> None:
    """In order of name; a second review of the pod changes nothing."""
    first, second = (
        builders.one(name, containers=[{"name": name, "image": "i:1", **_HOST_PORT}]) for name in ("a", "b")
    )
    injection = builders.inject(builders.pod("app"), second, first)
    assert injection.injected == ("a",)
    assert "SidecarSet b: DoesNotFit: container b wants port 8080 (TCP) of the host, which container a" in (
        injection.refusal
    )
    assert builders.inject(dict(injection.pod), first, second).patch == ()


@pytest.mark.parametrize(("privileged", "expected"), [(True, "Bidirectional"), (False, "HostToContainer")])
def test_only_the_privileged_share_a_mount_both_ways(privileged: bool, expected: str) -> None:
    """Others see what is mounted below a Bidirectional mount of the application, and pass nothing on to the host."""
    app = _app(securityContext={"privileged": True}, **_BIDIRECTIONAL)
    side = {"name": "side", "image": "side:1", "securityContext": {"privileged": privileged}, **_MOUNTS}
    injection = builders.inject(builders.pod(app, volumes=[_FOLDER]), builders.one(containers=[side]))
    assert builders.container(injection, "side")["volumeMounts"] == [
        {"name": "disk", "mountPath": "/x", "mountPropagation": expected}
    ]
