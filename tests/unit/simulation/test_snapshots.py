"""A cluster made from a saved snapshot goes on from there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from gitsidecar.model import plans, pods
from gitsidecar.simulation import clocks, clusters, paces, workloads

Act = Callable[[pods.Pod, str], plans.Action]
NEW = "logtail:0.16.18"


@pytest.fixture
def saved(cluster: clusters.SimulatedCluster, web: workloads.Workload, act: Act) -> pods.Snapshot:
    """Return a snapshot with a Deployment, a StatefulSet and a lone pod, one of them just moved."""
    cluster.add_namespace("shop", {"team": "a"})
    cluster.add_workload(web, is_running=True)
    cluster.add_workload(dataclasses.replace(web, kind="StatefulSet", name="db"), is_running=True)
    pod = cluster.snapshot().pods[0]
    cluster.add_pod(dataclasses.replace(pod, name="lone", uid="", workload=""))
    cluster.execute_now(act(pod, NEW))
    return cluster.snapshot()


@pytest.fixture
def restored(clock: clocks.VirtualClock, saved: pods.Snapshot) -> clusters.SimulatedCluster:
    """Return another cluster, made from the snapshot."""
    return clusters.SimulatedCluster.from_snapshot(clock, saved, seed=3, pace=paces.Pace())


def test_the_rows_are_taken_over(saved: pods.Snapshot, restored: clusters.SimulatedCluster) -> None:
    """Pods and namespaces are the saved ones, but for resource versions, which are the new cluster's own."""
    now = restored.snapshot()
    assert [dataclasses.replace(pod, resource_version="") for pod in now.pods] == [
        dataclasses.replace(pod, resource_version="") for pod in saved.pods
    ]
    assert now.namespaces == saved.namespaces


def test_a_pod_in_flight_lands(clock: clocks.VirtualClock, restored: clusters.SimulatedCluster) -> None:
    """A pod that was saved in the midst of its restart finishes it."""
    before = restored.snapshot().pods[0]
    clock.advance(30)
    after = restored.snapshot().pods[0]
    old, new = before.container("logtail"), after.container("logtail")
    assert old is not None
    assert new is not None
    assert new.container_id != old.container_id
    assert (new.is_ready, after.is_ready, after.has_seen_spec) == (True, True, True)


def test_settled_pods_stay_as_they_are(
    clock: clocks.VirtualClock, saved: pods.Snapshot, restored: clusters.SimulatedCluster
) -> None:
    """Pods with nothing left to do do nothing."""
    clock.advance(3600)
    assert [pod.containers for pod in restored.snapshot().pods[1:]] == [pod.containers for pod in saved.pods[1:]]


@pytest.mark.parametrize("waiting", ["ImagePullBackOff", "CrashLoopBackOff"])
def test_stuck_pods_stay_stuck_until_their_image_changes(
    clock: clocks.VirtualClock, saved: pods.Snapshot, act: Act, waiting: str
) -> None:
    """A forecast does not wish an ailing pod healthy, but a new image heals it."""
    pod = saved.pods[1]
    containers = tuple(dataclasses.replace(each, is_ready=False, waiting=waiting) for each in pod.containers[1:])
    marks = act(pod, NEW).marks  # a move of ours may well be what it is stuck in
    ailing = dataclasses.replace(pod, containers=containers, marks=marks, is_ready=False, ready_since=None)
    cluster = clusters.SimulatedCluster.from_snapshot(clock, pods.snapshot((ailing,)), seed=3)
    clock.advance(3600)
    assert cluster.snapshot().pods[0].containers == containers
    cluster.execute_now(act(ailing, NEW))
    clock.advance(60)
    assert cluster.snapshot().pods[0].is_ready


def test_deleted_pods_are_replaced_by_their_workloads(
    clock: clocks.VirtualClock, restored: clusters.SimulatedCluster
) -> None:
    """A Deployment's pod comes back under a name of the same kind, a StatefulSet's under its own, a lone one never."""
    names = [pod.name for pod in restored.snapshot().pods]
    web_pod = next(name for name in names if name.startswith("web-"))
    for name in ("db-1", "lone", web_pod):
        restored.delete_pod("shop", name)
    clock.advance(60)
    found = {pod.name: pod for pod in restored.snapshot().pods}
    assert set(names) - set(found) == {"lone", web_pod}
    (new,) = set(found) - set(names)
    assert new.rpartition("-")[0] == web_pod.rpartition("-")[0]
    assert found[new].workload == "Deployment/web"
    assert all(pod.is_ready for pod in found.values())


def test_a_statefulset_pod_saved_while_ending_comes_back(clock: clocks.VirtualClock, saved: pods.Snapshot) -> None:
    """Its controller waits for the name, so that the pod belongs to the wanted number."""
    found = tuple(dataclasses.replace(pod, is_deleting=pod.name == "db-1") for pod in saved.pods)
    cluster = clusters.SimulatedCluster.from_snapshot(clock, pods.snapshot(found), seed=3)
    clock.advance(60)
    after = cluster.world.find("shop", "db-1")
    assert (after.is_ready, after.uid in {pod.uid for pod in found}) == (True, False)


def test_unreadable_pods_are_kept_and_left_alone(clock: clocks.VirtualClock) -> None:
    """A pod with a fault has no containers to live with; the others go on."""
    bad = pods.Pod("shop", "bad", "u1", {}, workload="Deployment/bad", fault="spec is missing")
    cluster = clusters.SimulatedCluster.from_snapshot(clock, pods.snapshot((bad,)))
    clock.advance(60)
    assert [(pod.name, pod.fault) for pod in cluster.snapshot().pods] == [("bad", "spec is missing")]
