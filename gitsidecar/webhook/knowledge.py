"""What the webhook knows of sets and rollouts: what the last pass found, and whom it let in since."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import math
from collections.abc import Callable, Iterator, Mapping

from gitsidecar.injection import injecting, metadatapatches
from gitsidecar.manifests import restoring
from gitsidecar.model import histories, plans, sidecarsets
from gitsidecar.planning import newcomers

Labels = Mapping[str, str]
Namespaces = Mapping[str, Labels]

_LIMBO = datetime.timedelta(seconds=5)
"""From an admission to the pod in our watch cache it takes less: the API server's writing and a watch event."""
_SHOW_UP = datetime.timedelta(seconds=30)
"""A pod that was let in and that no pass has seen by then was refused by somebody after us."""
_UNCOUNTED = "another replica counts new pods, and partition keeps some of them old"
_MOST = 20_000
"""Pods of one set that are remembered between two passes, 8 bytes and a moment each."""


def _utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Knowledge:
    """
    Answers from memory which sets there are and which spec a new pod gets. *now* is the time of day, as plans have it;
    *whitelist* says which annotations sets may give to pods. *alone_for* are the seconds for which no other replica has
    let pods into a share that partition bounds: one at a time does, because each knows only its own newest.

    New pods are counted in as they are let in, so that many that come between two passes keep the share that partition
    allows. Where that is uncertain, too few get the latest spec rather than too many: the rollout moves the others.
    `sets` are all sets in their latest accepted form, in order of name, as of the last of so many `passes`.
    """

    def __init__(
        self,
        now: Callable[[], datetime.datetime] = _utc_now,
        *,
        whitelist: metadatapatches.Whitelist = None,
        alone_for: Callable[[], float] = lambda: math.inf,
    ) -> None:
        self.whitelist = whitelist
        self.namespaces: Namespaces = {}
        self.passes = 0
        self.sets: tuple[sidecarsets.SidecarSet, ...] = ()
        self._now = now
        self._alone_for = alone_for
        self._knows_all = False
        self._sets: Mapping[str, _Known] = {}
        self._forms: dict[str, sidecarsets.SidecarSet | str] = {}

    @property
    def is_ready(self) -> bool:
        """Say whether a pass has been noted: before that, nobody knows which sets there are."""
        return self.passes > 0

    def note(self, plan: plans.Plan, history: histories.History, namespaces: Namespaces) -> None:
        """
        Note what a pass came to: its *plan*, the *history* that it was made from, and the labels of all namespaces.

        Best called before the plan is carried out: what its actions move then counts as moved already.
        """
        before = self._sets
        self._sets = {
            each.sidecar_set.name: _note(each, history, before.get(each.sidecar_set.name), plan.now)
            for each in plan.sets
        }
        self.sets = tuple(each.rollout.sidecar_set for each in self._sets.values())
        self.namespaces = namespaces
        self.passes += 1
        age = self._now() - plan.now
        self._knows_all = self._alone_for() > (age + _LIMBO).total_seconds()  # whom others let in is in the plan
        needed = {document for each in self._sets.values() for document in each.rollout.specs.values()}
        self._forms = {document: form for document, form in self._forms.items() if document in needed}
        for each in self._sets.values():  # now rather than while a pod waits
            self._form(each, each.rollout.specs.get(each.rollout.stable, ""))

    def decide(self, labels: Labels, sidecar_set: sidecarsets.SidecarSet) -> newcomers.Choice:
        """Return the spec for a new pod with these *labels*, which *sidecar_set* (of `sets`) selects."""
        known, now = self._known(sidecar_set), self._now()
        rollout = newcomers.at(known.current(now), now)
        choice = newcomers.choose(rollout, labels)
        if choice.spec is newcomers.Spec.LATEST and _is_bounded(sidecar_set.update) and not self._may_count():
            choice = newcomers.choose(dataclasses.replace(rollout, bar=_UNCOUNTED), labels)
        if choice.fault:
            return choice
        form = self._form(known, choice.document)
        return dataclasses.replace(choice, document="", fault=form) if isinstance(form, str) else choice

    def stand_in(self, sidecar_set: sidecarsets.SidecarSet) -> newcomers.Choice | None:
        """Return the stable spec for a pod whose wanted one cannot be had, or ``None`` where there is none."""
        known = self._known(sidecar_set)
        rollout = known.rollout
        is_latest = rollout.stable == sidecar_set.spec_hash
        document = sidecar_set.document if is_latest else rollout.specs.get(rollout.stable, "")
        if not document or isinstance(self._form(known, document), str):
            return None
        reason = "the spec that was wanted cannot be had"
        return newcomers.Choice(newcomers.Spec.STABLE, rollout.stable, document, reason)

    def chosen(self, sidecar_set: sidecarsets.SidecarSet, choice: newcomers.Choice) -> injecting.Chosen:
        """Return what to inject for a *choice* without a fault."""
        known = self._known(sidecar_set)
        form = self._form(known, choice.document)
        assert not isinstance(form, str), form
        return injecting.Chosen(form, known.commits.get(choice.spec_hash, ""))

    def count(self, sidecar_set: sidecarsets.SidecarSet, choice: newcomers.Choice) -> None:
        """Count a pod that was let in with the spec of *choice*; one that will not be written is not to be counted."""
        known = self._known(sidecar_set)
        admitted = known.updated if choice.spec_hash == sidecar_set.spec_hash else known.others
        admitted.append(self._now())

    def _may_count(self) -> bool:
        return self._knows_all and self._alone_for() > 0

    def _known(self, sidecar_set: sidecarsets.SidecarSet) -> _Known:
        return self._sets[sidecar_set.name]

    def _form(self, known: _Known, document: str) -> sidecarsets.SidecarSet | str:
        """Return the set that *document* describes, or why it cannot be read; worked out once."""
        latest = known.rollout.sidecar_set
        if document in ("", latest.document):
            return latest
        if document not in self._forms:
            try:
                self._forms[document] = restoring.restore(document, latest.place)
            except ValueError as error:
                self._forms[document] = f"a spec kept on the status branch cannot be read: {error}"
        return self._forms[document]


