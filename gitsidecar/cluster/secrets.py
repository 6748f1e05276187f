"""Secrets: read by all, written only by who holds the Lease, and only as they were when they were read."""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec

from gitsidecar import errors
from gitsidecar.cluster import connections, leases, objects

_LABEL = ("app.kubernetes.io/managed-by", "gitsidecar")


@dataclasses.dataclass(frozen=True, slots=True)
class Stored:
    """A Secret as it was read; no representation of this value shows what is in it."""

    place: objects.Place
    data: Mapping[str, bytes] = dataclasses.field(repr=False)
    document: Mapping[str, Any] = dataclasses.field(repr=False)

    @property
    def is_ours(self) -> bool:
        """Say whether we may write it: we did before, or it was put there empty for us."""
        name, value = _LABEL
        return not self.data or self.document.get("metadata", {}).get("labels", {}).get(name) == value


async def read(connection: connections.Connection, place: objects.Place) -> Stored | None:
    """Return the Secret at *place*, ``None`` when there is none. Raises TransientError or StalledError."""
    answer = await objects.send(connection, objects.Request("GET", _path(place), "get", "secrets"))
    return None if answer.code == 404 else _stored(answer.body, place)


async def write(
    connection: connections.Connection,
    place: objects.Place,
    data: Mapping[str, bytes],
    *,
    over: Stored | None,
    lease: leases.Lease,
) -> Stored | None:
    """
    Make *data* all that the Secret holds, if it is still as in *over* (``None`` = there is none), and return it.

    Returns ``None`` when somebody else has been quicker, or *lease* is not held any more: read it again then. Labels
    and annotations of other people's are kept. Raises StalledError for a Secret that is not ours, or TransientError.
    """
    if over is not None and not over.is_ours:
        raise errors.StalledError(
            f"Secret {place} holds data that gitsidecar has not written, and is left alone: name another Secret in the "
            f"settings, or label it {'='.join(_LABEL)} if what is in it may be lost"
        )
    request = _request(place, data, over)
    if not lease.is_held:
        return None
    answer = await objects.send(connection, request)
    return _stored(answer.body, place) if answer.is_success else None


def _request(place: objects.Place, data: Mapping[str, bytes], over: Stored | None) -> objects.Request:
    encoded = {name: base64.b64encode(value).decode() for name, value in sorted(data.items())}
    name, value = _LABEL
    if over is None:
        metadata = {"namespace": place.namespace, "name": place.name, "labels": {name: value}}
        body = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata}
        path = _path(place).rpartition("/")[0]
        return objects.Request("POST", path, "create", "secrets", body={**body, "data": encoded})
    known = over.document["metadata"]  # with its resourceVersion: the server refuses to write over any other
    metadata = {**known, "labels": {**known.get("labels", {}), name: value}}
    body = {**over.document, "metadata": metadata, "data": encoded}
    return objects.Request("PUT", _path(place), "update", "secrets", body=body)


def _stored(body: bytes, place: objects.Place) -> Stored:
    try:
        document = msgspec.json.decode(body, type=dict[str, Any])
        data = msgspec.convert(document.get("data") or {}, type=dict[str, str])
        return Stored(place, {name: base64.b64decode(text, validate=True) for name, text in data.items()}, document)
    except (ValueError, binascii.Error):
        raise errors.TransientError(f"Secret {place} cannot be read: the answer is not a Secret") from None


def _path(place: objects.Place) -> str:
    return objects.path_of("/api/v1", "secrets", place)
