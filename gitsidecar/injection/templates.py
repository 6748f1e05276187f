"""What a SidecarSet puts into a pod, worked out once: an admission only fills in what it takes from the pod."""

from __future__ import annotations

import collections
import dataclasses
import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gitsidecar.injection import hotupgrades
from gitsidecar.model import sidecarsets

INJECTED = "IS_INJECTED"
"""The variable by which an injected container is told from one of the application (reference §0)."""

# What a SidecarSet adds to core/v1's Container, and no pod may hold.
_OWN_FIELDS = frozenset(
    {
        "podInjectPolicy",
        "upgradeStrategy",
        "shareVolumePolicy",
        "shareVolumeDevicePolicy",
        "transferEnv",
        "resourcesPolicy",
    }
)
_KNOWN = 4096  # documents: every set in its latest and in its stable form
_KEY_PATH = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


@dataclasses.dataclass(frozen=True, slots=True)
class Transfer:
    """
    Variables to copy, in order of name, from the container called `container`.

    With `key` that name is the value of this label or annotation (`field`) of the pod.
    """

    names: tuple[str, ...]
    container: str = ""
    field: str = ""
    key: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """
    One container to put in.

    `text` is JSON of all that does not depend on the pod: decoded for each pod, so that no pod can change another's.
    `is_running` tells native sidecars from init containers that end. `last_variables` come after those that are copied
    from the pod. `resources` is its `resourcesPolicy`. `volumes` are the names that it mounts or reads itself.
    """

    name: str
    text: str
    is_init: bool
    is_running: bool
    is_front: bool
    transfers: tuple[Transfer, ...] = ()
    is_sharing_mounts: bool = False
    is_sharing_devices: bool = False
    resources: Mapping[str, Any] | None = None
    last_variables: tuple[Mapping[str, Any], ...] = ()
    volumes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class MetadataPatch:
    """One annotation of `patchPodMetadata`."""

    key: str
    value: str
    policy: str


@dataclasses.dataclass(frozen=True, slots=True)
class Template:
    """
    What one spec puts into a pod.

    `running` are the names of the containers that run as long as the pod. `volumes` maps the names of those that the
    containers use, in this order, to JSON. `hot` are the containers, as the set calls them, that are put in as a pair.
    `revision` is the older one that `injectionStrategy` asks for. `fault` says why no pod could start with it.
    """

    pieces: tuple[Piece, ...] = ()
    running: tuple[str, ...] = ()
    volumes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    patches: tuple[MetadataPatch, ...] = ()
    hot: tuple[str, ...] = ()
    is_paused: bool = False
    revision: str = ""
    fault: str = ""


def of(sidecar_set: sidecarsets.SidecarSet) -> Template:
    """Return what *sidecar_set* puts into a pod; remembered by its document."""
    return _read(sidecar_set.document)


@functools.lru_cache(maxsize=_KNOWN)
def _read(document: str) -> Template:
    spec = json.loads(document, object_pairs_hook=_without_nulls).get("spec", {})
    listed = [(each, False) for each in spec.get("containers", ())]
    listed += [(each, True) for each in spec.get("initContainers", ())]
    pieces = tuple(piece for each, is_init in listed for piece in _pieces(each, is_init=is_init))
    hot = [each for each, is_init in listed if _is_hot(each, is_init=is_init)]
    strategy = spec.get("injectionStrategy", {})
    return Template(
        pieces,
        tuple(each.name for each in pieces if each.is_running),
        _used(pieces, {each["name"]: _volume(each) for each in spec.get("volumes", ())}),
        tuple(each["name"] for each in spec.get("imagePullSecrets", ())),
        tuple(_patches(spec.get("patchPodMetadata", ()))),
        hot=tuple(each["name"] for each in hot),
        is_paused=strategy.get("paused") is True,
        revision=_older_revision(strategy.get("revision", {}), spec.get("customVersion", "")),
        fault="; ".join(filter(None, (*map(hotupgrades.fault, hot), _twins(pieces)))),
    )


def _pieces(written: Mapping[str, Any], *, is_init: bool) -> Iterator[Piece]:
    if not _is_hot(written, is_init=is_init):
        yield _piece(written, is_init=is_init)
        return
    for slot in hotupgrades.slots(written):
        yield dataclasses.replace(_piece(slot, is_init=is_init), last_variables=hotupgrades.variables(slot["name"]))


