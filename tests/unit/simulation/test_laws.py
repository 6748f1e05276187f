"""Laws of the simulated cluster, for any story that it is told."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import outcomes, plans, pods
from gitsidecar.simulation import apiservers, clocks, clusters, workloads

START = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)
IMAGES = ("logtail:1", "logtail:2", "logtail:3")
FAULTS = apiservers.Faults(server_error=0.1, conflict=0.1, lost_answer=0.1, watch_lag=0.5)

# One step: what is done, the number of the pod it is done to (modulo how many there are), and a number for the rest.
_steps = st.tuples(
    st.sampled_from(
        ["move", "move", "advance", "advance", "delete", "kill", "probe", "end", "outside", "scale", "image", "expire"]
    ),
    st.integers(0, 20),
    st.integers(0, 20),
)
_stories = st.lists(_steps, max_size=40)


def _cluster(seed: int) -> tuple[clocks.VirtualClock, clusters.SimulatedCluster]:
    clock = clocks.VirtualClock(START)
    cluster = clusters.SimulatedCluster(clock, seed=seed)
    containers = workloads.containers({"app": "app:1"}, natives={"logtail": IMAGES[0]})
    cluster.add_workload(workloads.Workload("a", "Deployment", "web", 3, {"app": "web"}, containers))
    cluster.add_workload(workloads.Workload("b", "StatefulSet", "db", 3, {}, containers), is_running=True)
    cluster.inject(FAULTS)
    return clock, cluster


def _action(pod: pods.Pod, image: str) -> plans.Action:
    container = pod.container("logtail")
    assert container is not None
    change = plans.ImageChange("logtail", container.index, container.is_native, container.image, image)
    return plans.Action(pod, "logtail", (change,), (pods.Mark("logtail", "v1-a", "v1-b", "c"),))


def _tell(clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, step: tuple[str, int, int]) -> object:
    """Do one step of a story and return what came of it."""
    what, which, number = step
    found = cluster.snapshot().pods
    if what == "advance" or not found:
        clock.advance(number * 1.7)
        return None
    pod, image = found[which % len(found)], IMAGES[number % 3]
    place = (pod.namespace, pod.name)
    toggle = cluster.mend_image if number % 2 else (cluster.break_image, cluster.crash_image)[number // 2 % 2]
    deeds: dict[str, Callable[[], Any]] = {
        "move": lambda: cluster.execute_now(_action(pod, image)).kind,
        "delete": lambda: cluster.delete_pod(*place, grace=(None, 0, 5)[number % 3]),
        "kill": lambda: cluster.kill_container(*place, container="app"),
        "probe": lambda: cluster.fail_probe(*place, container="app", seconds=number),
        "end": lambda: cluster.end_pod(*place, is_failed=bool(number % 2)),
        "outside": lambda: cluster.set_image_from_outside(*place, "logtail", image),
        "scale": lambda: cluster.scale("a", "Deployment/web", number % 6),
        "image": lambda: toggle(image),
        "expire": lambda: cluster.expire(number / 4),
    }
    return deeds[what]()


def _check(cluster: clusters.SimulatedCluster) -> None:
    found = cluster.snapshot().pods
    keys = [pod.key for pod in found]
    assert keys == sorted(set(keys))
    assert len({pod.uid for pod in found}) == len(found)
    for pod in found:
        all_ready = all(each.is_ready for each in pod.containers)
        assert pod.is_ready is (all_ready and pod.is_active and pod.phase == "Running")
        assert pod.is_ready is (pod.ready_since is not None)
        assert not any(each.is_ready and (each.waiting or not each.container_id) for each in pod.containers)
        assert pod.phase in ("Succeeded", "Failed") or (pod.phase == "Running") is all(
            each.container_id for each in pod.containers
        )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), _stories)
def test_rows_are_consistent_whatever_happens(seed: int, story: list[tuple[str, int, int]]) -> None:
    """Keys are unique and in order, and a pod is Ready exactly when it runs and all its containers are ready."""
    clock, cluster = _cluster(seed)
    for step in story:
        _tell(clock, cluster, step)
        _check(cluster)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 3), _stories)
def test_same_seed_and_story_same_cluster(seed: int, story: list[tuple[str, int, int]]) -> None:
    """Two runs agree in every row, ID, time, event and outcome."""
    ends = []
    for _ in range(2):
        clock, cluster = _cluster(seed)
        results = [_tell(clock, cluster, step) for step in story]
        clock.advance(60)
        ends.append((results, cluster.snapshot(), tuple(cluster.events), cluster.ledger.writes))
    assert ends[0] == ends[1]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3), _stories)
async def test_a_cache_comes_to_the_truth(seed: int, story: list[tuple[str, int, int]]) -> None:
    """Whatever was lost or late, once the lists and lags are over the client knows the cluster as it is."""
    clock, cluster = _cluster(seed)
    await cluster.start(lambda: None)
    for step in story:
        _tell(clock, cluster, step)
    cluster.inject(apiservers.Faults())
    for image in IMAGES:
        cluster.mend_image(image)
    clock.advance(3600)
    assert await cluster.observe() == cluster.snapshot()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3), _stories)
def test_workloads_come_to_what_they_ask_for(seed: int, story: list[tuple[str, int, int]]) -> None:
    """With images mended and time to spare, every active pod is Ready on its spec's image, and there are enough."""
    clock, cluster = _cluster(seed)
    for step in story:
        _tell(clock, cluster, step)
    for image in IMAGES:
        cluster.mend_image(image)
    cluster.scale("a", "Deployment/web", 4)
    clock.advance(3600)
    active = [pod for pod in cluster.snapshot().pods if pod.is_active]
    assert sum(pod.workload == "Deployment/web" for pod in active) == 4
    assert all(pod.is_ready and pod.has_seen_spec for pod in active)
    assert cluster.ledger.in_flight == 0


def test_another_seed_another_story() -> None:
    """IDs, names and times depend on the seed."""
    one, other = (_cluster(seed)[1].snapshot() for seed in (1, 2))
    assert {pod.uid for pod in one.pods}.isdisjoint(pod.uid for pod in other.pods)


def test_ten_thousand_pods_move_in_windows() -> None:
    """A rollout over 10,000 pods, 500 at a time, is told to its end, with one write for each pod."""
    clock = clocks.VirtualClock(START)
    cluster = clusters.SimulatedCluster(clock, seed=1)
    containers = workloads.containers({"app": "app:1", "logtail": IMAGES[0]})
    for number in range(20):
        workload = workloads.Workload(f"ns-{number}", "Deployment", "web", 500, {}, containers)
        cluster.add_workload(workload, is_running=True)
    waiting = list(cluster.snapshot().pods)
    while waiting or cluster.ledger.in_flight:
        room = 500 - cluster.ledger.in_flight
        batch, waiting = waiting[:room], waiting[room:]
        kinds = {cluster.execute_now(_action(pod, IMAGES[1])).kind for pod in batch}
        assert kinds <= {outcomes.OutcomeKind.APPLIED}
        clock.advance(1)
        cluster.snapshot()
    end = cluster.snapshot().pods
    assert {pod.containers[1].image for pod in end if pod.is_ready} == {IMAGES[1]}
    assert set(cluster.ledger.writes_by_uid().values()) == {1}
    assert (len(end), cluster.ledger.most_in_flight) == (10_000, 500)
    assert {pod.containers[1].restarts for pod in end} == {1}
