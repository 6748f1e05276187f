"""The cache follows lists and watches, and every way in which those can go wrong ends in a fresh cache or in words."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web

from gitsidecar import errors
from tests.support import scripted, watching
from tests.unit.cluster import fronts, rows


def _expired() -> scripted.Json:
    return scripted.event("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})


async def test_pages_are_put_together(server: scripted.ScriptedServer) -> None:
    """A list is asked for page by page until there is no more, and only then is it a snapshot."""
    server.script(
        "list pods",
        scripted.reply(scripted.page(rows.pod("a"), rows.pod("b"), onward="token-1")),
        scripted.reply(scripted.page(rows.pod("c"), onward="token-2")),
        scripted.reply(scripted.page(rows.pod("d"))),
    )
    cluster = fronts.connect(server, page_size=2)
    async with watching.started(cluster):
        snapshot = await cluster.observe()
    assert [pod.name for pod in snapshot.pods] == ["a", "b", "c", "d"]
    queries = [request.query for request in server.seen("list pods")]
    assert [(query["limit"], query.get("continue")) for query in queries] == [
        ("2", None),
        ("2", "token-1"),
        ("2", "token-2"),
    ]


async def test_a_watch_goes_on_from_the_list(server: scripted.ScriptedServer) -> None:
    """The watch asks for what came after the list, with bookmarks and a time-out of the server's."""
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await eyes.until(lambda: server.count("watch pods"))
    (query,) = [request.query for request in server.seen("watch pods")]
    assert (query["resourceVersion"], query["allowWatchBookmarks"]) == ("100", "true")
    assert 240 <= int(query["timeoutSeconds"]) <= 300


async def test_events_change_the_rows(server: scripted.ScriptedServer) -> None:
    """Added, modified and deleted pods are so in the snapshot."""
    server.script("list pods", scripted.reply(scripted.page(rows.pod("a"), rows.pod("b"))))
    server.script(
        "watch pods",
        server.stream(
            scripted.event("MODIFIED", rows.pod("a", version="101", image="logtail:9")),
            scripted.event("DELETED", rows.pod("b", version="102")),
            scripted.event("ADDED", rows.pod("c", version="103")),
        ),
    )
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await eyes.until(lambda: cluster.pod("shop", "c"))
        snapshot = await cluster.observe()
    assert [(pod.name, pod.containers[1].image) for pod in snapshot.pods] == [("a", "logtail:9"), ("c", "logtail:1")]


async def test_namespaces_bring_their_labels(server: scripted.ScriptedServer) -> None:
    """Labels come from the list of namespaces and follow its watch; `changed` is called for them too."""

    def namespace(value: str, version: str) -> scripted.Json:
        return {"metadata": {"name": "shop", "labels": {"env": value}, "resourceVersion": version}}

    server.script("list pods", scripted.reply(scripted.page(rows.pod("a"))))
    server.script("list namespaces", scripted.reply(scripted.page(namespace("test", "90"))))
    server.script("watch namespaces", server.stream(scripted.event("MODIFIED", namespace("prod", "101"))))
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await eyes.until(lambda: eyes.calls >= 3)
        snapshot = await cluster.observe()
    assert snapshot.namespaces == {"shop": {"env": "prod", "kubernetes.io/metadata.name": "shop"}}


async def test_what_a_planner_cannot_see_is_not_told(server: scripted.ScriptedServer) -> None:
    """Bookmarks and new versions of the same row do not call `changed`."""
    server.script("list pods", scripted.reply(scripted.page(rows.pod("a"))))
    server.script(
        "watch pods",
        server.stream(
            scripted.event("BOOKMARK", {"metadata": {"resourceVersion": "101"}}),
            *(scripted.event("MODIFIED", rows.pod("a", version=str(version))) for version in range(102, 150)),
            scripted.event("ADDED", rows.pod("b", version="150")),
        ),
    )
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await eyes.until(lambda: cluster.pod("shop", "b"))
        row = cluster.pod("shop", "a")
    assert row is not None
    assert row.resource_version == "149"
    assert eyes.calls == 3  # two lists and one new pod


