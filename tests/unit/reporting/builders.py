"""Plans, outcomes and histories in few words, for the reporting tests."""

from __future__ import annotations

import collections
import datetime
import json
from collections.abc import Iterable
from typing import Any

from gitsidecar.model import censuses, findings, histories, outcomes, plans, pods, reports, selectors, sidecarsets
from gitsidecar.reporting import reports as summaries

NOW = datetime.datetime(2026, 11, 24, 2, 0, 0, 250_000, tzinfo=datetime.UTC)
LATER = NOW + datetime.timedelta(hours=1)
OLD, NEW = "registry.example/logtail:0.16.16", "registry.example/logtail:0.16.18"
OLD_SPEC, NEW_SPEC = "v1-00000000000000aa", "v1-00000000000000bb"
REVISION = "4f2a9c1d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39"


def sidecar_set(
    name: str = "logtail", *, spec: str = NEW_SPEC, file: str = "sets/logtail.yaml", **fields: Any
) -> sidecarsets.SidecarSet:
    """Return a set of one sidecar `logtail`, whose document `restore` understands."""
    image = OLD if spec == OLD_SPEC else NEW
    document = {
        "apiVersion": "apps.kruise.io/v1beta1",
        "kind": "SidecarSet",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "logtail", "image": image}], "revision": spec},
    }
    return sidecarsets.SidecarSet(
        **{
            "name": name,
            "place": findings.Place(file, 3, 1),
            "selector": selectors.Selector((("app", "web"),)),
            "sidecars": (sidecarsets.Sidecar("logtail", image),),
            "spec_hash": spec,
            "shape_hash": "v1-00000000000000cc",
            "document": json.dumps(document, sort_keys=True, separators=(",", ":")),
            **fields,
        }
    )


