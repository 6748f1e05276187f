"""Workloads keep up their pods: names, replacement from the template, scaling."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import pytest

from gitsidecar.model import plans, pods
from gitsidecar.simulation import clocks, clusters, workloads

Act = Callable[[pods.Pod, str], plans.Action]
OLD, NEW = "logtail:0.16.16", "logtail:0.16.18"


@pytest.fixture
def db(web: workloads.Workload) -> workloads.Workload:
    """Return a StatefulSet of the same containers."""
    return dataclasses.replace(web, kind="StatefulSet", name="db")


def _images(cluster: clusters.SimulatedCluster) -> list[str]:
    return [each.image for pod in cluster.snapshot().pods for each in pod.containers if each.name == "logtail"]


def _names(cluster: clusters.SimulatedCluster) -> list[str]:
    return [pod.name for pod in cluster.snapshot().pods if pod.is_active]


def test_a_deployments_pods_have_a_hash_and_a_random_end(
    cluster: clusters.SimulatedCluster, web: workloads.Workload
) -> None:
    """All share the template's hash, in the name and as a label, and belong to the Deployment."""
    cluster.add_workload(web)
    found = cluster.snapshot().pods
    hashes = {pod.labels["pod-template-hash"] for pod in found}
    assert len(hashes) == 1
    assert all(re.fullmatch(rf"web-{hashes.copy().pop()}-[a-z0-9]{{5}}", pod.name) for pod in found)
    assert {(pod.workload, pod.labels["app"]) for pod in found} == {("Deployment/web", "web")}


def test_a_statefulsets_pods_are_numbered(cluster: clusters.SimulatedCluster, db: workloads.Workload) -> None:
    """Names count from 0."""
    cluster.add_workload(db)
    assert _names(cluster) == ["db-0", "db-1", "db-2"]


def test_pods_that_run_from_the_start_are_ready_and_of_different_age(
    cluster: clusters.SimulatedCluster, web: workloads.Workload
) -> None:
    """They are Ready at once, with nothing left to happen, and their ages tell them apart."""
    cluster.add_workload(web, is_running=True)
    found = cluster.snapshot().pods
    assert all(pod.is_ready and pod.phase == "Running" and pod.ready_since == pod.created for pod in found)
    assert len({pod.created for pod in found}) == 3
    assert cluster.world.timeline.next_due is None


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_a_deleted_pod_is_replaced_from_the_template(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, web: workloads.Workload, act: Act, kind: str
) -> None:
    """The new pod has the template's image and no mark, although the old one was moved."""
    cluster.add_workload(dataclasses.replace(web, kind=kind, replicas=1), is_running=True)
    (pod,) = cluster.snapshot().pods
    cluster.execute_now(act(pod, NEW))
    clock.advance(10)
    assert _images(cluster) == [NEW]
    cluster.delete_pod(pod.namespace, pod.name)
    clock.advance(20)
    (after,) = cluster.snapshot().pods
    assert _images(cluster) == [OLD]
    assert (after.marks, after.is_ready) == ((), True)
    assert after.uid != pod.uid
    assert (after.name == pod.name) is (kind == "StatefulSet")


def test_a_pod_being_deleted_is_not_ready_and_then_gone(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, db: workloads.Workload
) -> None:
    """It stays in the list, ending and not Ready, until its time is up."""
    cluster.add_workload(db, is_running=True)
    cluster.delete_pod("shop", "db-1")
    pod = cluster.world.find("shop", "db-1")
    assert (pod.is_deleting, pod.is_ready, pod.is_active) == (True, False, False)
    clock.advance(4)
    assert _names(cluster) == ["db-0", "db-2"]


def test_without_grace_a_pod_is_gone_at_once(cluster: clusters.SimulatedCluster, db: workloads.Workload) -> None:
    """Grace 0 leaves no row behind, also for a pod that is being deleted already."""
    cluster.add_workload(db, is_running=True)
    cluster.delete_pod("shop", "db-1")
    cluster.delete_pod("shop", "db-1", grace=0)
    assert _names(cluster) == ["db-0", "db-2"]
    assert len(cluster.snapshot().pods) == 2


def test_a_failed_pod_stays_and_is_replaced(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, web: workloads.Workload
) -> None:
    """A pod that ended counts no more for its workload, but is still listed, not Ready."""
    cluster.add_workload(web, is_running=True)
    pod = cluster.snapshot().pods[0]
    cluster.end_pod(pod.namespace, pod.name, is_failed=True)
    clock.advance(20)
    found = cluster.snapshot().pods
    assert (len(found), sum(each.is_active for each in found)) == (4, 3)
    assert cluster.world.find(pod.namespace, pod.name).phase == "Failed"


def test_scaling_up_and_down(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, db: workloads.Workload
) -> None:
    """More pods get the next numbers; of too many, the highest numbers go."""
    cluster.add_workload(db, is_running=True)
    cluster.scale("shop", "StatefulSet/db", 5)
    assert _names(cluster) == ["db-0", "db-1", "db-2", "db-3", "db-4"]
    cluster.scale("shop", "StatefulSet/db", 1)
    clock.advance(60)
    assert _names(cluster) == ["db-0"]


def test_a_deployment_gives_up_unready_pods_first(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, web: workloads.Workload
) -> None:
    """Scaling down takes the pod that does not serve, as a ReplicaSet does."""
    cluster.add_workload(web, is_running=True)
    pod = cluster.snapshot().pods[1]
    cluster.fail_probe(pod.namespace, pod.name, container="nginx", seconds=600)
    cluster.scale("shop", "Deployment/web", 2)
    assert pod.name not in _names(cluster)


def test_what_does_not_exist_is_named(cluster: clusters.SimulatedCluster, db: workloads.Workload) -> None:
    """A control for a pod, container or workload that is not there says which, and a second of one name is refused."""
    cluster.add_workload(db, is_running=True)
    with pytest.raises(LookupError, match="shop/db-9"):
        cluster.delete_pod("shop", "db-9")
    with pytest.raises(LookupError, match="no container proxy"):
        cluster.kill_container("shop", "db-0", container="proxy")
    with pytest.raises(LookupError, match=r"shop/Deployment/db.*shop/StatefulSet/db"):
        cluster.scale("shop", "Deployment/db", 1)
    with pytest.raises(ValueError, match="shop/StatefulSet/db"):
        cluster.add_workload(db)
    with pytest.raises(ValueError, match="shop/db-0"):
        cluster.add_pod(cluster.world.find("shop", "db-0"))
