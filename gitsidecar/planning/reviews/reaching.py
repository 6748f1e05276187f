"""Whom a changed set reaches, of the pods at hand: read off the plans before and after, and off the forecast."""

from __future__ import annotations

import collections
import json
from collections.abc import Collection, Iterable, Iterator, Mapping

from gitsidecar.model import forecasts, histories, plans, pods, reviews
from gitsidecar.planning import newcomers

_EXAMPLES = 3
_STOPS = frozenset(
    {
        plans.HoldReason.PAUSED,
        plans.HoldReason.FROZEN,
        plans.HoldReason.WINDOW_CLOSED,
        plans.HoldReason.MANIFEST_REJECTED,
        plans.HoldReason.DEADLINE_EXCEEDED,
    }
)
"""Reasons that keep the latest spec from new pods too."""


def reach(
    name: str,
    *,
    before: plans.SetPlan | None,
    after: plans.SetPlan | None,
    forecast: forecasts.SetForecast | None,
    known: histories.SetHistory | None,
) -> reviews.Reach:
    """
    Return whom the set called *name* reaches.

    *before* and *after* are its plans by the base and by the head, for the same pods; *known* is what is remembered of
    it once the base has come to all pods.
    """
    was, is_ = _selected(before), _selected(after)
    if after is None:
        gone = tuple(_shares(before, None)) if before is not None else ()
        return reviews.Reach(name, gone, leaving=_crowd(was.keys()))
    return reviews.Reach(
        name,
        tuple(_shares(after, forecast)),
        entering=_crowd(is_.keys() - was.keys()) if before is not None else reviews.Crowd(),
        leaving=_crowd(was.keys() - is_.keys()),
        newcomers=_newcomers(_rollout(after, known), is_.values()),
        later=_newcomers(_later(after, known, forecast), is_.values()) if forecast is not None else (),
        forecast=forecast,
    )


def _selected(planned: plans.SetPlan | None) -> Mapping[str, pods.Pod]:
    if planned is None:
        return {}
    return {pod.key: pod for roster in planned.rosters for pod in (*roster.matched, *roster.missing)}


def _crowd(keys: Collection[str]) -> reviews.Crowd:
    return reviews.Crowd(len(keys), tuple(sorted(keys)[:_EXAMPLES]))


def _shares(planned: plans.SetPlan, forecast: forecasts.SetForecast | None) -> Iterator[reviews.Share]:
    moving = frozenset(move.pod for move in forecast.moves) if forecast is not None else frozenset()
    evicted = frozenset(forecast.evicted) if forecast is not None else frozenset()
    claimed = _claimed(planned)
    counts: dict[tuple[str, str], collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for roster in planned.rosters:
        done = {pod.key for pod in roster.updated} - claimed
        fates = (("evicted", evicted), ("done", done), ("moving", moving))
        for pod in roster.matched:
            fate = next((name for name, its in fates if pod.key in its), "staying")
            counts[_owner(pod)].update(("matched", fate))
        for pod in roster.missing:
            counts[_owner(pod)]["evicted" if pod.key in evicted else "missing"] += 1
    for (namespace, workload), each in sorted(counts.items()):
        numbers = {name: each[name] for name in ("matched", "moving", "staying", "done", "missing", "evicted")}
        yield reviews.Share(namespace, workload, **numbers)


def _claimed(planned: plans.SetPlan) -> frozenset[str]:
    """Return the pods that another set claims as well: they stay, whatever they carry."""
    groups = (each for each in planned.held if each.reason is plans.HoldReason.CONFLICTING_SETS)
    return frozenset(pod.key for each in groups for pod in each.members)


def _owner(pod: pods.Pod) -> tuple[str, str]:
    return pod.namespace, pod.workload or f"Pod/{pod.name}"


def _rollout(planned: plans.SetPlan, known: histories.SetHistory | None) -> newcomers.Rollout:
    specs = dict(known.specs) if known is not None else {}
    specs[planned.sidecar_set.spec_hash] = planned.sidecar_set.document
    return newcomers.rollout_of(planned, known.stable if known is not None else "", specs)


def _later(
    planned: plans.SetPlan, known: histories.SetHistory | None, forecast: forecasts.SetForecast
) -> newcomers.Rollout:
    """Return what is to be known of the rollout when the *forecast* has ended."""
    last, is_over = forecast.samples[-1], forecast.ending.end is forecasts.End.COMPLETE
    now = _rollout(planned, known)
    return newcomers.Rollout(
        now.sidecar_set,
        matched=last.matched,
        updated=last.updated,
        bar=next((each.message for each in forecast.held if each.reason in _STOPS), ""),
        stable=now.sidecar_set.spec_hash if is_over else now.stable,
        specs=now.specs,
    )


def _newcomers(rollout: newcomers.Rollout, selected: Iterable[pods.Pod]) -> tuple[reviews.Newcomer, ...]:
    """Return each answer once, of those that pods like the present ones would get; first what most would."""
    labels = collections.Counter(tuple(sorted(pod.labels.items())) for pod in selected) or {(): 1}
    answers: collections.Counter[newcomers.Choice] = collections.Counter()
    for each, number in labels.items():
        answers[newcomers.choose(rollout, dict(each))] += number
    ranked = sorted(answers.items(), key=lambda item: (-item[1], item[0].spec, item[0].reason))
    return tuple(
        reviews.Newcomer(str(each.spec), _images(each.document), each.reason, each.fault) for each, _ in ranked
    )


def _images(document: str) -> Mapping[str, str]:
    """Return container → image of what stays in a pod with the sidecars of *document*."""
    spec = json.loads(document)["spec"] if document else {}
    natives = (each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always")
    return {each["name"]: each["image"] for each in (*(spec.get("containers") or ()), *natives)}
