"""A real node: a kubelet with containerd and runc on this machine, joined to an API server of its own."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support import (
    apis,
    apiservers,
    binaries,
    images,
    machines,
    nodefiles,
    podspecs,
    processes,
    registries,
    sandboxes,
    tiers,
)

Json = dict[str, Any]

NAME = "node-1"


class Node:
    """
    A running node called ``node-1`` and its API server, *server*.

    Pods name the node, as `podspecs.pod` makes them, or are bound to it by `bind`. Images come from `image`, or are
    pulled from *registry*, which stands for the public one: nothing else is ever asked. All methods block.
    """

    def __init__(self, folder: Path, server: apiservers.ApiServer) -> None:
        self.folder = folder
        self.server = server
        self.registry = registries.Registry()
        self._socket = folder / "containerd.sock"
        self._program = images.compile_program(folder)
        self._sandbox: sandboxes.Sandbox | None = None
        self._watched: list[processes.Process] = []

    def start(self) -> None:
        """Start containerd, then the kubelet, and wait until the node is Ready. About 10 s."""
        nodefiles.write(self.folder, socket=self._socket, registry=self.registry.url)
        containerd = nodefiles.containerd(self.folder)
        self._sandbox = sandboxes.Sandbox("containerd", containerd, log=self.folder / "containerd.log")
        self._watched = [self._sandbox.process]
        self._wait_until(self._is_containerd_ready, what="containerd", timeout=30)
        self._import(images.PAUSE, "pause")
        kubelet = self._sandbox.start("kubelet", self._kubelet_command(), log=self.folder / "kubelet.log")
        self._watched.append(kubelet)
        self._wait_until(self._is_node_ready, what="kubelet", timeout=60)

    def stop(self) -> None:
        """Kill the kubelet, containerd and all containers, and remove the control groups they leave."""
        if self._sandbox is None:
            return
        self._sandbox.stop()
        machines.remove_cgroups(self.container_ids())  # containerd can no longer tidy up, but its files tell

    def image(self, name: str, tag: str, *, content: str = "") -> str:
        """
        Make the image *name*:*tag*, a program that prints *content*, and return its reference for a pod.

        Without *content* it is an image of its own; two tags with the same *content* are one image.
        """
        reference = f"{name}:{tag}"
        self._import(reference, content or reference)
        return reference

    def create(self, pod: Json) -> Json:
        """Create *pod* and return it as the server stored it."""
        return self.server.call("POST", apis.pods_path(pod["metadata"]["namespace"]), pod)

    def bind(self, name: str, *, namespace: str = "default") -> None:
        """Bind a pod to the node, as a scheduler does."""
        target = {"apiVersion": "v1", "kind": "Node", "name": NAME}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
        self.server.call("POST", f"{apis.pods_path(namespace, name)}/binding", binding)

    def pod(self, name: str, *, namespace: str = "default") -> Json:
        """Read one pod."""
        return self.server.call("GET", apis.pods_path(namespace, name))

    def wait_for(
        self, name: str, holds: Callable[[Json], bool], *, what: str, namespace: str = "default", timeout: float = 60
    ) -> Json:
        """Read a pod until *holds* says so of it, and return it. Raises ``processes.StartError`` after *timeout* s."""
        pod = self.pod(name, namespace=namespace)

        def is_reached() -> bool:
            nonlocal pod
            pod = self.pod(name, namespace=namespace)
            return holds(pod)

        self._wait_until(is_reached, what=f"pod {name}: {what}", timeout=timeout)
        return pod

    def wait_until_ready(self, name: str, *, namespace: str = "default") -> Json:
        """Return a pod once it is Ready and every container runs on the image that the spec asks for."""
        return self.wait_for(name, is_up_to_date, what="ready", namespace=namespace)

    def events(self, name: str, *, namespace: str = "default") -> list[str]:
        """Return the messages of the kubelet's events about a pod, in the order of their first time."""
        selector = urllib.parse.urlencode({"fieldSelector": f"involvedObject.name={name}"})
        items = self.server.call("GET", f"/api/v1/namespaces/{namespace}/events?{selector}")["items"]
        return [each["message"] for each in sorted(items, key=lambda each: int(each["metadata"]["resourceVersion"]))]

    def log(self, pod: Json, container: str) -> str:
        """Return what a container of *pod* has printed since its last restart."""
        meta, restarts = pod["metadata"], podspecs.statuses(pod)[container]["restartCount"]
        folder = self.folder / "pod-logs" / f"{meta['namespace']}_{meta['name']}_{meta['uid']}" / container
        return (folder / f"{restarts}.log").read_text()

    def container_ids(self) -> frozenset[str]:
        """Return the IDs of all containers that run, or ran when the node was stopped, sandboxes included."""
        tasks = self.folder / "state" / "io.containerd.runtime.v2.task" / "k8s.io"
        return frozenset(each.name for each in tasks.iterdir()) if tasks.exists() else frozenset()

    def pids(self) -> frozenset[int]:
        """Return the processes of the node, those in containers too."""
        return self._sandbox.pids() if self._sandbox else frozenset()

    def _wait_until(self, is_reached: Callable[[], bool], *, what: str, timeout: float) -> None:
        processes.wait_until(is_reached, what=what, timeout=timeout, watched=self._watched)

    def _ctr(self, *words: str, data: bytes | None = None) -> str:
        command = [shutil.which("ctr", path=tiers.SEARCH_PATH) or "ctr", "--address", str(self._socket), "-n", "k8s.io"]
        done = subprocess.run([*command, *words], input=data, capture_output=True, check=True, timeout=30)
        return done.stdout.decode()

    def _import(self, reference: str, content: str) -> None:
        """Import an image and wait until the kubelet can see it: containerd's CRI plug-in learns of it by an event."""
        image = images.of_program(self._program, reference, content=content)
        self._ctr("images", "import", "-", data=images.archive(image))
        full = reference if reference.startswith("registry.") else f"docker.io/{reference}"
        managed = f'name=={full},labels."io.cri-containerd.image"==managed'
        self._wait_until(lambda: bool(self._ctr("images", "ls", "-q", managed)), what=full, timeout=10)

    def _is_containerd_ready(self) -> bool:
        try:
            plugins = [line.split() for line in self._ctr("plugins", "ls", "id==cri").splitlines()]
        except subprocess.CalledProcessError:
            return False
        return any(words[-1] == "ok" for words in plugins)

    def _is_node_ready(self) -> bool:
        try:
            node = self.server.call("GET", f"/api/v1/nodes/{NAME}")
        except urllib.error.HTTPError as refused:
            refused.close()
            return False
        return podspecs.is_ready(node)

    def _kubelet_command(self) -> list[str | Path]:
        return [
            binaries.path("kubelet"),
            f"--config={self.folder / 'kubelet.json'}",
            f"--kubeconfig={self.server.kubeconfig(user='kubelet')}",
            f"--hostname-override={NAME}",
            f"--root-dir={self.folder / 'kubelet'}",
            f"--cert-dir={self.folder / 'kubelet' / 'pki'}",
        ]


@contextlib.contextmanager
def running() -> Iterator[Node]:
    """Start an API server and a node for the block; leave no process, mount, control group or file behind."""
    with apiservers.running() as server, machines.kept_tunables():
        folder = Path(tempfile.mkdtemp(prefix="gitsidecar-node-"))
        node = Node(folder, server)
        try:
            with node.registry.running():
                node.start()
                yield node
        finally:
            node.stop()
            shutil.rmtree(folder)


def is_up_to_date(pod: Json) -> bool:
    """Say whether *pod* is Ready and every container runs on the image of its spec, as its kubelet reports it."""
    known = podspecs.statuses(pod)
    wanted = {each["name"]: each["image"] for each in podspecs.containers(pod)}
    return (
        podspecs.is_ready(pod)
        and pod["status"].get("observedGeneration") == pod["metadata"]["generation"]
        and all(name in known and known[name]["image"].endswith(image) for name, image in wanted.items())
    )
