"""A small simulated cluster on a clock that moves when told, with delays that are round numbers."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from gitsidecar.model import plans, pods
from gitsidecar.simulation import clocks, clusters, paces, workloads

START = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)
PACE = paces.Pace(
    scheduling=(1, 1),
    noticing=(1, 1),
    starting=(3, 3),
    restarting=(5, 5),
    readying=(2, 2),
    crashing=(1, 1),
    pull_retry=(10, 10),
    crash_retry=(10, 10),
    ending=(4, 4),
    replacing=(1, 1),
)
Act = Callable[[pods.Pod, str], plans.Action]


@pytest.fixture
def clock() -> clocks.VirtualClock:
    """Return a clock that moves only by `advance`, or by itself while a task sleeps."""
    return clocks.VirtualClock(START)


@pytest.fixture
def cluster(clock: clocks.VirtualClock) -> clusters.SimulatedCluster:
    """Return an empty cluster with the round delays."""
    return clusters.SimulatedCluster(clock, seed=7, pace=PACE)


@pytest.fixture
def web() -> workloads.Workload:
    """Return a Deployment of three pods with an application and a sidecar."""
    containers = workloads.containers({"nginx": "nginx:1", "logtail": "logtail:0.16.16"})
    return workloads.Workload("shop", "Deployment", "web", 3, {"app": "web"}, containers)


@pytest.fixture
def act() -> Act:
    """Return a function that makes the action which moves a pod's logtail to an image."""

    def make(pod: pods.Pod, image: str) -> plans.Action:
        container = pod.container("logtail")
        assert container is not None
        change = plans.ImageChange("logtail", container.index, container.is_native, container.image, image)
        move = pods.Move(START, (("logtail", container.container_id),), was_ready=pod.is_ready)
        mark = pods.Mark("logtail", "v1-spec", "v1-shape", "4f2a9c1", ("logtail",), move)
        return plans.Action(pod, "logtail", (change,), (mark,))

    return make
