"""Laws of every plan, on any state at all, reachable or not (DESIGN §11)."""

from __future__ import annotations

import collections
import dataclasses
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import pods, selectors, sidecarsets
from gitsidecar.planning import budgets
from tests.unit.planning import builders

IMAGES = ("logtail:1", "logtail:2", "logtail:3")
NAMES = ("agent", "logtail", "proxy")

_law = settings(max_examples=60, deadline=None)  # the machine of a busy CI is slow now and then
_shares = st.integers(0, 8) | st.integers(0, 120).map(lambda percent: f"{percent}%")
_times = st.none() | st.integers(0, 3).map(lambda hours: builders.LONG_AGO.replace(hour=hours))
_shapes = st.sampled_from((builders.SHAPE, builders.SHAPE, "v1-other"))
_moves = st.builds(
    lambda name, origin, ready, heal: builders.moved(name, origin, was_ready=ready, heal=heal),
    st.sampled_from(NAMES),
    st.sampled_from(("", "a", "b")),
    st.booleans(),
    st.booleans(),
)


@st.composite
def _marks(draw: st.DrawFn) -> tuple[pods.Mark, ...]:
    names = draw(st.sets(st.sampled_from(NAMES)))
    return tuple(
        builders.mark(draw(st.sampled_from(IMAGES)), name=name, move=draw(st.none() | _moves), shape=draw(_shapes))
        for name in sorted(names)
    )


@st.composite
def _pods(draw: st.DrawFn) -> list[pods.Pod]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        containers = tuple(
            builders.container(
                name,
                draw(st.sampled_from(IMAGES)),
                index=index,
                container_id=draw(st.sampled_from(("", "a", "b"))),
                is_ready=draw(st.booleans()),
                restarts=draw(st.integers(0, 2)),
                waiting=draw(st.sampled_from(("", "", "ImagePullBackOff", "ContainerCreating"))),
            )
            for index, name in enumerate(sorted(draw(st.sets(st.sampled_from(NAMES), min_size=1))))
        )
        found.append(
            builders.pod(
                number,
                ready=draw(st.booleans()),
                namespace=draw(st.sampled_from(("a", "a-b"))),
                labels=draw(st.sampled_from(({"app": "web"}, {"app": "web", "canary": "yes"}, {"app": "db"}))),
                containers=containers,
                marks=draw(_marks()),
                phase=draw(st.sampled_from(("Running", "Running", "Pending", "Unknown", "Failed"))),
                node=draw(st.sampled_from(("", "node-1"))),
                created=draw(_times),
                ready_since=draw(_times),
                has_seen_spec=draw(st.booleans()),
                fault=draw(st.sampled_from(("", "", "", "", "broken"))),
            )
        )
    return found


@st.composite
def _sets(draw: st.DrawFn) -> list[sidecarsets.SidecarSet]:
    found = []
    for name in sorted(draw(st.sets(st.sampled_from(NAMES), min_size=1))):
        update: dict[str, Any] = {"paused": draw(st.sampled_from((False, False, False, True)))}
        if draw(st.booleans()):
            update["selector"] = builders.labelled(canary="yes")
        wanted = builders.sidecar_set(
            draw(st.sampled_from(IMAGES)),
            name=name,
            partition=draw(_shares),
            max_unavailable=draw(_shares),
            update=update,
            selector=draw(st.sampled_from((builders.labelled(app="web"), selectors.Selector()))),
            shape_hash=draw(_shapes),
            is_adopting=draw(st.booleans()),
            rejection=draw(st.sampled_from(("", "", "", "refused"))),
        )
        found.append(wanted)
    return found


@_law
@given(_sets(), _pods())
def test_every_drifted_pod_is_an_action_or_a_hold(sets: list[sidecarsets.SidecarSet], found: list[pods.Pod]) -> None:
    """Each matched pod is updated, or has exactly one action or one hold; no other pod has any."""
    for planned in builders.plan_sets(sets, found).sets:
        decided = [action.pod.key for action in planned.actions] + [hold.pod.key for hold in planned.holds]
        drifted = {pod.key for pod in planned.matched} - {pod.key for pod in planned.updated}
        assert collections.Counter(decided) == collections.Counter(drifted)


