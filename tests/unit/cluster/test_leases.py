"""Who holds the Lease is known for certain or not at all, and no two machines' clocks are compared."""

from __future__ import annotations

import contextlib
import datetime
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from gitsidecar import errors
from gitsidecar.cluster import configurations, connections, leases, objects
from tests.support import scripted

# The scripted server calls every object that is not a list "pod".
GET, PUT, POST = "get pod", "put pod", "post pod"
PLACE = objects.Place("gitsidecar", "webhook")
NOT_FOUND = scripted.refuse(404, "not found")


class Stage:
    """A share in a Lease before a scripted server, with a monotonic clock that stands still until it is moved."""

    def __init__(self, server: scripted.ScriptedServer) -> None:
        self.seconds = 1000.0
        self.server = server
        self.connection = connections.Connection(configurations.Target(server.kubeconfig()))
        self.lease = leases.Lease(
            self.connection,
            leases.Claim(PLACE, "us", duration=15),
            now=lambda: datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC),
            clock=lambda: self.seconds,
        )

    def sent(self, kind: str) -> dict[str, Any]:
        """Return the body of the newest request of *kind*."""
        body: dict[str, Any] = json.loads(self.server.seen(kind)[-1].body)
        return body


@pytest.fixture
async def stage(server: scripted.ScriptedServer) -> AsyncIterator[Stage]:
    """Set the stage for one test; every write succeeds unless the test says otherwise."""
    for kind in (PUT, POST):
        server.script(kind, scripted.reply({}))
    made = Stage(server)
    yield made
    await made.connection.close()


def _lease(holder: str | None, *, renewed: str = "2026-03-01T11:59:59.000000Z", duration: int = 15) -> scripted.Step:
    spec = {"holderIdentity": holder, "leaseDurationSeconds": duration, "renewTime": renewed, "leaseTransitions": 3}
    metadata = {"name": "webhook", "namespace": "gitsidecar", "resourceVersion": "7", "labels": {"kept": "yes"}}
    return scripted.reply({"kind": "Lease", "metadata": metadata, "spec": spec})


async def test_a_lease_that_is_not_there_is_made(stage: Stage) -> None:
    """We hold it for less than its duration: a request sent at the very end must have time to arrive."""
    stage.server.script(GET, NOT_FOUND)
    assert not stage.lease.is_held
    assert await stage.lease.attempt()
    assert stage.lease.remaining == 12.0
    spec = stage.sent(POST)["spec"]
    assert (spec["holderIdentity"], spec["leaseDurationSeconds"], spec["leaseTransitions"]) == ("us", 15, 0)


async def test_it_ends_by_itself(stage: Stage) -> None:
    """Without a renewal it is not held any more, whatever the server says meanwhile."""
    stage.server.script(GET, NOT_FOUND)
    await stage.lease.attempt()
    stage.seconds += 11.9
    assert stage.lease.is_held
    stage.seconds += 0.2
    assert not stage.lease.is_held


async def test_for_how_long_it_has_been_held_is_known(stage: Stage) -> None:
    """A renewal goes on; after a gap, in which another may have held it, it begins anew."""
    stage.server.script(GET, _lease("us"))
    assert stage.lease.held_for == 0
    await stage.lease.attempt()
    stage.seconds += 11
    await stage.lease.attempt()
    assert stage.lease.held_for == 11
    stage.seconds += 13
    assert stage.lease.held_for == 0
    await stage.lease.attempt()
    stage.seconds += 1
    assert stage.lease.held_for == 1


async def test_ours_is_renewed(stage: Stage) -> None:
    """The object is written as it was read, version, labels and all, but for the time."""
    stage.server.script(GET, _lease("us"))
    assert await stage.lease.attempt()
    sent = stage.sent(PUT)
    assert sent["metadata"]["resourceVersion"] == "7"
    assert sent["metadata"]["labels"] == {"kept": "yes"}
    assert sent["spec"]["renewTime"] == "2026-03-01T12:00:00.000000Z"
    assert sent["spec"]["leaseTransitions"] == 3


