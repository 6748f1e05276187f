"""A write is checked and applied as a whole, and every fault has the outcome that the real API server's has."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
from collections.abc import Callable

import pytest

from gitsidecar import handoff
from gitsidecar.model import outcomes, plans, pods
from gitsidecar.simulation import apiservers, clocks, clusters, workloads

Act = Callable[[pods.Pod, str], plans.Action]
NEW = "logtail:0.16.18"
Kind = outcomes.OutcomeKind


@pytest.fixture
def pod(cluster: clusters.SimulatedCluster, web: workloads.Workload) -> pods.Pod:
    """Return the first of three running pods."""
    cluster.add_workload(web, is_running=True)
    return cluster.snapshot().pods[0]


def _now(cluster: clusters.SimulatedCluster, pod: pods.Pod) -> pods.Pod:
    return cluster.world.find(pod.namespace, pod.name)


async def test_an_action_sets_image_and_marks(cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act) -> None:
    """One write brings the image, the annotation and a newer version; the kubelet has not seen it yet."""
    action = act(pod, NEW)
    outcome = await cluster.execute(action)
    after = _now(cluster, pod)
    assert outcome == outcomes.Outcome(action, Kind.APPLIED)
    assert [each.image for each in after.containers] == ["nginx:1", NEW]
    assert (after.marks, after.has_annotations, after.has_seen_spec) == (action.marks, True, False)
    assert int(after.resource_version) > int(pod.resource_version)


async def test_marks_come_back_as_the_annotation_holds_them(
    cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """Marks go through the annotation's text: times lose their microseconds, as on a real pod."""
    action = act(pod, NEW)
    at = datetime.datetime(2026, 11, 24, 2, 0, 0, 250_999, tzinfo=datetime.UTC)
    mark = dataclasses.replace(action.marks[0], move=pods.Move(at))
    await cluster.execute(dataclasses.replace(action, marks=(mark,)))
    (after,) = _now(cluster, pod).marks
    assert after.move == pods.Move(at.replace(microsecond=250_000))


async def test_marks_alone_are_no_new_spec(cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act) -> None:
    """An action without image changes writes the annotation and leaves the kubelet in peace."""
    outcome = await cluster.execute(dataclasses.replace(act(pod, NEW), changes=()))
    assert outcome.kind is Kind.APPLIED
    assert _now(cluster, pod).has_seen_spec
    assert cluster.ledger.in_flight == 0


