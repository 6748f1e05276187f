"""Rules for one container: its probes and variables, and what it takes from the application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gitsidecar.manifests import documents, drafts, names
from gitsidecar.model import findings

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_INJECTED = "IS_INJECTED"
_LABEL_PATH = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


def is_native(container: Any) -> bool:
    """Say whether a container of `initContainers` is a native sidecar, which runs as long as the pod."""
    return drafts.mapping(container).get("restartPolicy") == "Always"


def check(draft: drafts.Draft, path: documents.Path, container: dict[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong with *container*, which stands at *path* of *draft*."""
    yield from _check_hooks(draft, path, container)
    yield from _check_variables(draft, path, container)
    yield from _check_shares(draft, path, container)
    yield from _check_transfers(draft, path, container)


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
    if "terminationGracePeriodSeconds" in drafts.mapping(container.get("readinessProbe")):
        message = "is not allowed here, because readiness ends no container: remove it"
        yield draft.finding((*path, "readinessProbe", "terminationGracePeriodSeconds"), message, at_key=True)
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
        if drafts.mapping(variable).get("name") == _INJECTED and drafts.mapping(variable).get("value") != "true":
            message = f"{_INJECTED} is what injected containers are told by: remove it, it is set to true"
            yield draft.finding((*path, "env", index), message)
    for index, each in enumerate(drafts.items(container.get("envFrom"))):
        if isinstance(each, dict) and ("configMapRef" in each) == ("secretRef" in each):
            yield draft.finding((*path, "envFrom", index), "needs exactly one of configMapRef and secretRef")


def _check_shares(draft: drafts.Draft, path: documents.Path, container: dict[str, Any]) -> Iterator[findings.Finding]:
    for field in ("shareVolumePolicy", "shareVolumeDevicePolicy"):
        if container.get(field) == {}:
            message = "says nothing and means disabled: write type: enabled, or remove it"
            yield draft.finding((*path, field), message, findings.Level.WARNING, at_key=True)


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
        yield from _check_source(draft, here, transfer)
        yield from _check_copies(draft, here, transfer, container)


def _check_source(draft: drafts.Draft, path: documents.Path, transfer: dict[str, Any]) -> Iterator[findings.Finding]:
    name = transfer.get("sourceContainerName")
    if name and "sourceContainerNameFrom" in transfer:
        message = "has no effect beside sourceContainerNameFrom: remove one of the two"
        yield draft.finding((*path, "sourceContainerName"), message, findings.Level.WARNING, at_key=True)
    elif isinstance(name, str) and name in _names(draft):
        message = f"{names.shown(name)} is of this set: variables are copied from the application's own containers only"
        yield draft.finding((*path, "sourceContainerName"), message, findings.Level.WARNING)
    reference = drafts.mapping(drafts.mapping(transfer.get("sourceContainerNameFrom")).get("fieldRef"))
    here = (*path, "sourceContainerNameFrom", "fieldRef")
    field, version = reference.get("fieldPath"), reference.get("apiVersion", "v1")
    if isinstance(field, str) and field and _is_no_label_path(field):
        message = "must be metadata.labels['key'] or metadata.annotations['key']"
        yield draft.finding((*here, "fieldPath"), message)
    if isinstance(version, str) and version not in ("", "v1"):
        yield draft.finding((*here, "apiVersion"), f"{names.shown(version)} is not known: write v1, or remove it")


def _check_copies(
    draft: drafts.Draft, path: documents.Path, transfer: dict[str, Any], container: dict[str, Any]
) -> Iterator[findings.Finding]:
    own = [drafts.mapping(each).get("name") for each in drafts.items(container.get("env"))]
    copied = [((*path, "envName"), transfer.get("envName"))]
    copied += [((*path, "envNames", index), name) for index, name in enumerate(drafts.items(transfer.get("envNames")))]
    for here, name in copied:
        if isinstance(name, str) and name in own:
            message = f"{names.shown(name)} is set in env, which counts: remove one of the two"
            yield draft.finding(here, message, findings.Level.WARNING)


def _names(draft: drafts.Draft) -> set[str]:
    spec = drafts.mapping(draft.value.get("spec"))
    listed = (*drafts.items(spec.get("containers")), *drafts.items(spec.get("initContainers")))
    return {name for each in listed if isinstance(name := drafts.mapping(each).get("name"), str)}


def _is_no_label_path(field: str) -> bool:
    form = _LABEL_PATH.fullmatch(field)
    if form is None:
        return True
    return bool(names.key_fault(form[2]) if form[1] == "labels" else names.annotation_key_fault(form[2]))
