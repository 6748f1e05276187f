"""The control plane that the other tests stand on: it starts, tells users apart, forgets and comes back."""

from __future__ import annotations

import asyncio

import pytest

from tests.support import apis, apiservers, podspecs, throttling


async def test_a_pod_is_created_and_listed(apiserver: apiservers.ApiServer) -> None:
    """Pods with a node name need no scheduler, no service account and no node object."""
    async with apis.connected(apiserver) as api:
        wanted = [podspecs.pod(f"web-{number}", {"nginx": "nginx:1"}) for number in range(30)]
        await api.create_pods(wanted)
        names = {pod["metadata"]["name"] for pod in await api.pods(namespace="default")}
    assert names == {f"web-{number}" for number in range(30)}


async def test_no_pods_are_left_for_the_next_test(apiserver: apiservers.ApiServer) -> None:
    """The fixture lends out a server without pods, whatever ran before."""
    async with apis.connected(apiserver) as api:
        assert await api.pods() == []


async def test_a_reader_may_look_but_not_patch(apiserver: apiservers.ApiServer) -> None:
    """The user `reader` lists pods and gets 403 for a patch."""
    async with apis.connected(apiserver) as admin, apis.connected(apiserver, user="reader") as reader:
        await admin.create_pods([podspecs.pod("web", {"nginx": "nginx:1"})])
        assert len(await reader.pods()) == 1
        with pytest.raises(apis.RefusedError) as caught:
            await reader.merge_patch("web", {"metadata": {"labels": {"a": "b"}}})
    assert caught.value.code == 403


async def test_the_audit_log_tells_who_wrote_what(apiserver: apiservers.ApiServer) -> None:
    """One patch of the user `daemon` is one line of the audit log under its name, and reads are none."""
    before = len(apiserver.writes(user="daemon"))
    async with apis.connected(apiserver) as admin, apis.connected(apiserver, user="daemon") as daemon:
        await admin.create_pods([podspecs.pod("web", {"nginx": "nginx:1"})])
        await daemon.pods()
        await daemon.merge_patch("web", {"metadata": {"labels": {"a": "b"}}})
    (write,) = apiserver.writes(user="daemon")[before:]
    assert (write.verb, write.pod, write.subresource, write.code) == ("patch", "default/web", "", 200)


async def test_a_list_begun_before_compaction_is_gone(apiserver: apiservers.ApiServer) -> None:
    """After `compact` a `continue` token of before is answered with 410."""
    async with apis.connected(apiserver) as api:
        await api.create_pods([podspecs.pod(f"web-{number}", {"nginx": "nginx:1"}) for number in range(4)])
        page = await api.request("GET", apis.pods_path(), params={"limit": "2"})
        apiserver.compact()
        token = page["metadata"]["continue"]
        with pytest.raises(apis.RefusedError) as caught:
            await api.request("GET", apis.pods_path(), params={"limit": "2", "continue": token})
    assert caught.value.code == 410


async def test_a_watch_from_before_compaction_is_gone(apiserver: apiservers.ApiServer) -> None:
    """After `compact` a watch from a version of before is answered with 200 and an ERROR event that says 410."""
    async with apis.connected(apiserver) as api:
        listed = await api.request("GET", apis.pods_path())
        apiserver.compact()
        events = [each async for each in api.watch_pods(resource_version=listed["metadata"]["resourceVersion"])]
    assert [(event["type"], event["object"]["code"]) for event in events] == [("ERROR", 410)]


async def test_a_restart_keeps_address_and_data(apiserver: apiservers.ApiServer) -> None:
    """After `restart` the same URL, certificate and token show the same pods."""
    async with apis.connected(apiserver) as api:
        (before,) = await api.create_pods([podspecs.pod("web", {"nginx": "nginx:1"})])
        apiserver.restart()
        after = await api.pod("web")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


async def test_a_throttled_user_is_told_when_to_come_back(apiserver: apiservers.ApiServer) -> None:
    """While throttled, most of many simultaneous patches are refused with 429 and a number of seconds; then none is."""
    async with apis.connected(apiserver) as admin, apis.connected(apiserver, user="daemon") as daemon:
        await admin.create_pods([podspecs.pod("web", {"nginx": "nginx:1"})])

        async def patch(_: int) -> tuple[int, int | None]:
            try:
                await daemon.merge_patch("web", {"metadata": {"labels": {"a": "b"}}})
            except apis.RefusedError as refused:
                return refused.code, refused.retry_after
            return 200, None

        with throttling.throttled(apiserver, user="daemon"):
            under = await asyncio.gather(*map(patch, range(40)))
        after = await asyncio.gather(*map(patch, range(40)))
    assert set(under) == {(200, None), (429, 1)}
    assert set(after) == {(200, None)}
