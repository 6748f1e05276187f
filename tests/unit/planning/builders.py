"""Pods, sets and plans in few words, for the planning tests."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from gitsidecar.model import desires, findings, histories, plans, pods, policies, selectors, sidecarsets
from gitsidecar.planning import candidates, planner, standings

NOW = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
LONG_AGO = NOW - datetime.timedelta(days=30)
OLD = "logtail:0.16.16"
NEW = "logtail:0.16.18"
SHAPE = "v1-shape"
REVISION = "4f2a9c1"


def share(text: int | str) -> sidecarsets.Share:
    """Read ``5`` or ``"5%"``."""
    if isinstance(text, int):
        return sidecarsets.Share(text)
    return sidecarsets.Share(int(text.removesuffix("%")), is_percent=True)


def labelled(**labels: str) -> selectors.Selector:
    """Return a selector of `matchLabels`."""
    return selectors.Selector(tuple(sorted(labels.items())))


def sidecar_set(
    image: str = NEW,
    *,
    name: str = "logtail",
    partition: int | str = 0,
    max_unavailable: int | str = 1,
    update: Mapping[str, Any] | None = None,
    **fields: Any,
) -> sidecarsets.SidecarSet:
    """Return a set of one sidecar called like the set; *update* holds the rest of its strategy."""
    return sidecarsets.SidecarSet(
        **{
            "name": name,
            "place": findings.Place(f"{name}.yaml", 1, 1),
            "selector": labelled(app="web"),
            "sidecars": (sidecarsets.Sidecar(name, image),),
            "spec_hash": f"v1-{image}",
            "shape_hash": SHAPE,
            "document": f'{{"image":"{image}"}}',
            "update": sidecarsets.UpdateStrategy(
                partition=share(partition), max_unavailable=share(max_unavailable), **(update or {})
            ),
            **fields,
        }
    )


def mark(image: str = OLD, *, name: str = "logtail", move: pods.Move | None = None, shape: str = SHAPE) -> pods.Mark:
    """Return the mark of a pod that carries the set with *image*."""
    return pods.Mark(name, f"v1-{image}", shape, "0000000", (name,), move)


def moved(
    container: str = "logtail", origin: str = "id-0", *, was_ready: bool = True, heal: bool = False, ago: float = 10
) -> pods.Move:
    """Return a move that began when *container* ran as *origin*, *ago* seconds before now."""
    at = NOW - datetime.timedelta(seconds=ago)
    return pods.Move(at, ((container, origin),), was_ready=was_ready, is_heal=heal)


def container(name: str = "logtail", image: str = OLD, **fields: Any) -> pods.Container:
    """Return a running container."""
    return pods.Container(name, image, **{"index": 1, "container_id": "id-1", "is_ready": True, **fields})


def pod(
    number: int | str = 0,
    image: str = OLD,
    *,
    ready: bool = True,
    move: pods.Move | None = None,
    live: Mapping[str, Any] | None = None,
    **fields: Any,
) -> pods.Pod:
    """
    Return a marked pod ``default/pod-<number>`` with an application and the sidecar `logtail`.

    The sidecar is ready as the pod is; *live* overrides its fields, *fields* those of the pod. Higher numbers are
    younger.
    """
    age = datetime.timedelta(seconds=number if isinstance(number, int) else 0)
    sidecar = container("logtail", image, **{"is_ready": ready, **(live or {})})
    return pods.Pod(
        **{
            "namespace": "default",
            "name": f"pod-{number}",
            "uid": f"uid-{number}",
            "labels": {"app": "web"},
            "containers": (container("app", "nginx:1", index=0), sidecar),
            "marks": (mark(image, move=move),),
            "phase": "Running",
            "node": "node-1",
            "is_ready": ready,
            "has_annotations": True,
            "created": LONG_AGO + age,
            "ready_since": LONG_AGO + age if ready else None,
            **fields,
        }
    )


def flying(number: int | str, image: str = NEW, *, was_ready: bool = True, **live: Any) -> pods.Pod:
    """Return a pod that was moved to *image*, whose sidecar has not started yet."""
    fields = {"container_id": "id-0", "is_ready": False, "waiting": "ContainerCreating", **live}
    return pod(number, image, ready=False, move=moved(was_ready=was_ready), live=fields)


def policy(name: str = "calm", **fields: Any) -> policies.RolloutPolicy:
    """Return a RolloutPolicy for all sets; without *fields* it asks for nothing."""
    return policies.RolloutPolicy(**{"name": name, "place": findings.Place(f"{name}.yaml", 4, 9), **fields})


def target(*names: str, **labels: str) -> policies.Target:
    """Return the sets of these *names*, or those with these *labels*."""
    return policies.Target(labelled(**labels) if labels else None, names)


def standing(found: pods.Pod | None = None, wanted: sidecarsets.SidecarSet | None = None) -> standings.Standing:
    """Return where a pod stands with a set."""
    return standings.judge(found or pod(), wanted or sidecar_set())


def fleet(total: int, *, updated: int = 0, ready: int | None = None) -> list[pods.Pod]:
    """
    Return *total* pods of which the first *updated* run the new image, and the first *ready* of those are Ready.

    This is the notation of reference §9.1: the updated ones have no move, as if new pods had brought the image.
    """
    ready = updated if ready is None else ready
    return [pod(n, NEW if n < updated else OLD, ready=n >= updated or n < ready) for n in range(total)]


def plan_sets(
    sets: Iterable[sidecarsets.SidecarSet],
    found: Iterable[pods.Pod],
    *,
    history: histories.History | None = None,
    namespaces: Mapping[str, Mapping[str, str]] | None = None,
    resting: Mapping[str, str] | None = None,
    spared: candidates.Spared | None = None,
    policies: Iterable[policies.RolloutPolicy] = (),
    after: float = 0,
) -> plans.Plan:
    """Plan *sets* under *policies* on the pods *found*, now or so many seconds *after*."""
    return planner.plan(
        desires.Desired(REVISION, tuple(sets), policies=tuple(policies)),
        pods.snapshot(found, namespaces),
        history or histories.History(),
        NOW + datetime.timedelta(seconds=after),
        resting=resting,
        spared=spared or candidates.Spared(),
    )


def plan_set(wanted: sidecarsets.SidecarSet, found: Iterable[pods.Pod], **context: Any) -> plans.SetPlan:
    """Plan one set on the pods *found*, now."""
    [planned] = plan_sets([wanted], found, **context).sets
    return planned


def moves(planned: plans.SetPlan) -> list[str]:
    """Return the names of the pods that move, in sending order, without ``pod-``."""
    return [action.pod.name.removeprefix("pod-") for action in planned.actions]


def reasons(planned: plans.SetPlan) -> dict[str, str]:
    """Return why each held pod is held, by its name without ``pod-``."""
    return {hold.pod.name.removeprefix("pod-"): hold.reason.value for hold in planned.holds}
