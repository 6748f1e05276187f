"""The article's example, word for word: a log shipper gets beside nginx by the webhook, and is then replaced there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import (
    apis,
    daemons,
    fleets,
    images,
    nodes,
    podspecs,
    processes,
    remotes,
    sites,
    waiting,
    workbenches,
)

Json = dict[str, Any]

pytestmark = pytest.mark.timeout(180)

_SET = "logtail-sidecarset"
_NAMESPACE = "gitsidecar-example"
_OLD, _NEW = "log-service/logtail:0.16.16", "log-service/logtail:0.16.18"
_SIDECARSET = """\
apiVersion: apps.kruise.io/v1alpha1
kind: SidecarSet
metadata: {name: logtail-sidecarset}
spec:
  selector: {matchLabels: {app: nginx}}
  updateStrategy: {type: RollingUpdate, maxUnavailable: 10%}
  containers:
  - name: logtail
    image: log-service/logtail:0.16.16
    command: [sh, -c, /usr/local/ilogtail/run_logtail.sh 10]
    livenessProbe: {exec: {command: [/etc/init.d/ilogtaild, status]}}
    resources: {limits: {memory: 512Mi}, requests: {cpu: 10m, memory: 30Mi}}
    volumeMounts: [{name: nginx-log, mountPath: /var/log/nginx}]
    transferEnv: [{sourceContainerName: nginx, envName: TZ}]
  volumes: [{name: nginx-log, emptyDir: {}}]
"""
_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: test-pod, labels: {app: nginx}}
spec:
  containers:
  - name: nginx
    image: log-service/docker-log-test:latest
    command: [/bin/mock_log]
    env: [{name: TZ, value: Asia/Shanghai}]
    volumeMounts: [{name: nginx-log, mountPath: /var/log/nginx}]
  volumes: [{name: nginx-log, emptyDir: {}}]
"""

# What the images of the example hold. `wait`, and not `sleep` alone, lets a shell hear SIGTERM at once.
_MOCK_LOG = """\
#!/bin/sh
trap 'exit 0' TERM
while :; do
    echo "GET /" >> /var/log/nginx/access.log
    sleep 1 & wait $!
done
"""
_RUN_LOGTAIL = """\
#!/bin/sh
trap 'sleep "$1"; exit 0' TERM
echo $$ > /usr/local/ilogtail/pid
read -r version < /usr/local/ilogtail/version
until [ -e /var/log/nginx/access.log ]; do sleep 1 & wait $!; done
while :; do
    while read -r line; do echo "$version shipped in $TZ: $line"; done
    sleep 1 & wait $!
done < /var/log/nginx/access.log
"""
_ILOGTAILD = """\
#!/bin/sh
[ "$1" = status ] && read -r pid < /usr/local/ilogtail/pid && kill -0 "$pid"
"""


@pytest.fixture
def fresh_node() -> Iterator[nodes.Node]:
    """Run a node that has never seen an image: those of the example have names that other tests use for theirs."""
    with nodes.running() as node:
        yield node


