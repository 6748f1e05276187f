"""A plain asynchronous client of the Kubernetes API, so that the tests look at the cluster with eyes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import aiohttp

from tests.support import apiservers

Json = dict[str, Any]
_MERGE_PATCH = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"


class RefusedError(Exception):
    """An answer other than 2xx: HTTP status *code*, Status object *body*, and *retry_after* in seconds if said."""

    def __init__(self, code: int, body: Json, *, retry_after: int | None = None) -> None:
        super().__init__(f"{code} {body.get('reason')}: {body.get('message')}")
        self.code = code
        self.body = body
        self.retry_after = retry_after


class Api:
    """Requests to one server as one user. Paths start with ``/api``; bodies and answers are JSON."""

    def __init__(self, session: aiohttp.ClientSession, server: apiservers.ApiServer) -> None:
        self._session = session
        self.server = server

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Json:
        """Send one request and return its answer. Raises ``RefusedError``."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        async with self._session.request(method, path, data=data, params=params, headers=headers) as response:
            return await _answer(response)

    async def create_namespace(self, name: str, *, labels: Mapping[str, str] | None = None) -> None:
        """Create a namespace."""
        metadata = {"name": name, "labels": dict(labels or {})}
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        await self.request("POST", "/api/v1/namespaces", body=body)

    async def create_pods(self, pods: Iterable[Json], *, in_flight: int = 50) -> list[Json]:
        """Create *pods*, many at once, and return them as the server stored them, in the same order."""
        room = asyncio.Semaphore(in_flight)

        async def create(pod: Json) -> Json:
            async with room:
                return await self.request("POST", pods_path(pod["metadata"]["namespace"]), body=pod)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(create(pod)) for pod in pods]
        return [task.result() for task in tasks]

    async def pod(self, name: str, *, namespace: str = "default") -> Json:
        """Read one pod. Raises ``RefusedError`` with code 404 when it is gone."""
        return await self.request("GET", pods_path(namespace, name))

    async def pods(self, *, namespace: str = "", labels: str = "") -> list[Json]:
        """List the pods of one namespace, or of all; *labels* is a label selector as kubectl takes it."""
        params = {"labelSelector": labels} if labels else {}
        answer = await self.request("GET", pods_path(namespace), params=params)
        items: list[Json] = answer["items"]
        return items

    async def json_patch(self, name: str, operations: list[Json], *, namespace: str = "default") -> Json:
        """Apply a JSON Patch to a pod and return the pod."""
        path = pods_path(namespace, name)
        return await self.request("PATCH", path, body=operations, content_type=_JSON_PATCH)

    async def merge_patch(self, name: str, patch: Json, *, namespace: str = "default", subresource: str = "") -> Json:
        """Apply a merge patch to a pod or to its *subresource* ("status") and return the pod."""
        path = pods_path(namespace, name) + (f"/{subresource}" if subresource else "")
        return await self.request("PATCH", path, body=patch, content_type=_MERGE_PATCH)

    async def delete_pod(self, name: str, *, namespace: str = "default", grace: int | None = None) -> None:
        """Delete a pod; with *grace* 0 (seconds) it is gone when this returns, else it waits for its kubelet."""
        params = {} if grace is None else {"gracePeriodSeconds": str(grace)}
        await self.request("DELETE", pods_path(namespace, name), params=params)

    async def watch_pods(self, *, resource_version: str, namespace: str = "") -> AsyncIterator[Json]:
        """Yield the events of pods after *resource_version*, bookmarks and errors too, until the server ends it."""
        params = {"watch": "1", "resourceVersion": resource_version, "allowWatchBookmarks": "true"}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(pods_path(namespace), params=params, timeout=timeout) as response:
            if response.status != 200:
                await _answer(response)
            async for line in response.content:
                yield json.loads(line)


@contextlib.asynccontextmanager
async def connected(server: apiservers.ApiServer, *, user: str = "admin") -> AsyncIterator[Api]:
    """Open a client of *server* that speaks as *user*, for the block."""
    connector = aiohttp.TCPConnector(ssl=server.ssl_context(), limit=200)
    session = aiohttp.ClientSession(
        server.url,
        connector=connector,
        headers={"Authorization": f"Bearer {server.token(user)}"},
        timeout=aiohttp.ClientTimeout(total=30),
        read_bufsize=2**22,  # a watch event is one line, and a line has to fit
        trust_env=False,
    )
    async with session:
        yield Api(session, server)
    await asyncio.sleep(0.01)  # a watch that was broken off closes its socket only in the loop's next turns


async def _answer(response: aiohttp.ClientResponse) -> Json:
    text = await response.read()
    if response.status < 300:
        answer: Json = json.loads(text)
        return answer
    wait = response.headers.get("Retry-After")
    is_json = response.content_type == "application/json"  # priority and fairness refuses in plain text
    body = json.loads(text) if is_json else {"message": text.decode(errors="replace")}
    raise RefusedError(response.status, body, retry_after=int(wait) if wait else None)


def pods_path(namespace: str = "", name: str = "") -> str:
    """Return the path of all pods, of a namespace's pods or of one pod."""
    path = f"/api/v1/namespaces/{namespace}/pods" if namespace else "/api/v1/pods"
    return f"{path}/{name}" if name else path
