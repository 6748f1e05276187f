"""
Which spec a new pod gets: new pods follow the rollout (DESIGN §5.13).

The planner and the webhook both ask here, so that a canary share which one of them keeps is not broken by the other.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
import json
from collections.abc import Mapping

from gitsidecar.model import censuses, plans, sidecarsets
from gitsidecar.planning import budgets


class Spec(enum.StrEnum):
    """Name the specs that a new pod may get."""

    LATEST = "Latest"
    STABLE = "Stable"
    NAMED = "Named"


@dataclasses.dataclass(frozen=True, slots=True)
class Rollout:
    """
    What the choice needs of a set: its pods as of the last pass, with those that were given their sidecars since.

    `bar` says why new pods get no other spec than the stable one, empty when they may. `stable` is the spec hash of the
    last completed rollout, empty before the first; `specs` maps the hashes of the specs kept to their documents, oldest
    first. At `closes_at` the window ends in which the pass was.
    """

    sidecar_set: sidecarsets.SidecarSet
    matched: int = 0
    updated: int = 0
    bar: str = ""
    stable: str = ""
    specs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    closes_at: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """
    The spec that a new pod gets, and why.

    `document` is what to inject. `fault` is empty, or says why the wanted spec cannot be had; then `document` is
    empty, and nobody falls back to the latest one in silence.
    """

    spec: Spec
    spec_hash: str
    document: str
    reason: str
    fault: str = ""


def at(rollout: Rollout, now: datetime.datetime) -> Rollout:
    """Return *rollout* as it is at *now*, when its window may have closed without a pass that would say so."""
    if rollout.bar or rollout.closes_at is None or now < rollout.closes_at:
        return rollout
    return dataclasses.replace(rollout, bar="the rollout window has closed")


def choose(rollout: Rollout, labels: Mapping[str, str]) -> Choice:
    """Return the spec for a new pod with these *labels*, as a ladder of early exits."""
    sidecar_set = rollout.sidecar_set
    wanted = _revision(sidecar_set.document)
    if wanted:
        return _choose_named(rollout, wanted, labels)
    if reason := why_not_latest(rollout, labels):
        return _stable(rollout, reason)
    return _latest(sidecar_set, "the rollout has room for it")


def others(rollout: Rollout) -> frozenset[str]:
    """Return the hashes of the specs that a new pod may get instead of the latest one."""
    wanted = _revision(rollout.sidecar_set.document)
    found = {rollout.stable, _named(rollout, wanted).spec_hash if wanted else ""}
    return frozenset(found - {"", rollout.sidecar_set.spec_hash})


def why_not_latest(rollout: Rollout, labels: Mapping[str, str]) -> str:
    """Say why a new pod waits for the rollout as a running one does, or return an empty string."""
    update = rollout.sidecar_set.update
    if rollout.bar:
        return rollout.bar
    if update.type is sidecarsets.StrategyType.NOT_UPDATE:
        return ""  # running pods are never moved: new ones are the only way to the latest spec
    if update.selector is not None:
        is_meant = update.selector.matches(labels)
        return "" if is_meant else "updateStrategy.selector does not match the pod's labels"
    total = rollout.matched + 1
    keep = budgets.kept(update.partition, total)
    if rollout.updated + 1 > total - keep:
        return f"partition {update.partition} keeps {keep} of {total} pods old"
    return ""


def _choose_named(rollout: Rollout, wanted: Mapping[str, str], labels: Mapping[str, str]) -> Choice:
    """Obey `injectionStrategy.revision`; the policy Partial lets the rollout's share of new pods have the latest."""
    is_partial = wanted.get("policy") == "Partial" and not rollout.sidecar_set.update.paused
    if is_partial and not why_not_latest(rollout, labels):
        return _latest(rollout.sidecar_set, "injectionStrategy.revision.policy is Partial")
    return _named(rollout, wanted)


def _named(rollout: Rollout, wanted: Mapping[str, str]) -> Choice:
    name, version = wanted.get("revisionName"), wanted.get("customVersion")
    for spec_hash, document in reversed(list(rollout.specs.items())):
        if spec_hash == name or (not name and _custom_version(document) == version):
            return Choice(Spec.NAMED, spec_hash, document, f"injectionStrategy.revision names {name or version}")
    words = (
        f"injectionStrategy.revision names {name or version}, which is not among the {len(rollout.specs)} specs kept"
    )
    return Choice(Spec.NAMED, "", "", "", fault=f"{words}: name another, or remove it")


def _latest(sidecar_set: sidecarsets.SidecarSet, reason: str) -> Choice:
    return Choice(Spec.LATEST, sidecar_set.spec_hash, sidecar_set.document, reason)


def _stable(rollout: Rollout, reason: str) -> Choice:
    if not rollout.stable:
        return _latest(rollout.sidecar_set, "no rollout has completed yet, so there is no other spec")
    if rollout.stable == rollout.sidecar_set.spec_hash:
        return _latest(rollout.sidecar_set, "the latest spec is the stable one")
    document = rollout.specs.get(rollout.stable)
    if document is None:
        words = f"the stable spec {rollout.stable} is not among the specs kept"
        return Choice(Spec.STABLE, rollout.stable, "", reason, fault=f"{words}: complete a rollout to have one again")
    return Choice(Spec.STABLE, rollout.stable, document, reason)


@functools.lru_cache(maxsize=1024)
def _revision(document: str) -> Mapping[str, str]:
    strategy = json.loads(document).get("spec", {}).get("injectionStrategy") or {}
    revision = strategy.get("revision") or {}
    return revision if revision.get("revisionName") or revision.get("customVersion") else {}


@functools.lru_cache(maxsize=1024)
def _custom_version(document: str) -> str | None:
    version = json.loads(document).get("spec", {}).get("customVersion")
    return version if isinstance(version, str) else None


@functools.lru_cache(maxsize=1024)
def is_paused(document: str) -> bool:
    """Say whether a set's manifest asks that no new pod be injected (`injectionStrategy.paused`)."""
    strategy = json.loads(document).get("spec", {}).get("injectionStrategy") or {}
    return strategy.get("paused") is True


def rollout_of(planned: plans.SetPlan, stable: str, specs: Mapping[str, str]) -> Rollout:
    """Return what a pass came to for new pods; *stable* and *specs* are as the status branch keeps them."""
    return Rollout(
        sidecar_set=planned.sidecar_set,
        matched=planned.count(censuses.MATCHED),
        updated=planned.count(censuses.UPDATED),
        bar=planned.bar,
        stable=stable,
        specs=specs,
        closes_at=planned.closes_at,
    )