@_law
@given(_sets(), _pods(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(
    sets: list[sidecarsets.SidecarSet], found: list[pods.Pod], chance: random.Random
) -> None:
    """Pods, sets and marks in any order give the same plan, as does the same input once more."""
    planned = builders.plan_sets(sets, found)
    assert builders.plan_sets(sets, found) == planned
    mixed = [dataclasses.replace(pod, marks=tuple(chance.sample(pod.marks, len(pod.marks)))) for pod in found]
    again = builders.plan_sets(chance.sample(sets, len(sets)), chance.sample(mixed, len(mixed)))
    straight = {pod.key: pod for pod in found}

    def text(pod: pods.Pod) -> pods.Pod:
        return straight[pod.key]

    for one, other in zip(planned.sets, again.sets, strict=True):
        assert [(a.pod, a.changes, a.marks) for a in one.actions] == [
            (text(a.pod), a.changes, a.marks) for a in other.actions
        ]
        assert [(h.pod, h.reason, h.message) for h in one.holds] == [
            (text(h.pod), h.reason, h.message) for h in other.holds
        ]
        for field in ("matched", "updated", "finished", "ready", "in_flight", "failing", "missing"):
            assert getattr(one, field) == tuple(map(text, getattr(other, field)))


@_law
@given(_sets(), _pods())
def test_healthy_pods_in_flight_stay_within_max_unavailable(
    sets: list[sidecarsets.SidecarSet], found: list[pods.Pod]
) -> None:
    """Pods that serve and are moved, with those in flight that served, are no more than the limit or than before."""
    for planned in builders.plan_sets(sets, found).sets:
        name = planned.sidecar_set.name
        limit = planned.sidecar_set.update.max_unavailable.of(len(planned.matched))
        before = {pod.key for pod in planned.in_flight if _served(pod, name)}
        after = before | {action.pod.key for action in planned.actions if action.pod.is_ready}
        assert len(after) <= max(limit, len(before))


@_law
@given(_sets(), _pods())
def test_ailing_pods_in_flight_stay_within_their_lane(
    sets: list[sidecarsets.SidecarSet], found: list[pods.Pod]
) -> None:
    """Of pods that are down and not in flight, no more are moved than the lane is wide."""
    for planned in builders.plan_sets(sets, found).sets:
        limit = planned.sidecar_set.update.max_unavailable.of(len(planned.matched))
        flying = {pod.key for pod in planned.in_flight}
        fresh = [a for a in planned.actions if not a.pod.is_ready and a.pod.key not in flying]
        assert len(fresh) <= max(1, limit)


@_law
@given(_sets(), _pods())
def test_partition_is_never_undercut(sets: list[sidecarsets.SidecarSet], found: list[pods.Pod]) -> None:
    """After the plan's actions at most `matched - keep` pods are updated, or as many as were before."""
    for planned in builders.plan_sets(sets, found).sets:
        keep = budgets.kept(planned.sidecar_set.update.partition, len(planned.matched))
        updated = len(planned.updated)
        assert updated + len(planned.actions) <= max(updated, len(planned.matched) - keep)


@_law
@given(_sets(), _pods())
def test_a_pod_has_at_most_one_action(sets: list[sidecarsets.SidecarSet], found: list[pods.Pod]) -> None:
    """No two sets move a pod in one plan, and every action changes something and notes what it changed."""
    planned = builders.plan_sets(sets, found)
    actions = [action for each in planned.sets for action in each.actions]
    assert len({action.pod.key for action in actions}) == len(actions)
    for action in actions:
        [mark] = [mark for mark in action.marks if mark.set_name == action.set_name]
        assert action.changes
        assert mark.move is not None
        assert {change.container for change in action.changes} <= {name for name, _ in mark.move.origin}


def _served(pod: pods.Pod, name: str) -> bool:
    mark = pod.mark_of(name)
    return mark is not None and mark.move is not None and mark.move.was_ready
