"""Sets that bring the same container, or different volumes of one name, into one pod: none of them is put in."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping, Sequence

from gitsidecar.injection import templates
from gitsidecar.model import sidecarsets

Pair = tuple[sidecarsets.SidecarSet, templates.Template]

_Sides = Sequence[Sequence[sidecarsets.SidecarSet]]
"""Who brings one form, who brings another."""


def find(pairs: Sequence[Pair], volumes: frozenset[str]) -> Mapping[str, str]:
    """
    Return words for each set that claims what another claims as well: set name → words.

    *volumes* are the pod's own: they stay, whatever sets bring of that name. None of the rivals is put in, as none of
    them moves a pod (DESIGN §5.12): whose the name is, nobody can tell, and a guess would change with a set's name.
    """
    if len(pairs) < 2:
        return {}
    found: dict[str, str] = {}
    for what, sides in (*_containers(pairs), *_volumes(pairs, volumes)):
        for side in sides:
            other = next(each[0] for each in sides if each is not side)
            words = f"{what} is brought by SidecarSet {other.name} ({other.place}) as well, so neither is injected"
            way_out = "rename one of the two, or let only one of the sets select the pod"
            found.update({each.name: f"{words}: {way_out}" for each in side if each.name not in found})
    return found


def _containers(pairs: Sequence[Pair]) -> Iterator[tuple[str, _Sides]]:
    claimants: dict[str, dict[str, sidecarsets.SidecarSet]] = collections.defaultdict(dict)
    for sidecar_set, template in pairs:
        for piece in template.pieces:
            claimants[piece.name][sidecar_set.name] = sidecar_set
    return ((f"container {name}", [[each] for each in by.values()]) for name, by in claimants.items() if len(by) > 1)


def _volumes(pairs: Sequence[Pair], present: frozenset[str]) -> Iterator[tuple[str, _Sides]]:
    brought: dict[str, dict[str, list[sidecarsets.SidecarSet]]] = collections.defaultdict(dict)
    for sidecar_set, template in pairs:
        for name, form in template.volumes.items():
            if name not in present:
                brought[name].setdefault(form, []).append(sidecar_set)
    return ((f"another volume {name}", [*by.values()]) for name, by in brought.items() if len(by) > 1)
