"""Repair with the real controllers, a real PodDisruptionBudget and the real webhook: bare pods come back injected."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import (
    apis,
    apiservers,
    controllers,
    daemons,
    fleets,
    plants,
    podspecs,
    remotes,
    sidecarsets,
    sites,
    waiting,
)

Json = dict[str, Any]
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"

pytestmark = pytest.mark.timeout(240)


def _files(*, max_unavailable: int, repair: str = "Evict") -> dict[str, str]:
    policy = {
        "apiVersion": "gitsidecar.io/v1alpha1",
        "kind": "RolloutPolicy",
        "metadata": {"name": "repair"},
        "spec": {"repair": repair},
    }
    return {"logtail.yaml": sidecarsets.text(maxUnavailable=max_unavailable), "repair.yaml": yaml.safe_dump(policy)}


class Ward(plants.Plant):
    """A plant with bare pods, and with PodDisruptionBudgets that somebody counts."""

    async def protect(self, name: str, *, min_available: int, pods: int) -> None:
        """Let a budget keep so many of a Deployment's pods Ready, and wait until its controller has counted *pods*."""
        spec = {"minAvailable": min_available, "selector": {"matchLabels": {"deployment": name}}}
        body = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}
        await self.fleet.api.request("POST", BUDGETS, body=body)

        def is_counted() -> bool:
            status = self.fleet.server.call("GET", f"{BUDGETS}/{name}").get("status", {})
            return bool(status.get("currentHealthy") == pods)

        await waiting.until(is_counted, what=f"a count by PodDisruptionBudget {name}")

    async def repairing(self, **options: Any) -> None:
        """Push the set and the policy, and start the daemon with its webhook."""
        await self.fleet.push(_files(**options))
        self.fleet.daemon.settings.change({"webhook": self.section})
        self.fleet.daemon.start()
        await self.fleet.daemon.ready()

    async def bare(self) -> list[str]:
        """Return the Deployments of the pods without the sidecar, one for each; a pod of nobody by its name."""
        pods = [pod for pod in await self.fleet.api.pods(namespace="default") if "logtail" not in sites.images(pod)]
        return sorted(pod["metadata"]["labels"].get("deployment", pod["metadata"]["name"]) for pod in pods)

    def evictions(self, code: int = 201) -> list[str]:
        """Return the pods (``namespace/name``) of all evictions that the daemon asked for and that had this answer."""
        return [each.pod for each in self.fleet.writes if each.subresource == "eviction" and each.code == code]


class Counts:
    """Counts the Ready pods of each Deployment at every moment: `least` are the fewest since it began."""

    def __init__(self, api: apis.Api) -> None:
        self.least: dict[str, int] = {}
        self._api = api
        self._ready: dict[str, str] = {}  # pod UID → Deployment

    async def watch(self, begun: asyncio.Event) -> None:
        """List, then watch until cancelled."""
        listed = await self._api.request("GET", apis.pods_path("default"))
        for pod in listed["items"]:
            self._see(pod, is_gone=False)
        self.least = dict(collections.Counter(self._ready.values()))
        begun.set()
        async for event in self._api.watch_pods(resource_version=listed["metadata"]["resourceVersion"]):
            if event["type"] != "BOOKMARK":
                self._see(event["object"], is_gone=event["type"] == "DELETED")

    def _see(self, pod: Json, *, is_gone: bool) -> None:
        metadata = pod["metadata"]
        is_there = not is_gone and "deletionTimestamp" not in metadata and podspecs.is_ready(pod)
        if is_there:
            self._ready[metadata["uid"]] = metadata["labels"].get("deployment", "")
        else:
            self._ready.pop(metadata["uid"], None)
        now = collections.Counter(self._ready.values())
        self.least = {name: min(least, now[name]) for name, least in self.least.items()}


@pytest.fixture
async def ward(apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path) -> AsyncIterator[Ward]:
    """Return a plant in which PodDisruptionBudgets are counted too."""
    working = (*controllers.DEPLOYMENTS, "disruption-controller")
    async with plants.planted(apiserver, http_remote, tmp_path, working=working) as made:
        yield Ward(made.fleet, made.namespace)
        for each in apiserver.call("GET", BUDGETS)["items"]:
            apiserver.call("DELETE", f"{BUDGETS}/{each['metadata']['name']}")


