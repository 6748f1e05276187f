"""The fake kubelet on a real API server: what it makes of pods that are new, changed, broken or deleted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support import apis, apiservers, kubelets, podspecs

Json = dict[str, Any]

IMAGES = {"nginx": "nginx:1", "logtail": "logtail:0.16.16"}
NEW = [{"op": "replace", "path": "/spec/containers/1/image", "value": "logtail:0.16.18"}]
NEW_NAME = "docker.io/library/logtail:0.16.18"
BAD = [{"op": "replace", "path": "/spec/containers/1/image", "value": "logtail:broken"}]


async def test_a_new_pod_runs_and_is_ready(apiserver: apiservers.ApiServer) -> None:
    """A new pod is Running and Ready, each container with an ID and an imageID of its own, and no restart."""
    async with apis.connected(apiserver) as api, kubelets.running(apiserver) as nodes:
        await api.create_pods([podspecs.pod("web", IMAGES)])
        await nodes.settle(pods=1)
        pod = await api.pod("web")
    statuses = podspecs.statuses(pod)
    assert (pod["status"]["phase"], podspecs.is_ready(pod)) == ("Running", True)
    assert pod["status"]["observedGeneration"] == pod["metadata"]["generation"]
    assert {name: status["image"] for name, status in statuses.items()} == {
        "nginx": "docker.io/library/nginx:1",
        "logtail": "docker.io/library/logtail:0.16.16",
    }
    assert [status["restartCount"] for status in statuses.values()] == [0, 0]
    assert len({status["containerID"] for status in statuses.values()}) == 2
    assert len({status["imageID"] for status in statuses.values()}) == 2


async def test_a_changed_image_restarts_only_its_container(apiserver: apiservers.ApiServer) -> None:
    """After a patch of one image only that container has a new image, imageID and containerID, and one restart."""
    async with apis.connected(apiserver) as api, kubelets.running(apiserver, restart_seconds=0.1) as nodes:
        before, after = await _patched(api, nodes, NEW)
    old, new = podspecs.statuses(before), podspecs.statuses(after)
    assert new["nginx"] == old["nginx"]
    assert new["logtail"]["image"] == NEW_NAME
    assert new["logtail"]["restartCount"] == 1
    assert new["logtail"]["containerID"] != old["logtail"]["containerID"]
    assert new["logtail"]["imageID"] != old["logtail"]["imageID"]
    assert new["logtail"]["lastState"]["terminated"]["containerID"] == old["logtail"]["containerID"]
    assert after["status"]["observedGeneration"] == after["metadata"]["generation"]
    assert podspecs.is_ready(after)


async def test_a_native_sidecar_restarts_the_same_way(apiserver: apiservers.ApiServer) -> None:
    """An image changed among initContainers restarts that sidecar, which is reported among initContainerStatuses."""
    pod = podspecs.pod("web", {"nginx": "nginx:1"}, natives={"logtail": "logtail:0.16.16"})
    change = [{"op": "replace", "path": "/spec/initContainers/0/image", "value": "logtail:0.16.18"}]
    async with apis.connected(apiserver) as api, kubelets.running(apiserver, restart_seconds=0.1) as nodes:
        before, after = await _patched(api, nodes, change, pod=pod)
    (status,) = after["status"]["initContainerStatuses"]
    assert (status["image"], status["restartCount"], status["ready"]) == (NEW_NAME, 1, True)
    assert after["status"]["containerStatuses"] == before["status"]["containerStatuses"]


async def test_a_restarting_pod_is_not_ready_first(apiserver: apiservers.ApiServer) -> None:
    """Between the patch and the restart the pod is not ready, and its status still names the old image."""
    async with apis.connected(apiserver) as api, kubelets.running(apiserver, restart_seconds=0.3) as nodes:
        await api.create_pods([podspecs.pod("web", IMAGES)])
        await nodes.settle(pods=1)
        patched = await api.json_patch("web", NEW)
        seen = []
        async for event in api.watch_pods(resource_version=patched["metadata"]["resourceVersion"]):
            seen.append((podspecs.is_ready(event["object"]), podspecs.statuses(event["object"])["logtail"]["image"]))
            if seen[-1][0]:
                break
    assert seen == [(False, "docker.io/library/logtail:0.16.16"), (True, NEW_NAME)]


async def test_a_broken_image_never_starts(apiserver: apiservers.ApiServer) -> None:
    """A container whose new image is broken waits with ImagePullBackOff: no restart, and the others run on."""
    broken = {"logtail:broken"}
    async with apis.connected(apiserver) as api, kubelets.running(apiserver, restart_seconds=0, broken=broken) as nodes:
        before, after = await _patched(api, nodes, BAD)
    status = podspecs.statuses(after)["logtail"]
    assert status["state"]["waiting"]["reason"] == "ImagePullBackOff"
    assert (status["ready"], status["restartCount"]) == (False, 0)
    assert podspecs.statuses(after)["nginx"] == podspecs.statuses(before)["nginx"]
    assert not podspecs.is_ready(after)


@pytest.mark.parametrize("image", ["logtail:0.16.16", "logtail:0.16.18"])
async def test_a_broken_image_is_mended_by_another(apiserver: apiservers.ApiServer, image: str) -> None:
    """A pod stuck on a broken image gets ready on any image that is there, the one it had before too."""
    broken = {"logtail:broken"}
    mend = [{"op": "replace", "path": "/spec/containers/1/image", "value": image}]
    async with apis.connected(apiserver) as api, kubelets.running(apiserver, restart_seconds=0, broken=broken) as nodes:
        before, _ = await _patched(api, nodes, BAD)
        patched = await api.json_patch("web", mend)
        after = await nodes.settled(patched)
    status = podspecs.statuses(after)["logtail"]
    assert podspecs.is_ready(after)
    assert (status["image"], status["restartCount"]) == (f"docker.io/library/{image}", 1)
    assert status["containerID"] != podspecs.statuses(before)["logtail"]["containerID"]


async def test_a_new_pod_with_a_broken_image_stays_pending(apiserver: apiservers.ApiServer) -> None:
    """A pod whose image was never there is Pending, with no container ID."""
    async with apis.connected(apiserver) as api, kubelets.running(apiserver, broken=["logtail:0.16.16"]) as nodes:
        await api.create_pods([podspecs.pod("web", IMAGES)])
        await nodes.settle(pods=1)
        pod = await api.pod("web")
    assert pod["status"]["phase"] == "Pending"
    assert "containerID" not in podspecs.statuses(pod)["logtail"]
    assert podspecs.statuses(pod)["nginx"]["ready"]


async def test_a_deleted_pod_goes(apiserver: apiservers.ApiServer) -> None:
    """A pod deleted with grace is gone once its kubelet has seen it."""
    async with apis.connected(apiserver) as api, kubelets.running(apiserver) as nodes:
        await api.create_pods([podspecs.pod("web", IMAGES)])
        await nodes.settle(pods=1)
        listed = await api.request("GET", apis.pods_path())
        await api.delete_pod("web")
        async with asyncio.timeout(10):
            async for event in api.watch_pods(resource_version=listed["metadata"]["resourceVersion"]):
                if event["type"] == "DELETED":
                    break
        assert await api.pods() == []


async def test_a_restarted_server_is_watched_again(apiserver: apiservers.ApiServer) -> None:
    """Pods changed after the API server was killed and restarted are tended as before."""
    async with kubelets.running(apiserver, restart_seconds=0) as nodes:
        async with apis.connected(apiserver) as api:
            await api.create_pods([podspecs.pod("web", IMAGES)])
            await nodes.settle(pods=1)
        apiserver.restart()
        async with apis.connected(apiserver) as api:
            patched = await api.json_patch("web", NEW)
            after = await nodes.settled(patched)
    assert podspecs.statuses(after)["logtail"]["image"] == NEW_NAME


async def test_a_thousand_pods_are_kept_alive(apiserver: apiservers.ApiServer) -> None:
    """1,000 pods get ready with one write each, and with two more once an image of each changes."""
    before = len(apiserver.writes(user="kubelet"))
    async with apis.connected(apiserver) as api, kubelets.running(apiserver, restart_seconds=0.5) as nodes:
        await api.create_pods([podspecs.pod(f"web-{number}", IMAGES) for number in range(1000)])
        await nodes.settle(pods=1000)
        assert len(apiserver.writes(user="kubelet")) - before == 1000
        for patched in await asyncio.gather(*(api.json_patch(f"web-{number}", NEW) for number in range(1000))):
            await nodes.settled(patched)
        pods = await api.pods()
    assert sum(podspecs.is_ready(pod) for pod in pods) == 1000
    assert {podspecs.statuses(pod)["logtail"]["restartCount"] for pod in pods} == {1}
    assert len(apiserver.writes(user="kubelet")) - before == 3000


async def _patched(
    api: apis.Api, nodes: kubelets.Kubelets, change: list[Json], *, pod: Json | None = None
) -> tuple[Json, Json]:
    """Create a pod, let it settle, patch it, let it settle; return it before and after."""
    await api.create_pods([pod or podspecs.pod("web", IMAGES)])
    await nodes.settle(pods=1)
    before = await api.pod("web")
    patched = await api.json_patch("web", change)
    return before, await nodes.settled(patched)
