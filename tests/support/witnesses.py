"""A witness of rollouts on a real API server: it watches all pods and remembers how many were ever down at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from tests.support import apis, podspecs, podstatuses

Json = dict[str, Any]


class Witness:
    """
    Sees every version of every pod that has *container*.

    A pod is down while it is not Ready, and from the moment the container's image changes in its spec until the pod is
    Ready with a new container on that image. `most_down` is the greatest number of pods that were down at one moment,
    `changes` are the pods (``namespace/name``) in the order in which their image was changed.
    """

    def __init__(self, api: apis.Api, container: str) -> None:
        self.most_down = 0
        self.changes: list[str] = []
        self.pods: dict[str, Json] = {}
        self._api = api
        self._container = container
        self._origins: dict[str, str] = {}  # pod in flight → the container ID that it is to lose
        self._down: set[str] = set()  # kept up at each event: a watcher that is slow is sent away

    @property
    def down(self) -> frozenset[str]:
        """Return the pods that are down now."""
        return frozenset(self._down)

    def images(self) -> dict[str, int]:
        """Return each image of the container and how many pods ask for it."""
        found = [self._image(pod) for pod in self.pods.values()]
        return {image: found.count(image) for image in sorted(set(found))}

    async def watch(self, begun: asyncio.Event) -> None:
        """List, then watch until cancelled; *begun* is set once nothing can be missed any more."""
        listed = await self._api.request("GET", apis.pods_path())
        for pod in listed["items"]:
            self._see(pod)
        begun.set()
        version = listed["metadata"]["resourceVersion"]
        while True:  # the server ends a watch when it likes; from the last version on, nothing is missed
            async for event in self._api.watch_pods(resource_version=version):
                assert event["type"] != "ERROR", event
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] == "DELETED":
                    self.pods.pop(_key(event["object"]), None)
                    self._down.discard(_key(event["object"]))
                elif event["type"] != "BOOKMARK":
                    self._see(event["object"])

    def _see(self, pod: Json) -> None:
        if all(each["name"] != self._container for each in podspecs.containers(pod)):
            return
        key, before = _key(pod), self.pods.get(_key(pod))
        self.pods[key] = pod
        if before is not None and self._image(before) != self._image(pod):
            self.changes.append(key)
            self._origins[key] = self._status(pod).get("containerID", "")
        if key in self._origins and self._has_landed(pod):
            del self._origins[key]
        if key in self._origins or not podspecs.is_ready(pod):
            self._down.add(key)
        else:
            self._down.discard(key)
        self.most_down = max(self.most_down, len(self._down))

    def _has_landed(self, pod: Json) -> bool:
        status = self._status(pod)
        is_new = status.get("containerID", "") not in ("", self._origins[_key(pod)])
        return is_new and status["image"] == podstatuses.full_name(self._image(pod)) and podspecs.is_ready(pod)

    def _image(self, pod: Json) -> str:
        (image,) = [each["image"] for each in podspecs.containers(pod) if each["name"] == self._container]
        return str(image)

    def _status(self, pod: Json) -> Json:
        return podspecs.statuses(pod).get(self._container, {})


@contextlib.asynccontextmanager
async def watching(api: apis.Api, *, container: str) -> AsyncIterator[Witness]:
    """Let a witness of *container* watch while the block runs."""
    witness, begun = Witness(api, container), asyncio.Event()
    task = asyncio.create_task(witness.watch(begun), name="witness")
    try:
        async with asyncio.timeout(30):
            await begun.wait()
        yield witness
        if task.done():
            task.result()  # a witness who left early has seen nothing since
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _key(pod: Json) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