def restore(document: str, place: findings.Place) -> sidecarsets.SidecarSet:
    """Return the set that `sidecar_set` made *document* for; raises as the real one does."""
    try:
        value = json.loads(document)
        name, spec = value["metadata"]["name"], value["spec"]["revision"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a SidecarSet: {error!r}") from error
    return sidecar_set(name, spec=spec, file=place.file, place=place)


def pod(
    number: int,
    image: str = OLD,
    *,
    set_name: str = "logtail",
    waiting: str = "",
    sidecar_ready: bool = True,
    **fields: Any,
) -> pods.Pod:
    """Return ``shop/web-<number>``, which carries the set with *image*."""
    spec = OLD_SPEC if image == OLD else NEW_SPEC
    sidecar = pods.Container("logtail", image, 1, waiting=waiting, is_ready=sidecar_ready and not waiting)
    return pods.Pod(
        **{
            "namespace": "shop",
            "name": f"web-{number:03}",
            "uid": f"uid-{number}",
            "labels": {"app": "web"},
            "containers": (pods.Container("app", "nginx:1", 0, is_ready=True), sidecar),
            "marks": (pods.Mark(set_name, spec, "v1-00000000000000cc", REVISION, ("logtail",)),),
            "workload": "Deployment/web",
            "phase": "Running",
            "is_ready": not waiting,
            **fields,
        }
    )


def action(of: pods.Pod, *, set_name: str = "logtail") -> plans.Action:
    """Return the move of *of* to the new image."""
    change = plans.ImageChange("logtail", 1, False, OLD, NEW)
    mark = pods.Mark(set_name, OLD_SPEC, "v1-00000000000000cc", REVISION, ("logtail",), pods.Move(NOW))
    return plans.Action(of, set_name, (change,), (mark,), was_counted_ready=of.is_ready)


def move(number: int, *, commit: str = REVISION, at: datetime.datetime = NOW, is_late: bool = False) -> reports.Move:
    """Return the move of ``shop/web-<number>`` as a report tells it."""
    return reports.Move(f"shop/web-{number:03}", commit, at, is_late)


def hold(of: pods.Pod, reason: plans.HoldReason, message: str = "for a reason; released later") -> plans.Hold:
    """Return a hold of *of*."""
    return plans.Hold(of, reason, message)


def set_plan(
    *,
    old: Iterable[pods.Pod] = (),
    done: Iterable[pods.Pod] = (),
    flying: Iterable[pods.Pod] = (),
    failing: Iterable[pods.Pod] = (),
    actions: Iterable[pods.Pod] = (),
    holds: Iterable[plans.Hold] = (),
    missing: Iterable[pods.Pod] = (),
    **fields: Any,
) -> plans.SetPlan:
    """
    Return the plan of a set with these pods.

    *old* are drifted and serve (the pods of *actions* and *holds* are added to them), *done* are finished, *flying*
    and *failing* were moved by us and have not finished.
    """
    done, flying, failing = tuple(done), tuple(flying), tuple(failing)
    actions, holds = tuple(actions), tuple(holds)
    drifted = {each.key: each for each in (*old, *actions, *(each.pod for each in holds))}
    sidecar = fields.pop("sidecar_set", None) or sidecar_set()
    roster = plans.Roster(
        matched=_in_order((*drifted.values(), *done, *flying, *failing)),
        updated=_in_order((*done, *flying, *failing)),
        finished=_in_order(done),
        ready=_in_order(each for each in (*drifted.values(), *done) if each.is_ready),
        missing=_in_order(missing),
        last_move=max(_moved_at((*drifted.values(), *done, *flying, *failing), sidecar.name), default=None),
    )
    return plans.SetPlan(
        **{
            "sidecar_set": sidecar,
            "generation": 2,
            "commit": REVISION,
            "census": _census(roster, sidecar, holds),
            "rosters": (roster,),
            "in_flight": (*flying, *failing),
            "failing": failing,
            "actions": tuple(action(each, set_name=sidecar.name) for each in actions),
            "held": groups(*holds),
            **fields,
        }
    )


def groups(*holds: plans.Hold) -> tuple[plans.HoldGroup, ...]:
    """Return *holds* as the planner groups them."""
    by_words: dict[tuple[plans.HoldReason, str], list[pods.Pod]] = {}
    for each in sorted(holds, key=lambda hold: hold.pod.key):
        by_words.setdefault((each.reason, each.message), []).append(each.pod)
    return tuple(
        plans.HoldGroup(reason, message, tuple(found), tuple(found[: plans.EXAMPLES]))
        for (reason, message), found in by_words.items()
    )


def _moved_at(found: Iterable[pods.Pod], set_name: str) -> Iterable[datetime.datetime]:
    marks = (each.mark_of(set_name) for each in found)
    return (mark.move.at for mark in marks if mark is not None and mark.move is not None)


def _in_order(found: Iterable[pods.Pod]) -> tuple[pods.Pod, ...]:
    return tuple(sorted(found, key=lambda each: each.key))


def _census(
    roster: plans.Roster, sidecar_set: sidecarsets.SidecarSet, holds: Iterable[plans.Hold]
) -> dict[censuses.Key, int]:
    counts: collections.Counter[censuses.Key] = collections.Counter()
    listed = {
        censuses.MATCHED: roster.matched,
        censuses.UPDATED: roster.updated,
        censuses.READY: roster.ready,
        censuses.MISSING: roster.missing,
    }
    for key, found in listed.items():
        for pod in found:
            counts.update((key, censuses.owner(key, pod)))
    ready = {each.key for each in roster.ready}
    counts[censuses.FINISHED] = len(roster.finished)
    counts[censuses.UPDATED_READY] = sum(each.key in ready for each in roster.updated)
    counts[censuses.NOT_UPGRADABLE] = sum(each.reason is plans.HoldReason.NOT_UPGRADABLE for each in holds)
    for pod in roster.matched:
        counts.update(censuses.spec(each.spec_hash) for each in pod.marks if each.set_name == sidecar_set.name)
        for sidecar in sidecar_set.sidecars:
            if (container := pod.container(sidecar.name)) is not None:
                counts[censuses.image(sidecar.name, container.image)] += 1
    return dict(counts)


def plan(*sets: plans.SetPlan, now: datetime.datetime = NOW, found: Iterable[findings.Finding] = ()) -> plans.Plan:
    """Return a plan of *sets*."""
    return plans.Plan(now, REVISION, sets, tuple(found))


def results(
    of: plans.SetPlan, kind: outcomes.OutcomeKind = outcomes.OutcomeKind.APPLIED, message: str = ""
) -> tuple[outcomes.Outcome, ...]:
    """Return one outcome of *kind* for every action of *of*."""
    return tuple(outcomes.Outcome(each, kind, message) for each in of.actions)


def history(
    *, spec: str = NEW_SPEC, stable: str = OLD_SPEC, recorded: reports.Report | None = None, **conditions: bool
) -> histories.History:
    """Return a history of `logtail` whose conditions were as given, an hour before `NOW`."""
    since = "2026-11-24T01:00:00Z"
    known = histories.SetHistory(
        accepted=sidecar_set(spec=spec),
        generation=2,
        commit=REVISION,
        stable=stable,
        conditions={type_: (str(status), since) for type_, status in conditions.items()},
        specs={each: sidecar_set(spec=each).document for each in (OLD_SPEC, NEW_SPEC)},
    )
    return histories.History({"logtail": known}, recorded)


def report(
    of: plans.SetPlan,
    outcome: Iterable[outcomes.Outcome] = (),
    known: histories.History | None = None,
    *,
    now: datetime.datetime = NOW,
) -> reports.SetReport:
    """Summarise a pass of one set and return that set's part."""
    whole = summaries.summarise(plan(of, now=now), tuple(outcome), known or histories.History(), cluster="prod")
    return whole.sets[0]
