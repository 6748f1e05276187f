"""One action is one PATCH; its answer is in the cache at once, and no answer is ever taken for a success."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from aiohttp import web

from gitsidecar import errors, handoff
from gitsidecar.cluster import clusters, patches
from gitsidecar.model import outcomes, plans, pods
from tests.support import scripted, watching
from tests.unit.cluster import fronts, rows

Kind = outcomes.OutcomeKind
UNREAD = scripted.refuse(500, "not yet")  # a GET whose connection breaks is sent once more by the library itself
MOVED = rows.pod(
    "web", version="110", image="logtail:2", annotations={pods.MARK_ANNOTATION: handoff.write([rows.MARK])}
)


@pytest.fixture(autouse=True)
def one_pod(server: scripted.ScriptedServer) -> None:
    """Let there be one pod to patch."""
    server.script("list pods", scripted.reply(scripted.page(rows.pod("web", version="90"))))


async def _action(cluster: clusters.KubernetesCluster) -> plans.Action:
    (pod,) = (await cluster.observe()).pods
    return rows.action(pod)


def _version(cluster: clusters.KubernetesCluster) -> str:
    row = cluster.pod("shop", "web")
    return "" if row is None else row.resource_version


async def test_the_answer_is_observed_at_once(server: scripted.ScriptedServer) -> None:
    """The request is the action's JSON Patch; the snapshot right after it has the new image."""
    server.script("patch pod", scripted.reply(rows.pod("web", version="110", image="logtail:2")))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        action = await _action(cluster)
        outcome = await cluster.execute(action)
        snapshot = await cluster.observe()
    assert (outcome.kind, outcome.message) == (Kind.APPLIED, "")
    assert snapshot.pods[0].containers[1].image == "logtail:2"
    (request,) = server.seen("patch pod")
    assert request.path == "/api/v1/namespaces/shop/pods/web"
    assert request.headers["Content-Type"] == "application/json-patch+json"
    assert request.query["fieldManager"] == "gitsidecar"
    assert request.body == json.dumps(patches.build(action)).encode()


async def test_an_older_event_does_not_undo_it(server: scripted.ScriptedServer) -> None:
    """The echo of a change from before our write comes after the write's answer, and changes nothing."""
    has_patched = asyncio.Event()

    async def watch(request: web.Request) -> web.StreamResponse:
        await has_patched.wait()
        old = scripted.event("MODIFIED", rows.pod("web", version="105"))
        new = scripted.event("ADDED", rows.pod("last", version="120"))
        return await server.stream(old, new)(request)

    server.script("watch pods", watch)
    server.script("patch pod", scripted.reply(rows.pod("web", version="110", image="logtail:2")))
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await cluster.execute(await _action(cluster))
        has_patched.set()
        await eyes.until(lambda: cluster.pod("shop", "last"))
        row = cluster.pod("shop", "web")
    assert row is not None
    assert row.containers[1].image == "logtail:2"


async def test_a_failed_test_reads_the_pod_again(server: scripted.ScriptedServer) -> None:
    """422 is a conflict, and the next snapshot has the pod as it is."""
    server.script("patch pod", scripted.refuse(422, "the server rejected our request"))
    server.script("get pod", scripted.reply(rows.pod("web", version="110", image="logtail:9")))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        outcome = await cluster.execute(await _action(cluster))
        snapshot = await cluster.observe()
    assert outcome.kind is Kind.CONFLICT
    assert "logtail:9" in outcome.message
    assert snapshot.pods[0].containers[1].image == "logtail:9"


async def test_a_broken_connection_is_an_unknown_result(server: scripted.ScriptedServer) -> None:
    """The server may have acted before the connection broke: deferred, and the pod is read again."""
    server.script("patch pod", scripted.hang_up)
    server.script("get pod", scripted.reply(rows.pod("web", version="110", image="logtail:2")))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        outcome = await cluster.execute(await _action(cluster))
        snapshot = await cluster.observe()
    assert outcome.kind is Kind.DEFERRED
    assert outcome.retry_after is not None
    assert snapshot.pods[0].containers[1].image == "logtail:2"
    assert server.count("patch pod") == 1


async def test_an_error_of_the_server_is_an_unknown_result_too(server: scripted.ScriptedServer) -> None:
    """504 may come although the write was done."""
    server.script("patch pod", scripted.refuse(504, "request did not complete in time"))
    server.script("get pod", scripted.reply(rows.pod("web", version="110", image="logtail:2")))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        outcome = await cluster.execute(await _action(cluster))
        snapshot = await cluster.observe()
    assert outcome.kind is Kind.DEFERRED
    assert snapshot.pods[0].containers[1].image == "logtail:2"


async def test_an_answer_that_cannot_be_read_is_read_again(server: scripted.ScriptedServer) -> None:
    """A success whose body is no pod still ends up in the cache."""
    server.script("patch pod", scripted.reply("{}"))
    server.script("get pod", scripted.reply(rows.pod("web", version="110", image="logtail:2")))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        outcome = await cluster.execute(await _action(cluster))
        snapshot = await cluster.observe()
    assert outcome.kind is Kind.APPLIED
    assert snapshot.pods[0].containers[1].image == "logtail:2"


@pytest.mark.parametrize("how", ["hang up", "504"])
async def test_a_lost_answer_is_applied_when_the_pod_shows_it(server: scripted.ScriptedServer, how: str) -> None:
    """The pod that is read again carries our mark and the new image: the move is told, not left out of the trail."""
    server.script("patch pod", scripted.hang_up if how == "hang up" else scripted.refuse(504, "too slow"))
    server.script("get pod", scripted.reply(MOVED))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        action = await _action(cluster)
        outcome = await cluster.execute(action)
        (row,) = (await cluster.observe()).pods
    assert outcome == outcomes.Outcome(action, Kind.APPLIED)
    assert (row.marks, row.annotation) == ((rows.MARK,), handoff.write([rows.MARK]))
    assert server.count("get pod") == 1


