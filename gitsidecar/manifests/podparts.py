"""The parts of a pod's JSON that rows are made of: partial structs, everything else is skipped unread."""

from __future__ import annotations

import datetime
from typing import Annotated

import msgspec

from gitsidecar.model import pods

_Moment = Annotated[datetime.datetime, msgspec.Meta(tz=True)]
_Name = Annotated[str, msgspec.Meta(min_length=1)]
_NOTHING = msgspec.Raw(b"null")


class Owner(msgspec.Struct, gc=False):
    """One of `metadata.ownerReferences`."""

    kind: str
    name: str
    controller: bool | None = None


class Annotations(msgspec.Struct, gc=False):
    """The one annotation that we read."""

    marks: str | None = msgspec.field(default=None, name=pods.MARK_ANNOTATION)


class Metadata(msgspec.Struct, rename="camel"):
    """Who the pod is, whose it is, and what we left on it."""

    namespace: _Name
    name: _Name
    uid: _Name
    labels: dict[str, str] | None = None
    annotations: Annotations | None = None
    owner_references: list[Owner] | None = None
    resource_version: str = ""
    generation: int | None = None
    creation_timestamp: _Moment | None = None
    deletion_timestamp: str | None = None


class Spec(msgspec.Struct, rename="camel"):
    """Where the pod runs, and its containers as raw JSON (they repeat from pod to pod)."""

    containers: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1)]
    init_containers: list[msgspec.Raw] | None = None
    node_name: str | None = None


class Waiting(msgspec.Struct, gc=False):
    """Why a container does not run."""

    reason: str | None = None


class State(msgspec.Struct, gc=False):
    """A container's state; running and terminated are of no interest."""

    waiting: Waiting | None = None


class ContainerStatus(msgspec.Struct):
    """One of `status.containerStatuses` or `status.initContainerStatuses`."""

    name: str
    ready: bool = False
    state: State | None = None
    container_id: str | None = msgspec.field(default=None, name="containerID")
    image_id: str | None = msgspec.field(default=None, name="imageID")
    restarts: int = msgspec.field(default=0, name="restartCount")


class Condition(msgspec.Struct, rename="camel", gc=False):
    """One of `status.conditions`."""

    type: str
    status: str
    last_transition_time: _Moment | None = None


class Status(msgspec.Struct, rename="camel"):
    """What the kubelet reports; nothing at all before it has seen the pod."""

    phase: str | None = None
    observed_generation: int | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None


class Whole(msgspec.Struct):
    """A pod that is as it should be."""

    metadata: Metadata
    spec: Spec
    status: Status | None = None


class Sections(msgspec.Struct):
    """A pod that is not: its sections apart, so that one that is broken does not hide the others."""

    metadata: msgspec.Raw = _NOTHING
    spec: msgspec.Raw = _NOTHING
    status: msgspec.Raw = _NOTHING


class NamespaceMetadata(msgspec.Struct):
    """Name and labels of a Namespace."""

    name: _Name
    labels: dict[str, str] | None = None


class Namespace(msgspec.Struct):
    """A Namespace, for its labels."""

    metadata: NamespaceMetadata


class Kinded(msgspec.Struct, gc=False):
    """Any object of a list, just to see what it is."""

    kind: str | None = None


class Listing(msgspec.Struct):
    """A list, or a single object when there are no *items*."""

    kind: str | None = None
    items: list[msgspec.Raw] | None = None


whole = msgspec.json.Decoder(Whole)
sections = msgspec.json.Decoder(Sections)
metadata = msgspec.json.Decoder(Metadata)
spec = msgspec.json.Decoder(Spec)
status = msgspec.json.Decoder(Status | None)
namespace = msgspec.json.Decoder(Namespace)
kinded = msgspec.json.Decoder(Kinded)
listing = msgspec.json.Decoder(Listing)
anything = msgspec.json.Decoder()
