"""What injection reads of a pod: its own containers, and what was put in before."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec

from gitsidecar import handoff
from gitsidecar.injection import reasons, templates
from gitsidecar.model import pods

Json = Mapping[str, Any]


class _Named(msgspec.Struct, gc=False):
    name: str


class _FileKey(msgspec.Struct, gc=False):
    volumeName: str = ""  # noqa: N815  # the field's own name


class _Origin(msgspec.Struct):
    fileKeyRef: _FileKey | None = None  # noqa: N815


class _Variable(msgspec.Struct):
    name: str
    valueFrom: _Origin | None = None  # noqa: N815


class _Mount(msgspec.Struct, gc=False):
    name: str
    mountPath: str = ""  # noqa: N815
    subPathExpr: str | None = None  # noqa: N815


class _Device(msgspec.Struct, gc=False):
    name: str
    devicePath: str = ""  # noqa: N815


class _Port(msgspec.Struct, gc=False):
    containerPort: int = 0  # noqa: N815
    hostPort: int | None = None  # noqa: N815
    hostIP: str | None = None  # noqa: N815
    protocol: str | None = None


class _Container(msgspec.Struct):
    name: str
    ports: list[_Port] | None = None
    env: list[_Variable] | None = None
    volumeMounts: list[_Mount] | None = None  # noqa: N815
    volumeDevices: list[_Device] | None = None  # noqa: N815
    resources: dict[str, Any] | None = None


class _Reference(msgspec.Struct, gc=False):
    name: str = ""


class _Resources(msgspec.Struct):
    limits: dict[str, Any] | None = None
    requests: dict[str, Any] | None = None


class _Spec(msgspec.Struct):
    containers: list[_Container] | None = None
    initContainers: list[_Container] | None = None  # noqa: N815
    volumes: list[_Named] | None = None
    imagePullSecrets: list[_Reference] | None = None  # noqa: N815
    hostNetwork: bool | None = None  # noqa: N815
    hostUsers: bool | None = None  # noqa: N815
    os: _Reference | None = None
    resourceClaims: list[_Named] | None = None  # noqa: N815
    resources: _Resources | None = None
    terminationGracePeriodSeconds: int | None = None  # noqa: N815


class _Metadata(msgspec.Struct):
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class _Pod(msgspec.Struct):
    spec: _Spec
    metadata: _Metadata | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Application:
    """
    A pod as it came.

    `spec` is the pod's. `names` are those of all its containers. `running` maps those that run as long as the pod to
    whether they are native sidecars. `own` and `own_natives` are the containers and native sidecars that nobody
    injected: only from these is anything copied or computed. `injected` are the names of the others. `marks` are those
    of sets whose containers are there and were injected.
    """

    spec: Json
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    names: frozenset[str]
    running: Mapping[str, bool]
    own: tuple[Json, ...]
    own_natives: tuple[Json, ...]
    injected: frozenset[str]
    volumes: frozenset[str]
    marks: Mapping[str, pods.Mark]
    mark_fault: str = ""


def read(pod: Json) -> Application | reasons.Note:
    """Return what there is in *pod*, or a note that says why it is none."""
    try:
        msgspec.convert(pod, _Pod)
    except (msgspec.ValidationError, RecursionError) as error:
        return reasons.unreadable(error)
    metadata, spec = pod.get("metadata") or {}, pod["spec"]
    containers, inits = spec.get("containers") or (), spec.get("initContainers") or ()
    natives = [each for each in inits if each.get("restartPolicy") == "Always"]
    names = frozenset(each["name"] for each in (*containers, *inits))
    annotations = metadata.get("annotations") or {}
    injected = frozenset(each["name"] for each in (*containers, *inits) if _is_injected(each))
    marks, fault = _read_marks(annotations.get(pods.MARK_ANNOTATION), names, injected)
    return Application(
        spec=spec,
        labels=metadata.get("labels") or {},
        annotations=annotations,
        names=names,
        running={each["name"]: False for each in containers} | {each["name"]: True for each in natives},
        own=tuple(each for each in containers if not _is_injected(each)),
        own_natives=tuple(each for each in natives if not _is_injected(each)),
        injected=injected,
        volumes=frozenset(each["name"] for each in spec.get("volumes") or ()),
        marks=marks,
        mark_fault=fault,
    )


def _read_marks(text: str | None, names: frozenset[str], injected: frozenset[str]) -> tuple[dict[str, pods.Mark], str]:
    """
    Return the marks by set name, and why they cannot be read.

    A template may have got the annotation by being copied from a live pod: a mark without its containers says nothing.
    One of the application's own containers is no better: whoever may write a pod would keep every set out of it so.
    """
    if text is None:
        return {}, ""
    try:
        there = [mark for mark in handoff.read(text) if names.issuperset(mark.containers)]
    except ValueError as error:
        return {}, str(error)
    foreign = sorted({name for mark in there for name in mark.containers} - injected)
    words = f"annotation {pods.MARK_ANNOTATION} names container {foreign[0]}, which nobody injected" if foreign else ""
    return {mark.set_name: mark for mark in there if injected.issuperset(mark.containers)}, words


def _is_injected(container: Json) -> bool:
    for variable in container.get("env") or ():
        if variable["name"] == templates.INJECTED:
            return bool(variable.get("value") == "true")
    return False
