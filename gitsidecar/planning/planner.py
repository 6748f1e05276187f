"""The plan of one pass: for every set, each matched pod is done, an action, or a hold with its reason."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

from gitsidecar.model import desires, histories, plans, pods, sidecarsets
from gitsidecar.planning import attempts, candidates, governing, ledgers, newcomers, owners, paces, setplans

_NOBODY = candidates.Spared()
_UNKNOWN: Mapping[str, str] = {}


def plan(
    desired: desires.Desired,
    snapshot: pods.Snapshot,
    history: histories.History,
    now: datetime.datetime,
    *,
    resting: Mapping[str, str] | None = None,
    spared: candidates.Spared = _NOBODY,
    memory: ledgers.Ledgers | None = None,
) -> plans.Plan:
    """
    Decide what this pass does, from values alone; *now* is aware.

    *resting* maps the UID of a pod whose last write failed to why it is left alone: the next pods take its turn.
    *spared* says the same of evictions.
    Sets are planned in order of name, because a pod that one set moves is busy for the next (DESIGN §5.8). *memory*
    spares looking again at pods that have not changed since its last plan, and changes nothing else.
    """
    sets = sorted(desired.sets, key=lambda each: each.name)
    governances = governing.govern(sets, desired.policies, now)
    min_ready = {name: each.min_ready for name, each in governances.items()}
    accounts = (memory or ledgers.Ledgers()).reckon(sets, snapshot, min_ready, now)
    tried = {
        each.name: _attempts(
            each, history.sets.get(each.name), accounts[each.name], snapshot, min_ready[each.name], now
        )
        for each in sets
    }
    shared = owners.Accounts(
        owners.join(each.accounts for each in tried.values()), tuple(at for each in tried.values() for at in each.wakes)
    )
    course = _Course(_recent(desired, sets, accounts, tried))
    planned = []
    for each in sets:
        name, known = each.name, history.sets.get(each.name)
        allowance = paces.tightest(governances[name].paces, course.recent, now)
        around = setplans.Circumstances(
            governance=governances[name],
            allowance=allowance,
            repair=candidates.Circumstances(
                governance=governances[name],
                allowance=allowance,
                attempts=tried[name],
                shared=shared,
                stable=known.stable if known is not None else "",
                specs=known.specs if known is not None else _UNKNOWN,
                taken=course.taken,
                leaving=course.leaving,
                spared=spared,
                now=now,
            ),
            others=frozenset(accounts) - {name},
            taken=course.taken,
            resting=resting or {},
            now=now,
            was_late=_was_late(each, known),
        )
        planned.append(setplans.fill(_begin(each, known, desired.revision), accounts[name], around))
        course.note(planned[-1], governances[name], now)
    return plans.Plan(now, desired.revision, tuple(planned), desired.found, desired.policies)


class _Course:
    """
    What the sets planned so far leave for the next: a pod that one of them moves or evicts, and pace that it uses.

    `recent` maps a policy's name to when the pods that count for its pace started, `taken` a pod's UID to the set that
    moves it, `leaving` an owner to the pod of it that is evicted.
    """

    def __init__(self, recent: dict[str, list[datetime.datetime]]) -> None:
        self.recent = recent
        self.taken: dict[str, str] = {}
        self.leaving: dict[owners.Owner, pods.Pod] = {}

    def note(self, planned: plans.SetPlan, governance: governing.Governance, now: datetime.datetime) -> None:
        """Take in what one more set does."""
        self.taken.update((each.pod.uid, planned.sidecar_set.name) for each in planned.actions)
        self.leaving.update(((each.pod.namespace, each.pod.workload), each.pod) for each in planned.evictions)
        for policy in governance.paces:
            self.recent[policy.name] += [now] * (len(planned.actions) + len(planned.evictions))


def _recent(
    desired: desires.Desired,
    sets: Sequence[sidecarsets.SidecarSet],
    accounts: Mapping[str, ledgers.Ledger],
    tried: Mapping[str, attempts.Attempts],
) -> dict[str, list[datetime.datetime]]:
    """Return by each policy with a pace when the pods that count for it were moved or evicted of late."""
    return {
        policy.name: [
            at for each in sets if policy.covers(each) for at in _starts(accounts[each.name], tried[each.name])
        ]
        for policy in desired.policies
        if policy.pods_per_minute is not None
    }


def _attempts(
    sidecar_set: sidecarsets.SidecarSet,
    known: histories.SetHistory | None,
    ledger: ledgers.Ledger,
    snapshot: pods.Snapshot,
    min_ready: datetime.timedelta,
    now: datetime.datetime,
) -> attempts.Attempts:
    if known is None or not known.attempts:
        return attempts.Attempts()
    others = newcomers.others(newcomers.Rollout(sidecar_set, stable=known.stable, specs=known.specs))
    lens = attempts.Lens(sidecar_set, others, min_ready, now)
    return attempts.look(known.attempts, (each.roster for each in ledger.digests), snapshot, lens)


def _starts(ledger: ledgers.Ledger, tried: attempts.Attempts) -> Iterable[datetime.datetime]:
    """Yield when pods of a set were moved or evicted of late."""
    for each in ledger.digests:
        yield from each.recent
    yield from tried.made


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
