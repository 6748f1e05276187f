"""The plan of one pass: for every set, each matched pod is done, an action, or a hold with its reason."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from gitsidecar.model import desires, histories, plans, pods, sidecarsets
from gitsidecar.planning import governing, ledgers, paces, setplans


def plan(
    desired: desires.Desired,
    snapshot: pods.Snapshot,
    history: histories.History,
    now: datetime.datetime,
    *,
    resting: Mapping[str, str] | None = None,
    memory: ledgers.Ledgers | None = None,
) -> plans.Plan:
    """
    Decide what this pass does, from values alone; *now* is aware.

    *resting* maps the UID of a pod whose last write failed to why it is left alone: the next pods take its turn.
    Sets are planned in order of name, because a pod that one set moves is busy for the next (DESIGN §5.8). *memory*
    spares looking again at pods that have not changed since its last plan, and changes nothing else.
    """
    sets = sorted(desired.sets, key=lambda each: each.name)
    governances = governing.govern(sets, desired.policies, now)
    min_ready = {name: each.min_ready for name, each in governances.items()}
    accounts = (memory or ledgers.Ledgers()).reckon(sets, snapshot, min_ready, now)
    recent = {
        policy.name: [
            at for each in sets if policy.covers(each) for part in accounts[each.name].digests for at in part.recent
        ]
        for policy in desired.policies
        if policy.pods_per_minute is not None
    }
    taken: dict[str, str] = {}
    planned = []
    for sidecar_set in sets:
        name, governance = sidecar_set.name, governances[sidecar_set.name]
        around = setplans.Circumstances(
            governance=governance,
            allowance=paces.tightest(governance.paces, recent, now),
            others=frozenset(accounts) - {name},
            taken=taken,
            resting=resting or {},
            now=now,
            was_late=_was_late(sidecar_set, history.sets.get(name)),
        )
        found = setplans.fill(_begin(sidecar_set, history.sets.get(name), desired.revision), accounts[name], around)
        taken.update((action.pod.uid, name) for action in found.actions)
        for policy in governance.paces:
            recent[policy.name] += [now] * len(found.actions)
        planned.append(found)
    return plans.Plan(now, desired.revision, tuple(planned), desired.found, desired.policies)


def _was_late(sidecar_set: sidecarsets.SidecarSet, known: histories.SetHistory | None) -> bool:
    if known is None or known.accepted.spec_hash != sidecar_set.spec_hash:
        return False
    return known.conditions.get(plans.HoldReason.DEADLINE_EXCEEDED, ("", ""))[0] == str(True)


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