async def test_a_watch_that_ends_is_taken_up_where_it_ended(server: scripted.ScriptedServer) -> None:
    """After the server's time-out the next watch goes on from the last version, bookmarks included, without a list."""
    server.script("list pods", scripted.reply(scripted.page(rows.pod("a"))))
    server.script(
        "watch pods",
        server.stream(scripted.event("BOOKMARK", {"metadata": {"resourceVersion": "140"}}), then="end"),
        server.stream(scripted.event("ADDED", rows.pod("b", version="150"))),
    )
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await eyes.until(lambda: cluster.pod("shop", "b"))
    versions = [request.query["resourceVersion"] for request in server.seen("watch pods")]
    assert versions == ["100", "140"]
    assert server.count("list pods") == 1


@pytest.mark.parametrize("how", ["event", "status", "no JSON", "no pod", "cut off"])
async def test_a_watch_that_cannot_go_on_lists_again(server: scripted.ScriptedServer, how: str) -> None:
    """410 as an event or as a status, and events that cannot be read, all end in a new list: nothing is missed."""
    steps = {
        "event": server.stream(_expired(), then="end"),
        "status": scripted.refuse(410, "too old resource version"),
        "no JSON": server.stream(b'{"type":"MODIFIED","object":{"metadata"}}\n'),
        "no pod": server.stream(scripted.event("MODIFIED", {"metadata": {}})),
        "cut off": server.stream(b'{"type":"MODIFIED"}\n'),
    }
    server.script(
        "list pods",
        scripted.reply(scripted.page(rows.pod("a"))),
        scripted.reply(scripted.page(rows.pod("b"), version="200")),
    )
    server.script("watch pods", steps[how], server.stream())
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await eyes.until(lambda: cluster.pod("shop", "b"))
        await eyes.until(lambda: not cluster.health.fault)
        snapshot = await cluster.observe()
    assert [pod.name for pod in snapshot.pods] == ["b"]


async def test_a_version_that_never_was_is_given_up(server: scripted.ScriptedServer) -> None:
    """A server restored from a backup refuses our version again and again, but not with 410: list again."""
    server.script(
        "list pods",
        scripted.reply(scripted.page(rows.pod("a", version="900"), version="900")),
        scripted.reply(scripted.page(rows.pod("b", version="90"), version="100")),
    )
    server.script("watch pods", scripted.refuse(504, "Timeout: Too large resource version: 900, current: 100"))
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await eyes.until(lambda: cluster.pod("shop", "b"))
        assert cluster.pod("shop", "a") is None


async def test_a_list_whose_token_has_expired_begins_again(server: scripted.ScriptedServer) -> None:
    """410 in the middle of the pages throws the first ones away."""
    server.script(
        "list pods",
        scripted.reply(scripted.page(rows.pod("a"), onward="token-1")),
        scripted.refuse(410, "the provided continue parameter is too old"),
        scripted.reply(scripted.page(rows.pod("b"))),
    )
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        snapshot = await cluster.observe()
    assert [pod.name for pod in snapshot.pods] == ["b"]
    assert cluster.health.relists == 1


async def test_a_silent_watch_is_given_up(server: scripted.ScriptedServer) -> None:
    """A server that says nothing for too long is asked again on a new connection."""
    server.script("watch pods", server.stream(), server.stream(scripted.event("ADDED", rows.pod("a", version="101"))))
    cluster = fronts.connect(server, silence=0.2)
    async with watching.started(cluster) as eyes:
        await eyes.until(lambda: cluster.pod("shop", "a"))


async def test_a_line_may_be_long(server: scripted.ScriptedServer) -> None:
    """A pod of a megabyte comes through the watch whole."""
    pod = rows.pod("a", version="101")
    pod["metadata"]["annotations"] = {"padding": "x" * 1_000_000}
    line = json.dumps(scripted.event("ADDED", pod)).encode() + b"\n"
    server.script("watch pods", server.stream(line[:70_000], line[70_000:-5], line[-5:]))
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await eyes.until(lambda: cluster.pod("shop", "a"))


async def test_a_malformed_pod_is_a_row_with_a_fault(server: scripted.ScriptedServer) -> None:
    """One pod that cannot be read does not hide the others."""
    broken = {**rows.pod("b"), "spec": {"containers": None}}
    server.script("list pods", scripted.reply(scripted.page(rows.pod("a"), broken)))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        snapshot = await cluster.observe()
    assert [bool(pod.fault) for pod in snapshot.pods] == [False, True]