@pytest.mark.parametrize("lost", [scripted.hang_up, scripted.refuse(504, "too slow"), scripted.reply("{}")])
async def test_a_pod_in_doubt_is_read_before_it_is_observed(
    server: scripted.ScriptedServer, lost: scripted.Step
) -> None:
    """While nobody knows whether a patch was applied there is no snapshot; then it has the pod as it is."""
    server.script("patch pod", lost)
    server.script("get pod", UNREAD, UNREAD, scripted.reply(MOVED))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        await cluster.execute(await _action(cluster))
        with pytest.raises(errors.TransientError, match=r"patch of shop/web is not known yet"):
            await cluster.observe()
        (row,) = (await cluster.observe()).pods
        await cluster.observe()
    assert row.containers[1].image == "logtail:2"
    assert server.count("get pod") == 3


async def test_a_pod_that_is_gone_is_in_doubt_no_more(server: scripted.ScriptedServer) -> None:
    """404 is an answer too."""
    server.script("patch pod", scripted.hang_up)
    server.script("get pod", UNREAD, scripted.refuse(404, "not found"))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        await cluster.execute(await _action(cluster))
        for _ in range(2):
            await cluster.observe()
    assert server.count("get pod") == 2


@pytest.mark.parametrize("how", ["event", "list"])
async def test_the_watch_can_end_a_doubt(server: scripted.ScriptedServer, how: str) -> None:
    """An event that shows the patch ends it, and so does a whole list that was begun afterwards."""
    has_patched = asyncio.Event()
    expired = scripted.event("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})

    async def watch(request: web.Request) -> web.StreamResponse:
        await has_patched.wait()
        return await server.stream(scripted.event("MODIFIED", MOVED) if how == "event" else expired)(request)

    server.script("watch pods", watch, server.stream())
    server.script("patch pod", scripted.hang_up)
    server.script("get pod", UNREAD)
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await cluster.execute(await _action(cluster))
        server.script("list pods", scripted.reply(scripted.page(MOVED, version="120")))
        has_patched.set()
        await eyes.until(lambda: _version(cluster) == "110")
        await cluster.observe()
    assert server.count("get pod") == 1


async def test_an_event_that_does_not_show_the_patch_leaves_the_doubt(server: scripted.ScriptedServer) -> None:
    """It may be the kubelet's, of the moment before our patch: the pod is read all the same."""
    has_patched = asyncio.Event()

    async def watch(request: web.Request) -> web.StreamResponse:
        await has_patched.wait()
        return await server.stream(scripted.event("MODIFIED", rows.pod("web", version="105")))(request)

    server.script("watch pods", watch)
    server.script("patch pod", scripted.hang_up)
    server.script("get pod", UNREAD, scripted.reply(MOVED))
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await cluster.execute(await _action(cluster))
        has_patched.set()
        await eyes.until(lambda: _version(cluster) == "105")
        (row,) = (await cluster.observe()).pods
    assert row.marks == (rows.MARK,)


async def test_no_server_is_a_deferral(server: scripted.ScriptedServer) -> None:
    """Neither the patch nor the reading again reaches anyone: deferred, not raised."""
    server.script("patch pod", scripted.hang_up)
    server.script("get pod", scripted.hang_up)
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        outcome = await cluster.execute(await _action(cluster))
    assert outcome.kind is Kind.DEFERRED
    assert "not reached" in outcome.message


async def test_a_throttle_holds_all_writes_back(server: scripted.ScriptedServer) -> None:
    """After a 429 with Retry-After, no write is sent before that time, and a caller can wait for it."""
    throttle = scripted.refuse(429, "slow down", headers={"Retry-After": "1"})
    server.script("patch pod", throttle, scripted.reply(rows.pod("web", version="110", image="logtail:2")))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        action = await _action(cluster)
        first = await cluster.execute(action)
        began = time.monotonic()
        early = await cluster.execute(action)
        unsent = server.count("patch pod")
        while not await cluster.await_writes():
            pass
        waited = time.monotonic() - began
        second = await cluster.execute(action)
    assert (first.kind, first.retry_after) == (Kind.DEFERRED, 1.0)
    assert (early.kind, unsent) == (Kind.DEFERRED, 1)
    assert second.kind is Kind.APPLIED
    assert waited > 0.9


async def test_a_long_throttle_is_not_waited_out(server: scripted.ScriptedServer) -> None:
    """A write that would wait for minutes is deferred instead: what it was planned on would be out of date."""
    server.script("patch pod", scripted.refuse(429, "slow down", headers={"Retry-After": "300"}))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        action = await _action(cluster)
        await cluster.execute(action)
        assert await cluster.await_writes()
        second = await cluster.execute(action)
    assert second.kind is Kind.DEFERRED
    assert second.retry_after is not None
    assert second.retry_after > 290
    assert server.count("patch pod") == 1


async def test_a_renewed_token_is_read_for_the_next_write(server: scripted.ScriptedServer) -> None:
    """401 defers the pod; the write after it carries the token of now."""
    applied = scripted.reply(rows.pod("web", version="110", image="logtail:2"))
    server.script("patch pod", scripted.refuse(401, "Unauthorized"), applied)
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        action = await _action(cluster)
        server.kubeconfig(token="renewed")
        outcomes_ = [(await cluster.execute(action)).kind for _ in range(2)]
    assert outcomes_ == [Kind.DEFERRED, Kind.APPLIED]
    assert server.requests[-1].headers["Authorization"] == "Bearer renewed"
