"""Laws of any single plan, on any state at all, with every strategy and policy; and of plans that follow each other."""

from __future__ import annotations

import collections
import dataclasses
import random

from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.model import censuses, plans, pods
from gitsidecar.planning import ledgers
from tests.unit.laws import asks, comparing, courts, generating, herds, machines, profiles

_law = profiles.of_plans()
_chances = st.randoms(use_true_random=False)
Wanted = generating.Wanted


@_law
@given(generating.wishes(), herds.fleets())
def test_every_drifted_pod_is_one_action_or_one_hold(wanted: Wanted, found: list[pods.Pod]) -> None:
    """Each matched pod is updated, or has exactly one action or one hold; no other pod has any."""
    for planned in generating.plan(wanted, found).sets:
        decided = [action.pod.key for action in planned.actions] + [hold.pod.key for hold in planned.holds]
        drifted = {pod.key for pod in planned.matched} - {pod.key for pod in planned.updated}
        assert collections.Counter(decided) == collections.Counter(drifted)


@_law
@given(generating.wishes(), herds.fleets())
def test_what_is_stopped_starts_nothing(wanted: Wanted, found: list[pods.Pod]) -> None:
    """Paused, refused, frozen, outside its windows or past its deadline, a set has no action."""
    for planned in generating.plan(wanted, found).sets:
        stop = wanted.stop(planned.sidecar_set) or planned.overdue
        assert not stop or not planned.actions, stop


@_law
@given(generating.wishes(), herds.fleets())
def test_only_who_is_meant_moves(wanted: Wanted, found: list[pods.Pod]) -> None:
    """A pod that the update selector does not match, that needs another shape, or that was healed already stays."""
    for planned in generating.plan(wanted, found).sets:
        selector, shape = planned.sidecar_set.update.selector, planned.sidecar_set.shape_hash
        for pod in (action.pod for action in planned.actions):
            mark = pod.mark_of(planned.sidecar_set.name)
            assert not pod.fault
            is_known = mark is not None and mark.spec_hash == planned.sidecar_set.spec_hash
            assert not (mark is not None and mark.move is not None and mark.move.is_heal and is_known)
            assert selector is None or selector.matches(pod.labels)
            assert mark is None or mark.shape_hash == shape or planned.sidecar_set.is_adopting


@_law
@given(generating.wishes(), herds.fleets())
def test_no_budget_is_overdrawn(wanted: Wanted, found: list[pods.Pod]) -> None:
    """With those that are down or settle by our doing, no more move than maxUnavailable; the same for the ailing."""
    for planned in generating.plan(wanted, found).sets:
        name, limit = planned.sidecar_set.name, planned.sidecar_set.update.max_unavailable.of(len(planned.matched))
        flying = {pod.key for pod in planned.in_flight}
        new = [action.pod for action in planned.actions if action.pod.key not in flying]
        settling = sum(courts.has_served(pod, name) for pod in planned.settling)
        down, in_lane = planned.count(censuses.UNAVAILABLE) + settling, planned.count(censuses.IN_LANE)
        healthy = sum(pod.is_ready for pod in new)
        ailing = sum(not pod.is_ready and not courts.has_served(pod, name) for pod in new)
        assert not healthy or down + healthy <= limit
        assert not ailing or in_lane + ailing <= max(1, limit)


@_law
@given(generating.wishes(), herds.fleets())
def test_no_partition_is_undercut(wanted: Wanted, found: list[pods.Pod]) -> None:
    """After the plan's actions no more pods are updated than the partition lets be, or than were before."""
    for planned in generating.plan(wanted, found).sets:
        share, matched = planned.sidecar_set.update.partition, len(planned.matched)
        asked = asks.Set(planned.sidecar_set.name, partition=str(share) if share.is_percent else share.amount)
        room = asked.may_be_updated(matched) - len(planned.updated)
        assert len(planned.actions) <= max(0, room)


