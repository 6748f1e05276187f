"""What the API server is told about the webhook, and when it is told again."""

from __future__ import annotations

import base64
import copy
import dataclasses
import datetime
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gitsidecar.cluster import configurations, connections, leases, objects, registrations
from tests.support import scripted

GET, PATCH, POST = "get pod", "patch pod", "post pod"
SERVICE = registrations.Service(objects.Place("gitsidecar", "gitsidecar-webhook"), "/inject")
REGISTRATION = registrations.Registration("gitsidecar", SERVICE, ("gitsidecar",), trusted=b"PEM")
WANTED = registrations.build(REGISTRATION)


def _webhook(registration: registrations.Registration) -> dict[str, Any]:
    (webhook,) = registrations.build(registration)["webhooks"]
    assert isinstance(webhook, dict)
    return webhook


def test_only_new_pods_are_shown_to_us() -> None:
    """CREATE of pods; not in our own namespace, not in kube-system, not those that opt out."""
    webhook = _webhook(REGISTRATION)
    (rule,) = webhook["rules"]
    assert (rule["operations"], rule["resources"], rule["scope"]) == (["CREATE"], ["pods"], "Namespaced")
    (namespaces,) = webhook["namespaceSelector"]["matchExpressions"]
    assert namespaces == {
        "key": "kubernetes.io/metadata.name",
        "operator": "NotIn",
        "values": ["gitsidecar", "kube-system"],
    }
    (labels,) = webhook["objectSelector"]["matchExpressions"]
    assert labels == {"key": "gitsidecar.io/inject", "operator": "NotIn", "values": ["false"]}


def test_a_dead_webhook_does_little_harm() -> None:
    """Pods start without it by default, after three seconds; it is asked again when others change the pod."""
    webhook = _webhook(REGISTRATION)
    named = ("failurePolicy", "timeoutSeconds", "reinvocationPolicy", "sideEffects", "matchPolicy")
    assert [webhook[name] for name in named] == ["Ignore", 3, "IfNeeded", "None", "Equivalent"]


def test_pods_may_be_refused_instead() -> None:
    """By setting."""
    assert _webhook(dataclasses.replace(REGISTRATION, failure_policy="Fail"))["failurePolicy"] == "Fail"


def test_it_is_reached_by_a_service() -> None:
    """With all authorities that we may be signed by."""
    service = {"namespace": "gitsidecar", "name": "gitsidecar-webhook", "path": "/inject", "port": 443}
    assert _webhook(REGISTRATION)["clientConfig"] == {
        "service": service,
        "caBundle": base64.b64encode(b"PEM").decode(),
    }


def test_it_is_reached_by_a_url() -> None:
    """Without authorities somebody else puts them in."""
    registration = registrations.Registration("gitsidecar", "https://webhook.example/inject", ())
    assert _webhook(registration)["clientConfig"] == {"url": "https://webhook.example/inject"}


def test_what_others_add_is_no_difference() -> None:
    """Defaults of the server, an injector's fields, another webhook beside ours."""
    live = copy.deepcopy(WANTED)
    live["metadata"]["resourceVersion"] = "7"
    live["webhooks"][0]["matchConditions"] = [{"name": "theirs"}]
    live["webhooks"].insert(0, {"name": "theirs"})
    assert registrations.is_as_wanted(live, WANTED)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("failurePolicy", "Fail"),
        ("timeoutSeconds", 30),
        ("rules", []),
        ("objectSelector", {}),
        ("clientConfig", {"url": "https://elsewhere"}),
        ("name", "other.gitsidecar.io"),
    ],
)
def test_what_others_change_is_a_difference(field: str, value: Any) -> None:
    """Any field that is ours."""
    live = copy.deepcopy(WANTED)
    live["webhooks"][0][field] = value
    assert not registrations.is_as_wanted(live, WANTED)


@pytest.mark.parametrize("live", [{}, {"webhooks": None}, {"webhooks": []}])
def test_no_webhook_is_a_difference(live: dict[str, Any]) -> None:
    """An object that somebody has emptied."""
    assert not registrations.is_as_wanted(live, WANTED)


class Stage:
    """A connection to a scripted server, and a Lease that is held."""

    def __init__(self, server: scripted.ScriptedServer) -> None:
        self.seconds = 0.0
        self.server = server
        self.connection = connections.Connection(configurations.Target(server.kubeconfig()))
        claim = leases.Claim(objects.Place("gitsidecar", "webhook"), "us")
        now = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
        self.lease = leases.Lease(self.connection, claim, now=lambda: now, clock=lambda: self.seconds)

    async def apply(self) -> bool | None:
        """Apply `REGISTRATION`."""
        return await registrations.apply(self.connection, REGISTRATION, self.lease)


@pytest.fixture
async def stage(server: scripted.ScriptedServer) -> AsyncIterator[Stage]:
    """Set the stage for one test."""
    made = Stage(server)
    server.script(GET, scripted.refuse(404, "not found"))
    server.script(POST, scripted.reply({}))
    server.script(PATCH, scripted.reply({}))
    assert await made.lease.attempt()
    yield made
    await made.connection.close()


async def test_it_is_applied_where_it_is_missing(stage: Stage) -> None:
    """By server-side apply, as the manager of our fields, against any other."""
    assert await stage.apply() is True
    (sent,) = stage.server.seen(PATCH)
    assert json.loads(sent.body) == WANTED
    assert sent.headers["Content-Type"] == "application/apply-patch+yaml"
    assert dict(sent.query) == {"fieldManager": "gitsidecar", "force": "true"}


async def test_it_is_left_where_it_is_as_wanted(stage: Stage) -> None:
    """No write without a difference."""
    stage.server.script(GET, scripted.reply(WANTED))
    assert await stage.apply() is False
    assert stage.server.count(PATCH) == 0


async def test_without_the_lease_nothing_is_applied(stage: Stage) -> None:
    """Another replica does it."""
    stage.seconds += 60
    assert await stage.apply() is None
    assert stage.server.count(PATCH) == 0
