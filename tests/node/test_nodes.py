"""The real node that the end-to-end tests stand on: containers start, one is replaced in place, nothing is left."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support import apis, machines, nodes, podspecs, processes

Json = dict[str, Any]

_ROOT = Path(__file__).resolve().parents[2]
_LEAST_PROCESSES = 7  # `unshare`, its shell, containerd, the kubelet, a shim, the pause container and the application

_HOLDER = """
import json
import time

from tests.support import nodes, podspecs

with nodes.running() as node:
    node.create(podspecs.pod("web", {"nginx": node.image("log-service/nginx", "1")}))
    node.wait_until_ready("web")
    found = {"pids": [*node.pids()], "containers": [*node.container_ids()]}
    print(json.dumps({**found, "folders": [str(node.folder), str(node.server.folder)]}), flush=True)
    time.sleep(600)
"""


def test_a_pod_of_two_containers_gets_ready(node: nodes.Node) -> None:
    """An application and its sidecar start from hand-made images, and the pod is Ready."""
    pod = _pod_with_sidecar(node)
    statuses = podspecs.statuses(pod)
    assert podspecs.is_ready(pod)
    assert [statuses[name]["restartCount"] for name in ("nginx", "logtail")] == [0, 0]
    assert statuses["logtail"]["image"] == "docker.io/log-service/logtail:0.16.16"


async def test_a_patched_image_restarts_only_its_container(node: nodes.Node) -> None:
    """A JSON Patch of the sidecar's image replaces its container; application, pod and address stay."""
    before = _pod_with_sidecar(node)
    after = await _patched(node, "/spec/containers/1/image")
    old, new = podspecs.statuses(before), podspecs.statuses(after)
    assert (new["logtail"]["restartCount"], new["logtail"]["ready"]) == (1, True)
    assert new["logtail"]["image"] == "docker.io/log-service/logtail:0.16.18"
    assert new["logtail"]["imageID"] != old["logtail"]["imageID"]
    assert new["nginx"] == old["nginx"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["podIP"] == before["status"]["podIP"]
    assert "Container logtail definition changed, will be restarted" in node.events("web")


async def test_a_native_sidecar_is_replaced_the_same_way(node: nodes.Node) -> None:
    """A JSON Patch of an image among initContainers replaces that sidecar, and the application runs on."""
    before = _pod_with_sidecar(node, is_native=True)
    after = await _patched(node, "/spec/initContainers/0/image")
    old, new = podspecs.statuses(before), podspecs.statuses(after)
    assert (new["logtail"]["restartCount"], new["logtail"]["ready"]) == (1, True)
    assert new["logtail"]["containerID"] != old["logtail"]["containerID"]
    assert new["nginx"] == old["nginx"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert any("Init container logtail definition changed" in message for message in node.events("web"))


async def test_another_tag_of_the_same_image_restarts_too(node: nodes.Node) -> None:
    """Two tags of one image have one imageID, and still the container is replaced: only its own ID tells."""
    image = node.image("log-service/logtail", "blue", content="the same")
    node.create(podspecs.pod("web", {"logtail": image}))
    before = podspecs.statuses(node.wait_until_ready("web"))["logtail"]
    async with apis.connected(node.server) as api:
        await api.json_patch("web", _image("/spec/containers/0/image", _green(node)))
    pod = node.wait_for("web", lambda pod: podspecs.statuses(pod)["logtail"]["restartCount"] == 1, what="restarted")
    after = podspecs.statuses(pod)["logtail"]
    assert after["imageID"] == before["imageID"]
    assert after["containerID"] != before["containerID"]


async def test_an_image_that_is_not_there_stops_only_its_container(node: nodes.Node) -> None:
    """A sidecar whose new image is missing waits, with image and ID of what ran last; the application runs on."""
    before = _pod_with_sidecar(node)
    async with apis.connected(node.server) as api:
        await api.json_patch("web", _image("/spec/containers/1/image", "log-service/logtail:missing"))
    after = node.wait_for("web", lambda pod: not podspecs.is_ready(pod), what="not ready")
    old, new = podspecs.statuses(before), podspecs.statuses(after)
    assert new["logtail"]["state"]["waiting"]["reason"] == "ErrImageNeverPull"
    assert (new["logtail"]["restartCount"], new["logtail"]["containerID"]) == (0, old["logtail"]["containerID"])
    assert new["nginx"] == old["nginx"]


def test_nothing_is_left_of_a_stopped_node() -> None:
    """No process, mount, control group or file is left of a node with a running pod; kernel settings are as before."""
    tunables, mounts = machines.tunables(), _mounts()
    with nodes.running() as node:
        node.create(podspecs.pod("web", {"nginx": node.image("log-service/nginx", "1")}))
        node.wait_until_ready("web")
        folders, containers = (node.folder, node.server.folder), node.container_ids()
        running = {pid: _start_time(pid) for pid in node.pids()}
        assert len(running) >= _LEAST_PROCESSES
        assert machines.cgroups(containers)
    assert _alive(running) == []
    assert _mounts() == mounts
    assert machines.cgroups(containers) == []
    assert [folder for folder in folders if folder.exists()] == []
    assert machines.tunables() == tunables


def test_no_process_outlives_a_killed_test_run() -> None:
    """When the process that runs a node is killed, the kernel ends the kubelet, containerd and every container."""
    mounts = _mounts()
    # Run from here, what a killed process cannot put back is put back all the same.
    with machines.kept_tunables(), _node_of_another_process() as (holder, found):
        running = {pid: _start_time(pid) for pid in found["pids"]}
        assert len(running) >= _LEAST_PROCESSES
        holder.kill()
        processes.wait_until(lambda: _alive(running) == [], what="the end of the node", timeout=20)
        assert _mounts() == mounts


@contextlib.contextmanager
def _node_of_another_process() -> Iterator[tuple[subprocess.Popen[str], Json]]:
    """Let another process run a node and a pod; yield it and what it has; clean up what is left when it was killed."""
    with subprocess.Popen([sys.executable, "-c", _HOLDER], stdout=subprocess.PIPE, text=True, cwd=_ROOT) as holder:
        assert holder.stdout is not None
        try:
            found = json.loads(holder.stdout.readline())
            yield holder, found
        finally:
            holder.kill()
    processes.wait_until(lambda: not any(map(_start_time, found["pids"])), what="the end of the node", timeout=20)
    machines.remove_cgroups(found["containers"])
    for folder in found["folders"]:
        shutil.rmtree(folder)


def _pod_with_sidecar(node: nodes.Node, *, is_native: bool = False) -> Json:
    """Create the pod ``web``, an application with the sidecar ``logtail``, and return it once it is ready."""
    app = {"nginx": node.image("log-service/nginx", "1")}
    sidecar = {"logtail": node.image("log-service/logtail", "0.16.16")}
    pod = podspecs.pod("web", app, natives=sidecar) if is_native else podspecs.pod("web", {**app, **sidecar})
    node.create(pod)
    return node.wait_until_ready("web")


async def _patched(node: nodes.Node, path: str) -> Json:
    """Patch the image at *path* of the pod ``web`` to 0.16.18, and return the pod once it is ready again."""
    image = node.image("log-service/logtail", "0.16.18")
    async with apis.connected(node.server) as api:
        await api.json_patch("web", _image(path, image))
    return node.wait_until_ready("web")


def _green(node: nodes.Node) -> str:
    return node.image("log-service/logtail", "green", content="the same")


def _image(path: str, image: str) -> list[Json]:
    return [{"op": "replace", "path": path, "value": image}]


def _alive(started: dict[int, str]) -> list[int]:
    """Return which of the processes *started* (number → time of start, as numbers come again) still run."""
    return [pid for pid, start in started.items() if _start_time(pid) == start]


def _start_time(pid: int) -> str:
    """Return when *pid* started, in ticks since boot; empty when it has ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if state == "Z" else fields[18]
    return ""


def _mounts() -> list[str]:
    return sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
