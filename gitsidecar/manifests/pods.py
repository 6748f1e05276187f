"""Pods from the API server's JSON: one pod, or a saved list of them, as rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from gitsidecar import handoff
from gitsidecar.manifests import livecontainers, podparts
from gitsidecar.model import pods

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that the API server puts on every namespace."""

_HASH_LABEL = "pod-template-hash"
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeError)
_SAVE_IT = "save the pods with `kubectl get pods -A -o json`"

Json = bytes | memoryview | msgspec.Raw


def read_pod(raw: Json) -> pods.Pod:
    """
    Return the row of one pod.

    What is malformed gives a row that says so in its `fault`. Raises ValueError when not even namespace and name can be
    read.
    """
    try:
        whole = podparts.whole.decode(raw)
    except _UNREADABLE as error:
        return _read_broken(raw, str(error))
    return _row(whole.metadata, whole.spec, whole.status)


def read_namespace(raw: Json) -> tuple[str, Mapping[str, str]]:
    """Return name and labels of one Namespace. Raises ValueError."""
    try:
        metadata = podparts.namespace.decode(raw).metadata
    except _UNREADABLE as error:
        raise ValueError(f"this is not a namespace: {error}") from error
    return metadata.name, {**(metadata.labels or {}), NAME_LABEL: metadata.name}


def read_snapshot(raw: bytes) -> pods.Snapshot:
    """
    Return the pods of a saved list (``kubectl get pods -A -o json``), or of a single pod.

    Namespaces in the list give their labels; one that is not there has the label of its name only. Objects of other
    kinds are passed over. Raises ValueError with a sentence for people.
    """
    found, rows, namespaces = _sorted_out(raw), {}, {}
    for place, kind, item in found:
        try:
            if kind == "Namespace":
                name, labels = read_namespace(item)
                namespaces[name] = labels
            elif kind == "Pod":
                row = read_pod(item)
                rows[row.namespace, row.name] = row
        except ValueError as error:
            raise ValueError(f"{place}: {error}; {_SAVE_IT}") from error
    if found and not rows and not namespaces:
        kinds = ", ".join(sorted({kind for _, kind, _ in found}))
        raise ValueError(f"there are no pods in it, only {kinds}; {_SAVE_IT}")
    return snapshot(rows.values(), namespaces)


def snapshot(rows: Iterable[pods.Pod], namespaces: Mapping[str, Mapping[str, str]]) -> pods.Snapshot:
    """Return *rows* with labels for each namespace that any of them is in."""
    found = tuple(rows)
    labels = {name: {NAME_LABEL: name} for name in {row.namespace for row in found}}
    return pods.snapshot(found, {**labels, **namespaces})


def _sorted_out(raw: bytes) -> list[tuple[str, str, Json]]:
    """Return place, kind and JSON of each object in a saved list. Raises ValueError."""
    try:
        listing = podparts.listing.decode(raw)
        items = listing.items or ()
        kind = listing.kind or ""
        kinds = [kind.removesuffix("List") or podparts.kinded.decode(item).kind or "nameless things" for item in items]
    except _UNREADABLE as error:
        raise ValueError(f"this is not a list of pods: {error}; {_SAVE_IT}") from error
    if kind in ("Pod", "Namespace"):
        return [(kind, kind, raw)]
    if not kind.endswith("List") or listing.items is None:
        raise ValueError(f"this is {kind or 'no Kubernetes object'}, not a list of pods; {_SAVE_IT}")
    return [(f"items[{index}]", *pair) for index, pair in enumerate(zip(kinds, items, strict=True))]


def _read_broken(raw: Json, fault: str) -> pods.Pod:
    """Return as much of a malformed pod as can be read, section by section."""
    try:
        sections = podparts.sections.decode(raw)
        loose = podparts.anything.decode(sections.metadata)
    except _UNREADABLE as error:
        raise ValueError(f"this is not a pod: {error}") from error
    metadata = _decoded(podparts.metadata, sections.metadata) or _identity(loose)
    spec = _decoded(podparts.spec, sections.spec)
    return _row(metadata, spec, _decoded(podparts.status, sections.status), fault)


def _decoded(decoder: msgspec.json.Decoder[Any], section: msgspec.Raw) -> Any:
    try:
        return decoder.decode(section)
    except _UNREADABLE:
        return None


