"""What the battery does to a cluster, whichever it is: real servers, or the simulation."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
from collections.abc import AsyncIterator
from typing import Protocol

from gitsidecar import ports
from gitsidecar.cluster import clusters, configurations, feeds
from gitsidecar.manifests import pods as reading
from gitsidecar.model import pods
from gitsidecar.simulation import clocks
from gitsidecar.simulation import clusters as simulations
from tests.support import apis, apiservers, podspecs, throttling

NAMESPACE = "default"
IMAGES = {"app": "nginx:1", "logtail": "logtail:1"}
NATIVES = {"mesh": "mesh:1", "proxy": "proxy:1"}
PAGE_SIZE = 4
BUDGETS = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"


class Arena(Protocol):
    """
    One cluster: clients to be tested, and ways to change and to see the cluster past them.

    Pods are in `NAMESPACE` and have the containers of `IMAGES`; native ones have those of `NATIVES` before them.
    """

    def client(self, *, may_write: bool = True, may_read: bool = True) -> ports.Cluster:
        """Return a client, not started yet, whose user has those rights."""

    async def add_pod(self, name: str, *, is_native: bool = False, is_annotated: bool = True) -> pods.Pod:
        """Add a pod and return its row."""

    async def delete_pod(self, name: str) -> None:
        """Delete a pod, at once."""

    async def set_image(self, name: str, container: str, image: str) -> None:
        """Change the image of a container as ``kubectl set image`` does."""

    async def set_label(self, name: str, key: str, value: str) -> None:
        """Give a pod one label more."""

    async def protect(self, name: str) -> None:
        """Let a pod be Ready, and a PodDisruptionBudget called like it allow no disruption of it."""

    async def truth(self, name: str) -> pods.Pod:
        """Return a pod's row as it is, past the clients."""

    async def expire(self, client: ports.Cluster) -> None:
        """Let the server forget the version from which *client* watches: 410."""

    async def restart(self) -> None:
        """Restart the server; it may still be on its way when this returns."""

    def throttled(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Let the server refuse most of simultaneous writes with 429 and Retry-After, for the block."""


class RealArena:
    """A real kube-apiserver; nobody plays the kubelet, so pods change only by what the battery does."""

    def __init__(self, server: apiservers.ApiServer, api: apis.Api) -> None:
        self._server = server
        self._api = api

    def client(self, *, may_write: bool = True, may_read: bool = True) -> ports.Cluster:
        user = "daemon" if may_write else "reader"
        target = configurations.Target(self._server.kubeconfig(user=user if may_read else "stranger"))
        return clusters.connect(target, rhythm=feeds.Rhythm(page_size=PAGE_SIZE))

    async def add_pod(self, name: str, *, is_native: bool = False, is_annotated: bool = True) -> pods.Pod:
        pod = podspecs.pod(
            name,
            IMAGES,
            natives=NATIVES if is_native else None,
            labels={"app": name},
            annotations={"other": "kept"} if is_annotated else None,
        )
        (created,) = await self._api.create_pods([pod])
        return _row(created)

    async def delete_pod(self, name: str) -> None:
        await self._api.delete_pod(name, grace=0)

    async def set_image(self, name: str, container: str, image: str) -> None:
        index = (await self.truth(name)).container(container)
        assert index is not None
        operation = {"op": "replace", "path": f"/spec/containers/{index.index}/image", "value": image}
        await self._api.json_patch(name, [operation])

    async def set_label(self, name: str, key: str, value: str) -> None:
        await self._api.merge_patch(name, {"metadata": {"labels": {key: value}}})

    async def protect(self, name: str) -> None:
        condition = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-24T00:00:00Z"}
        status = {"phase": "Running", "conditions": [condition]}
        await self._api.merge_patch(name, {"status": status}, subresource="status")
        spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": name}}}
        body = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}
        made = await self._api.request("POST", BUDGETS, body=body)
        counts = {"currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1, "disruptionsAllowed": 0}
        counted = {"status": {**counts, "observedGeneration": made["metadata"]["generation"]}}
        path, kind = f"{BUDGETS}/{name}", "application/merge-patch+json"
        await self._api.request("PATCH", f"{path}/status", body=counted, content_type=kind)  # as its controller does

    async def truth(self, name: str) -> pods.Pod:
        return _row(await self._api.pod(name))

    async def expire(self, client: ports.Cluster) -> None:
        await asyncio.to_thread(self._server.compact)

    async def restart(self) -> None:
        await asyncio.to_thread(self._server.restart)

    @contextlib.asynccontextmanager
    async def throttled(self) -> AsyncIterator[None]:
        throttle = throttling.throttled(self._server, user="daemon")
        await asyncio.to_thread(throttle.__enter__)
        try:
            yield
        finally:
            await asyncio.to_thread(throttle.__exit__, None, None, None)


class SimulatedArena:
    """The simulated cluster on a clock that runs fast."""

    def __init__(self) -> None:
        clock = clocks.FastClock(20.0, datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC))
        self._cluster = simulations.SimulatedCluster(clock, seed=1)

    def client(self, *, may_write: bool = True, may_read: bool = True) -> ports.Cluster:
        self._cluster.forbid_writes(not may_write)
        self._cluster.forbid_reads(not may_read)
        return self._cluster

    async def add_pod(self, name: str, *, is_native: bool = False, is_annotated: bool = True) -> pods.Pod:
        natives = [
            pods.Container(each, image, index, is_native=True)
            for index, (each, image) in enumerate(NATIVES.items() if is_native else ())
        ]
        plain = [pods.Container(each, image, index) for index, (each, image) in enumerate(IMAGES.items())]
        row = pods.Pod(
            NAMESPACE, name, "", {"app": name}, (*natives, *plain), phase="Pending", has_annotations=is_annotated
        )
        return self._cluster.add_pod(row)

    async def delete_pod(self, name: str) -> None:
        self._cluster.delete_pod(NAMESPACE, name, grace=0)

    async def set_image(self, name: str, container: str, image: str) -> None:
        self._cluster.set_image_from_outside(NAMESPACE, name, container, image)

    async def set_label(self, name: str, key: str, value: str) -> None:
        labels = (await self.truth(name)).labels
        self._cluster.set_labels_from_outside(NAMESPACE, name, {**labels, key: value})

    async def protect(self, name: str) -> None:
        while not (await self.truth(name)).is_ready:  # the simulated kubelet has no event for it
            await asyncio.sleep(0.02)
            self._cluster.catch_up()
        self._cluster.protect(NAMESPACE, name, {"app": name}, min_available=1)

    async def truth(self, name: str) -> pods.Pod:
        return self._cluster.world.find(NAMESPACE, name)

    async def expire(self, client: ports.Cluster) -> None:
        self._cluster.expire()

    async def restart(self) -> None:
        self._cluster.restart()

    @contextlib.asynccontextmanager
    async def throttled(self) -> AsyncIterator[None]:
        self._cluster.throttle(1.0, writes=5)
        yield
        self._cluster.throttle(None)


def _row(pod: apis.Json) -> pods.Pod:
    return reading.read_pod(json.dumps(pod).encode())