@pytest.mark.parametrize("holder", [None, ""])
async def test_one_that_was_given_up_is_taken_at_once(stage: Stage, holder: str | None) -> None:
    """Nobody holds it: there is nothing to wait for."""
    stage.server.script(GET, _lease(holder))
    assert await stage.lease.attempt()
    assert stage.sent(PUT)["spec"]["leaseTransitions"] == 4


@pytest.mark.parametrize("renewed", ["1999-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"])
async def test_anothers_is_waited_out_by_our_own_clock(stage: Stage, renewed: str) -> None:
    """Whatever time of day it was renewed at: only how long we have seen it unchanged counts."""
    stage.server.script(GET, _lease("them", renewed=renewed))
    assert not await stage.lease.attempt()
    stage.seconds += 15.0
    assert not await stage.lease.attempt()
    stage.seconds += 0.1
    assert await stage.lease.attempt()
    assert (stage.server.count(PUT), stage.sent(PUT)["spec"]["leaseTransitions"]) == (1, 4)


async def test_a_renewal_of_anothers_starts_the_wait_anew(stage: Stage) -> None:
    """It is alive."""
    stage.server.script(GET, _lease("them"), _lease("them", renewed="2026-03-01T12:00:09.000000Z"))
    await stage.lease.attempt()
    stage.seconds += 14.0
    await stage.lease.attempt()
    stage.seconds += 14.0
    assert not await stage.lease.attempt()
    assert stage.server.count(PUT) == 0


async def test_the_holders_own_duration_is_waited_for(stage: Stage) -> None:
    """It may have been configured with a longer one."""
    stage.server.script(GET, _lease("them", duration=60))
    await stage.lease.attempt()
    stage.seconds += 59.0
    assert not await stage.lease.attempt()


async def test_a_race_that_is_lost_holds_nothing(stage: Stage) -> None:
    """409: somebody else has been quicker."""
    stage.server.script(GET, NOT_FOUND)
    stage.server.script(POST, scripted.refuse(409, "already exists"))
    assert not await stage.lease.attempt()


async def test_another_holder_ends_ours_at_once(stage: Stage) -> None:
    """Even before our time is over: somebody has taken it by hand."""
    stage.server.script(GET, NOT_FOUND, _lease("them"))
    await stage.lease.attempt()
    assert not await stage.lease.attempt()
    assert stage.lease.remaining == 0


async def test_a_lost_answer_does_not_lengthen_it(stage: Stage) -> None:
    """Nobody knows whether we have renewed: what we had runs out, unless a later attempt succeeds."""
    stage.server.script(GET, NOT_FOUND, _lease("us"))
    await stage.lease.attempt()
    stage.server.script(PUT, scripted.hang_up, scripted.hang_up, scripted.reply({}))  # a PUT is sent twice
    stage.seconds += 5.0
    with pytest.raises(errors.TransientError, match=r"cannot update leases: the API server at .* is not reached"):
        await stage.lease.attempt()
    assert stage.lease.remaining == 7.0
    assert await stage.lease.attempt()
    assert stage.lease.remaining == 12.0


async def test_it_counts_from_before_the_request(stage: Stage) -> None:
    """An answer that took ten seconds leaves two: others count from when the write arrived, at the earliest."""

    async def slow(_: Any) -> Any:
        stage.seconds += 10.0
        return await scripted.reply({})(_)

    stage.server.script(GET, NOT_FOUND)
    stage.server.script(POST, slow)
    assert await stage.lease.attempt()
    assert stage.lease.remaining == 2.0


async def test_it_is_given_up(stage: Stage) -> None:
    """The next holder need not wait; and from that moment we hold nothing."""
    stage.server.script(GET, NOT_FOUND, _lease("us"))
    await stage.lease.attempt()
    await stage.lease.release()
    assert not stage.lease.is_held
    assert stage.sent(PUT)["spec"]["holderIdentity"] is None