def _identity(metadata: Any) -> podparts.Metadata:
    members = metadata if isinstance(metadata, dict) else {}

    def text(field: str) -> str:
        value = members.get(field)
        return value if isinstance(value, str) else ""

    if not text("namespace") or not text("name"):
        raise ValueError("this is not a pod: metadata.namespace or metadata.name is missing")
    labels = members.get("labels")
    pairs = labels.items() if isinstance(labels, dict) else ()
    return podparts.Metadata(
        namespace=text("namespace"),
        name=text("name"),
        uid=text("uid"),
        labels={key: value for key, value in pairs if isinstance(value, str)},
        annotations=_annotations(members.get("annotations")),
        resource_version=text("resourceVersion"),
        deletion_timestamp=text("deletionTimestamp") or None,
    )


def _annotations(value: object) -> podparts.Annotations | None:
    if not isinstance(value, dict):
        return None
    marks = value.get(pods.MARK_ANNOTATION)
    return podparts.Annotations(marks if isinstance(marks, str) else None)


def _row(
    metadata: podparts.Metadata, spec: podparts.Spec | None, status: podparts.Status | None, fault: str = ""
) -> pods.Pod:
    status = status or podparts.Status()
    annotation = metadata.annotations.marks if metadata.annotations else None
    marks: tuple[pods.Mark, ...] = ()
    containers: tuple[pods.Container, ...] = ()
    try:
        marks = handoff.read(annotation) if annotation is not None else ()
        containers = _containers(spec, status) if spec else ()
    except ValueError as error:
        fault = fault or str(error)
    ready = next((each for each in status.conditions or () if each.type == "Ready"), None)
    is_ready = ready is not None and ready.status == "True"
    return pods.Pod(
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        labels=metadata.labels or {},
        containers=containers,
        marks=marks,
        workload=_workload(metadata),
        phase=status.phase or "",
        node=(spec.node_name if spec else None) or "",
        is_ready=is_ready,
        is_deleting=metadata.deletion_timestamp is not None,
        has_annotations=metadata.annotations is not None,
        has_seen_spec=not status.observed_generation or status.observed_generation >= (metadata.generation or 0),
        created=metadata.creation_timestamp,
        ready_since=ready.last_transition_time if ready and is_ready else None,
        unready_since=ready.last_transition_time if ready and not is_ready else None,
        resource_version=metadata.resource_version,
        fault=fault,
        annotation=annotation or "",
    )


def _workload(metadata: podparts.Metadata) -> str:
    """Return ``Kind/name`` of the controlling owner; a ReplicaSet stands for the Deployment that it belongs to."""
    owner = next((each for each in metadata.owner_references or () if each.controller), None)
    if owner is None:
        return ""
    hash_ = (metadata.labels or {}).get(_HASH_LABEL)
    if owner.kind == "ReplicaSet" and hash_ and owner.name.endswith(f"-{hash_}"):
        return f"Deployment/{owner.name.removesuffix(f'-{hash_}')}"
    return f"{owner.kind}/{owner.name}"


def _containers(spec: podparts.Spec, status: podparts.Status) -> tuple[pods.Container, ...]:
    """Return the containers that run as long as the pod: native sidecars first. Raises ValueError."""
    both = itertools.chain(status.init_container_statuses or (), status.container_statuses or ())
    statuses = {each.name: each for each in both}
    rows = []
    for field, raws in (("initContainers", spec.init_containers or ()), ("containers", spec.containers)):
        is_native = field == "initContainers"
        for index, raw in enumerate(raws):
            try:
                live = livecontainers.read(raw)
            except ValueError as error:
                raise ValueError(f"spec.{field}[{index}]: {error}") from error
            if live.is_restarted or not is_native:
                rows.append(_container(live, index, statuses.get(live.name), is_native=is_native))
    return tuple(rows)


def _container(
    live: livecontainers.LiveContainer, index: int, status: podparts.ContainerStatus | None, *, is_native: bool
) -> pods.Container:
    if status is None:
        return pods.Container(live.name, live.image, index, is_native, live.shape)
    waiting = status.state.waiting if status.state else None
    return pods.Container(
        live.name,
        live.image,
        index,
        is_native,
        live.shape,
        status.container_id or "",
        status.image_id or "",
        status.restarts,
        status.ready,
        (waiting.reason or "Waiting") if waiting else "",
    )
