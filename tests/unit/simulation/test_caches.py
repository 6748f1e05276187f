"""What a client sees through the port: lists, watches, gaps, and its own writes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from gitsidecar import errors
from gitsidecar.model import plans, pods
from gitsidecar.simulation import apiservers, clocks, clusters, workloads

Act = Callable[[pods.Pod, str], plans.Action]
NEW = "logtail:0.16.18"


class Ear:
    """Counts how often it was told that something changed."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1

    def forget(self) -> int:
        """Return the count and begin anew."""
        count, self.count = self.count, 0
        return count


@pytest.fixture
def ear() -> Ear:
    """Return a fresh listener."""
    return Ear()


@pytest.fixture
async def started(cluster: clusters.SimulatedCluster, web: workloads.Workload, ear: Ear) -> clusters.SimulatedCluster:
    """Return the cluster with three running pods and a watch that *ear* listens to."""
    cluster.add_workload(web, is_running=True)
    await cluster.start(ear)
    ear.forget()
    return cluster


async def _image(cluster: clusters.SimulatedCluster) -> str:
    return (await cluster.observe()).pods[0].containers[1].image


def _change(cluster: clusters.SimulatedCluster, image: str = NEW) -> None:
    pod = cluster.snapshot().pods[0]
    cluster.set_image_from_outside(pod.namespace, pod.name, "logtail", image)


async def test_before_the_first_list_nothing_is_read_as_empty(cluster: clusters.SimulatedCluster) -> None:
    """Observing without a list raises; it never looks like a cluster without pods."""
    with pytest.raises(errors.TransientError, match="not been listed"):
        await cluster.observe()
    assert cluster.pod("shop", "web") is None


async def test_a_snapshot_is_whole_and_in_order(started: clusters.SimulatedCluster) -> None:
    """All pods in order of key, and their namespace with the label that Kubernetes gives it."""
    started.add_namespace("apps", {"team": "a"})
    started.add_pod(dataclasses.replace(started.snapshot().pods[0], namespace="apps", uid=""))
    snapshot = await started.observe()
    assert [pod.key for pod in snapshot.pods] == sorted(pod.key for pod in snapshot.pods)
    assert len(snapshot.pods) == 4
    assert snapshot.namespaces == {
        "apps": {"team": "a", "kubernetes.io/metadata.name": "apps"},
        "shop": {"kubernetes.io/metadata.name": "shop"},
    }


async def test_the_same_snapshot_until_something_changes(started: clusters.SimulatedCluster) -> None:
    """Observing an unchanged cluster costs nothing; a changed one gives new rows and leaves the old snapshot alone."""
    first = await started.observe()
    assert await started.observe() is first
    _change(started)
    assert await _image(started) == NEW
    assert first.pods[0].containers[1].image == "logtail:0.16.16"


async def test_every_change_is_told(
    clock: clocks.VirtualClock, started: clusters.SimulatedCluster, ear: Ear, act: Act
) -> None:
    """Writes, kubelets, deletions and namespaces call `changed`, each at its moment."""
    pod = started.snapshot().pods[0]
    await started.execute(act(pod, NEW))
    assert ear.forget() == 1
    clock.advance(20)
    assert ear.forget() >= 3
    started.delete_pod(pod.namespace, pod.name, grace=0)
    started.add_namespace("new")
    assert ear.forget() == 2


async def test_an_expired_watch_is_silent_until_the_next_list(
    clock: clocks.VirtualClock, started: clusters.SimulatedCluster, ear: Ear
) -> None:
    """After a 410 the old rows stay, nothing is told, and one list brings everything at once."""
    started.expire(seconds=2)
    _change(started)
    started.delete_pod(*started.snapshot().pods[2].key.split("/"), grace=0)
    assert (await _image(started), len((await started.observe()).pods), ear.count) == ("logtail:0.16.16", 3, 0)
    clock.advance(2)
    assert await _image(started) == NEW
    assert (await started.observe()).pods == started.snapshot().pods
    assert ear.count >= 1


async def test_own_writes_are_seen_even_without_a_watch(started: clusters.SimulatedCluster, act: Act) -> None:
    """The answer to a write is in the next snapshot, though no event can have brought it."""
    started.expire(seconds=60)
    pod = started.snapshot().pods[0]
    await started.execute(act(pod, NEW))
    assert await _image(started) == NEW
    row = started.pod(pod.namespace, pod.name)
    assert row is not None
    assert row.marks


