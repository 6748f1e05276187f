"""On a clock that moves by itself, the cluster moves along without being asked."""

from __future__ import annotations

import asyncio
import datetime

from gitsidecar.simulation import clocks, clusters, workloads

START = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)


def _is_ready(cluster: clusters.SimulatedCluster) -> bool:
    # Deliberately not `snapshot()`, which would catch up: what the driver has done by itself.
    return all(pod.is_ready for pod in cluster.world.snapshot().pods)


async def test_pods_become_ready_by_themselves(web: workloads.Workload) -> None:
    """The driver runs each event when it is due and tells of it, with nobody calling."""
    cluster = clusters.SimulatedCluster(clocks.FastClock(500, START))
    changed = asyncio.Event()
    await cluster.start(changed.set)
    cluster.add_workload(web)
    async with asyncio.timeout(30):
        while not _is_ready(cluster):
            changed.clear()
            await changed.wait()
    await cluster.close()


async def test_an_earlier_event_shortens_the_sleep(web: workloads.Workload) -> None:
    """Something due soon is not kept waiting by a sleep for something due late."""
    clock = clocks.FastClock(500, START)
    cluster = clusters.SimulatedCluster(clock)
    cluster.add_workload(web, is_running=True)
    changed = asyncio.Event()
    await cluster.start(changed.set)
    first, second, _ = cluster.snapshot().pods
    cluster.fail_probe(first.namespace, first.name, container="nginx", seconds=1_000_000)
    cluster.fail_probe(second.namespace, second.name, container="nginx", seconds=5)
    async with asyncio.timeout(30):
        while not cluster.world.find(second.namespace, second.name).is_ready:
            changed.clear()
            await changed.wait()
    await cluster.close()


async def test_closing_leaves_no_task(web: workloads.Workload) -> None:
    """After close the driver's task is gone, whatever was still due."""
    before = asyncio.all_tasks()
    cluster = clusters.SimulatedCluster(clocks.FastClock(1, START))
    cluster.add_workload(web)
    await cluster.start(lambda: None)
    assert asyncio.all_tasks() - before
    await cluster.close()
    assert asyncio.all_tasks() == before


async def test_every_call_catches_up_with_the_clock(web: workloads.Workload) -> None:
    """Even without a driver, what is due by now has happened when somebody looks."""
    clock = clocks.FastClock(1_000_000, START)
    cluster = clusters.SimulatedCluster(clock)
    cluster.add_workload(web)
    await clock.sleep(3600)
    assert all(pod.is_ready for pod in cluster.snapshot().pods)