@contextlib.asynccontextmanager
async def counted(api: apis.Api) -> AsyncIterator[Counts]:
    """Count Ready pods while the block runs."""
    counts, begun = Counts(api), asyncio.Event()
    watching = asyncio.create_task(counts.watch(begun))
    await begun.wait()
    try:
        yield counts
        assert not watching.done(), "the watch has ended by itself"
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_bare_pods_come_back_injected(ward: Ward) -> None:
    """Created while the webhook was down: all are replaced, no budget is ever undercut, and unowned ones stay."""
    await ward.deploy("tight", 4)
    await ward.deploy("loose", 6)
    await ward.create("alone")
    await ward.pods(11)
    await ward.protect("tight", min_available=3, pods=4)
    await ward.protect("loose", min_available=4, pods=6)
    async with counted(ward.fleet.api) as counts:
        await ward.repairing(max_unavailable=3)
        status = await ward.fleet.until_status(_is_repaired, what="all owned ones repaired")
    assert (status["matchedPods"], await ward.bare()) == (10, ["alone"])
    assert counts.least["tight"] >= 3
    assert counts.least["loose"] >= 4
    assert counts.least[""] == 1
    assert len(ward.evictions()) == 10
    pods = await ward.pods(11)
    assert [sites.images(pod) for pod in pods.values()].count(plants.INJECTED) == 10
    assert fleets.condition(status, "RepairStopped")["status"] == "False"
    log = "\n".join(ward.fleet.bench.log(daemons.STATUS_BRANCH, "%B"))
    assert log.count("it lacks the sidecars") == 10


async def test_a_budget_that_allows_none_is_waited_for(ward: Ward) -> None:
    """Its pod is left alone, others are repaired, and the set's own moves go on: no other write waits for it."""
    await ward.deploy("held", 2)
    await ward.deploy("free", 2)
    await ward.pods(4)
    await ward.protect("held", min_available=2, pods=2)
    await ward.repairing(max_unavailable=2)
    await ward.fleet.until_status(lambda status: status["missingPods"] == 2, what="the free ones repaired")
    assert await ward.bare() == ["held", "held"]
    refused = await ward.fleet.daemon.told("pod.not_evicted", outcome="Deferred")
    assert refused["reason"] == "the PodDisruptionBudget held allows none now"
    newest = _files(max_unavailable=2) | {"logtail.yaml": sidecarsets.text(sidecarsets.NEWEST, maxUnavailable=2)}
    await ward.fleet.push(newest)
    await ward.fleet.until_complete(2, sidecarsets.NEWEST)
    assert await ward.bare() == ["held", "held"]


async def test_who_comes_back_bare_has_two_tries(ward: Ward) -> None:
    """With no webhook to be reached an owner is tried twice, and three failures stop the set and say what to do."""
    for name in ("a", "b", "c"):
        await ward.deploy(name, 1)
    await ward.pods(3)
    await ward.fleet.push(_files(max_unavailable=1))
    ward.fleet.daemon.start()  # without a webhook
    await ward.fleet.daemon.ready()
    status = await ward.fleet.until_status(_has_stopped, what="the breaker")
    assert len(ward.evictions()) == 3
    condition = fleets.condition(status, "RepairStopped")
    assert condition["reason"] == "ComesBackBare"
    assert "look whether the webhook answers" in condition["message"]
    owners = [each["workload"] for each in status["repairs"]]
    assert max(owners.count(owner) for owner in owners) <= 2
    assert await ward.bare() == ["a", "b", "c"]


async def test_nothing_is_evicted_unless_asked_for(ward: Ward) -> None:
    """Off is the default and may be written."""
    await ward.deploy("web", 2)
    await ward.pods(2)
    await ward.repairing(max_unavailable=2, repair="Off")
    await ward.fleet.until_status(lambda status: status["missingPods"] == 2, what="two bare pods")
    assert ward.evictions() == []


def _is_repaired(status: Json) -> bool:
    return bool((status["missingPods"], status["readyPods"]) == (1, 10))


def _has_stopped(status: Json) -> bool:
    found = [each for each in status["conditions"] if each["type"] == "RepairStopped"]
    return bool(found) and found[0]["status"] == "True"