@pytest.mark.parametrize("resource", ["pods", "namespaces"])
async def test_a_forbidden_list_asks_for_rights(server: scripted.ScriptedServer, resource: str) -> None:
    """403 stops the pass with the server's words and what to bind."""
    server.script(f"list {resource}", scripted.refuse(403, f'{resource} is forbidden: User "x" cannot list'))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        with pytest.raises(errors.StalledError, match=f"forbids to list {resource} .*User.*ClusterRole with get, list"):
            await cluster.observe()


async def test_a_renewed_token_is_read_again(server: scripted.ScriptedServer) -> None:
    """After a 401 the kubeconfig is read again and the list repeated; nobody hears of it."""

    async def refuse_and_renew(request: web.Request) -> web.StreamResponse:
        server.kubeconfig(token="renewed")
        return await scripted.refuse(401, "Unauthorized")(request)

    server.script("list pods", refuse_and_renew, scripted.reply(scripted.page(rows.pod("a"))))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        snapshot = await cluster.observe()
    assert len(snapshot.pods) == 1
    tokens = [request.headers["Authorization"] for request in server.seen("list pods")]
    assert tokens == ["Bearer secret-token", "Bearer renewed"]


async def test_a_wrong_token_is_said(server: scripted.ScriptedServer) -> None:
    """401 again with the token read again is for a person to mend; the message does not have the token."""
    server.script("list pods", scripted.refuse(401, "Unauthorized"))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        with pytest.raises(errors.StalledError, match=r"credentials \(401: Unauthorized\).*kubeconfig") as caught:
            await cluster.observe()
    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (scripted.refuse(503, "starting up", headers={"Retry-After": "7"}), r"could not list pods \(503: starting up"),
        (scripted.reply("<html>"), "not a list"),
        (scripted.reply(scripted.page({"metadata": {}})), "cannot be read"),
        (scripted.hang_up, "not reached"),
    ],
)
async def test_other_faults_are_tried_again(server: scripted.ScriptedServer, step: scripted.Step, words: str) -> None:
    """Until the first list has come there is no snapshot, but the fault in words; when it passes, there is one."""
    server.script("list pods", step)
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        with pytest.raises(errors.TransientError, match=words):
            await cluster.observe()
        if "503" not in words:  # that one asked for seven seconds
            server.script("list pods", scripted.reply(scripted.page(rows.pod("a"))))
            await eyes.until(lambda: cluster.pod("shop", "a"))
            assert len((await cluster.observe()).pods) == 1


async def test_a_fault_does_not_take_the_cache_at_once(server: scripted.ScriptedServer) -> None:
    """A watch that broke a moment ago leaves a snapshot that is fresh enough; `health` has the fault."""
    server.script("list pods", scripted.reply(scripted.page(rows.pod("a"))), scripted.hang_up)
    server.script("watch pods", scripted.refuse(500, "etcd is away"))
    cluster = fronts.connect(server)
    async with watching.started(cluster) as eyes:
        await eyes.until(lambda: cluster.health.is_filled)
        await eyes.until(lambda: cluster.health.fault)
        assert len((await cluster.observe()).pods) == 1
        assert "etcd is away" in cluster.health.fault


async def test_another_server_in_the_kubeconfig_is_followed(server: scripted.ScriptedServer) -> None:
    """The configuration is read at each reconnect: a server that moved is found without a restart."""
    server.script("list pods", scripted.reply(scripted.page(rows.pod("a"))))
    cluster = fronts.connect(server)
    kubeconfig = server.kubeconfig()
    async with scripted.running(kubeconfig.parent) as other, watching.started(cluster) as eyes:
        await eyes.until(lambda: server.count("watch pods"))
        other.script("watch pods", other.stream(scripted.event("ADDED", rows.pod("b", version="101"))))
        scripted.write_kubeconfig(kubeconfig, other.url)
        server.close()  # ends the watches
        await eyes.until(lambda: cluster.pod("shop", "b"))


async def test_a_crash_is_not_hidden(server: scripted.ScriptedServer) -> None:
    """If the watch ends by a bug, here of who is told, the next pass hears of it instead of seeing an old cache."""
    has_crashed = asyncio.Event()

    def crash() -> None:
        if not has_crashed.is_set():
            has_crashed.set()
            raise ZeroDivisionError

    cluster = fronts.connect(server)
    try:
        await cluster.start(crash)
        await has_crashed.wait()
        await asyncio.sleep(0)
        with pytest.raises(errors.BugError, match="ZeroDivisionError"):
            await cluster.observe()
    finally:
        await cluster.close()