async def test_another_image_than_planned_is_a_conflict(
    cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """A pod that somebody changed in between is left as it is, and the outcome names both images."""
    cluster.set_image_from_outside(pod.namespace, pod.name, "logtail", "logtail:by-hand")
    before = _now(cluster, pod)
    outcome = await cluster.execute(act(pod, NEW))
    assert outcome.kind is Kind.CONFLICT
    assert "logtail:by-hand" in outcome.message
    assert _now(cluster, pod) is before


async def test_marks_that_changed_meanwhile_are_a_conflict(
    cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """A patch made from an older row does not take another set's mark away."""
    await cluster.execute(act(pod, NEW))
    moved = _now(cluster, pod)
    assert moved.annotation == handoff.write(moved.marks)
    other = dataclasses.replace(moved.marks[0], set_name="proxy")
    cluster.set_marks_from_outside(pod.namespace, pod.name, (*moved.marks, other))
    outcome = await cluster.execute(act(moved, "logtail:0.16.19"))
    assert outcome.kind is Kind.CONFLICT
    assert _now(cluster, pod).mark_of("proxy") == other


@pytest.mark.parametrize("wrong", [{"index": 0}, {"index": 7}, {"is_native": True}, {"container": "proxy"}])
async def test_another_container_at_the_index_is_a_conflict(
    cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act, wrong: dict[str, object]
) -> None:
    """The name at the index is tested, so no other container's image is ever set."""
    action = act(pod, NEW)
    change = dataclasses.replace(action.changes[0], **wrong)  # type: ignore[arg-type]
    outcome = await cluster.execute(dataclasses.replace(action, changes=(change,)))
    assert outcome.kind is Kind.CONFLICT
    assert _now(cluster, pod) is pod


async def test_one_failed_test_applies_nothing(cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act) -> None:
    """A patch of two containers of which one differs changes neither."""
    action = act(pod, NEW)
    other = plans.ImageChange("nginx", 0, is_native=False, old="nginx:other", new="nginx:2")
    outcome = await cluster.execute(dataclasses.replace(action, changes=(*action.changes, other)))
    assert outcome.kind is Kind.CONFLICT
    assert _now(cluster, pod) is pod


async def test_a_missing_pod_is_gone(cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act) -> None:
    """404 is GONE."""
    cluster.delete_pod(pod.namespace, pod.name, grace=0)
    assert (await cluster.execute(act(pod, NEW))).kind is Kind.GONE


async def test_another_pod_of_the_name_is_gone(cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act) -> None:
    """A pod that came back under its old name is not touched on the strength of a plan for its forerunner."""
    cluster.delete_pod(pod.namespace, pod.name, grace=0)
    cluster.add_pod(dataclasses.replace(pod, uid="another"))
    assert (await cluster.execute(act(pod, NEW))).kind is Kind.GONE
    assert _now(cluster, pod).containers == pod.containers


async def test_forbidden_until_allowed(cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act) -> None:
    """403 is FORBIDDEN and changes nothing; afterwards the same action is applied."""
    cluster.forbid_writes(True)
    assert (await cluster.execute(act(pod, NEW))).kind is Kind.FORBIDDEN
    cluster.forbid_writes(False)
    assert (await cluster.execute(act(pod, NEW))).kind is Kind.APPLIED


async def test_a_throttle_defers_and_then_holds_all_writes(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """429 is DEFERRED with the seconds to wait, and no write is sent before they are over."""
    began, others = clock.now(), cluster.snapshot().pods[1:]
    cluster.throttle(5.0, writes=1)
    first = await cluster.execute(act(pod, NEW))
    assert (first.kind, first.retry_after) == (Kind.DEFERRED, 5.0)
    assert (await cluster.execute(act(others[0], NEW))).retry_after == 5.0
    while not await cluster.await_writes():
        pass
    later = await asyncio.gather(*(cluster.execute(act(each, NEW)) for each in others))
    assert {each.kind for each in later} == {Kind.APPLIED}
    assert [(write.at - began).total_seconds() for write in cluster.ledger.writes] == [5.0, 5.0]
    assert cluster.ledger.requests == 3


async def test_a_throttle_lasts_until_it_is_ended(cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act) -> None:
    """Without a number, every write is refused until the throttle is taken away."""
    cluster.throttle(1.0)
    outcome = [(await cluster.execute(act(pod, NEW))).kind for _ in range(3)]
    cluster.throttle(None)
    assert outcome == [Kind.DEFERRED] * 3
    while not await cluster.await_writes():
        pass
    assert (await cluster.execute(act(pod, NEW))).kind is Kind.APPLIED


@pytest.mark.parametrize(
    "faults", [apiservers.Faults(server_error=1.0), apiservers.Faults(conflict=1.0)], ids=["500", "409"]
)
async def test_server_faults_defer_and_apply_nothing(
    cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act, faults: apiservers.Faults
) -> None:
    """5xx and 409 are DEFERRED, and the pod is as it was."""
    cluster.inject(faults)
    assert (await cluster.execute(act(pod, NEW))).kind is Kind.DEFERRED
    assert _now(cluster, pod) is pod


async def test_a_lost_answer_was_applied(cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act) -> None:
    """The sender learns nothing, but the pod is changed and counted as written."""
    cluster.inject(apiservers.Faults(lost_answer=1.0))
    assert (await cluster.execute(act(pod, NEW))).kind is Kind.DEFERRED
    assert cluster.ledger.writes_to(pod.namespace, pod.name) == 1
    assert _now(cluster, pod).marks


async def test_faults_come_at_about_their_probability(
    cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """Of 400 writes of which a quarter shall fail, about a quarter do."""
    cluster.inject(apiservers.Faults(server_error=0.25))
    kinds = [cluster.execute_now(dataclasses.replace(act(pod, NEW), changes=())).kind for _ in range(400)]
    assert 60 <= kinds.count(Kind.DEFERRED) <= 140


async def test_latency_passes_on_the_clock(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """Writes sent together arrive together, after the time that the clock says."""
    began = clock.now()
    cluster.inject(apiservers.Faults(latency=(0.25, 0.25)))
    await asyncio.gather(*(cluster.execute(act(each, NEW)) for each in cluster.snapshot().pods))
    assert {(write.at - began).total_seconds() for write in cluster.ledger.writes} == {0.25}


async def test_nobody_answers_while_the_server_restarts(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """No answer is DEFERRED; once it is back the action is applied."""
    cluster.restart(seconds=3)
    assert (await cluster.execute(act(pod, NEW))).kind is Kind.DEFERRED
    clock.advance(3)
    assert (await cluster.execute(act(pod, NEW))).kind is Kind.APPLIED


async def test_a_rewriting_webhook_stores_another_image(
    cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """The write is applied, and the pod shows what the webhook made of it."""
    cluster.rewrite_image(NEW, "mirror/logtail:0.16.18")
    assert (await cluster.execute(act(pod, NEW))).kind is Kind.APPLIED
    assert _now(cluster, pod).containers[1].image == "mirror/logtail:0.16.18"


async def test_changes_from_outside_are_no_writes_of_ours(cluster: clusters.SimulatedCluster, pod: pods.Pod) -> None:
    """Labels, images, annotations and faults can change without a write being counted."""
    place = (pod.namespace, pod.name)
    cluster.set_image_from_outside(*place, "logtail", NEW)
    cluster.set_labels_from_outside(*place, {"app": "other"})
    cluster.remove_marks_from_outside(*place)
    cluster.make_unreadable(*place, "spec.containers is missing")
    after = _now(cluster, pod)
    assert (after.containers[1].image, after.labels, after.has_annotations) == (NEW, {"app": "other"}, False)
    assert after.annotation == ""
    assert after.fault == "spec.containers is missing"
    assert (cluster.ledger.writes, cluster.ledger.requests) == ([], 0)


async def test_in_flight_from_the_write_until_ready(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """The ledger knows how many pods are in flight and how many ever were, and of these how many were healthy."""
    first, second, third = cluster.snapshot().pods
    cluster.fail_probe(third.namespace, third.name, container="nginx", seconds=2)
    for each in (first, second, _now(cluster, third)):
        await cluster.execute(act(each, NEW))
    assert cluster.ledger.in_flight == 3
    clock.advance(8)
    assert cluster.ledger.in_flight == 0
    await cluster.execute(act(_now(cluster, first), "logtail:0.16.19"))
    assert (cluster.ledger.most_in_flight, cluster.ledger.most_healthy_in_flight) == (3, 2)
    assert sorted(cluster.ledger.writes_by_uid().values()) == [1, 1, 2]


async def test_an_image_changed_back_in_time_is_in_flight_no_more(
    clock: clocks.VirtualClock, cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """A container that never had to restart lands when its kubelet has looked."""
    await cluster.execute(act(pod, NEW))
    await cluster.execute(act(_now(cluster, pod), pod.containers[1].image))
    assert cluster.ledger.in_flight == 1
    clock.advance(1)
    assert cluster.ledger.in_flight == 0


async def test_a_pod_that_goes_is_in_flight_no_more(
    cluster: clusters.SimulatedCluster, pod: pods.Pod, act: Act
) -> None:
    """A deleted pod leaves the count."""
    cluster.break_image(NEW)
    await cluster.execute(act(pod, NEW))
    cluster.delete_pod(pod.namespace, pod.name)
    assert cluster.ledger.in_flight == 0
