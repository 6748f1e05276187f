"""Whole passes with the real planner: the report after a pass is the report of the pass that follows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest

from gitsidecar.model import desires, histories, outcomes, plans, pods, reports, sidecarsets
from gitsidecar.planning import planner
from gitsidecar.reporting import changes, files
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies

_Share = sidecarsets.Share


def _pass(
    wanted: sidecarsets.SidecarSet, found: Iterable[pods.Pod], known: histories.History
) -> tuple[plans.Plan, reports.Report]:
    """Plan and summarise one pass in which every patch is taken."""
    plan = planner.plan(desires.Desired(b.REVISION, (wanted,)), pods.snapshot(found), known, b.NOW)
    results = [outcomes.Outcome(action, outcomes.OutcomeKind.APPLIED) for each in plan.sets for action in each.actions]
    return plan, summaries.summarise(plan, results, known, cluster="prod")


def _carry_out(plan: plans.Plan, found: Iterable[pods.Pod]) -> list[pods.Pod]:
    """Return the pods right after the patches of *plan*: the API server has them, no kubelet has begun."""
    actions = {action.pod.key: action for each in plan.sets for action in each.actions}

    def patched(pod: pods.Pod) -> pods.Pod:
        if pod.key not in actions:
            return pod
        images = {change.container: change.new for change in actions[pod.key].changes}
        containers = tuple(
            dataclasses.replace(each, image=images.get(each.name, each.image)) for each in pod.containers
        )
        return dataclasses.replace(pod, containers=containers, marks=actions[pod.key].marks, has_seen_spec=False)

    return [patched(pod) for pod in found]


def _started(pod: pods.Pod) -> pods.Pod:
    """Return *pod* once the kubelet has restarted what differs."""
    containers = tuple(dataclasses.replace(each, container_id=f"id-{each.image}") for each in pod.containers)
    return dataclasses.replace(pod, containers=containers, has_seen_spec=True)


@pytest.mark.parametrize(("partition", "limit"), [("50", "10"), ("0", "100"), ("90", "3")])
def test_next_pass_says_the_same(partition: str, limit: str) -> None:
    """However many pods a pass moves, a pass over the cluster right after writes the same bytes and has no news."""
    update = sidecarsets.UpdateStrategy(
        partition=_Share(int(partition), is_percent=True), max_unavailable=_Share(int(limit), is_percent=True)
    )
    wanted = b.sidecar_set(update=update)
    cluster = [_started(b.pod(each)) for each in range(40)]
    plan, moved = _pass(wanted, cluster, histories.History())
    known = memories.read(files.render(moved), b.restore, policies.restore)
    then, found = _pass(wanted, _carry_out(plan, cluster), known)
    assert moved.sets[0].moved
    assert not [action for each in then.sets for action in each.actions]
    assert files.render(found) == files.render(moved)
    assert not changes.is_transition(found, known)


def test_rollout_completes() -> None:
    """Pass by pass the counts grow, the conditions end at complete, and the stable spec moves at the very end."""
    wanted = b.sidecar_set(update=sidecarsets.UpdateStrategy(max_unavailable=_Share(10)))
    cluster = [_started(b.pod(each)) for each in range(40)]
    known = b.history(spec=b.OLD_SPEC, Accepted=True, Complete=True, Blocked=False)
    told = []
    for _ in range(6):
        plan, report = _pass(wanted, cluster, known)
        known = memories.read(files.render(report), b.restore, policies.restore)
        cluster = [_started(pod) for pod in _carry_out(plan, cluster)]
        complete = report.sets[0].condition("Complete")
        assert complete is not None
        told.append((report.sets[0].updated, report.sets[0].in_flight, complete.status, report.sets[0].stable))
    assert told == [
        (10, 10, False, b.OLD_SPEC),
        (20, 10, False, b.OLD_SPEC),
        (30, 10, False, b.OLD_SPEC),
        (40, 10, False, b.OLD_SPEC),
        (40, 0, True, b.NEW_SPEC),
        (40, 0, True, b.NEW_SPEC),
    ]
