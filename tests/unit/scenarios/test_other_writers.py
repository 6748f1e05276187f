"""Others change the pods as well: the kubelet lags again, though our moves have long landed."""

from __future__ import annotations

import dataclasses

from tests.support import benches
from tests.unit.planning import builders

NEWEST = "logtail:0.16.20"


def test_pods_that_serve_cost_budget_though_the_kubelet_has_not_seen_a_later_change_of_their_spec() -> None:
    """Four pods, moved and Ready long ago; someone has just resized them (generation ahead): one may move, not four."""
    landed = [builders.pod(n, builders.NEW, move=builders.moved(ago=600), has_seen_spec=False) for n in range(4)]
    planned = builders.plan_set(builders.sidecar_set(NEWEST, max_unavailable=1), landed)
    assert len(planned.actions) <= 1


def test_a_pod_that_another_set_has_just_written_is_busy() -> None:
    """Rule 8: proxy's move has not landed; logtail's own move, ten minutes old, is over and is no excuse."""
    pod = builders.pod(0, builders.NEW, move=builders.moved(ago=600), has_seen_spec=False)
    proxy = builders.container("proxy", "proxy:2", index=2, container_id="p-1")
    marks = (*pod.marks, builders.mark("proxy:2", name="proxy", move=builders.moved("proxy", "p-1", ago=1)))
    pod = dataclasses.replace(pod, containers=(*pod.containers, proxy), marks=marks)
    sets = [builders.sidecar_set(NEWEST), builders.sidecar_set("proxy:2", name="proxy")]
    logtail, _ = builders.plan_sets(sets, [pod]).sets
    assert builders.reasons(logtail) == {"0": "PodBusy"}


async def test_a_fleet_stays_up_while_somebody_changes_all_its_pods() -> None:
    """The same through the real passes: someone changes the application's image of all pods right before a push."""
    bench = benches.Bench(6)
    await bench.start()
    bench.push(maxUnavailable=1)
    await bench.settle()
    bench.wait(600)
    for pod in bench.cluster.snapshot().pods:
        bench.cluster.set_image_from_outside(pod.namespace, pod.name, "app", "app:1")
    for pod in bench.cluster.snapshot().pods:
        bench.cluster.set_image_from_outside(pod.namespace, pod.name, "app", "app:2")
    bench.push(NEWEST, maxUnavailable=1)
    await bench.poll_and_pass()
    assert bench.cluster.ledger.most_healthy_in_flight <= 1
