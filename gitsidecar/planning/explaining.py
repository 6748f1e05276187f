"""Why one pod is where it is, set by set: read off the plan, whose words it keeps."""

from __future__ import annotations

import dataclasses
import difflib
import heapq
import itertools
from collections.abc import Iterable, Iterator

from gitsidecar.model import censuses, explanations, plans, pods, sidecarsets
from gitsidecar.planning import (
    calendars,
    conflicts,
    digests,
    flights,
    matching,
    numbers,
    queues,
    repairs,
    selections,
    standings,
)

_State = explanations.State
_NEAR = 5
_LOOKED_AT = 2000


def explain(plan: plans.Plan, snapshot: pods.Snapshot, pod: pods.Pod) -> explanations.Explanation:
    """Say where *pod*, a row of *snapshot*, stands with every set of the *plan* that was made from it."""
    sets = tuple(_of_set(plan, planned, pod, snapshot.namespaces) for planned in plan.sets)
    return explanations.Explanation(plan.now, pod, sets, plan.found)


def find(snapshot: pods.Snapshot, key: str) -> pods.Pod | None:
    """Return the pod called *key* (``namespace/name``), or ``None``."""
    return next((pod for pod in itertools.chain.from_iterable(snapshot.chunks) if pod.key == key), None)


def near(snapshot: pods.Snapshot, wanted: str) -> tuple[str, ...]:
    """
    Return the keys of pods that somebody who wrote *wanted* may have meant, the nearest first.

    A name without a namespace means the pods of that name, if there are any.
    """
    found = [(pod.namespace, pod.name) for pod in itertools.chain.from_iterable(snapshot.chunks)]
    namespace, slash, name = wanted.rpartition("/")
    if not slash and (alike := sorted(f"{its}/{name}" for its, other in found if other == name)):
        return tuple(alike[:_NEAR])
    # A pod that was recreated differs in the end of its name, so its own namespace is the place to look.
    keys: dict[str, list[str]] = {}
    for its, other in [each for each in found if each[0] == namespace] or found:
        keys.setdefault(other, []).append(f"{its}/{other}")
    names = difflib.get_close_matches(name, _likest(name, keys), _NEAR)
    return tuple(key for each in names for key in sorted(keys[each]))[:_NEAR]


def _likest(name: str, names: Iterable[str]) -> list[str]:
    """
    Return, in order, those of *names* that are worth a closer look: difflib takes a second for ten thousand.

    One typing error leaves the beginning and the end alike, and a pod that was recreated has all but the end.
    """

    def alike(other: str) -> tuple[int, str]:
        return _shared(name, other) + _shared(reversed(name), reversed(other)), other

    return sorted(heapq.nlargest(_LOOKED_AT, names, key=alike))


