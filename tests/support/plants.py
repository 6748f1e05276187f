"""A plant: a site with a real kube-controller-manager, which makes the pods of Deployments."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

from tests.support import apis, apiservers, controllers, fleets, podspecs, remotes, sidecarsets, sites, waiting

Json = dict[str, Any]
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
INJECTED = {"logtail": sidecarsets.NEW, **sites.BARE}

_numbers = itertools.count(1)


class Plant(sites.Site):
    """A site with controllers."""

    async def deploy(self, name: str, replicas: int) -> None:
        """Create a Deployment of the application, without sidecars in its template."""
        pod = podspecs.pod(name, sites.BARE, labels={**sidecarsets.LABELS, "deployment": name})
        template = {"metadata": {"labels": pod["metadata"]["labels"]}, "spec": pod["spec"]}
        spec = {"replicas": replicas, "selector": {"matchLabels": {"deployment": name}}, "template": template}
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
        await self.fleet.api.request("POST", DEPLOYMENTS, body=body)

    async def scale(self, name: str, replicas: int) -> None:
        """Ask for another number of pods."""
        patch = {"spec": {"replicas": replicas}}
        path = f"{DEPLOYMENTS}/{name}"
        await self.fleet.api.request("PATCH", path, body=patch, content_type="application/merge-patch+json")

    async def pods(self, number: int) -> dict[str, Json]:
        """Wait until there are *number* pods, all Ready, and return them by name."""
        await self.fleet.nodes.settle(pods=number)
        found = await self.fleet.api.pods(namespace="default")
        assert (len(found), [*filter(podspecs.is_ready, found)]) == (number, found)
        return {pod["metadata"]["name"]: pod for pod in found}

    async def failure(self, name: str) -> str:
        """Wait until the Deployment says that its pods cannot be made, and return why."""

        def said() -> str | None:
            status = self.fleet.server.call("GET", f"{DEPLOYMENTS}/{name}").get("status", {})
            found = [each for each in status.get("conditions", ()) if each["type"] == "ReplicaFailure"]
            return found[0]["message"] if found else None

        return await waiting.until(said, what=f"a ReplicaFailure of {name}")


@contextlib.asynccontextmanager
async def planted(
    server: apiservers.ApiServer,
    remote: remotes.Served,
    folder: Path,
    *,
    working: Collection[str] = controllers.DEPLOYMENTS,
) -> AsyncIterator[Plant]:
    """Give a daemon the rights of the manifest and let the controllers *working* run, for the block."""
    namespace = f"plant-{next(_numbers)}"
    async with fleets.gathered(server, remote, folder, []) as fleet:
        await fleet.api.create_namespace(namespace)
        with sites.granted(server, namespace, user="daemon"), controllers.running(server, controllers=working):
            yield Plant(fleet, namespace)
            with contextlib.suppress(apis.RefusedError):
                await fleet.api.request("DELETE", sites.REGISTRATION)
