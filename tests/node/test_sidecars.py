"""The main job on a real node: kubelet and containerd replace the sidecar that was pushed, and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from tests.support import daemons, fleets, nodes, podspecs, remotes, sidecarsets, waiting, workbenches

pytestmark = pytest.mark.timeout(120)

APP = "log-service/nginx"


async def test_a_push_replaces_the_sidecar(node: nodes.Node, http_remote: remotes.Served, tmp_path: Path) -> None:
    """A pushed image restarts only the sidecar: the application's container, the pod and its address stay."""
    pod = podspecs.pod(
        "web",
        {"nginx": node.image(APP, "1"), "logtail": node.image(*_split(sidecarsets.OLD))},
        labels=sidecarsets.LABELS,
    )
    async with _deployed(node, http_remote, tmp_path, pod) as daemon:
        manifest = yaml.safe_load(sidecarsets.text(sidecarsets.NEW))
        await _assert_replaced(node, daemon, http_remote, manifest)
        assert "Container logtail definition changed, will be restarted" in node.events("web")


async def test_a_push_replaces_a_native_sidecar(node: nodes.Node, http_remote: remotes.Served, tmp_path: Path) -> None:
    """A sidecar among initContainers, with `restartPolicy: Always`, is replaced the same way."""
    app, native = {"nginx": node.image(APP, "1")}, {"logtail": node.image(*_split(sidecarsets.OLD))}
    pod = podspecs.pod("web", app, natives=native, labels=sidecarsets.LABELS)
    async with _deployed(node, http_remote, tmp_path, pod) as daemon:
        manifest = yaml.safe_load(sidecarsets.text(sidecarsets.NEW))
        sidecar = manifest["spec"].pop("containers")[0]
        manifest["spec"]["initContainers"] = [{**sidecar, "restartPolicy": "Always"}]
        await _assert_replaced(node, daemon, http_remote, manifest)
        assert any("Init container logtail definition changed" in message for message in node.events("web"))


async def test_an_image_that_is_not_there_is_said_and_cured(
    node: nodes.Node, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """A real kubelet that cannot get the image blocks the rollout, while the application runs on; the fix cures it."""
    pod = podspecs.pod(
        "web",
        {"nginx": node.image(APP, "1"), "logtail": node.image(*_split(sidecarsets.OLD))},
        labels=sidecarsets.LABELS,
    )
    async with _deployed(node, http_remote, tmp_path, pod) as daemon:
        before = node.pod("web")
        bench = workbenches.Workbench(tmp_path / "workbench", http_remote.repository)
        bench.commit({"logtail.yaml": sidecarsets.text("log-service/logtail:0.16.17")})
        daemon.start()
        status = await _until_recorded(bench, "Blocked", "PodsFailing")
        assert status["failing"] == {"default/web": "logtail: ErrImageNeverPull"}
        node.image(*_split(sidecarsets.NEW))
        bench.commit({"logtail.yaml": sidecarsets.text(sidecarsets.NEW)})
        await _until_recorded(bench, "Complete", "RolledOut")
        old, new = podspecs.statuses(before), podspecs.statuses(node.pod("web"))
        assert new["nginx"] == old["nginx"]
        assert (new["logtail"]["image"], new["logtail"]["restartCount"]) == (f"docker.io/{sidecarsets.NEW}", 1)


async def _assert_replaced(
    node: nodes.Node, daemon: daemons.Daemon, remote: remotes.Served, manifest: fleets.Json
) -> None:
    """Push *manifest*, run the daemon, and check the pod and the record once all is done."""
    node.image(*_split(sidecarsets.NEW))
    before = node.pod("web")
    writes = len(node.server.writes(user="daemon"))
    bench = workbenches.Workbench(daemon.settings.file.parent / "workbench", remote.repository)
    bench.commit({"logtail.yaml": yaml.safe_dump(manifest)})
    daemon.start()
    status = await _until_recorded(bench, "Complete", "RolledOut")
    assert (status["matchedPods"], status["updatedPods"], status["readyPods"]) == (1, 1, 1)
    after = node.pod("web")
    old, new = podspecs.statuses(before), podspecs.statuses(after)
    assert (new["logtail"]["image"], new["logtail"]["ready"]) == (f"docker.io/{sidecarsets.NEW}", True)
    assert new["logtail"]["restartCount"] == 1
    assert new["logtail"]["containerID"] != old["logtail"]["containerID"]
    assert new["nginx"] == old["nginx"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["podIP"] == before["status"]["podIP"]
    (write,) = node.server.writes(user="daemon")[writes:]
    assert (write.verb, write.pod, write.subresource, write.code) == ("patch", "default/web", "", 200)


@contextlib.asynccontextmanager
async def _deployed(
    node: nodes.Node, remote: remotes.Served, folder: Path, pod: fleets.Json
) -> AsyncIterator[daemons.Daemon]:
    """Create *pod*, wait until it is Ready, and prepare a daemon for the block."""
    node.create(pod)
    node.wait_until_ready("web")
    with daemons.prepared(folder, remote, kubeconfig=node.server.kubeconfig(user="daemon")) as daemon:
        yield daemon


async def _until_recorded(bench: workbenches.Workbench, type_: str, reason: str) -> fleets.Json:
    """Wait until the status branch has the condition *type_* true with *reason*, and return the status."""

    def recorded() -> fleets.Json | None:
        status = fleets.recorded(bench)
        found = fleets.condition(status, type_) if status else {}
        return status if (found.get("status"), found.get("reason")) == ("True", reason) else None

    return await waiting.until(recorded, what=lambda: f"{type_} {reason}: {fleets.recorded(bench)}", seconds=60)


def _split(image: str) -> tuple[str, str]:
    name, _, tag = image.rpartition(":")
    return name, tag