async def test_a_lost_answer_is_read_again_before_the_next_snapshot(
    clock: clocks.VirtualClock, started: clusters.SimulatedCluster, act: Act
) -> None:
    """What the sender learnt nothing of is observed all the same, and nothing is while the server is down."""
    started.expire(seconds=60)
    started.inject(apiservers.Faults(lost_answer=1.0))
    await started.execute(act(started.snapshot().pods[0], NEW))
    started.restart(seconds=3)
    with pytest.raises(errors.TransientError, match="not known yet"):
        await started.observe()
    clock.advance(3)
    assert await _image(started) == NEW


async def test_a_conflict_brings_the_newest_row(started: clusters.SimulatedCluster, act: Act) -> None:
    """After a conflict and after GONE the pod is read again, so the next plan does not repeat the mistake."""
    first, second, _ = started.snapshot().pods
    started.expire(seconds=60)
    _change(started, "logtail:by-hand")
    started.delete_pod(second.namespace, second.name, grace=0)
    await started.execute(act(first, NEW))
    await started.execute(act(second, NEW))
    assert await _image(started) == "logtail:by-hand"
    assert started.pod(second.namespace, second.name) is None


async def test_a_slow_watch_never_undoes_an_own_write(
    clock: clocks.VirtualClock, started: clusters.SimulatedCluster, act: Act
) -> None:
    """An event from before the write arrives after it and is passed over."""
    started.inject(apiservers.Faults(watch_lag=5))
    pod = started.snapshot().pods[0]
    started.set_labels_from_outside(pod.namespace, pod.name, {"app": "other"})
    clock.advance(4)
    assert (await started.observe()).pods[0].labels == pod.labels
    await started.execute(act(started.snapshot().pods[0], NEW))
    clock.advance(1)
    assert await _image(started) == NEW
    clock.advance(60)
    assert (await started.observe()).pods == started.snapshot().pods


async def test_an_event_from_before_a_list_is_void(
    clock: clocks.VirtualClock, started: clusters.SimulatedCluster
) -> None:
    """A late event of a broken watch does not bring a pod back that the list has shown to be gone."""
    pod = started.snapshot().pods[0]
    started.inject(apiservers.Faults(watch_lag=5))
    started.set_labels_from_outside(pod.namespace, pod.name, {"app": "other"})
    started.expire(seconds=1)
    started.delete_pod(pod.namespace, pod.name, grace=0)
    clock.advance(60)
    assert started.pod(pod.namespace, pod.name) is None


async def test_a_restarted_server_is_listed_again(
    clock: clocks.VirtualClock, started: clusters.SimulatedCluster, ear: Ear
) -> None:
    """While it is down the rows stay as they were; when it is back one list brings the changes."""
    started.restart(seconds=3)
    _change(started)
    assert (await _image(started), ear.count) == ("logtail:0.16.16", 0)
    clock.advance(3)
    assert await _image(started) == NEW


async def test_a_list_that_is_forbidden_stalls(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, ear: Ear
) -> None:
    """403 on the list needs a person; once it is allowed, the next try fills the cache."""
    cluster.forbid_reads(True)
    await cluster.start(ear)
    with pytest.raises(errors.StalledError, match="forbidden"):
        await cluster.observe()
    cluster.forbid_reads(False)
    clock.advance(1)
    assert (await cluster.observe()).pods == ()


async def test_a_cluster_that_is_away_at_the_start_is_listed_later(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, ear: Ear
) -> None:
    """Starting while nobody answers raises nothing; observing does, until the first list."""
    cluster.restart(seconds=3)
    await cluster.start(ear)
    with pytest.raises(errors.TransientError):
        await cluster.observe()
    clock.advance(3)
    assert (await cluster.observe()).pods == ()


async def test_a_closed_client_hears_nothing(started: clusters.SimulatedCluster, ear: Ear) -> None:
    """After close no change is told, and closing twice is no fault."""
    await started.close()
    await started.close()
    started.expire()
    _change(started)
    assert ear.count == 0


async def test_a_replica_has_a_watch_of_its_own(started: clusters.SimulatedCluster, act: Act) -> None:
    """Two clients of one cluster see each other's writes, except where the watch of one is lost."""
    other, ear = started.replica(), Ear()
    await other.start(ear)
    started.expire(seconds=60)
    await other.execute(act(started.snapshot().pods[0], NEW))
    assert await _image(other) == NEW
    assert await _image(started) == "logtail:0.16.16"
    assert started.ledger is other.ledger
