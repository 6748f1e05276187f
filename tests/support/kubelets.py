"""A fake kubelet: keeps the pods of a real API server alive by writing their status, and restarts what changed."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import aiohttp

from tests.support import apis, apiservers, podstatuses

Json = dict[str, Any]

_PAUSE = 0.2  # seconds until the next try while the API server is away or refuses
_WRITES_AT_ONCE = 50
_FAULTS = (aiohttp.ClientError, TimeoutError, apis.RefusedError)


class Kubelets:
    """
    All kubelets of a cluster in one: every pod with a node name is theirs.

    A new pod runs and is ready at once. A container whose image changed is not ready at once; *restart_seconds* later
    it is ready on the new image, with a new containerID and one more restart. An image in *broken* is never there:
    ``ImagePullBackOff``; the set may be changed meanwhile, and counts from a pod's next change on. Pods that are being
    deleted are taken away.
    """

    def __init__(self, api: apis.Api, *, restart_seconds: float, broken: Iterable[str]) -> None:
        self.restart_seconds = restart_seconds
        self.broken = set(broken)
        self._api = api
        self._newest: dict[str, Json] = {}  # pod UID → the newest form seen, own writes included
        self._tending: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(_WRITES_AT_ONCE)
        self._watching = asyncio.create_task(self._watch(), name="fake kubelet")

    async def settle(self, *, pods: int) -> None:
        """Wait until at least *pods* pods are known and nothing is left to do for any; ``TimeoutError`` after 60 s."""
        await self._wait_until(lambda: len(self._newest) >= pods and not self._tending)

    async def settled(self, pod: Json) -> Json:
        """Return *pod* as it is once its kubelet has seen this form of it, or a newer one, and is done with it."""
        uid = pod["metadata"]["uid"]
        await self._wait_until(lambda: uid not in self._tending and _version(self._newest.get(uid)) >= _version(pod))
        return self._newest[uid]

    async def stop(self) -> None:
        """Stop at once; pods stay as they are. Raises what went wrong in the background, if anything did."""
        tasks = [self._watching, *self._tending.values()]
        for task in tasks:
            task.cancel()
        for end in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(end, Exception):
                raise end

    async def _wait_until(self, is_reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_reached():
                for task in (self._watching, *self._tending.values()):
                    if task.done():
                        task.result()  # only a fault of this file ends them early: raise it
                await asyncio.sleep(0.02)

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(*_FAULTS):
                listed = await self._api.request("GET", apis.pods_path())
                self._replace(listed["items"])
                async for event in self._api.watch_pods(resource_version=listed["metadata"]["resourceVersion"]):
                    if event["type"] == "ERROR":
                        break
                    self._learn(event)
            await asyncio.sleep(_PAUSE)

    def _replace(self, items: list[Json]) -> None:
        there = {pod["metadata"]["uid"] for pod in items}
        for uid in self._newest.keys() - there:
            del self._newest[uid]
        for pod in items:
            self._see(pod)

    def _learn(self, event: Json) -> None:
        if event["type"] == "DELETED":
            self._newest.pop(event["object"]["metadata"]["uid"], None)
        elif event["type"] != "BOOKMARK":
            self._see(event["object"])

    def _see(self, pod: Json) -> None:
        """Take *pod* in unless it is older than what is known: a late event must not undo the last write."""
        uid = pod["metadata"]["uid"]
        if not pod["spec"].get("nodeName") or _version(pod) <= _version(self._newest.get(uid)):
            return
        self._newest[uid] = pod
        if uid not in self._tending:
            self._tending[uid] = asyncio.create_task(self._tend(uid), name=f"fake kubelet of {uid}")

    async def _tend(self, uid: str) -> None:
        while (pod := self._newest.get(uid)) is not None:
            need = podstatuses.need(pod, self.broken)
            if "deletionTimestamp" in pod["metadata"]:
                await self._remove(pod)
            elif pod.get("status", {}).get("phase") in ("Succeeded", "Failed") or need is podstatuses.Need.NOTHING:
                break
            else:
                await self._serve(pod, need)
        del self._tending[uid]  # no await since the last look, so no newer form can have come in between

    async def _serve(self, pod: Json, need: podstatuses.Need) -> None:
        now = datetime.datetime.now(datetime.UTC)
        match need:
            case podstatuses.Need.STOP:
                status = podstatuses.after_stop(pod, now)
            case podstatuses.Need.START:
                status = podstatuses.after_start(pod, self.broken, now)
            case podstatuses.Need.RESTART:
                await asyncio.sleep(self.restart_seconds)
                pod = self._newest.get(pod["metadata"]["uid"], pod)  # the spec may have changed again meanwhile
                status = podstatuses.after_start(pod, self.broken, datetime.datetime.now(datetime.UTC))
            case _:
                status = podstatuses.as_seen(pod, now)
        await self._write(pod, status)

    async def _write(self, pod: Json, status: Json) -> None:
        meta = pod["metadata"]
        patch = {"metadata": {"uid": meta["uid"]}, "status": status}  # another pod of that name is a conflict
        try:
            async with self._room:
                answer = await self._api.merge_patch(
                    meta["name"], patch, namespace=meta["namespace"], subresource="status"
                )
        except _FAULTS as fault:
            await self._bear(meta["uid"], fault)
        else:
            if meta["uid"] in self._newest and _version(answer) > _version(self._newest[meta["uid"]]):
                self._newest[meta["uid"]] = answer

    async def _remove(self, pod: Json) -> None:
        meta = pod["metadata"]
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": meta["uid"]}}
        try:
            async with self._room:
                await self._api.request("DELETE", apis.pods_path(meta["namespace"], meta["name"]), body=options)
        except _FAULTS as fault:
            await self._bear(meta["uid"], fault)
        else:
            self._newest.pop(meta["uid"], None)

    async def _bear(self, uid: str, fault: Exception) -> None:
        """Forget a pod that is gone; wait a little over anything that passes. Raises what is a fault of this file."""
        code = fault.code if isinstance(fault, apis.RefusedError) else 503
        if code == 404:
            self._newest.pop(uid, None)
        elif code in (409, 429) or code >= 500:  # 409: another pod of that name, whose event is on its way
            await asyncio.sleep(_PAUSE)
        else:
            raise fault


@contextlib.asynccontextmanager
async def running(
    server: apiservers.ApiServer, *, restart_seconds: float = 1.0, broken: Iterable[str] = ()
) -> AsyncIterator[Kubelets]:
    """Keep the pods of *server* alive, as its user ``kubelet``, for the block."""
    async with apis.connected(server, user="kubelet") as api:
        kubelets = Kubelets(api, restart_seconds=restart_seconds, broken=broken)
        try:
            yield kubelets
        finally:
            await kubelets.stop()


def _version(pod: Json | None) -> int:
    return int(pod["metadata"]["resourceVersion"]) if pod else -1