@_law
@given(generating.wishes(), herds.fleets())
def test_no_pace_is_outrun(wanted: Wanted, found: list[pods.Pod]) -> None:
    """The moves of the last minute, which the pods tell, and those of the plan are within podsPerMinute."""
    planned = generating.plan(wanted, found).sets
    for policy in wanted.policies:
        its = [each for each in planned if policy.covers(each.sidecar_set.name)]
        before = sum(
            mark is not None and mark.move is not None and abs(herds.NOW - mark.move.at).total_seconds() < 60
            for each in its
            for mark in (pod.mark_of(each.sidecar_set.name) for pod in each.matched if not pod.fault)
        )
        new = sum(len(each.actions) for each in its)
        assert policy.pace is None or not new or before + new <= policy.pace


@_law
@given(generating.wishes(), herds.fleets(), _chances)
def test_order_and_chunks_change_nothing(wanted: Wanted, found: list[pods.Pod], chance: random.Random) -> None:
    """Pods and sets in any order, and pods in any chunks, give the same plan to the last word."""
    straight = comparing.values(generating.plan(wanted, found))
    for words, snapshot in comparing.rearranged(pods.snapshot(found), chance):
        machines.check(words, comparing.difference(comparing.values(generating.plan(wanted, snapshot)), straight))
    again = comparing.values(generating.plan(Wanted(wanted.sets[::-1], wanted.policies), found))
    machines.check("with the sets backwards", comparing.difference(again, straight))


@profiles.of_plans(100)
@given(generating.wishes(), herds.fleets(), st.data())
def test_a_memory_changes_nothing(wanted: Wanted, found: list[pods.Pod], data: st.DataObject) -> None:
    """Whatever a process has seen before, it plans like one that has just begun."""
    memory, now = ledgers.Ledgers(), herds.NOW
    rows = pods.snapshot(found).pods
    chunks = [tuple(pod for pod in rows if pods.chunk_of(pod.key, 3) == place) for place in range(3)]
    for _ in range(4):
        snapshot = pods.Snapshot(tuple(chunks))
        remembered = comparing.values(generating.plan(wanted, snapshot, now, memory=memory))
        anew = comparing.values(generating.plan(wanted, snapshot, now))
        machines.check("with a memory", comparing.difference(remembered, anew))
        now += herds.seconds(data.draw(st.sampled_from((0, 1, 29, 60, 301, -30)), label="seconds"))
        if data.draw(st.integers(0, 2), label="another wish") == 0:
            wanted = data.draw(generating.wishes())
        for place, chunk in enumerate(chunks):
            has_event = bool(chunk) and data.draw(st.booleans(), label="an event")
            if has_event:
                chunks[place] = (_event(chunk[0], data), *chunk[1:])


@_law
@given(generating.wishes(), herds.fleets(), st.data())
def test_a_crash_between_two_writes_repeats_nothing(wanted: Wanted, found: list[pods.Pod], data: st.DataObject) -> None:
    """After any part of a plan was carried out, a new process sends the rest at the same moment, and nothing again."""
    whole = [action for each in generating.plan(wanted, found).sets for action in each.actions]
    applied = [action for action in whole if data.draw(st.booleans(), label=f"applied to {action.pod.key}")]
    again = generating.plan(wanted, generating.written(found, applied))
    sent = [action for each in again.sets for action in each.actions]
    assert {action.pod.key for action in sent}.isdisjoint(action.pod.key for action in applied)
    if len(wanted.sets) > 1 or any(_makes_room(action, wanted) for action in applied):
        return  # a pod that another set has taken gives its turn to the next
    # Who is spread is spread anew among those left: so many move, but others.
    is_spread = bool(wanted.sets[0].update.scatter)
    rest = sorted("" if is_spread else action.pod.key for action in whole if action not in applied)
    assert sorted("" if is_spread else action.pod.key for action in sent) == rest


