"""Lease, Secret and registration as a real API server takes them, with the rights of the manifest and no others."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import datetime
import itertools
import ssl
import urllib.error
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web

from gitsidecar import errors
from gitsidecar.cluster import configurations, connections, leases, objects, registrations, secrets
from gitsidecar.webhook import certificates, contexts, keeping, renewals, sources
from tests.support import apis, apiservers, podspecs

Json = dict[str, Any]
USER = "stranger"  # who has no other rights than those that are granted here
RBAC = "/apis/rbac.authorization.k8s.io/v1"
REGISTRATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
DAY = datetime.timedelta(days=1)
NAME = "gitsidecar-webhook"

# More than config/kubernetes.yaml grants: there Secret and Lease stand already, so that nobody needs `create`, which
# cannot be bound to a name where a name is not in the path. Who has no such objects has to grant it.
ROLE: list[Json] = [
    {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
    {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "resourceNames": [NAME],
        "verbs": ["get", "update"],
    },
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
    {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [NAME], "verbs": ["get", "update"]},
]
CLUSTER_ROLE: list[Json] = [
    {
        "apiGroups": ["admissionregistration.k8s.io"],
        "resources": ["mutatingwebhookconfigurations"],
        "resourceNames": ["gitsidecar"],
        "verbs": ["get", "create", "patch"],
    },
]

_numbers = itertools.count(1)


class Replica:
    """One webhook process: its share in the Lease, its certificates, what it serves and registers."""

    def __init__(self, server: apiservers.ApiServer, namespace: str, number: int, *, url: str = "") -> None:
        self.now = datetime.datetime.now(datetime.UTC)
        self.place = objects.Place(namespace, NAME)
        self.url = url or "https://127.0.0.1:1/inject"
        self.context = contexts.Context()
        self.connection = connections.Connection(configurations.Target(server.kubeconfig(user=USER)))
        claim = leases.Claim(self.place, f"replica-{number}", duration=5)
        self.lease = leases.Lease(self.connection, claim, now=lambda: self.now)
        self.source = sources.OwnCertificates(
            self.connection, sources.Owner(self.place, ("127.0.0.1", f"{NAME}.{namespace}.svc"), self.lease)
        )
        self.keeper = keeping.Keeper(self.source, self.context, self._register, now=lambda: self.now)

    def registration(self, trusted: bytes) -> registrations.Registration:
        """Return what it registers."""
        return registrations.Registration("gitsidecar", self.url, (self.place.namespace,), trusted)

    async def stored(self) -> certificates.Bundle:
        """Return what is in the Secret."""
        found = await secrets.read(self.connection, self.place)
        assert found is not None
        bundle = certificates.read(found.data)
        assert isinstance(bundle, certificates.Bundle)
        return bundle

    async def _register(self, trusted: bytes) -> bool | None:
        return await registrations.apply(self.connection, self.registration(trusted), self.lease)


class Installation:
    """A namespace with the rights that the manifest grants in it, and replicas in it."""

    def __init__(self, server: apiservers.ApiServer, api: apis.Api, namespace: str) -> None:
        self.server = server
        self.api = api
        self.namespace = namespace
        self._replicas: list[Replica] = []

    def replica(self, *, url: str = "") -> Replica:
        """Return one replica more."""
        replica = Replica(self.server, self.namespace, len(self._replicas), url=url)
        self._replicas.append(replica)
        return replica

    async def secret(self) -> Json:
        """Return the Secret as the server has it."""
        return await self.api.request("GET", f"/api/v1/namespaces/{self.namespace}/secrets/{NAME}")

    async def registered(self) -> Json:
        """Return the registration as the server has it."""
        return await self.api.request("GET", f"{REGISTRATIONS}/gitsidecar")

    async def close(self) -> None:
        """Close all connections, and take away what is not in the namespace."""
        for replica in self._replicas:
            await replica.connection.close()
        with contextlib.suppress(apis.RefusedError):
            await self.api.request("DELETE", f"{REGISTRATIONS}/gitsidecar")


@pytest.fixture
async def installation(apiserver: apiservers.ApiServer) -> AsyncIterator[Installation]:
    """Make a namespace and grant the rights in it."""
    async with apis.connected(apiserver) as api:
        namespace = f"webhook-{next(_numbers)}"
        await api.create_namespace(namespace)
        _grant(apiserver, f"{RBAC}/namespaces/{namespace}", "Role", ROLE)
        with contextlib.suppress(urllib.error.HTTPError):  # it is there since the test before
            _grant(apiserver, RBAC, "ClusterRole", CLUSTER_ROLE)
        made = Installation(apiserver, api, namespace)
        yield made
        await made.close()


def _grant(server: apiservers.ApiServer, path: str, kind: str, rules: list[Json]) -> None:
    group, metadata = "rbac.authorization.k8s.io", {"name": "gitsidecar-webhook"}
    head = {"apiVersion": f"{group}/v1", "metadata": metadata}
    subject = {"kind": "User", "name": USER, "apiGroup": group}
    reference = {"apiGroup": group, "kind": kind, "name": metadata["name"]}
    server.call("POST", f"{path}/{kind.lower()}s", {**head, "kind": kind, "rules": rules})
    binding = {**head, "kind": f"{kind}Binding", "roleRef": reference, "subjects": [subject]}
    server.call("POST", f"{path}/{kind.lower()}bindings", binding)


async def test_of_two_that_race_one_writes(installation: Installation) -> None:
    """One holds the Lease and makes the Secret; both serve the same certificate afterwards."""
    replicas = [installation.replica() for _ in range(2)]
    held = await asyncio.gather(*(each.lease.attempt() for each in replicas))
    assert sorted(held) == [False, True]
    writer, reader = sorted(replicas, key=lambda each: not each.lease.is_held)
    with pytest.raises(errors.TransientError, match=f"there are no certificates in Secret {installation.namespace}/"):
        await reader.keeper.look()
    await writer.keeper.look()
    await reader.keeper.look()
    assert writer.context.pair is not None
    assert writer.context.pair == reader.context.pair == (await reader.stored()).serving


async def test_two_that_both_think_they_hold_it_make_one_secret(installation: Installation) -> None:
    """Even then: a Secret is made once, and is only written over as it was read."""
    replicas = [installation.replica() for _ in range(2)]
    for each in replicas:
        assert await each.lease.attempt()
        await installation.api.request(
            "DELETE", f"/apis/coordination.k8s.io/v1/namespaces/{installation.namespace}/leases/{NAME}"
        )
    await asyncio.gather(*(each.source.look(each.now, announced=None) for each in replicas))
    served = [(await each.source.look(each.now, announced=None)).pair for each in replicas]
    assert served[0] == served[1]


async def test_a_lease_that_was_given_up_is_taken_at_once(installation: Installation) -> None:
    """And given up only by who holds it."""
    first, second = installation.replica(), installation.replica()
    assert await first.lease.attempt()
    assert not await second.lease.attempt()
    await second.lease.release()
    assert not await second.lease.attempt()
    await first.lease.release()
    assert not first.lease.is_held
    assert await second.lease.attempt()
    assert not await first.lease.attempt()


async def test_a_lease_is_won_when_its_holder_is_gone(installation: Installation) -> None:
    """Nobody gives it up: the other takes it after its five seconds, and no sooner than the first one has lost it."""
    first, second = installation.replica(), installation.replica()
    assert await first.lease.attempt()
    won = asyncio.Event()
    running = asyncio.create_task(second.lease.run(won.set))
    try:
        async with asyncio.timeout(20):
            await won.wait()
        assert second.lease.is_held
        assert not first.lease.is_held
    finally:
        running.cancel()


async def test_a_registration_is_accepted_and_is_as_it_was_meant(installation: Installation) -> None:
    """What the server gives back is what was built, by Service and by URL; a second time nothing is sent."""
    replica = installation.replica()
    assert await replica.lease.attempt()
    await replica.keeper.look()
    trusted = (await replica.stored()).trusted
    service = registrations.Service(objects.Place(installation.namespace, NAME), "/inject", 8443)
    by_url = replica.registration(trusted)
    for wanted in (by_url, dataclasses.replace(by_url, address=service, failure_policy="Fail")):
        await registrations.apply(replica.connection, wanted, replica.lease)
        (live,) = (await installation.registered())["webhooks"]
        (built,) = registrations.build(wanted)["webhooks"]
        assert live == built
        assert base64.b64decode(live["clientConfig"]["caBundle"]) == trusted
        assert await registrations.apply(replica.connection, wanted, replica.lease) is False


async def test_a_registration_that_was_changed_by_hand_is_put_right(installation: Installation) -> None:
    """At the next look; what others have added to it stays."""
    replica = installation.replica()
    assert await replica.lease.attempt()
    await replica.keeper.look()
    live = await installation.registered()
    live["webhooks"][0]["timeoutSeconds"] = 30
    live["metadata"]["annotations"] = {"theirs": "kept"}
    await installation.api.request("PUT", f"{REGISTRATIONS}/gitsidecar", body=live)
    await replica.keeper.look()
    after = await installation.registered()
    assert after["webhooks"][0]["timeoutSeconds"] == 3
    assert after["metadata"]["annotations"] == {"theirs": "kept"}


async def test_a_secret_that_was_garbled_is_restored(installation: Installation) -> None:
    """From the memory of who holds the Lease: nobody has to learn of another authority."""
    replica = installation.replica()
    assert await replica.lease.attempt()
    await replica.keeper.look()
    before = await replica.stored()
    secret = await installation.secret()
    secret["data"]["tls.key"] = base64.b64encode(b"nonsense").decode()
    await installation.api.request("PUT", f"/api/v1/namespaces/{installation.namespace}/secrets/{NAME}", body=secret)
    await replica.keeper.look()
    assert await replica.stored() == before


async def test_a_secret_that_was_deleted_is_made_anew(installation: Installation) -> None:
    """This is how a person changes everything at once; replicas that have not heard of it are trusted for an hour."""
    replica = installation.replica()
    assert await replica.lease.attempt()
    await replica.keeper.look()
    before = await replica.stored()
    await installation.api.request("DELETE", f"/api/v1/namespaces/{installation.namespace}/secrets/{NAME}")
    await replica.keeper.look()
    after = await replica.stored()
    assert set(before.authorities).isdisjoint(after.authorities)
    (live,) = (await installation.registered())["webhooks"]
    assert base64.b64decode(live["clientConfig"]["caBundle"]) == before.trusted + after.trusted
    replica.now += datetime.timedelta(hours=1)
    await replica.keeper.look()
    (live,) = (await installation.registered())["webhooks"]
    assert base64.b64decode(live["clientConfig"]["caBundle"]) == after.trusted


async def test_a_writer_with_a_wrong_clock_takes_nobody_down(installation: Installation) -> None:
    """What it makes of the Secret is not served by others whose own is good, and is mended by the next writer."""
    writer, reader = installation.replica(), installation.replica()
    assert await writer.lease.attempt()
    for each in (writer, reader):
        await each.keeper.look()
    before = reader.context.pair
    writer.now += 45 * DAY
    await writer.keeper.look()
    assert writer.context.pair != before
    with pytest.raises(errors.TransientError, match=r"not served yet: the certificate begins on .*, in the future;"):
        await reader.keeper.look()
    assert (reader.context.pair, reader.keeper.trouble) == (before, "")
    await writer.lease.release()
    assert await reader.lease.attempt()
    await reader.keeper.look()
    assert reader.context.pair == (await reader.stored()).serving != before
    assert reader.keeper.trouble == ""


async def test_an_empty_secret_of_the_manifest_is_filled(installation: Installation) -> None:
    """So that a cluster may withhold the right to create any."""
    body = {"metadata": {"name": NAME, "labels": {"theirs": "kept"}}}
    await installation.api.request("POST", f"/api/v1/namespaces/{installation.namespace}/secrets", body=body)
    replica = installation.replica()
    assert await replica.lease.attempt()
    await replica.keeper.look()
    assert (await installation.secret())["metadata"]["labels"]["theirs"] == "kept"
    assert (await replica.stored()).serving == replica.context.pair


async def test_an_authority_signs_only_after_it_is_registered(installation: Installation) -> None:
    """The new one is added and registered; a look that has not registered it yet does not switch to it."""
    replica = installation.replica()
    assert await replica.lease.attempt()
    await replica.keeper.look()
    first = (await replica.stored()).authorities[0]
    later = first.ends - renewals.OVERLAP + DAY
    await replica.source.look(later, announced=None)
    assert len((await replica.stored()).authorities) == 2
    await replica.source.look(later + 2 * DAY, announced=certificates.certificates_pem([first]))
    assert (await replica.stored()).issuer == first
    found = await replica.source.look(later + 2 * DAY, announced=(await replica.stored()).trusted)
    assert found.pair.is_signed_by((await replica.stored()).authorities[1])


async def test_no_key_is_logged(installation: Installation) -> None:
    """Of all that is done with it, the log tells, but what is in the Secret stays there."""
    replica = installation.replica()
    assert await replica.lease.attempt()
    with structlog.testing.capture_logs() as lines:
        await replica.keeper.look()
    assert {"certificates.changed", "certificates.swapped", "registration.changed"} == {line["event"] for line in lines}
    words = str(lines)
    assert "BEGIN" not in words
    for value in (await installation.secret())["data"].values():
        assert value[40:80] not in words


async def test_the_api_server_trusts_us_before_and_after_a_swap(installation: Installation) -> None:
    """It calls the webhook for a new pod, and does so again when another authority has signed; nobody is cut off."""
    replica = installation.replica()
    real = replica.now
    async with _serving(replica) as called:
        assert await replica.lease.attempt()
        replica.now = real - certificates.AUTHORITY_LIFE + 170 * DAY
        await replica.keeper.look()
        replica.now = real - 1.5 * DAY
        await replica.keeper.look()
        before = await replica.stored()
        await _create_until_called(installation.api, called)
        async with _connected(replica, trusted=before.trusted) as say:
            assert await say() == "first on this connection"
            replica.now = real
            await replica.keeper.look()
            after = await replica.stored()
            assert (before.issuer, after.issuer) == before.authorities
            called.clear()
            await installation.api.create_pods([podspecs.pod(f"{installation.namespace}-after", {"app": "nginx:1"})])
            assert len(called) == 1
            assert await say() == "again on this connection"


@contextlib.asynccontextmanager
async def _serving(replica: Replica) -> AsyncIterator[list[str]]:
    """Serve with *replica*'s certificate where it registers itself, and yield the pods that it was shown."""
    called: list[str] = []
    seen: set[object] = set()

    async def review(request: web.Request) -> web.Response:
        body = await request.json()
        called.append(body["request"]["name"])
        answer = {"uid": body["request"]["uid"], "allowed": True}
        response = web.json_response({"apiVersion": body["apiVersion"], "kind": body["kind"], "response": answer})
        response.force_close()  # each review a handshake of its own
        return response

    async def say(request: web.Request) -> web.Response:
        is_first = request.transport not in seen
        seen.add(request.transport)
        return web.Response(text=f"{'first' if is_first else 'again'} on this connection")

    app = web.Application()
    app.add_routes([web.post("/inject", review), web.get("/", say)])
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=replica.context.tls).start()
        replica.url = f"https://127.0.0.1:{runner.addresses[0][1]}/inject"
        yield called
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def _connected(replica: Replica, *, trusted: bytes) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Yield a call that asks the server over one connection, which stays open in between."""
    context = ssl.create_default_context(cadata=trusted.decode())
    connector = aiohttp.TCPConnector(ssl=context)
    async with aiohttp.ClientSession(
        replica.url.removesuffix("inject"), connector=connector, trust_env=False
    ) as session:

        async def say() -> str:
            async with session.get("/") as response:
                return await response.text()

        yield say


async def _create_until_called(api: apis.Api, called: list[str]) -> None:
    """Create pods until the API server has heard of the registration: its admission learns of it by a watch."""
    async with asyncio.timeout(20):
        while not called:
            await api.create_pods([podspecs.pod(f"before-{next(_numbers)}", {"app": "nginx:1"})])
            await asyncio.sleep(0.1)