def _shared(one: Iterable[str], other: Iterable[str]) -> int:
    """Return with how many letters both begin."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _of_set(
    plan: plans.Plan, planned: plans.SetPlan, pod: pods.Pod, namespaces: matching.Namespaces
) -> explanations.SetExplanation:
    sidecar_set = planned.sidecar_set
    is_selected = matching.is_selected(pod, sidecar_set, namespaces)
    images = {each.name: each.image for each in sidecar_set.sidecars}
    blank = explanations.SetExplanation(
        name=sidecar_set.name,
        place=sidecar_set.place,
        state=_State.UNSELECTED,
        selection=selections.of_set(pod, sidecar_set, namespaces),
        latest=explanations.Spec(images, sidecar_set.spec_hash, planned.commit),
        counting=_counting(pod, sidecar_set) if is_selected else "",
        policies=answers(plan, sidecar_set),
    )
    if not is_selected:
        return blank
    if not pod.is_active:
        return dataclasses.replace(blank, state=_State.ENDING)
    rivals = conflicts.find([each.sidecar_set for each in plan.sets]).get(sidecar_set.name, ())
    repair = repairs.explain(planned, pod, rivals, namespaces)
    if not (pod.fault or matching.carries(pod, sidecar_set)):
        return dataclasses.replace(blank, state=_State.NOT_COUNTED, repair=repair)
    standing = standings.judge(pod, sidecar_set, [each.sidecar_set.name for each in plan.sets])
    found = _decided(blank, planned, pod) or _undrifted(blank, planned, standing)
    is_misshapen = found.reason is plans.HoldReason.NOT_UPGRADABLE and not standing.has_shape
    return dataclasses.replace(
        found,
        repair=repair if is_misshapen and planned.repair.is_wanted else "",
        update_selection=selections.of_update(pod, sidecar_set),
        running=_running(standing),
        moved_at=standing.move.at if standing.move is not None else None,
    )


def _counting(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet) -> str:
    """Say why the set counts a pod that it selects, or why not."""
    if not pod.is_active:
        return "it is being deleted" if pod.is_deleting else f"it has ended ({pod.phase})"
    if pod.fault:
        return "it cannot be read, and counts as one that stays old"
    is_ours = pod.mark_of(sidecar_set.name) is not None
    if matching.carries(pod, sidecar_set):
        has = f"its annotation {pods.MARK_ANNOTATION} names the set"
        return has if is_ours else "adopted: it has all containers of the set"
    if lacks := "; ".join(_lacks(pod, sidecar_set)):
        return lacks
    return f'not adopted: the set has no annotation {sidecarsets.ADOPT_ANNOTATION}: "true"'


def _lacks(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet) -> Iterator[str]:
    for sidecar in sidecar_set.sidecars:
        container = pod.container(sidecar.name)
        if container is None:
            yield f"container {sidecar.name} is missing"
        elif sidecar_set.is_adopting and container.is_native != sidecar.is_native:
            here, there = ("initContainers", "containers") if container.is_native else ("containers", "initContainers")
            yield f"container {sidecar.name} is one of {here}, the set has it in {there}"


def _running(standing: standings.Standing) -> explanations.Spec | None:
    if standing.pod.fault:
        return None
    mark, images = standing.mark, {live.name: live.image for _, live in standing.pairs}
    return explanations.Spec(images, mark.spec_hash, mark.commit) if mark is not None else explanations.Spec(images)


def _decided(
    blank: explanations.SetExplanation, planned: plans.SetPlan, pod: pods.Pod
) -> explanations.SetExplanation | None:
    """Return what the plan decides about a drifted pod; ``None`` for one that has not drifted."""
    for number, action in enumerate(planned.actions, 1):
        if action.pod is pod:
            words = ", ".join(f"{each.container}: {each.old} -> {each.new}" for each in action.changes)
            turn = explanations.Turn(number, len(planned.actions))
            return dataclasses.replace(blank, state=_State.MOVES_NOW, message=words, turn=turn)
    for group in planned.held:
        if pod in group.members:
            line = _line(planned, group, pod)
            return dataclasses.replace(blank, state=_State.HELD, reason=group.reason, message=group.message, line=line)
    return None


def _line(planned: plans.SetPlan, group: plans.HoldGroup, pod: pods.Pod) -> explanations.Line | None:
    """
    Say how many held pods go before *pod*; ``None`` where no queue decides.

    Budgets are kept by lane, so there only the pods of its own lane count; a pace is shared by all lanes.
    """
    if not isinstance(group.members, queues.Joined):
        return None
    its = group.members.stretches
    place = next(place for each in its for place, other in enumerate(each, each.start) if other is pod)
    if group.reason is plans.HoldReason.PARTITION_KEPT:
        least = planned.count(censuses.UPDATED) + place + 1  # so many end up updated when it goes, and it is the last
        return explanations.Line(place - its[0].start, planned.count(censuses.MATCHED) - least)
    if group.reason is plans.HoldReason.PACE_LIMITED:
        first, before = 0, its
    else:
        first, before = _lane_begin(its[0].queue, place), tuple(_stretches(planned))
    return explanations.Line(sum(max(0, min(each.stop, place) - max(each.start, first)) for each in before))


def _lane_begin(queue: queues.Queue, place: int) -> int:
    """Return the first place of the lane in which *place* is."""
    begins = itertools.accumulate((queue.length(lane) for lane in digests.Lane), initial=0)
    return max(begin for begin in begins if begin <= place)


def _stretches(planned: plans.SetPlan) -> Iterator[queues.Stretch]:
    """Yield the places of all pods that may go once the numbers allow; what a partition keeps is not among them."""
    for group in planned.held:
        if isinstance(group.members, queues.Joined) and group.reason is not plans.HoldReason.PARTITION_KEPT:
            yield from group.members.stretches


def _undrifted(
    blank: explanations.SetExplanation, planned: plans.SetPlan, standing: standings.Standing
) -> explanations.SetExplanation:
    """Return how far a pod that carries the latest spec has come."""
    pod = standing.pod
    if any(each is pod for each in planned.settling):
        wanted = numbers.seconds(planned.min_ready)
        words = f"counts as unavailable until it has been Ready for {wanted} (minReadySeconds)"
        until = standing.settles_at(planned.min_ready)
        return dataclasses.replace(blank, state=_State.SETTLING, message=words, until=until)
    if standing.move is not None and standing.is_in_flight:
        late = "; the rollout has missed its deadline by it" if any(each is pod for each in planned.overdue) else ""
        return dataclasses.replace(blank, state=_State.IN_FLIGHT, message=_progress(pod, standing.move) + late)
    if standing.is_finished:
        return dataclasses.replace(blank, state=_State.UP_TO_DATE)
    troubles = ", ".join(f"{live.name} {live.trouble}" for _, live in standing.pairs if live.trouble)
    return dataclasses.replace(blank, state=_State.STARTING, message=troubles or "the pod is not Ready")


def _progress(pod: pods.Pod, move: pods.Move) -> str:
    """Say what a move of ours that is not over waits for."""
    if trouble := flights.trouble(pod, move):
        return f"{trouble}: it cannot start"
    if not flights.has_restarted(pod, move):
        names = ", ".join(name for name, _ in flights.unreplaced(pod, move))
        return f"the kubelet has not restarted {names} yet" if names else "the kubelet has not seen the new image yet"
    if not flights.has_landed(pod, move):
        return "restarted, and not ready yet"
    return "restarted and ready, but the pod is not Ready"


def answers(plan: plans.Plan, sidecar_set: sidecarsets.SidecarSet) -> tuple[explanations.PolicyAnswer, ...]:
    """Return what each policy that covers the set says by itself."""
    found = []
    for policy in plan.policies:
        if policy.covers(sidecar_set):
            verdict = calendars.judge([policy], plan.now)
            is_open = verdict.reason is None and not policy.rejection
            until = verdict.closes_at if verdict.reason is None else verdict.opens_at
            message = policy.rejection or verdict.message
            found.append(explanations.PolicyAnswer(policy.name, policy.place, is_open, message, until, policy.document))
    return tuple(found)
