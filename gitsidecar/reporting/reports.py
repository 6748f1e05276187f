"""Phase 6 of a pass: plan and outcomes, counted and put in words (DESIGN §3)."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable, Mapping, Sequence

from gitsidecar.model import histories, outcomes, plans, reports
from gitsidecar.reporting import conditions, specs, standings, tallies, yamls

EXAMPLES = 5
"""So many pods are named where many share one reason."""


def summarise(
    plan: plans.Plan, results: Sequence[outcomes.Outcome], history: histories.History, *, cluster: str
) -> reports.Report:
    """
    Return what the pass came to, as of `plan.now`.

    The counts are those that the next pass will find: see `tallies`. *history* is the last report's, for what must not
    move by itself: the times of conditions, the stable spec, the specs kept.
    """
    by_set: dict[str, list[outcomes.Outcome]] = {}
    for result in results:
        by_set.setdefault(result.action.set_name, []).append(result)
    recorded = {each.name: each for each in history.recorded.sets} if history.recorded is not None else {}
    told = []
    for each in plan.sets:
        name = each.sidecar_set.name
        was_failing = recorded[name].failing if name in recorded else {}
        found = tallies.tally(each, by_set.get(name, ()), was_failing)
        told.append(_summarise_set(each, found, history.sets.get(name), plan))
    return reports.Report(cluster, plan.revision, tuple(told), plan.found)


def _summarise_set(
    each: plans.SetPlan, found: tallies.Tally, known: histories.SetHistory | None, plan: plans.Plan
) -> reports.SetReport:
    sidecar_set = each.sidecar_set
    before = conditions.before(known, sidecar_set.spec_hash)
    standing = standings.judge(found, each.commit, before)
    stable = sidecar_set.spec_hash if standing.is_complete else known.stable if known is not None else ""
    return reports.SetReport(
        name=sidecar_set.name,
        place=sidecar_set.place,
        commit=each.commit,
        generation=each.generation,
        spec_hash=sidecar_set.spec_hash,
        stable=stable,
        matched=len(found.matched),
        updated=len(found.updated),
        ready=len(found.ready),
        updated_ready=len(found.updated & found.ready),
        finished=len(found.finished),
        in_flight=len(found.in_flight),
        missing=len(found.missing),
        not_upgradable=sum(held.reason is plans.HoldReason.NOT_UPGRADABLE for held in found.held),
        images=_images(each, found),
        held=_group(found.held),
        workloads=_workloads(found),
        conditions=conditions.build(standing, sidecar_set.rejection, known, plan.now),
        moved=tuple(found.applied),
        failed=found.failed,
        forbidden=_forbidden(found),
        failing=found.failing,
        manifest=yamls.canonical(sidecar_set.document),
        rejection=sidecar_set.rejection,
        documents=specs.keep(each, known, stable),
    )


def _images(each: plans.SetPlan, found: tallies.Tally) -> Mapping[str, Mapping[str, int]]:
    """Return container → image → number of matched pods; containers in the set's order, images in theirs."""
    changed = {
        (key, change.container): change.new for key, action in found.applied.items() for change in action.changes
    }
    images: dict[str, dict[str, int]] = {}
    for sidecar in each.sidecar_set.sidecars:
        counts: collections.Counter[str] = collections.Counter()
        for pod in found.matched:
            container = pod.container(sidecar.name)
            if container is not None:
                counts[changed.get((pod.key, sidecar.name), container.image)] += 1
        images[sidecar.name] = dict(sorted(counts.items()))
    return images


def _group(held: Iterable[tallies.Held]) -> tuple[reports.Held, ...]:
    """Group the held pods by reason, in the order in which a person would ask."""
    groups: dict[plans.HoldReason, list[tallies.Held]] = {}
    for each in held:
        groups.setdefault(each.reason, []).append(each)
    return tuple(
        reports.Held(str(reason), len(its), its[0].message, tuple(each.key for each in its[:EXAMPLES]))
        for reason in plans.HoldReason
        if (its := groups.get(reason))
    )


def _forbidden(found: tallies.Tally) -> reports.Held | None:
    if not found.forbidden:
        return None
    keys = tuple(found.forbidden)
    return reports.Held(standings.WRITES_FORBIDDEN, len(keys), found.forbidden[keys[0]], keys[:EXAMPLES])


def _workloads(found: tallies.Tally) -> tuple[reports.Workload, ...]:
    """Return the inventory by owner, in order of namespace and name."""
    counts: dict[tuple[str, str], collections.Counter[str]] = {}
    marked = ((pod, True) for pod in found.matched)
    bare = ((pod, False) for pod in found.missing)
    for pod, is_matched in itertools.chain(marked, bare):
        owner = counts.setdefault((pod.namespace, pod.workload or f"Pod/{pod.name}"), collections.Counter())
        if not is_matched:
            owner["missing"] += 1
            continue
        owner["matched"] += 1
        owner["updated"] += pod.key in found.updated
        owner["ready"] += pod.key in found.ready
    return tuple(
        reports.Workload(namespace, name, owner["matched"], owner["updated"], owner["ready"], missing=owner["missing"])
        for (namespace, name), owner in sorted(counts.items())
    )
