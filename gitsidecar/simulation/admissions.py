"""What the webhook makes of new pods in a simulated world: each gets the spec that the rollout has for it (§5.13)."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

from gitsidecar import handoff
from gitsidecar.manifests import restoring
from gitsidecar.model import histories, plans, pods, sidecarsets
from gitsidecar.planning import matching, newcomers
from gitsidecar.simulation import worlds

_NO_SPECS: Mapping[str, str] = {}


class Admitting:
    """Gives the new pods of a world their sidecars, as of the newest plan; before the first one none gets any."""

    def __init__(self, world: worlds.World) -> None:
        self._world = world
        self._plan: plans.Plan | None = None
        self._history = histories.History()
        self._restore = functools.lru_cache(maxsize=1024)(restoring.restore)
        world.controllers.admit = self.admit

    def follow(self, plan: plans.Plan, history: histories.History) -> None:
        """Go by *plan* from now on, and by what is remembered after it."""
        self._plan, self._history = plan, history

    def admit(self, pod: pods.Pod) -> pods.Pod:
        """Return *pod* with the sidecars of each set that selects it, in order of name."""
        planned = self._plan.sets if self._plan is not None else ()
        for each in planned:
            if matching.is_selected(pod, each.sidecar_set, self._world.store.namespaces):
                pod = self._inject(pod, each)
        return pod

    def _inject(self, pod: pods.Pod, planned: plans.SetPlan) -> pods.Pod:
        name = planned.sidecar_set.name
        known = self._history.sets.get(name)
        stable, specs = (known.stable, known.specs) if known is not None else ("", _NO_SPECS)
        choice = newcomers.choose(newcomers.rollout_of(planned, stable, specs), pod.labels)
        if choice.fault:
            return pod
        chosen = self._restore(choice.document, planned.sidecar_set.place)
        mark = pods.Mark(
            name, choice.spec_hash, chosen.shape_hash, planned.commit, tuple(each.name for each in chosen.sidecars)
        )
        marks = tuple(sorted((*(each for each in pod.marks if each.set_name != name), mark), key=_name))
        return dataclasses.replace(
            pod,
            containers=_with(pod.containers, chosen),
            marks=marks,
            annotation=handoff.write(marks),
            has_annotations=True,
        )


def _name(mark: pods.Mark) -> str:
    return mark.set_name


def _with(containers: tuple[pods.Container, ...], chosen: sidecarsets.SidecarSet) -> tuple[pods.Container, ...]:
    """Return *containers* with those of the set, in place of those of their names or after the others."""
    sidecars = {each.name: each for each in chosen.sidecars}
    found = [
        dataclasses.replace(each, image=sidecars[each.name].image, shape=sidecars[each.name].shape)
        if each.name in sidecars
        else each
        for each in containers
    ]
    have = {each.name for each in containers}
    for each in chosen.sidecars:
        if each.name not in have:
            index = sum(other.is_native is each.is_native for other in found)
            found.append(pods.Container(each.name, each.image, index, each.is_native, each.shape))
    return tuple(found)
