"""Rules for volumes, and for what the containers do with them: a pod in which these do not agree is never created."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts, names
from gitsidecar.model import findings

_BLOCKS = ("persistentVolumeClaim", "ephemeral")
"""The sources of a volume that can be a device."""


def check(draft: drafts.Draft, spec: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong with the volumes of *spec* themselves."""
    first: dict[str, int] = {}
    for index, volume in enumerate(drafts.items(spec.get("volumes"))):
        path: documents.Path = ("spec", "volumes", index)
        sources = _sources(volume)
        if len(sources) > 1:
            message = f"is one source too many beside {sources[0]}: keep one"
            yield draft.finding((*path, sources[1]), message, at_key=True)
        name = drafts.mapping(volume).get("name")
        if not isinstance(name, str):
            continue
        if name in first:
            message = f"{names.shown(name)} is already the name of spec.volumes[{first[name]}]: choose another"
            yield draft.finding((*path, "name"), message)
        first.setdefault(name, index)


def check_container(
    draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]
) -> Iterator[findings.Finding]:
    """Yield what is wrong with the mounts, devices and files of *container*, which stands at *path* of *draft*."""
    known = _known(draft)
    for here, name in _references(path, container):
        if name not in known:
            hint = names.suggestion(name, known) or "add it there"
            yield draft.finding(here, f"{names.shown(name)} is not one of spec.volumes: {hint}")
    yield from _check_paths(draft, path, container)
    yield from _check_devices(draft, path, container, known)
    yield from _check_files(draft, path, container, known)
    for index, mount in enumerate(drafts.items(container.get("volumeMounts"))):
        if drafts.mapping(mount).get("subPath") and drafts.mapping(mount).get("subPathExpr"):
            message = "cannot stand beside subPath: keep one of the two"
            yield draft.finding((*path, "volumeMounts", index, "subPathExpr"), message, at_key=True)


def used(container: Mapping[str, Any]) -> Iterator[str]:
    """Yield the volumes that *container* asks for: these are the ones that are injected with it."""
    return (name for _, name in _references((), container))


def _known(draft: drafts.Draft) -> dict[str, Any]:
    volumes = drafts.items(drafts.mapping(draft.value.get("spec")).get("volumes"))
    return {name: volume for volume in volumes if isinstance(name := drafts.mapping(volume).get("name"), str)}


def _references(path: documents.Path, container: Mapping[str, Any]) -> Iterator[tuple[documents.Path, str]]:
    """Yield where *container* names a volume, and which."""
    for field in ("volumeMounts", "volumeDevices"):
        for index, each in enumerate(drafts.items(container.get(field))):
            if isinstance(name := drafts.mapping(each).get("name"), str):
                yield (*path, field, index, "name"), name
    yield from _files(path, container)


def _files(path: documents.Path, container: Mapping[str, Any]) -> Iterator[tuple[documents.Path, str]]:
    """Yield where *container* reads a variable from a file, and of which volume."""
    for index, variable in enumerate(drafts.items(container.get("env"))):
        source = drafts.mapping(drafts.mapping(drafts.mapping(variable).get("valueFrom")).get("fileKeyRef"))
        if isinstance(name := source.get("volumeName"), str):
            yield (*path, "env", index, "valueFrom", "fileKeyRef", "volumeName"), name


def _check_paths(draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]) -> Iterator[findings.Finding]:
    taken: dict[str, str] = {}
    for field, place in (("volumeMounts", "mountPath"), ("volumeDevices", "devicePath")):
        for index, mount in enumerate(drafts.items(container.get(field))):
            target = drafts.mapping(mount).get(place)
            if isinstance(target, str) and target in taken:
                message = f"{names.shown(target)} is already taken by {taken[target]}"
                yield draft.finding((*path, field, index, place), message)
            elif isinstance(target, str):
                taken[target] = f"{field}[{index}]"


def _check_devices(
    draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any], known: Mapping[str, Any]
) -> Iterator[findings.Finding]:
    mounts = drafts.items(container.get("volumeMounts"))
    mounted = {name for each in mounts if isinstance(name := drafts.mapping(each).get("name"), str)}
    first: dict[str, int] = {}
    for index, device in enumerate(drafts.items(container.get("volumeDevices"))):
        name, here = drafts.mapping(device).get("name"), (*path, "volumeDevices", index, "name")
        if not isinstance(name, str):
            continue
        if first.setdefault(name, index) != index:
            message = f"{names.shown(name)} is already volumeDevices[{first[name]}]: a volume is one device, remove one"
            yield draft.finding(here, message)
        if name in mounted:
            message = f"{names.shown(name)} is mounted too: a volume is a device or a folder, never both"
            yield draft.finding(here, message)
        if name in known and not set(_BLOCKS).intersection(_sources(known[name])):
            message = f"{names.shown(name)} cannot be a device: only volumes of {' or '.join(_BLOCKS)} can"
            yield draft.finding(here, message)


def _check_files(
    draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any], known: Mapping[str, Any]
) -> Iterator[findings.Finding]:
    for here, name in _files(path, container):
        if _sources(known.get(name)) not in ([], ["emptyDir"]):
            message = f"{names.shown(name)} is no emptyDir, and variables are read from one only: choose another volume"
            yield draft.finding(here, message)


def _sources(volume: Any) -> list[str]:
    return sorted(field for field in drafts.mapping(volume) if field != "name")
