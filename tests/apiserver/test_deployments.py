"""Pods that a real kube-controller-manager makes of Deployments: injected, bare while the webhook is away, refused."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import apis, apiservers, controllers, fleets, podspecs, remotes, sidecarsets, sites, waiting

Json = dict[str, Any]
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
INJECTED = {"logtail": sidecarsets.NEW, **sites.BARE}

pytestmark = pytest.mark.timeout(180)
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


@pytest.fixture
async def plant(apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path) -> AsyncIterator[Plant]:
    """Return a site whose daemon has the rights of the manifest, with the controllers of Deployments."""
    namespace = f"deployments-{next(_numbers)}"
    async with fleets.gathered(apiserver, http_remote, tmp_path, []) as fleet:
        await fleet.api.create_namespace(namespace)
        with sites.granted(apiserver, namespace, user="daemon"), controllers.running(apiserver):
            yield Plant(fleet, namespace)
            with contextlib.suppress(apis.RefusedError):
                await fleet.api.request("DELETE", sites.REGISTRATION)


def missing(status: Json) -> dict[str, int]:
    """Return workload → number of its pods that lack the sidecars."""
    return {each["name"]: each["missingPods"] for each in status["workloads"] if each["missingPods"]}


async def test_a_thousand_pods_of_deployments_are_injected(plant: Plant) -> None:
    """Each starts with the sidecar and counts as updated, by workload, and the daemon has nothing left to move."""
    await plant.serve()
    for number in range(10):
        await plant.deploy(f"web-{number}", 100)
    pods = await plant.pods(1000)
    assert [pod for pod in pods.values() if sites.images(pod) != INJECTED] == []
    status = await plant.until_counted(lambda status: bool(status["readyPods"] == 1000))
    assert (status["matchedPods"], status["updatedPods"], status["missingPods"]) == (1000, 1000, 0)
    counts = {each["name"]: each["updatedPods"] for each in status["workloads"]}
    assert counts == {f"Deployment/web-{number}": 100 for number in range(10)}
    assert plant.fleet.writes == ()


async def test_pods_start_bare_while_the_webhook_is_away(plant: Plant) -> None:
    """With the policy Ignore they start; the status counts them by workload; those after its return are injected."""
    await plant.serve()
    await plant.deploy("web", 20)
    before = await plant.pods(20)
    assert await plant.fleet.daemon.stopped() == 0
    await plant.scale("web", 30)
    await plant.deploy("late", 5)
    bare = await plant.pods(35)
    assert [sites.images(pod) for name, pod in bare.items() if name not in before] == [sites.BARE] * 15

    plant.fleet.daemon.start()
    status = await plant.until_counted(lambda status: bool(status["missingPods"]))
    assert (status["matchedPods"], status["missingPods"]) == (20, 15)
    assert missing(status) == {"Deployment/web": 10, "Deployment/late": 5}

    await plant.until_asked()
    await plant.scale("web", 40)
    after = await plant.pods(45)
    assert [sites.images(pod) for name, pod in after.items() if name not in bare] == [INJECTED] * 10
    status = await plant.until_counted(lambda status: bool(status["readyPods"] == 30))
    assert missing(status) == {"Deployment/web": 10, "Deployment/late": 5}


async def test_a_deployment_says_that_the_webhook_is_away(plant: Plant) -> None:
    """With the policy Fail no pod starts, and its owner reads which webhook cannot be asked; with it back all do."""
    await plant.serve(failurePolicy="Fail")
    assert await plant.fleet.daemon.stopped() == 0
    await plant.deploy("web", 3)
    message = await plant.failure("web")
    assert 'failed calling webhook "inject.gitsidecar.io"' in message
    assert "connection refused" in message
    assert await plant.fleet.api.pods(namespace="default") == []
    plant.fleet.daemon.start()
    pods = await plant.pods(3)
    assert [sites.images(pod) for pod in pods.values()] == [INJECTED] * 3
