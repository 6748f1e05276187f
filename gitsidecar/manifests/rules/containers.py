"""Rules for one container: its mounts, probes, variables and resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gitsidecar.manifests import documents, drafts, names, quantities
from gitsidecar.model import findings

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_LABEL_PATH = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


def is_native(container: Any) -> bool:
    """Say whether a container of `initContainers` is a native sidecar, which runs as long as the pod."""
    return drafts.mapping(container).get("restartPolicy") == "Always"


def check(draft: drafts.Draft, path: documents.Path, container: dict[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong with *container*, which stands at *path* of *draft*."""
    yield from _check_mounts(draft, path, container)
    yield from _check_hooks(draft, path, container)
    yield from _check_variables(draft, path, container)
    yield from _check_resources(draft, path, container)
    yield from _check_transfers(draft, path, container)


def _check_mounts(draft: drafts.Draft, path: documents.Path, container: dict[str, Any]) -> Iterator[findings.Finding]:
    volumes = drafts.items(drafts.mapping(draft.value.get("spec")).get("volumes"))
    known = {name for volume in volumes if isinstance(name := drafts.mapping(volume).get("name"), str)}
    taken: dict[str, str] = {}
    for field, place in (("volumeMounts", "mountPath"), ("volumeDevices", "devicePath")):
        for index, mount in enumerate(drafts.items(container.get(field))):
            name, target = drafts.mapping(mount).get("name"), drafts.mapping(mount).get(place)
            here = (*path, field, index)
            if isinstance(name, str) and name not in known:
                hint = names.suggestion(name, known) or "add it there"
                yield draft.finding((*here, "name"), f"{names.shown(name)} is not one of spec.volumes: {hint}")
            if isinstance(target, str) and target in taken:
                yield draft.finding((*here, place), f"{names.shown(target)} is already taken by {taken[target]}")
            elif isinstance(target, str):
                taken[target] = f"{field}[{index}]"


def _check_hooks(draft: drafts.Draft, path: documents.Path, container: dict[str, Any]) -> Iterator[findings.Finding]:
    lifecycle = drafts.mapping(container.get("lifecycle"))
    hooks: list[tuple[documents.Path, Any]] = [((field,), container.get(field)) for field in _PROBES]
    hooks += [(("lifecycle", field), lifecycle.get(field)) for field in ("postStart", "preStop")]
    for where, hook in hooks:
        given = [each for each in _HANDLERS if isinstance(hook, dict) and each in hook]
        if isinstance(hook, dict) and len(given) != 1:
            words = (
                f"has {' and '.join(given)}: keep one" if given else "does nothing: write e.g. exec: {command: [...]}"
            )
            yield draft.finding((*path, *where), words, at_key=True)
    for field in ("livenessProbe", "startupProbe"):
        threshold = drafts.mapping(container.get(field)).get("successThreshold")
        if isinstance(threshold, int) and threshold > 1:
            yield draft.finding((*path, field, "successThreshold"), "must be 1 here: only readinessProbe takes more")
    if path[1] == "initContainers" and not is_native(container):
        for field in (*_PROBES, "lifecycle"):
            if field in container:
                message = "is not allowed in an init container that ends: remove it, or write restartPolicy: Always"
                yield draft.finding((*path, field), message, at_key=True)


def _check_variables(
    draft: drafts.Draft, path: documents.Path, container: dict[str, Any]
) -> Iterator[findings.Finding]:
    for index, variable in enumerate(drafts.items(container.get("env"))):
        source = drafts.mapping(variable).get("valueFrom")
        here = (*path, "env", index, "valueFrom")
        if source is not None and drafts.mapping(variable).get("value"):
            yield draft.finding(here, "cannot stand beside value: keep one of the two", at_key=True)
        if isinstance(source, dict) and sum(field in source for field in _SOURCES) != 1:
            yield draft.finding(here, f"needs exactly one source: {', '.join(_SOURCES)}", at_key=True)
    for index, each in enumerate(drafts.items(container.get("envFrom"))):
        if isinstance(each, dict) and ("configMapRef" in each) == ("secretRef" in each):
            yield draft.finding((*path, "envFrom", index), "needs exactly one of configMapRef and secretRef")


def _check_resources(
    draft: drafts.Draft, path: documents.Path, container: dict[str, Any]
) -> Iterator[findings.Finding]:
    resources = drafts.mapping(container.get("resources"))
    limits = drafts.mapping(resources.get("limits"))
    for name, request in drafts.mapping(resources.get("requests")).items():
        limit = limits.get(name)
        if limit is None or quantities.fault(limit) or quantities.fault(request):
            continue
        if quantities.milli(request) > quantities.milli(limit):
            message = f"is more than the limit {limit}: Kubernetes refuses such a pod"
            yield draft.finding((*path, "resources", "requests", name), message)


def _check_transfers(
    draft: drafts.Draft, path: documents.Path, container: dict[str, Any]
) -> Iterator[findings.Finding]:
    for index, transfer in enumerate(drafts.items(container.get("transferEnv"))):
        if not isinstance(transfer, dict):
            continue
        here = (*path, "transferEnv", index)
        if not transfer.get("sourceContainerName") and "sourceContainerNameFrom" not in transfer:
            yield draft.finding(here, "names no container: write sourceContainerName")
        if not transfer.get("envName") and not transfer.get("envNames"):
            yield draft.finding(here, "names no variable: write envName or envNames")
        reference = drafts.mapping(drafts.mapping(transfer.get("sourceContainerNameFrom")).get("fieldRef"))
        field = reference.get("fieldPath")
        if isinstance(field, str) and field and _is_no_label_path(field):
            message = "must be metadata.labels['key'] or metadata.annotations['key']"
            yield draft.finding((*here, "sourceContainerNameFrom", "fieldRef", "fieldPath"), message)


def _is_no_label_path(field: str) -> bool:
    form = _LABEL_PATH.fullmatch(field)
    if form is None:
        return True
    return bool(names.key_fault(form[2]) if form[1] == "labels" else names.annotation_key_fault(form[2]))
