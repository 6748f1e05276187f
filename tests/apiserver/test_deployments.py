"""Pods that a real kube-controller-manager makes of Deployments: injected, bare while the webhook is away, refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import apiservers, plants, remotes, sites

Json = dict[str, Any]
INJECTED = plants.INJECTED

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def plant(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> AsyncIterator[plants.Plant]:
    """Return a site whose daemon has the rights of the manifest, with the controllers of Deployments."""
    async with plants.planted(apiserver, http_remote, tmp_path) as made:
        yield made


def missing(status: Json) -> dict[str, int]:
    """Return workload → number of its pods that lack the sidecars."""
    return {each["name"]: each["missingPods"] for each in status["workloads"] if each["missingPods"]}


async def test_a_thousand_pods_of_deployments_are_injected(plant: plants.Plant) -> None:
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


async def test_pods_start_bare_while_the_webhook_is_away(plant: plants.Plant) -> None:
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


async def test_a_deployment_says_that_the_webhook_is_away(plant: plants.Plant) -> None:
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
