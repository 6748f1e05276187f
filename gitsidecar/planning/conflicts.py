"""Two sets that claim one container of one pod: neither moves it, or they would undo each other for ever."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping, Sequence

from gitsidecar.model import pods, sidecarsets
from gitsidecar.planning import matching

Rivals = Mapping[str, tuple[sidecarsets.SidecarSet, ...]]
"""Set name → the other sets that claim a container of the same name, in order of name."""


def find(sets: Sequence[sidecarsets.SidecarSet]) -> Rivals:
    """Return who claims the same containers as whom; whether they meet on a pod is another question."""
    claimants: dict[str, list[sidecarsets.SidecarSet]] = collections.defaultdict(list)
    for each in sets:
        for sidecar in each.sidecars:
            claimants[sidecar.name].append(each)
    found = {}
    for each in sets:
        others = {other.name: other for sidecar in each.sidecars for other in claimants[sidecar.name]}
        others.pop(each.name)
        if others:
            found[each.name] = tuple(others[name] for name in sorted(others))
    return found


def claim(
    pod: pods.Pod,
    sidecar_set: sidecarsets.SidecarSet,
    rivals: Iterable[sidecarsets.SidecarSet],
    namespaces: matching.Namespaces,
) -> str:
    """Say which of *rivals* claims a container of *sidecar_set* on this pod as well, and what releases the pod."""
    ours = {sidecar.name for sidecar in sidecar_set.sidecars}
    for rival in rivals:
        if matching.is_selected(pod, rival, namespaces) and matching.carries(pod, rival):
            container = next(sidecar.name for sidecar in rival.sidecars if sidecar.name in ours)
            return (
                f"container {container} is claimed by SidecarSet {rival.name} ({rival.place}) as well; "
                f"released when only one of the two selects the pod or names the container"
            )
    return ""
