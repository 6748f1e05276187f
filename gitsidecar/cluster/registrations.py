"""The registration of our webhook: which new pods the API server shows us, where, and whom it trusts there."""

from __future__ import annotations

import base64
import dataclasses
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from gitsidecar import errors
from gitsidecar.cluster import connections, leases, objects

INJECT_LABEL = "gitsidecar.io/inject"
"""A pod that has it with the value ``false`` is never touched."""

_PATH = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
_WEBHOOK = "inject.gitsidecar.io"
_FIELD_MANAGER = {"fieldManager": "gitsidecar", "force": "true"}  # force: another's hand on our fields is undone

Json = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Service:
    """A webhook that is reached through a Service of the cluster."""

    place: objects.Place
    path: str
    port: int = 443


@dataclasses.dataclass(frozen=True, slots=True)
class Registration:
    """
    What the API server is told: one `MutatingWebhookConfiguration` with one webhook.

    `address` is a Service, or an https URL for a webhook outside the cluster. `trusted` are the authorities as PEM;
    empty leaves them to somebody else, such as cert-manager's injector. `excluded` are namespaces that are never shown
    to us, as kube-system is not, among them our own: a pod of the webhook's must not need the webhook to start.
    """

    name: str
    address: Service | str
    excluded: Sequence[str]
    trusted: bytes = b""
    failure_policy: Literal["Ignore", "Fail"] = "Ignore"


def build(registration: Registration) -> Json:
    """Return the whole object, with every field that has a default set, so that it can be compared."""
    webhook = {
        "name": _WEBHOOK,
        "admissionReviewVersions": ["v1"],
        "clientConfig": _client_config(registration),
        "failurePolicy": registration.failure_policy,
        "matchPolicy": "Equivalent",
        "namespaceSelector": _without("kubernetes.io/metadata.name", sorted({"kube-system", *registration.excluded})),
        "objectSelector": _without(INJECT_LABEL, ["false"]),
        "reinvocationPolicy": "IfNeeded",  # a webhook that comes after us may add what our sidecars have to see
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
                "scope": "Namespaced",
            }
        ],
        "sideEffects": "None",
        "timeoutSeconds": 3,  # an answer comes from memory: one that takes longer will not come
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": registration.name, "labels": {"app.kubernetes.io/managed-by": "gitsidecar"}},
        "webhooks": [webhook],
    }


async def apply(connection: connections.Connection, registration: Registration, lease: leases.Lease) -> bool | None:
    """
    Bring the cluster's registration to what *registration* says, and say whether it had to be changed.

    Returns ``None`` when it would have to be, but *lease* is not held. Raises TransientError or StalledError.
    """
    wanted, path = build(registration), f"{_PATH}/{urllib.parse.quote(registration.name, '')}"
    found = await objects.send(connection, objects.Request("GET", path, "get", "mutatingwebhookconfigurations"))
    if found.code != 404 and is_as_wanted(_decoded(found.body), wanted):
        return False
    request = objects.Request(
        "PATCH", path, "patch", "mutatingwebhookconfigurations", body=wanted, params=_FIELD_MANAGER
    )
    if not lease.is_held:
        return None
    await objects.send(connection, request)
    return True


def is_as_wanted(live: Any, wanted: Any) -> bool:
    """
    Say whether *live* has everything that *wanted* says; what is in it beyond that is other people's.

    Items of a list that have names are found by them, as the API server does it; other lists must be equal.
    """
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(
            key in live and is_as_wanted(live[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list) and all(isinstance(each, Mapping) and "name" in each for each in wanted):
        by_name = {each["name"]: each for each in live} if isinstance(live, list) else {}
        return all(is_as_wanted(by_name.get(each["name"]), each) for each in wanted)
    return bool(live == wanted)


def _client_config(registration: Registration) -> Json:
    address = registration.address
    config: Json = {"url": address} if isinstance(address, str) else {"service": _service(address)}
    if registration.trusted:
        config["caBundle"] = base64.b64encode(registration.trusted).decode()
    return config


def _service(service: Service) -> Json:
    place = service.place
    return {"namespace": place.namespace, "name": place.name, "path": service.path, "port": service.port}


def _without(key: str, values: Sequence[str]) -> Json:
    return {"matchExpressions": [{"key": key, "operator": "NotIn", "values": list(values)}]}


def _decoded(body: bytes) -> Json:
    try:
        return msgspec.json.decode(body, type=Json)
    except ValueError as error:
        raise errors.TransientError(f"the registration cannot be read: {error}") from error
