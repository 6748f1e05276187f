"""Requests for the few objects that are ours: the Lease, the Secret, the webhook's registration."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

from gitsidecar import errors
from gitsidecar.cluster import answers, connections, refusals

Json = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where an object of ours is."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """One request for an object of ours; *resource* is its kind as RBAC names it, *verb* what is done to it."""

    method: str
    path: str
    verb: str
    resource: str
    body: Json | None = dataclasses.field(repr=False, default=None)
    params: Mapping[str, str] = dataclasses.field(default_factory=dict)


async def send(connection: connections.Connection, request: Request) -> answers.Answer:
    """
    Send *request* and return the answer: a success, or that the object is not there, or not as it was when it was read.

    Raises TransientError or StalledError for everything else.
    """
    what = f"{request.verb} {request.resource}"
    if not connection.host:
        await connection.refresh()
    try:
        answer = await connection.request(request.method, request.path, params=request.params, body=_body(request))
    except connections.FAULTS as fault:
        if isinstance(fault, connections.UNTRUSTED):
            await connection.refresh()  # the cluster's authority may have changed, or our own certificate
        raise refusals.of_fault(fault, what, connection.host) from fault
    if answer.is_success or answer.code in _EXPECTED.get(request.method, ()):
        return answer
    if answer.code == 401:
        await connection.refresh()  # the next attempt carries the token of then
    raise _refusal(answer, request, connection)


def path_of(group: str, resource: str, place: Place) -> str:
    """Return the path of an object in a namespace."""
    namespace, name = (urllib.parse.quote(part, "") for part in (place.namespace, place.name))
    return f"{group}/namespaces/{namespace}/{resource}/{name}"


_EXPECTED = {"GET": (404,), "PUT": (404, 409), "POST": (409,)}
_SECRET = re.compile(r"-----BEGIN|[A-Za-z0-9+/=]{40}")  # an admission webhook may quote what it refuses


def _body(request: Request) -> connections.Body | None:
    if request.body is None:
        return None
    return connections.Body(request.body, connections.APPLY if request.method == "PATCH" else "application/json")


def _refusal(answer: answers.Answer, request: Request, connection: connections.Connection) -> errors.GitsidecarError:
    if request.resource == "secrets" and _SECRET.search(answer.body.decode(errors="replace")):
        answer = answers.Answer(answer.code, b"the server's words are withheld, they may quote the Secret")
    what, said = f"{request.verb} {request.resource}", f"({answer.code}: {answer.message})"
    if answer.code == 403:
        remedy = f"give the user of {connection.target} the verb {request.verb} on {request.resource}"
        if request.verb == "create":
            remedy = f"apply config/kubernetes.yaml again, which brings an empty one, or {remedy}"
        return errors.StalledError(f"the API server forbids to {what} {said}: {remedy}")
    if answer.code in (400, 404, 415, 422):
        return errors.StalledError(
            f"the API server refuses to {what} {said}: see whether the namespace and names in the settings are right"
        )
    return refusals.of_answer(answer, what, connection.target)
