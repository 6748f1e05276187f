"""One container to put in, with what it takes from the application: variables, mounts, devices, resources."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gitsidecar.injection import applications, resources, templates

_REFERENCE = re.compile(r"\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")
_MOST_MOUNTS = 1000
"""Mounts at different paths that are shared at most: each container that shares gets them all, and a pod is 1.5 MiB."""


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """What a container is filled in from: the pod as it came, with the annotations that sets have given it by now."""

    application: applications.Application
    annotations: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Filled:
    """A container as it goes into the pod; `missing` says what it asked for in vain."""

    container: dict[str, Any]
    missing: tuple[str, ...] = ()


def fill(piece: templates.Piece, source: Source) -> Filled:
    """
    Return the container of *piece* for one pod (reference §3.5 to 3.7).

    Raises ValueError, with words to show, when its resources cannot be computed.
    """
    container: dict[str, Any] = json.loads(piece.text)
    transferred, missing = _transfer(piece, source)
    copied = [*transferred]
    if piece.is_sharing_mounts:
        _share(container, source.application, "volumeMounts")
        copied += _expansions(source.application)
    if piece.is_sharing_devices:
        _share(container, source.application, "volumeDevices")
    _add_variables(container, copied)
    container["env"] += [dict(each) for each in piece.last_variables]
    if piece.resources is not None:
        _size(container, piece.resources, source.application)
    return Filled(container, missing)


def excess(pieces: Iterable[templates.Piece], application: applications.Application) -> str:
    """Say why the application has too many mounts for containers that share them, or nothing."""
    sharing = next((each.name for each in pieces if each.is_sharing_mounts), None)
    if sharing is None:
        return ""
    paths = {mount.get("mountPath") for each in application.own for mount in each.get("volumeMounts") or ()}
    if len(paths) <= _MOST_MOUNTS:
        return ""
    words = f"the application mounts volumes at {len(paths)} paths, of which container {sharing} would get each"
    return f"{words}, and at most {_MOST_MOUNTS} can be shared: leave out shareVolumePolicy, or mount fewer"


def _transfer(piece: templates.Piece, source: Source) -> tuple[list[applications.Json], tuple[str, ...]]:
    found, missing = [], []
    for transfer in piece.transfers:
        name = _source_name(transfer, source)
        container = next((each for each in source.application.own if each["name"] == name), None)
        if container is None:
            where = f"container {name}" if name else f"metadata.{transfer.field}['{transfer.key}']"
            missing.append(f"{piece.name} gets no {', '.join(transfer.names)}: the application has no {where}")
            continue
        variables = _variables(container)
        found += [variables[each] for each in transfer.names if each in variables]
        absent = [each for each in transfer.names if each not in variables]
        if absent:
            missing.append(f"{piece.name} gets no {', '.join(absent)}: container {name} has no such variable")
    return found, tuple(missing)


def _source_name(transfer: templates.Transfer, source: Source) -> str:
    if not transfer.key:
        return transfer.container
    values = source.application.labels if transfer.field == "labels" else source.annotations
    return values.get(transfer.key, "")


def _share(container: dict[str, Any], application: applications.Application, field: str) -> None:
    """
    Append the application's mounts, or devices, at paths that the container does not use yet.

    A mount that passes on to the host what is mounted below it (Bidirectional) is for privileged containers only; the
    others get it so that they see all the same, and pass on nothing.
    """
    is_privileged = (container.get("securityContext") or {}).get("privileged") is True
    taken = {each["mountPath"] for each in container.get("volumeMounts", ())}
    taken |= {each["devicePath"] for each in container.get("volumeDevices", ())}
    path = "mountPath" if field == "volumeMounts" else "devicePath"
    for theirs in application.own:
        for each in theirs.get(field) or ():
            if each.get(path) not in taken:
                taken.add(each.get(path))
                shared = dict(each)
                if each.get("mountPropagation") == "Bidirectional" and not is_privileged:
                    shared["mountPropagation"] = "HostToContainer"
                container.setdefault(field, []).append(shared)


def _expansions(application: applications.Application) -> Iterator[applications.Json]:
    """Yield the variables that the application's `subPathExpr` name: without them a shared mount could not start."""
    for container in application.own:
        variables = _variables(container)
        for mount in container.get("volumeMounts") or ():
            for name in _REFERENCE.findall(mount.get("subPathExpr") or ""):
                if name in variables:
                    yield variables[name]


def _add_variables(container: dict[str, Any], copied: Iterable[applications.Json]) -> None:
    """Append variables; of one name the first counts, so what the set writes beats what it copies."""
    known = {each["name"] for each in container["env"]}
    for variable in copied:
        if variable["name"] not in known:
            known.add(variable["name"])
            container["env"].append(dict(variable))


def _size(container: dict[str, Any], policy: Mapping[str, Any], application: applications.Application) -> None:
    """Set the resources by those of the application's containers that stay: native sidecars, then the others."""
    fault = resources.apply(container, policy, (*application.own_natives, *application.own))
    if fault:
        raise ValueError(f"{container['name']}: {fault}")


def _variables(container: applications.Json) -> dict[str, applications.Json]:
    return {each["name"]: each for each in container.get("env") or ()}
