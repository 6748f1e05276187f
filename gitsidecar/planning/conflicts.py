"""Two sets that claim one container of one pod: neither moves it, or they would undo each other for ever."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence

from gitsidecar.model import sidecarsets
from gitsidecar.planning import matching

Rivals = Mapping[str, Mapping[str, str]]
"""Set name → pod key → who else claims one of its containers there, in words that say what releases the pod."""


def find(sets: Sequence[sidecarsets.SidecarSet], selections: Mapping[str, matching.Selection]) -> Rivals:
    """Return the claims that collide; only pods that both sets count are asked for."""
    by_container: dict[str, list[sidecarsets.SidecarSet]] = collections.defaultdict(list)
    for each in sets:
        for sidecar in each.sidecars:
            by_container[sidecar.name].append(each)
    found: dict[str, dict[str, str]] = collections.defaultdict(dict)
    for container, claimants in by_container.items():
        if len(claimants) > 1:
            _compare(container, claimants, selections, found)
    return found


def _compare(
    container: str,
    claimants: Sequence[sidecarsets.SidecarSet],
    selections: Mapping[str, matching.Selection],
    found: dict[str, dict[str, str]],
) -> None:
    keys = {each.name: {pod.key for pod in selections[each.name].matched if not pod.fault} for each in claimants}
    for one in claimants:
        for other in claimants:
            if one is not other:
                words = (
                    f"container {container} is claimed by SidecarSet {other.name} ({other.place}) as well; "
                    f"released when only one of the two selects the pod or names the container"
                )
                for key in keys[one.name] & keys[other.name]:
                    found[one.name].setdefault(key, words)
