"""Pods as compact rows: what planning needs of a pod and nothing else."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import zlib
from collections.abc import Iterable, Mapping

MARK_ANNOTATION = "gitsidecar.io/sidecars"
"""The one annotation we write on pods (DESIGN §5): JSON, one member per SidecarSet."""

CANNOT_START = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
        "CreateContainerConfigError",
        "CreateContainerError",
        "PreCreateHookError",
        "PreStartHookError",
        "PostStartHookError",
        "RunContainerError",
        "StartError",
        "CrashLoopBackOff",
    }
)
"""The kubelet's reasons for a container that waits and will not get better by waiting."""

_ALIASES = {"ErrImagePull": "ImagePullBackOff"}
"""The kubelet goes to and fro between these two while an image cannot be pulled; what we say of it must not."""


@dataclasses.dataclass(frozen=True, slots=True)
class Container:
    """
    One container of a pod, its spec and its status together.

    `index` is its position in `spec.containers`, or in `spec.initContainers` when `is_native`. `shape` is canonical
    JSON (sorted keys, no spaces) of its spec without name, image and the service-account mount; rows share these
    strings. `container_id` is empty until it has started once; `waiting` is the kubelet's reason, e.g.
    ``ImagePullBackOff``, empty when it runs.
    """

    name: str
    image: str
    index: int
    is_native: bool = False
    shape: str = "{}"
    container_id: str = ""
    image_id: str = ""
    restarts: int = 0
    is_ready: bool = False
    waiting: str = ""

    @property
    def trouble(self) -> str:
        """Return the kubelet's reason for which this container cannot start, empty when it can; it does not flicker."""
        return _ALIASES.get(self.waiting, self.waiting) if self.waiting in CANNOT_START else ""


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """
    What we noted when we changed the images of a pod (DESIGN §5, rules 4, 5 and 11).

    `origin` maps each changed container to the container ID it had then. `was_ready` says whether the pod served
    before we touched it. `is_heal` marks the one repeat that a rewritten image gets for a spec.
    """

    at: datetime.datetime
    origin: tuple[tuple[str, str], ...] = ()
    was_ready: bool = True
    is_heal: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """What our annotation says of one SidecarSet on this pod; `commit` is the revision that brought the spec."""

    set_name: str
    spec_hash: str
    shape_hash: str
    commit: str
    containers: tuple[str, ...] = ()
    move: Move | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Pod:
    """
    One pod of a snapshot.

    `workload` is ``Kind/name`` of the controlling owner (a ReplicaSet's hash suffix is kept off), empty without one.
    `annotation` is the text that `marks` were read from, empty without one: a write may replace that text and no other.
    `fault` is empty, or says why this pod could not be read; then only identity and labels can be relied on.
    `has_seen_spec` is false while the kubelet's observedGeneration lags the pod's own.
    """

    namespace: str
    name: str
    uid: str
    labels: Mapping[str, str]
    containers: tuple[Container, ...] = ()
    marks: tuple[Mark, ...] = ()
    workload: str = ""
    phase: str = ""
    node: str = ""
    is_ready: bool = False
    is_deleting: bool = False
    has_annotations: bool = False
    has_seen_spec: bool = True
    created: datetime.datetime | None = None
    ready_since: datetime.datetime | None = None
    unready_since: datetime.datetime | None = None
    resource_version: str = ""
    fault: str = ""
    annotation: str = ""

    @property
    def key(self) -> str:
        """Return ``namespace/name``, which orders and names pods everywhere."""
        return f"{self.namespace}/{self.name}"

    @property
    def is_active(self) -> bool:
        """Say whether the pod runs or will run: not ended, not being deleted (reference §5.2)."""
        return not self.is_deleting and self.phase not in ("Succeeded", "Failed")

    def mark_of(self, set_name: str) -> Mark | None:
        """Return what our annotation says of *set_name*, or ``None``."""
        for mark in self.marks:
            if mark.set_name == set_name:
                return mark
        return None

    def container(self, name: str) -> Container | None:
        """Return the container called *name*, or ``None``."""
        for container in self.containers:
            if container.name == name:
                return container
        return None


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """
    All pods at one moment, and the labels of every namespace.

    The pods come in `chunks`, each in order of key; a pod stands in the chunk of `chunk_of`. A chunk that is the very
    same tuple as in an earlier snapshot holds the same rows: who remembers what it came to need not look again.
    """

    chunks: tuple[tuple[Pod, ...], ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)

    @property
    def pods(self) -> tuple[Pod, ...]:
        """Return all pods in order of key."""
        return tuple(sorted(itertools.chain.from_iterable(self.chunks), key=lambda pod: pod.key))


CHUNK = 128
"""So many pods stand in a chunk, about: reckoning one anew takes about two milliseconds."""


def chunk_of(key: str, chunks: int) -> int:
    """Return which of so many *chunks* the pod of *key* stands in."""
    return zlib.crc32(key.encode()) % chunks


def snapshot(rows: Iterable[Pod], namespaces: Mapping[str, Mapping[str, str]] | None = None) -> Snapshot:
    """Return a snapshot of *rows*, in whatever order they come."""
    found = tuple(rows)
    chunks: list[list[Pod]] = [[] for _ in range(-(-len(found) // CHUNK))]
    for pod in found:
        chunks[chunk_of(pod.key, len(chunks))].append(pod)
    return Snapshot(tuple(tuple(sorted(chunk, key=lambda pod: pod.key)) for chunk in chunks), namespaces or {})
