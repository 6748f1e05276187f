"""Pods and sets as hypothesis draws them: all that meets in an injection, in few words."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gitsidecar import handoff
from gitsidecar.model import pods, sidecarsets
from tests.unit.injection import builders

_APPS = ("app-1", "app-2", "app-3")
_NAMES = (*(f"side-{n}" for n in range(6)), "app-1")  # one of them may be the application's
_VOLUMES = ("v1", "v3", "v5")
_DISKS = [{"name": each, "persistentVolumeClaim": {"claimName": each}} for each in ("v2", "v6")]
_KEYS = ("A", "B", "C")
_STALE = handoff.write([pods.Mark("set-1", "v1-0", "v1-0", "x", ("gone",))])
_maps = st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(("1", "2", '{"x":1}')), max_size=3)


def _unique(names: tuple[str, ...], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), max_size=most, unique=True)


@st.composite
def _application_container(draw: st.DrawFn, name: str) -> builders.Json:
    found: builders.Json = {"name": name, "image": "app:1"}
    if variables := draw(_unique(_KEYS, 3)):
        found["env"] = [{"name": each, "value": f"{name}-{each}"} for each in variables]
    if paths := draw(_unique(("/a", "/b", "/c"), 3)):
        found["volumeMounts"] = [{"name": "v1", "mountPath": each, "subPathExpr": "$(A)/$(B)"} for each in paths]
    if paths := draw(_unique(("/d", "/e"), 2)):
        found["volumeDevices"] = [
            {"name": volume, "devicePath": each} for volume, each in zip(("v2", "v6"), paths, strict=False)
        ]
    return found


@st.composite
def some_pods(draw: st.DrawFn) -> builders.Json:
    """Draw a pod: containers that mount and read, secrets, annotations, and marks that a copy may have."""
    names = draw(_unique(_APPS, 3))
    inits = draw(_unique(("init-1", "init-2"), 2))
    spec: builders.Json = {"volumes": [*({"name": each} for each in ("v1", *draw(_unique(("v3", "v4"), 2)))), *_DISKS]}
    if draw(st.booleans()) or inits:
        spec["initContainers"] = [{"name": each, "image": "i:1"} for each in inits]
    if secrets := draw(st.lists(st.sampled_from(("s1", "s2")), max_size=3)):
        spec["imagePullSecrets"] = [{"name": each} for each in secrets]
    pod = builders.pod(*(draw(_application_container(each)) for each in names), **spec)
    mark = draw(st.sampled_from(("", "[", "{}", _STALE)))
    if mark or draw(st.booleans()):
        pod["metadata"]["annotations"] = {**draw(_maps), **({pods.MARK_ANNOTATION: mark} if mark else {})}
    return pod


@st.composite
def _sidecar(draw: st.DrawFn, name: str) -> builders.Json:
    found: builders.Json = {"name": name, "image": "side:1"}
    choices: dict[str, st.SearchStrategy[Any]] = {
        "podInjectPolicy": st.sampled_from(("BeforeAppContainer", "AfterAppContainer")),
        "shareVolumePolicy": st.just({"type": "enabled"}),
        "shareVolumeDevicePolicy": st.just({"type": "enabled"}),
        "upgradeStrategy": st.just({"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "empty:1"}),
        "transferEnv": st.lists(
            st.builds(dict, sourceContainerName=st.sampled_from(_APPS), envNames=_unique(_KEYS, 3)), min_size=1
        ),
        "env": st.just([{"name": "A", "value": "mine"}]),
        "volumeMounts": st.just([{"name": "v5", "mountPath": "/a"}, {"name": "v3", "mountPath": "/e"}]),
    }
    for field in draw(_unique(tuple(choices), 4)):
        found[field] = draw(choices[field])
    return found


@st.composite
def some_sets(draw: st.DrawFn) -> list[sidecarsets.SidecarSet]:
    """Draw up to three sets for it, which may be at odds with it and with each other."""
    found = []
    for name in draw(st.lists(st.sampled_from(("set-1", "set-2", "set-3")), max_size=3, unique=True)):
        names = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3, unique=True))
        cut = draw(st.integers(0, len(names)))
        spec: builders.Json = {
            "containers": [draw(_sidecar(each)) for each in names[:cut]],
            "initContainers": [draw(_sidecar(each)) for each in names[cut:]],
            "volumes": [{"name": each} for each in _VOLUMES],
            "imagePullSecrets": [{"name": each} for each in draw(_unique(("s2", "s3"), 2))],
        }
        for each in spec["initContainers"]:
            if draw(st.booleans()):
                each["restartPolicy"] = "Always"
        if annotations := draw(_maps):
            policy = draw(st.sampled_from(("Retain", "Overwrite", "MergePatchJson")))
            spec["patchPodMetadata"] = [{"annotations": annotations, "patchPolicy": policy}]
        found.append(builders.one(name, **spec))
    return found
