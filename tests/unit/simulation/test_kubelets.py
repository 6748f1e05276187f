"""The life of pods, step by step, on a clock that moves when told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from gitsidecar.model import plans, pods
from gitsidecar.simulation import clocks, clusters, workloads

Act = Callable[[pods.Pod, str], plans.Action]
NEW = "logtail:0.16.18"


@pytest.fixture
def running(cluster: clusters.SimulatedCluster, web: workloads.Workload) -> clusters.SimulatedCluster:
    """Return the cluster with the three pods running."""
    cluster.add_workload(web, is_running=True)
    return cluster


def _first(cluster: clusters.SimulatedCluster) -> pods.Pod:
    return cluster.snapshot().pods[0]


def _logtail(cluster: clusters.SimulatedCluster) -> pods.Container:
    container = _first(cluster).container("logtail")
    assert container is not None
    return container


def test_a_new_pod_is_scheduled_starts_and_becomes_ready(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, web: workloads.Workload
) -> None:
    """Pending without a node, Pending while containers are made, Running, then Ready since that moment."""
    cluster.add_workload(web)
    states = []
    for seconds in (0, 2, 3, 2):  # made; scheduled and seen; started; ready
        clock.advance(seconds)
        pod = _first(cluster)
        states.append((pod.phase, bool(pod.node), pod.is_ready, [each.waiting for each in pod.containers]))
    assert states == [
        ("Pending", False, False, ["", ""]),
        ("Pending", True, False, ["ContainerCreating", "ContainerCreating"]),
        ("Running", True, False, ["", ""]),
        ("Running", True, True, ["", ""]),
    ]
    assert _first(cluster).ready_since == clock.now()
    assert [each.restarts for each in _first(cluster).containers] == [0, 0]


def test_a_changed_image_restarts_only_its_container(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster, act: Act
) -> None:
    """The sidecar gets a new container ID, the new image's ID and one more restart; the application stays as it was."""
    before = _first(running)
    running.execute_now(act(before, NEW))
    clock.advance(8)
    after = _first(running)
    assert after.container("nginx") == before.container("nginx")
    old, new = before.container("logtail"), after.container("logtail")
    assert old is not None
    assert new is not None
    assert (new.image, new.restarts, new.is_ready) == (NEW, old.restarts + 1, True)
    assert new.container_id != old.container_id
    assert new.image_id != old.image_id
    assert (after.uid, after.is_ready, after.ready_since) == (before.uid, True, clock.now())


def test_readiness_follows_the_container_through_a_restart(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster, act: Act
) -> None:
    """Ready until the kubelet has looked, then not, with the old ID until the start, and Ready again by the probe."""
    origin = _logtail(running).container_id
    running.execute_now(act(_first(running), NEW))
    states = []
    for seconds in (0.5, 0.5, 4.5, 0.5, 2):
        clock.advance(seconds)
        pod = _first(running)
        states.append((pod.has_seen_spec, pod.is_ready, _logtail(running).container_id == origin))
    assert states == [
        (False, True, True),
        (True, False, True),
        (True, False, True),
        (True, False, False),
        (True, True, False),
    ]


def test_an_image_changed_back_before_the_kubelet_looked_restarts_nothing(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster
) -> None:
    """The kubelet compares the spec with what runs, not with what the spec said before."""
    pod, before = _first(running), _logtail(running)
    running.set_image_from_outside(pod.namespace, pod.name, "logtail", NEW)
    running.set_image_from_outside(pod.namespace, pod.name, "logtail", before.image)
    clock.advance(20)
    assert _logtail(running) == before


def test_a_second_change_during_the_restart_wins(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster, act: Act
) -> None:
    """What was due for the first image does not happen; the container runs the second one after one restart."""
    running.execute_now(act(_first(running), "logtail:0.16.17"))
    clock.advance(3)
    running.execute_now(act(_first(running), NEW))
    clock.advance(20)
    assert (_logtail(running).image, _logtail(running).restarts, _logtail(running).is_ready) == (NEW, 1, True)


def test_an_image_that_cannot_be_pulled_keeps_the_old_container_id(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster, act: Act
) -> None:
    """ErrImagePull, then ImagePullBackOff for good: never ready, ID and restarts as before."""
    before = _logtail(running)
    running.break_image(NEW)
    running.execute_now(act(_first(running), NEW))
    waiting = []
    for seconds in (6, 10, 3600):
        clock.advance(seconds)
        waiting.append(_logtail(running).waiting)
    after = _logtail(running)
    assert waiting == ["ErrImagePull", "ImagePullBackOff", "ImagePullBackOff"]
    assert (after.container_id, after.restarts, after.is_ready) == (before.container_id, before.restarts, False)
    assert not _first(running).is_ready