def _piece(written: Mapping[str, Any], *, is_init: bool) -> Piece:
    default = "AfterAppContainer" if is_init else "BeforeAppContainer"
    return Piece(
        written["name"],
        _container(written),
        is_init=is_init,
        is_running=not is_init or _is_native(written),
        is_front=written.get("podInjectPolicy", default) == "BeforeAppContainer",
        transfers=tuple(map(_transfer, written.get("transferEnv", ()))),
        is_sharing_mounts=_is_enabled(written.get("shareVolumePolicy")),
        is_sharing_devices=_is_enabled(written.get("shareVolumeDevicePolicy")),
        resources=written.get("resourcesPolicy"),
        volumes=tuple(dict.fromkeys(_used_volumes(written))),
    )


def _twins(pieces: Iterable[Piece]) -> str:
    """Say which name two containers would have: that of one can be that of another's pair."""
    counts = collections.Counter(each.name for each in pieces)
    twice = [name for name, count in counts.items() if count > 1]
    return f"two containers would be called {twice[0]}: rename one of them" if twice else ""


def _container(written: Mapping[str, Any]) -> str:
    members = {"name": written["name"], "image": written.get("image", "")}
    members |= {field: value for field, value in written.items() if field not in _OWN_FIELDS | members.keys()}
    variables = list(members.get("env", ()))
    if not any(each["name"] == INJECTED for each in variables):
        variables.append({"name": INJECTED, "value": "true"})
    return _to_json({**members, "env": variables})


def _used_volumes(written: Mapping[str, Any]) -> Iterator[str]:
    for field in ("volumeMounts", "volumeDevices"):
        yield from (each["name"] for each in written.get(field, ()))
    for variable in written.get("env", ()):
        if "fileKeyRef" in variable.get("valueFrom", {}):  # without the volume the API server refuses the pod
            yield variable["valueFrom"]["fileKeyRef"]["volumeName"]


def _transfer(written: Mapping[str, Any]) -> Transfer:
    single = (written["envName"],) if written.get("envName") else ()
    names = tuple(sorted({*single, *written.get("envNames", ())}))
    reference = written.get("sourceContainerNameFrom", {}).get("fieldRef", {})
    path = _KEY_PATH.fullmatch(reference.get("fieldPath", ""))
    if path is None:
        return Transfer(names, written.get("sourceContainerName", ""))
    return Transfer(names, field=path[1], key=path[2])


def _used(pieces: Iterable[Piece], volumes: Mapping[str, str]) -> dict[str, str]:
    names = dict.fromkeys(name for piece in pieces for name in piece.volumes)
    return {name: volumes[name] for name in names if name in volumes}


def _volume(written: Mapping[str, Any]) -> str:
    """Return the volume's JSON; without a source it is an empty folder, as Kubernetes has it."""
    source = {field: value for field, value in written.items() if field != "name"}
    return _to_json({"name": written["name"], **(source or {"emptyDir": {}})})


def _patches(written: Iterable[Mapping[str, Any]]) -> Iterator[MetadataPatch]:
    for each in written:
        for key, value in sorted(each.get("annotations", {}).items()):
            yield MetadataPatch(key, value, each.get("patchPolicy", "Retain"))


def _older_revision(wanted: Mapping[str, Any], version: str) -> str:
    """Return which revision is asked for, unless it is the one that the set itself bears."""
    name = wanted.get("revisionName", "") or wanted.get("customVersion", "")
    return "" if not wanted.get("revisionName") and name == version else name


def _is_hot(written: Mapping[str, Any], *, is_init: bool) -> bool:
    is_running = not is_init or _is_native(written)
    return is_running and written.get("upgradeStrategy", {}).get("upgradeType") == "HotUpgrade"


def _is_native(written: Mapping[str, Any]) -> bool:
    return written.get("restartPolicy") == "Always"


def _is_enabled(policy: Mapping[str, Any] | None) -> bool:
    return policy is not None and policy.get("type") == "enabled"


def _without_nulls(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in pairs if value is not None}


def _to_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