@_law
@given(generating.wishes(), herds.fleets(), st.floats(0, 1))
def test_time_alone_changes_nothing_before_the_plan_wakes(wanted: Wanted, found: list[pods.Pod], share: float) -> None:
    """Until `wakes_at`, the same pods give the same actions; from `closes_at` on they give none."""
    for wish in wanted.sets:
        one = Wanted((wish,), wanted.policies)
        [now] = generating.plan(one, found).sets
        if any("kubelet has not begun" in hold.message for hold in now.holds):
            continue  # over after five minutes; the passes of every minute see it
        wakes = now.wakes_at or herds.NOW + herds.seconds(100_000)
        [then] = generating.plan(one, found, herds.NOW + (wakes - herds.NOW) * share * 0.999).sets
        assert [action.pod.key for action in now.actions] == [action.pod.key for action in then.actions]
        if now.closes_at is not None and now.actions:
            [closed] = generating.plan(one, found, now.closes_at).sets
            assert now.closes_at > herds.NOW and not closed.actions


@_law
@given(generating.wishes(), herds.fleets())
def test_counts_and_groups_are_what_they_say(wanted: Wanted, found: list[pods.Pod]) -> None:
    """The census counts what the lists hold, and a group of held pods has its length and examples out of its pods."""
    for planned in generating.plan(wanted, found).sets:
        lists = {
            censuses.MATCHED: planned.matched,
            censuses.UPDATED: planned.updated,
            censuses.FINISHED: planned.finished,
            censuses.READY: planned.ready,
            censuses.MISSING: planned.missing,
        }
        assert {key: planned.count(key) for key in lists} == {key: len(pods_) for key, pods_ in lists.items()}
        for group in planned.held:
            keys = [pod.key for pod in group.members]
            assert len(set(keys)) == len(group.members) == len(keys) > 0
            assert {pod.key for pod in group.examples} <= set(keys)
            assert len(group.examples) == min(plans.EXAMPLES, len(keys))


@_law
@given(generating.wishes(), herds.fleets())
def test_nobody_waits_for_numbers_without_need(wanted: Wanted, found: list[pods.Pod]) -> None:
    """Who is held by partition, budget or pace is so because that number is used up."""
    for planned in generating.plan(wanted, found).sets:
        update, count = planned.sidecar_set.update, len(planned.matched)
        held = collections.Counter((hold.reason, hold.pod.is_ready) for hold in planned.holds)
        if held[plans.HoldReason.BUDGET_EXHAUSTED, True]:
            moving = sum(action.pod.is_ready for action in planned.actions)
            using = planned.count(censuses.UNAVAILABLE) + len(planned.settling)
            assert using + moving >= update.max_unavailable.of(count)
        waiting = sum(
            number
            for (reason, _), number in held.items()
            if reason in (plans.HoldReason.BUDGET_EXHAUSTED, plans.HoldReason.SETTLING, plans.HoldReason.PACE_LIMITED)
        )
        if any(reason is plans.HoldReason.PARTITION_KEPT for reason, _ in held):
            room = count - min(count, update.partition.of(count))
            assert len(planned.updated) + len(planned.actions) + waiting >= room


def _event(pod: pods.Pod, data: st.DataObject) -> pods.Pod:
    number = int(pod.name.removeprefix("pod-"))
    return dataclasses.replace(data.draw(herds.rows(number)), namespace=pod.namespace)


def _makes_room(action: plans.Action, wanted: Wanted) -> bool:
    """
    Say whether the move of a pod leaves room for one more.

    It forgets an earlier move that counted for the pace, or takes the pod from the lane of the ailing into the budget.
    """
    mark = action.pod.mark_of(action.set_name)
    if mark is None or mark.move is None:
        return False
    is_paced = any(policy.pace for policy in wanted.policies)
    is_recent = herds.NOW - mark.move.at < courts.MINUTE
    return (is_paced and is_recent) or (action.pod.is_ready and not mark.move.was_ready)