@dataclasses.dataclass(frozen=True, slots=True)
class _Known:
    """
    One set: its *rollout* as of the last pass, and when pods were let in that this pass may not have seen.

    `updated` got the latest spec, `others` another one. `commits` maps the hashes of specs to what brought them.
    """

    rollout: newcomers.Rollout
    commits: Mapping[str, str]
    updated: collections.deque[datetime.datetime]
    others: collections.deque[datetime.datetime]

    def current(self, now: datetime.datetime) -> newcomers.Rollout:
        """Return the rollout with those who were let in since; who has not shown up by *now* is forgotten."""
        while self.others and self.others[0] < now - _SHOW_UP:  # or a pod refused again and again makes room
            self.others.popleft()
        updated, others = len(self.updated), len(self.others)
        rollout = self.rollout
        if not updated and not others:
            return rollout
        if updated >= _MOST and not rollout.bar:  # from here on they are not all counted
            rollout = dataclasses.replace(rollout, bar=f"{updated} new pods got it since the last pass")
        return dataclasses.replace(
            rollout, matched=rollout.matched + updated + others, updated=rollout.updated + updated
        )


def _is_bounded(update: sidecarsets.UpdateStrategy) -> bool:
    """Say whether it is partition that says how many new pods may get the latest spec."""
    is_rolling = update.type is sidecarsets.StrategyType.ROLLING_UPDATE
    return is_rolling and update.selector is None and update.partition.amount > 0


def _note(planned: plans.SetPlan, history: histories.History, before: _Known | None, now: datetime.datetime) -> _Known:
    """
    Return what there is to know of one set.

    The plan's snapshot is from shortly before *now*. Whoever was let in later is not in it; whoever was let in a little
    earlier may be in it or not: with the latest spec they are counted, which at worst keeps others from it for a
    moment, and without they are not, because counted twice they would make room that is not there.
    """
    sidecar_set, known = planned.sidecar_set, history.sets.get(planned.sidecar_set.name)
    rollout = newcomers.rollout_of(planned, known.stable if known else "", known.specs if known else {})
    moving = sum(_spec_of(each) != sidecar_set.spec_hash for each in planned.actions)  # the others are repeats
    is_same = before is not None and before.rollout.sidecar_set.spec_hash == sidecar_set.spec_hash
    updated = before.updated if before is not None and is_same else ()
    others = before.others if before is not None else ()
    return _Known(
        dataclasses.replace(rollout, updated=rollout.updated + moving),
        _commits(planned, known, rollout.stable, before.commits if before is not None else {}),
        collections.deque((at for at in updated if at >= now - _LIMBO), maxlen=_MOST),
        collections.deque((at for at in others if at > now), maxlen=_MOST),
    )


def _spec_of(action: plans.Action) -> str:
    mark = action.pod.mark_of(action.set_name)
    return mark.spec_hash if mark is not None else ""


def _commits(
    planned: plans.SetPlan, known: histories.SetHistory | None, stable: str, before: Mapping[str, str]
) -> Mapping[str, str]:
    """Return spec hash → the revision that brought it, as far as anybody remembers: us, the branch, or a pod."""
    found = {spec_hash: before[spec_hash] for spec_hash in (known.specs if known else ()) if spec_hash in before}
    if known is not None:
        found[known.accepted.spec_hash] = known.commit
    found[planned.sidecar_set.spec_hash] = planned.commit
    if stable and stable not in found:  # once, after a start in mid-rollout
        found[stable] = next(_marked(planned, stable), "")
    return found


def _marked(planned: plans.SetPlan, spec_hash: str) -> Iterator[str]:
    for roster in planned.rosters:
        for pod in roster.matched:
            mark = pod.mark_of(planned.sidecar_set.name)
            if mark is not None and mark.spec_hash == spec_hash:
                yield mark.commit
