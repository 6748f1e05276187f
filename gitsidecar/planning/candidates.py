"""The pods that could be evicted for repair, one after another: who goes, and why others have to wait."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Collection, Mapping

from gitsidecar.model import plans, pods
from gitsidecar.planning import attempts, budgets, governing, ledgers, newcomers, owners, paces, standings

_LONG_AGO = datetime.datetime.min.replace(tzinfo=datetime.UTC)
_GROWN = datetime.timedelta(seconds=5)
"""Pods are dated in whole seconds: one that was made just now could pass for another that comes for it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Spared:
    """
    What rests after evictions that failed: pod UID → why the pod does, and sets of which nobody is evicted.

    `refusals` maps a set to what the API server said to forbid it, until it says something else. The pods of
    `namespaces` are not injected, so evicting them would repair nothing, and `silence` says why none is at the moment.
    """

    pods: Mapping[str, str] = dataclasses.field(default_factory=dict)
    sets: Collection[str] = ()
    refusals: Mapping[str, str] = dataclasses.field(default_factory=dict)
    namespaces: Collection[str] = ()
    silence: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Circumstances:
    """
    What a set's repair depends on besides its pods.

    `shared` are the accounts of owners for all sets together. `taken` are the UIDs of pods that others move now, and
    `leaving` maps an owner to the pod of it that another set evicts now.
    """

    governance: governing.Governance
    allowance: paces.Allowance | None
    attempts: attempts.Attempts
    shared: owners.Accounts
    stable: str
    specs: Mapping[str, str]
    taken: Collection[str]
    leaving: Mapping[owners.Owner, pods.Pod]
    spared: Spared
    now: datetime.datetime


class Choice:
    """The evictions of one pass, and why other pods are none of them: words by owner, or by a pod's UID."""

    def __init__(self, planned: plans.SetPlan, budget: budgets.Budget, around: Circumstances) -> None:
        self.evictions: list[plans.Eviction] = []
        self.owners: dict[owners.Owner, str] = {}
        self.resting: dict[str, str] = {}
        self._set = planned.sidecar_set
        self._around = around
        self._rollout = newcomers.rollout_of(planned, around.stable, around.specs)
        self._updated = budget.updated  # those of this pass are counted in
        self._to_go: dict[owners.Owner, pods.Pod] = {}  # the noted one, which goes before others of its owner

    def consider(self, pod: pods.Pod, *, is_bare: bool) -> None:
        """Take *pod*, or remember why not; those that are noted come before all others."""
        owner = (pod.namespace, pod.workload)
        if owner in self.owners:
            return
        if pod.uid in self._around.attempts.noted:
            self._to_go.setdefault(owner, pod)
        if words := self._why_not_owner(pod, owner):
            self.owners[owner] = words
        elif words := self._why_not(pod, is_bare=is_bare):
            self.resting[pod.uid] = words
        else:
            self.evictions.append(self._evict(pod, is_bare=is_bare))
            self.owners[owner] = _turn(pod)

    def grown(self, ledger: ledgers.Ledger) -> tuple[tuple[plans.Eviction, ...], list[datetime.datetime]]:
        """Return the evictions of owners that have not just made a pod, and when the others' are due."""
        its = {(each.pod.namespace, each.pod.workload) for each in self.evictions}
        youngest = _youngest(ledger, its) if its else {}
        found, begins = [], []
        for each in self.evictions:
            after = youngest[each.pod.namespace, each.pod.workload]
            if self._around.now - after < _GROWN:
                begins.append(after + _GROWN)
                self.owners[each.pod.namespace, each.pod.workload] = f"{each.pod.workload} has just made a pod"
            else:
                found.append(dataclasses.replace(each, after=after))
        return tuple(found), begins

    def _why_not_owner(self, pod: pods.Pod, owner: owners.Owner) -> str:
        if pod.namespace in self._around.spared.namespaces:
            return f"the webhook leaves the pods of namespace {pod.namespace} alone"
        account = self._around.shared.by_owner.get(owner)
        if account is not None and account.spent >= attempts.TRIES:
            return (
                f"{account.spent} pods of {pod.workload} were evicted within the hour and none better came; look at "
                f"the webhook, or wait until {account.next_at:%H:%M:%S} UTC"
            )
        if account is not None and account.is_waiting:
            return f"one pod of {pod.workload} at a time: one was evicted, and nobody is Ready in its place yet"
        first = self._around.leaving.get(owner) or self._to_go.get(owner, pod)
        return "" if first is pod else _turn(first)

    def _why_not(self, pod: pods.Pod, *, is_bare: bool) -> str:
        if words := self._around.spared.pods.get(pod.uid, ""):
            return words
        if pod.uid in self._around.taken or (pod.namespace, pod.workload) in self._around.leaving:
            return "another set moves or evicts it now"
        rollout = self._at_return(is_bare=is_bare)
        choice = newcomers.choose(rollout, pod.labels)
        if choice.fault:
            return f"a new pod would get no sidecars: {choice.fault}"
        if is_bare:
            return ""
        reason = newcomers.why_not_latest(rollout, pod.labels)
        if not reason and choice.spec_hash != self._set.spec_hash:
            reason = choice.reason
        return f"a new pod would not get the latest spec either: {reason}" if reason else ""

    def _at_return(self, *, is_bare: bool) -> newcomers.Rollout:
        """Return the rollout that the new pod will meet: whoever was evicted before it comes back before it."""
        absent = self._around.attempts.absent
        bare = sum(each.is_bare for each in self.evictions)  # of the others the set counts each until it goes
        return dataclasses.replace(
            self._rollout,
            matched=self._rollout.matched + absent + bare - (not is_bare),
            updated=self._updated + absent + len(self.evictions),
        )

    def _evict(self, pod: pods.Pod, *, is_bare: bool) -> plans.Eviction:
        noted = self._around.attempts.noted.get(pod.uid)
        account = self._around.attempts.accounts.get((pod.namespace, pod.workload))
        return plans.Eviction(
            pod,
            self._set.name,
            "it lacks the sidecars" if is_bare else self._difference(pod),
            at=self._around.now,
            after=self._around.now,
            is_bare=is_bare,
            is_again=account is not None and pod.created is not None and pod.created > account.since,
            noted_at=noted.at if noted is not None and noted.spec_hash == self._set.spec_hash else None,
        )

    def _difference(self, pod: pods.Pod) -> str:
        return f"more differs than an image ({standings.shape_differences(standings.judge(pod, self._set), self._set)})"


def _turn(first: pods.Pod) -> str:
    return f"{first.name} goes first: one pod of {first.workload} at a time"


def _youngest(ledger: ledgers.Ledger, its: Collection[owners.Owner]) -> Mapping[owners.Owner, datetime.datetime]:
    """Return when each of the owners *its* made its youngest pod."""
    found = dict.fromkeys(its, _LONG_AGO)
    for roster in (each.roster for each in ledger.digests):
        for pod in itertools.chain(roster.matched, roster.missing):
            owner = (pod.namespace, pod.workload)
            if owner in found and pod.created is not None and pod.created > found[owner]:
                found[owner] = pod.created
    return found