async def test_anothers_is_not_given_up(stage: Stage) -> None:
    """Only what is ours is."""
    stage.server.script(GET, _lease("them"))
    await stage.lease.release()
    assert stage.server.count(PUT) == 0


async def test_giving_up_never_fails(stage: Stage) -> None:
    """A process that ends need not wait for a server that is away."""
    stage.server.script(GET, scripted.hang_up)
    await stage.lease.release()
    assert not stage.lease.is_held


async def test_a_missing_right_is_said(stage: Stage) -> None:
    """Which verb on what, for whom, and where it can be seen."""
    stage.server.script(GET, scripted.refuse(403, "leases is forbidden"))
    with pytest.raises(errors.StalledError, match=r"forbids to get leases \(403: leases is forbidden\): give"):
        await stage.lease.attempt()


async def test_a_renewed_token_is_read(stage: Stage) -> None:
    """401 once, and the next attempt carries the token of then."""
    stage.server.script(GET, scripted.refuse(401, "Unauthorized"), NOT_FOUND)
    stage.server.kubeconfig(token="old")
    await stage.connection.refresh()
    stage.server.kubeconfig(token="renewed")
    with pytest.raises(errors.StalledError, match="credentials"):
        await stage.lease.attempt()
    await stage.lease.attempt()
    assert stage.server.requests[-1].headers["Authorization"] == "Bearer renewed"


class Shelf:
    """The server's side: one Lease, written only over the version that was read; some answers get lost."""

    def __init__(self, random_: random.Random) -> None:
        self.random = random_
        self.lease: dict[str, Any] | None = None
        self.version = 0

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Return the Lease."""
        return await (NOT_FOUND if self.lease is None else scripted.reply(self.lease))(request)

    async def write(self, request: web.Request) -> web.StreamResponse:
        """Store the Lease, if it is still as the writer knows it."""
        sent = await request.json()
        known = self.lease["metadata"]["resourceVersion"] if self.lease is not None else None
        if sent["metadata"].get("resourceVersion") != known:
            return await scripted.refuse(409, "modified")(request)
        if self.random.random() < 0.1:
            return await scripted.refuse(500, "not today")(request)
        self.version += 1
        self.lease = {**sent, "metadata": {**sent["metadata"], "resourceVersion": str(self.version)}}
        is_lost = self.random.random() < 0.2
        return await (scripted.hang_up(request) if is_lost else scripted.reply(self.lease)(request))


@pytest.mark.parametrize("seed", range(4))
async def test_two_never_hold_it_together(server: scripted.ScriptedServer, seed: int) -> None:
    """Whatever their times of day, whoever is slow, whatever answers get lost; and each has its turn."""
    random_, elapsed = random.Random(seed), 0.0
    shelf = Shelf(random_)
    for kind, step in ((GET, shelf.get), (PUT, shelf.write), (POST, shelf.write)):
        server.script(kind, step)
    connection = connections.Connection(configurations.Target(server.kubeconfig()))
    noon, day = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC), datetime.timedelta(days=1)

    def share(identity: str, duration: int, offset: float) -> leases.Lease:
        claim = leases.Claim(PLACE, identity, duration=duration)

        def now() -> datetime.datetime:
            return noon + offset * day + datetime.timedelta(seconds=elapsed)

        return leases.Lease(connection, claim, now=now, clock=lambda: offset + elapsed)

    first, second = share("us", 15, 0.0), share("them", 10, 3000.0)
    held = set()
    for _ in range(150):
        elapsed += random_.choice((0.5, 2.0, 5.0, 20.0))
        lease = random_.choice((first, second))
        with contextlib.suppress(errors.TransientError):
            await (lease.release() if random_.random() < 0.05 else lease.attempt())
        assert not (first.is_held and second.is_held)
        held |= {each.claim.identity for each in (first, second) if each.is_held}
    await connection.close()
    assert held == {"us", "them"}


def test_its_clock_never_goes_back() -> None:
    """And it needs no time of day."""
    first = leases.elapsed()
    assert leases.elapsed() >= first
