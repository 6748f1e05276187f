"""The plan of one pass: for every set, each matched pod is done, an action, or a hold with its reason."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping

from gitsidecar.model import desires, histories, plans, pods, sidecarsets
from gitsidecar.planning import actions, admission, budgets, conflicts, holds, matching, standings


def plan(
    desired: desires.Desired,
    snapshot: pods.Snapshot,
    history: histories.History,
    now: datetime.datetime,
    *,
    resting: Mapping[str, str] | None = None,
) -> plans.Plan:
    """
    Decide what this pass does, from values alone; *now* is aware.

    *resting* maps the UID of a pod whose last write failed to why it is left alone: the next pods take its turn.
    Sets are planned in order of name, because a pod that one set moves is busy for the next (DESIGN §5.8).
    """
    sets = sorted(desired.sets, key=lambda each: each.name)
    names = frozenset(each.name for each in sets)
    indexed = matching.index(snapshot, sets)
    selections = {each.name: matching.select(indexed, each) for each in sets}
    rivals = conflicts.find(sets, selections)
    taken: dict[str, str] = {}
    planned = []
    for sidecar_set in sets:
        name = sidecar_set.name
        around = holds.Circumstances(sidecar_set, names, taken, resting or {}, now, rivals.get(name, {}))
        blank = _begin(sidecar_set, history.sets.get(name), desired.revision)
        found = _fill(blank, selections[name], around, now)
        taken.update((action.pod.key, name) for action in found.actions)
        planned.append(found)
    return plans.Plan(now, desired.revision, tuple(planned), desired.found)


def _begin(sidecar_set: sidecarsets.SidecarSet, known: histories.SetHistory | None, revision: str) -> plans.SetPlan:
    """Return a set's plan with nothing in it but its generation, and the revision that brought its spec."""
    if known is None:
        return plans.SetPlan(sidecar_set, generation=1, commit=revision)
    is_same_document = known.accepted.document == sidecar_set.document
    is_same_spec = known.accepted.spec_hash == sidecar_set.spec_hash or bool(sidecar_set.rejection)
    return plans.SetPlan(
        sidecar_set,
        generation=known.generation + (0 if is_same_document else 1),
        commit=known.commit if is_same_spec else revision,
    )


def _fill(
    blank: plans.SetPlan,
    selection: matching.Selection,
    around: holds.Circumstances,
    now: datetime.datetime,
) -> plans.SetPlan:
    sidecar_set = blank.sidecar_set
    judged = [standings.judge(pod, sidecar_set) for pod in selection.matched]
    failing = [each for each in judged if each.is_failing]
    held, waiting = _part((each for each in judged if not each.is_updated), around)
    shared = admission.admit(waiting, budgets.measure(sidecar_set.update, judged))
    held.extend(holds.of_numbers(sidecar_set.update, shared, failing))
    return dataclasses.replace(
        blank,
        matched=selection.matched,
        updated=tuple(each.pod for each in judged if each.is_updated),
        finished=tuple(each.pod for each in judged if each.is_finished),
        ready=tuple(each.pod for each in judged if each.pod.is_ready and each.has_restarted),
        in_flight=tuple(each.pod for each in judged if each.is_in_flight),
        failing=tuple(each.pod for each in failing),
        missing=selection.missing,
        actions=tuple(actions.build(each, sidecar_set, commit=blank.commit, now=now) for each in shared.admitted),
        holds=tuple(sorted(held, key=lambda hold: hold.pod.key)),
    )


def _part(
    drifted: Iterable[standings.Standing], around: holds.Circumstances
) -> tuple[list[plans.Hold], list[standings.Standing]]:
    """Part the drifted pods into those that are held whatever the numbers, and those that wait for their turn."""
    held, waiting = [], []
    for standing in drifted:
        hold = holds.find(standing, around)
        if hold is None:
            waiting.append(standing)
        else:
            held.append(hold)
    return held, waiting