async def test_the_example_works_word_for_word(
    fresh_node: nodes.Node, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """The pod starts with the sidecar that was pushed; a pushed image restarts the sidecar and nothing else."""
    node = fresh_node
    _publish(node)
    async with _serving(node, http_remote, tmp_path) as bench:
        before = await _started(node)
        status = await _until_complete(bench, generation=1)
        assert status["images"] == {"logtail": {_OLD: 1}}
        await _until_shipped(node, before, _OLD)

        writes = len(node.server.writes(user="daemon"))
        bench.commit({"logtail.yaml": _SIDECARSET.replace(_OLD, _NEW)})
        status = await _until_complete(bench, generation=2)
        assert status["images"] == {"logtail": {_NEW: 1}}
        after = node.pod("test-pod")
        _check_replaced(before, after)
        assert "Container logtail definition changed, will be restarted" in node.events("test-pod")
        patches = [each for each in node.server.writes(user="daemon")[writes:] if each.pod == "default/test-pod"]
        assert [(each.verb, each.subresource, each.code) for each in patches] == [("patch", "", 200)]
        await _until_shipped(node, after, _NEW)


def test_a_network_of_a_pod_s_own_makes_no_router_of_the_machine(node: nodes.Node) -> None:
    """A pod that does not use the host's network, as that of the example, has an address of its own; that is all."""
    forwarding = Path("/proc/sys/net/ipv4/ip_forward")
    before = forwarding.read_text()
    pod = podspecs.pod("alone", {"nginx": node.image("log-service/nginx", "1")})
    pod["spec"]["hostNetwork"] = False
    node.create(pod)
    status = node.wait_until_ready("alone")["status"]
    assert status["podIP"] != status["hostIP"]
    assert forwarding.read_text() == before


async def _started(node: nodes.Node) -> Json:
    """Create the pod, check that the webhook gave it the sidecar, and return it once the kubelet has it Ready."""
    created = node.create(_pod())
    logtail, nginx = created["spec"]["containers"]
    assert (logtail["name"], nginx["name"]) == ("logtail", "nginx")
    assert {"name": "TZ", "value": "Asia/Shanghai"} in logtail["env"]
    assert [mount["mountPath"] for mount in logtail["volumeMounts"]] == ["/var/log/nginx"]
    assert created["spec"]["volumes"] == [{"name": "nginx-log", "emptyDir": {}}]
    node.bind("test-pod")
    pod = await asyncio.to_thread(node.wait_until_ready, "test-pod")
    assert {name: each["restartCount"] for name, each in podspecs.statuses(pod).items()} == {"logtail": 0, "nginx": 0}
    return pod


def _check_replaced(before: Json, after: Json) -> None:
    """Check that the sidecar was restarted once, on the new image, and that all else stayed as it was."""
    old, new = podspecs.statuses(before), podspecs.statuses(after)
    assert (new["logtail"]["image"], new["logtail"]["ready"]) == (f"docker.io/{_NEW}", True)
    assert new["logtail"]["restartCount"] == 1
    assert new["logtail"]["lastState"]["terminated"]["exitCode"] == 0, "it was killed, not left its 10 seconds"
    assert new["logtail"]["containerID"] != old["logtail"]["containerID"]
    assert new["nginx"] == old["nginx"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["podIP"] == before["status"]["podIP"]


@contextlib.asynccontextmanager
async def _serving(node: nodes.Node, remote: remotes.Served, folder: Path) -> AsyncIterator[workbenches.Workbench]:
    """Push the set and run the daemon with its webhook for the block, from when the API server asks it."""
    bench = workbenches.Workbench(folder / "workbench", remote.repository)
    bench.commit({"logtail.yaml": _SIDECARSET})
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}}
    node.server.call("POST", "/api/v1/namespaces", namespace)
    address = f"127.0.0.1:{processes.free_port()}"
    reached = {"url": f"https://{address}"}
    section = {"enabled": True, "address": address, "namespace": _NAMESPACE, "reached": reached}
    with (
        sites.granted(node.server, _NAMESPACE, user="daemon"),
        daemons.prepared(folder, remote, kubeconfig=node.server.kubeconfig(user="daemon")) as daemon,
    ):
        daemon.settings.change({"webhook": section})
        daemon.start()
        await daemon.ready()
        # The API server hears of a registration a moment after that was written.
        await waiting.until(lambda: len(_rehearsed(node)["spec"]["containers"]) == 2, what="an injected pod")
        yield bench
        assert daemon.lines(level="error") == []


def _publish(node: nodes.Node) -> None:
    """Put the images of the example into the node's registry."""
    shell = images.shell()
    node.registry.serve(
        images.of_files("log-service/docker-log-test:latest", {**shell, "bin/mock_log": _MOCK_LOG.encode()})
    )
    for reference in (_OLD, _NEW):
        files = {
            "usr/local/ilogtail/run_logtail.sh": _RUN_LOGTAIL,
            "usr/local/ilogtail/version": f"{reference}\n",
            "etc/init.d/ilogtaild": _ILOGTAILD,
        }
        encoded = {path: content.encode() for path, content in files.items()}
        node.registry.serve(images.of_files(reference, {**shell, **encoded}))


async def _until_complete(bench: workbenches.Workbench, *, generation: int) -> Json:
    """Wait until the status branch says that *generation* is rolled out to the one pod, and return the status."""
    counts = ("matchedPods", "updatedPods", "readyPods", "updatedReadyPods", "observedGeneration")

    def complete() -> Json | None:
        status = fleets.recorded(bench, _SET)
        is_counted = [status.get(count) for count in counts] == [1, 1, 1, 1, generation]
        return status if is_counted and fleets.condition(status, "Complete")["status"] == "True" else None

    return await waiting.until(complete, what=lambda: f"{generation}: {fleets.recorded(bench, _SET)}", seconds=60)


async def _until_shipped(node: nodes.Node, pod: Json, version: str) -> None:
    """Wait until the sidecar has printed a line of nginx's log: it reads the volume and has the time zone."""
    line = f"{version} shipped in Asia/Shanghai: GET /"
    await waiting.until(lambda: line in node.log(pod, "logtail"), what=lambda: node.log(pod, "logtail"))


def _rehearsed(node: nodes.Node) -> Json:
    """Return what would become of the pod."""
    return node.server.call("POST", f"{apis.pods_path('default')}?dryRun=All", _pod())


def _pod() -> Json:
    pod: Json = yaml.safe_load(_POD)
    pod["metadata"]["namespace"] = "default"
    return pod