def test_a_fixed_image_recovers_a_stuck_pod(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster, act: Act
) -> None:
    """A pod that waits for a broken image runs as soon as its spec names a good one."""
    running.break_image(NEW)
    running.execute_now(act(_first(running), NEW))
    clock.advance(60)
    running.execute_now(act(_first(running), "logtail:0.16.19"))
    clock.advance(8)
    assert (_logtail(running).waiting, _first(running).is_ready) == ("", True)


@pytest.mark.parametrize("fault", ["break_image", "crash_image"])
def test_a_mended_image_recovers_at_the_next_try(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster, act: Act, fault: str
) -> None:
    """The kubelet goes on trying at most five minutes apart, so a mended image needs no other write."""
    getattr(running, fault)(NEW)
    running.execute_now(act(_first(running), NEW))
    clock.advance(3600)
    assert not _first(running).is_ready
    running.mend_image(NEW)
    clock.advance(310)
    assert (_logtail(running).waiting, _first(running).is_ready) == ("", True)


def test_a_crashing_image_restarts_again_and_again(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster, act: Act
) -> None:
    """CrashLoopBackOff with growing restarts and a new ID each time, and never ready."""
    running.crash_image(NEW)
    running.execute_now(act(_first(running), NEW))
    seen = []
    for seconds in (7, 11, 21):
        clock.advance(seconds)
        container = _logtail(running)
        seen.append((container.waiting, container.restarts, container.is_ready, container.container_id))
    assert [each[:3] for each in seen] == [("CrashLoopBackOff", count, False) for count in (1, 2, 3)]
    assert len({each[3] for each in seen}) == 3


def test_a_new_pod_with_a_broken_image_stays_pending(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, web: workloads.Workload
) -> None:
    """A container that never ran has no ID, so the pod never gets to Running."""
    cluster.break_image("logtail:0.16.16")
    cluster.add_workload(web)
    clock.advance(60)
    assert (_first(cluster).phase, _logtail(cluster).container_id) == ("Pending", "")


def test_everything_takes_longer_on_a_slow_node(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster, act: Act
) -> None:
    """With a factor of ten, a restart that takes 8 s takes 80 s."""
    running.slow_node(_first(running).node, 10)
    running.execute_now(act(_first(running), NEW))
    clock.advance(79)
    assert not _first(running).is_ready
    clock.advance(1)
    assert _first(running).is_ready


def test_a_failing_probe_passes_by_itself(clock: clocks.VirtualClock, running: clusters.SimulatedCluster) -> None:
    """The pod is not Ready for that time, and Ready anew afterwards, without a restart."""
    pod, before = _first(running), _logtail(running)
    running.fail_probe(pod.namespace, pod.name, container="logtail", seconds=30)
    clock.advance(29)
    assert (_first(running).is_ready, _first(running).ready_since) == (False, None)
    clock.advance(1)
    assert (_first(running).is_ready, _first(running).ready_since) == (True, clock.now())
    assert _logtail(running) == before


def test_a_killed_container_comes_back_on_the_same_image(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster
) -> None:
    """A container that ends by itself is started again, with a new ID and one more restart."""
    pod, before = _first(running), _logtail(running)
    running.kill_container(pod.namespace, pod.name, container="logtail")
    clock.advance(7)
    after = _logtail(running)
    assert (after.image, after.restarts, after.is_ready) == (before.image, 1, True)
    assert after.container_id != before.container_id


def test_a_native_sidecar_counts_for_readiness(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, act: Act
) -> None:
    """A native sidecar is restarted in place like any other, and the pod waits for it."""
    containers = workloads.containers({"nginx": "nginx:1"}, natives={"logtail": "logtail:0.16.16"})
    cluster.add_workload(workloads.Workload("shop", "StatefulSet", "db", 1, {}, containers), is_running=True)
    cluster.execute_now(act(_first(cluster), NEW))
    clock.advance(2)
    assert not _first(cluster).is_ready
    clock.advance(6)
    assert (_first(cluster).is_ready, _logtail(cluster).is_native, _logtail(cluster).image) == (True, True, NEW)


def test_a_pod_added_in_the_midst_of_its_life_goes_on(
    clock: clocks.VirtualClock, running: clusters.SimulatedCluster
) -> None:
    """A row whose kubelet has not looked, or that is being deleted, gets to the end of that."""
    pod = _first(running)
    running.add_pod(dataclasses.replace(pod, name="unseen", uid="u1", has_seen_spec=False))
    running.add_pod(dataclasses.replace(pod, name="going", uid="u2", is_deleting=True))
    clock.advance(5)
    rows = {row.name: row for row in running.snapshot().pods}
    assert rows["unseen"].has_seen_spec
    assert "going" not in rows
