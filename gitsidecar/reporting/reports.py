"""Phase 6 of a pass: plan and outcomes, counted and put in words (DESIGN §3)."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gitsidecar.model import censuses, histories, outcomes, plans, policies, reports
from gitsidecar.reporting import conditions, inventories, moves, repairs, rollouts, specs, standings, tallies, yamls

_WORDINGS = 4
"""So many messages are told for one reason; the others are folded into one."""
_FAILING = 20
"""So many failing pods are named; the others are counted."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Last:
    """What is known of one set from the last report, and the part of that report that is about it."""

    known: histories.SetHistory | None
    report: reports.SetReport | None

    @property
    def failing(self) -> Mapping[str, str]:
        """Return the pods that it named as failing, and why."""
        return self.report.failing if self.report is not None else {}


def summarise(
    plan: plans.Plan,
    results: Sequence[outcomes.Outcome],
    history: histories.History,
    *,
    cluster: str,
    evicted: Sequence[outcomes.Evicted] = (),
    web: reports.Web = reports.Web(),  # noqa: B008  # frozen
) -> reports.Report:
    """
    Return what the pass came to, as of `plan.now`.

    The counts are those that the next pass will find: see `tallies`. *history* is the last report's, for what must not
    move by itself (the times of conditions, the stable spec, the specs kept), and for which moves have been told.
    """
    by_set: dict[str, list[outcomes.Outcome]] = {}
    for result in results:
        by_set.setdefault(result.action.set_name, []).append(result)
    recorded = {each.name: each for each in history.recorded.sets} if history.recorded is not None else {}
    told = []
    for each in plan.sets:
        name = each.sidecar_set.name
        last = _Last(history.sets.get(name), recorded.get(name))
        its = [result for result in evicted if result.eviction.set_name == name]
        repaired = repairs.find(each, its, last.known.attempts if last.known is not None else (), plan.now)
        each = dataclasses.replace(each, census=repairs.census(each, its))
        found = tallies.tally(each, by_set.get(name, ()), was_failing=last.failing, now=plan.now)
        telling = moves.find(each, by_set.get(name, ()), history, plan.now)
        told.append(_summarise_set(each, found, telling, repaired, last=last, now=plan.now))
    covering = tuple(_report_policy(policy, plan.sets) for policy in plan.policies)
    return reports.Report(cluster, plan.revision, tuple(told), plan.found, covering, web)


def _summarise_set(
    each: plans.SetPlan,
    found: tallies.Tally,
    telling: moves.Telling,
    repaired: repairs.Telling,
    *,
    last: _Last,
    now: datetime.datetime,
) -> reports.SetReport:
    sidecar_set, known = each.sidecar_set, last.known
    before = conditions.before(known, last.report, sidecar_set.spec_hash)
    workloads, rest = inventories.workloads(found.census)
    standing = standings.judge(found, each.commit, before)
    stable = sidecar_set.spec_hash if standing.is_complete else known.stable if known is not None else ""
    return reports.SetReport(
        name=sidecar_set.name,
        place=sidecar_set.place,
        commit=each.commit,
        generation=each.generation,
        spec_hash=sidecar_set.spec_hash,
        stable=stable,
        matched=found.count(censuses.MATCHED),
        updated=found.count(censuses.UPDATED),
        ready=found.count(censuses.READY),
        updated_ready=found.count(censuses.UPDATED_READY),
        finished=found.count(censuses.FINISHED),
        in_flight=len(found.in_flight),
        missing=found.count(censuses.MISSING),
        not_upgradable=found.count(censuses.NOT_UPGRADABLE),
        images=_images(each, found),
        held=tuple(_group(found.held)),
        workloads=workloads,
        rest=rest,
        conditions=conditions.build(standing, each, found.overdue, refusal=repaired.refusal, known=known, now=now),
        moves=telling.moves,
        failed={**found.failed, **repaired.failed},
        evicted=repaired.evicted,
        attempts=repaired.attempts,
        told_until=telling.until,
        in_doubt=telling.in_doubt,
        forbidden=_forbidden(found),
        failing=_named(found.failing, last.failing),
        failing_pods=len(found.failing),
        rollouts=rollouts.follow(
            known.rollouts if known is not None else (),
            each,
            telling.moves,
            rollouts.Now(now, len(found.failing), standing.is_complete),
        ),
        manifest=yamls.canonical(sidecar_set.document),
        rejection=sidecar_set.rejection,
        documents=specs.keep(sidecar_set, censuses.specs(found.census), known, stable),
    )


def _report_policy(policy: policies.RolloutPolicy, sets: Iterable[plans.SetPlan]) -> reports.PolicyReport:
    covered = tuple(each.sidecar_set.name for each in sets if policy.covers(each.sidecar_set))
    return reports.PolicyReport(policy.name, policy.place, covered, yamls.canonical(policy.document), policy.rejection)


def _images(each: plans.SetPlan, found: tallies.Tally) -> Mapping[str, Mapping[str, int]]:
    """Return container → image → number of matched pods; containers in the set's order, images in theirs."""
    counts: dict[str, dict[str, int]] = {sidecar.name: {} for sidecar in each.sidecar_set.sidecars}
    for container, image, number in sorted(censuses.images(found.census)):
        counts[container][image] = number
    return counts


def _group(held: Iterable[tallies.Held]) -> Iterator[reports.Held]:
    """Yield the held pods by reason and words, in the order in which a person would ask; many words are folded."""
    for reason, found in itertools.groupby(held, key=lambda each: each.reason):
        groups = list(found)
        for each in groups[:_WORDINGS]:
            yield reports.Held(str(reason), each.count, each.message, each.examples)
        if rest := groups[_WORDINGS:]:
            examples = tuple(sorted(itertools.chain.from_iterable(each.examples for each in rest)))[: plans.EXAMPLES]
            message = f"held in {len(rest)} other ways, e.g. {rest[0].message}"
            yield reports.Held(str(reason), sum(each.count for each in rest), message, examples)


def _forbidden(found: tallies.Tally) -> reports.Held | None:
    if not found.forbidden:
        return None
    keys = tuple(found.forbidden)
    return reports.Held(standings.WRITES_FORBIDDEN, len(keys), found.forbidden[keys[0]], keys[: plans.EXAMPLES])


def _named(failing: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """Return as many of *failing* as are told by name, in order of key; who is not named is not remembered."""
    chosen = sorted(failing, key=lambda key: (key not in before, key))[:_FAILING]
    return {key: failing[key] for key in sorted(chosen)}
