"""A Secret is written by who holds the Lease, over what was read, and never shown."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gitsidecar import errors
from gitsidecar.cluster import configurations, connections, leases, objects, secrets
from tests.support import scripted

GET, PUT, POST = "get pod", "put pod", "post pod"
PLACE = objects.Place("gitsidecar", "gitsidecar-webhook")
KEY = base64.b64encode(bytes(range(90))).decode()
DATA = {"tls.key": f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n".encode()}


class Stage:
    """A connection to a scripted server, and a Lease that is held."""

    def __init__(self, server: scripted.ScriptedServer) -> None:
        self.seconds = 0.0
        self.server = server
        self.connection = connections.Connection(configurations.Target(server.kubeconfig()))
        claim = leases.Claim(objects.Place("gitsidecar", "webhook"), "us")
        now = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
        self.lease = leases.Lease(self.connection, claim, now=lambda: now, clock=lambda: self.seconds)

    async def write(self, over: secrets.Stored | None) -> secrets.Stored | None:
        """Write `DATA` over *over*."""
        return await secrets.write(self.connection, PLACE, DATA, over=over, lease=self.lease)

    async def read(self) -> secrets.Stored:
        """Read the Secret, which must be there."""
        found = await secrets.read(self.connection, PLACE)
        assert found is not None
        return found


@pytest.fixture
async def stage(server: scripted.ScriptedServer) -> AsyncIterator[Stage]:
    """Set the stage for one test."""
    made = Stage(server)
    server.script(GET, scripted.refuse(404, "not found"))
    server.script(POST, scripted.reply({}))
    assert await made.lease.attempt()
    server.requests.clear()
    yield made
    await made.connection.close()


def _secret(data: dict[str, bytes], **labels: str) -> dict[str, Any]:
    metadata = {"name": PLACE.name, "namespace": PLACE.namespace, "resourceVersion": "7", "labels": labels}
    encoded = {name: base64.b64encode(value).decode() for name, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "data": encoded}


def _ours(data: dict[str, bytes]) -> dict[str, Any]:
    return _secret(data, **{"app.kubernetes.io/managed-by": "gitsidecar"})


async def test_none_is_none(stage: Stage) -> None:
    """404 is an answer, not a failure."""
    assert await secrets.read(stage.connection, PLACE) is None


async def test_what_is_there_is_read(stage: Stage) -> None:
    """Decoded, and not to be seen in any representation."""
    stage.server.script(GET, scripted.reply(_ours(DATA)))
    found = await stage.read()
    assert found.data == DATA
    assert KEY[:20] not in repr(found)
    assert "BEGIN" not in repr(found)


async def test_a_new_one_is_made(stage: Stage) -> None:
    """With our label, so that we know it again."""
    stage.server.script(POST, scripted.reply(_ours(DATA), code=201))
    written = await stage.write(None)
    assert written is not None
    assert written.data == DATA
    sent = json.loads(stage.server.seen(POST)[0].body)
    assert (sent["type"], sent["metadata"]["labels"]) == (
        "kubernetes.io/tls",
        {"app.kubernetes.io/managed-by": "gitsidecar"},
    )


async def test_it_is_written_over_what_was_read(stage: Stage) -> None:
    """With its version, its type and the labels of others; its data are ours alone."""
    stage.server.script(GET, scripted.reply(_secret({}, other="kept")))
    stage.server.script(PUT, scripted.reply(_ours(DATA)))
    assert await stage.write(await stage.read()) is not None
    sent = json.loads(stage.server.seen(PUT)[0].body)
    assert (sent["type"], sent["metadata"]["resourceVersion"]) == ("Opaque", "7")
    assert sent["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "gitsidecar", "other": "kept"}
    assert set(sent["data"]) == set(DATA)


@pytest.mark.parametrize(("kind", "code"), [(POST, 409), (PUT, 409), (PUT, 404)])
async def test_a_race_that_is_lost_writes_nothing(stage: Stage, kind: str, code: int) -> None:
    """Somebody else has been quicker: it is read again."""
    stage.server.script(GET, scripted.reply(_ours(DATA)))
    over = await stage.read() if kind == PUT else None
    stage.server.script(kind, scripted.refuse(code, "the object has been modified"))
    assert await stage.write(over) is None


async def test_without_the_lease_nothing_is_sent(stage: Stage) -> None:
    """It has run out while we thought."""
    stage.seconds += 60
    assert await stage.write(None) is None
    assert stage.server.requests == []


async def test_a_secret_of_others_is_left_alone(stage: Stage) -> None:
    """A wrong name in the settings must not cost anybody a certificate."""
    stage.server.script(GET, scripted.reply(_secret(DATA)))
    with pytest.raises(errors.StalledError, match=r"holds data that gitsidecar has not written, and is left alone"):
        await stage.write(await stage.read())
    assert stage.server.count(PUT) == 0


@pytest.mark.parametrize("quoted", [DATA["tls.key"].decode(), base64.b64encode(DATA["tls.key"]).decode()])
async def test_a_refusal_that_quotes_the_secret_is_not_repeated(stage: Stage, quoted: str) -> None:
    """An admission webhook of others may do that."""
    stage.server.script(POST, scripted.refuse(422, f"admission webhook denied the request: {quoted} is bad"))
    with pytest.raises(errors.StalledError, match="the server's words are withheld") as caught:
        await stage.write(None)
    assert KEY[:8] not in str(caught.value)


async def test_a_refusal_is_repeated(stage: Stage) -> None:
    """As long as it quotes nothing."""
    stage.server.script(POST, scripted.refuse(422, "name is too long"))
    with pytest.raises(errors.StalledError, match=r"refuses to create secrets \(422: name is too long\)"):
        await stage.write(None)


async def test_what_is_no_secret_is_said(stage: Stage) -> None:
    """Without what it holds, and without a cause that shows it."""
    stage.server.script(GET, scripted.reply({"data": {"tls.key": KEY + "!"}, "metadata": {}}))
    with pytest.raises(errors.TransientError, match="the answer is not a Secret") as caught:
        await stage.read()
    assert caught.value.__suppress_context__
