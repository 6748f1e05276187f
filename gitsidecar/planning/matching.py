"""Which pods a set selects, which of them it counts, and which are bare (DESIGN §5, *matched* and *missing*)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from gitsidecar.model import pods, sidecarsets

_NAME_LABEL = "kubernetes.io/metadata.name"


@dataclasses.dataclass(frozen=True, slots=True)
class Index:
    """The active pods of a snapshot in order of key, and a shorter list for every label that some set asks for."""

    everything: tuple[pods.Pod, ...]
    by_label: Mapping[tuple[str, str], Sequence[pods.Pod]]
    namespaces: Mapping[str, Mapping[str, str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """What one set selects: the pods it counts, and those that lack its containers or our annotation."""

    matched: tuple[pods.Pod, ...]
    missing: tuple[pods.Pod, ...]


def index(snapshot: pods.Snapshot, sets: Iterable[sidecarsets.SidecarSet]) -> Index:
    """Sort the snapshot's active pods by the labels that *sets* ask for, so that each set reads only its own."""
    everything = tuple(sorted((pod for pod in snapshot.pods if pod.is_active), key=lambda pod: pod.key))
    by_label: dict[tuple[str, str], list[pods.Pod]] = {
        label: [] for sidecar_set in sets for label in sidecar_set.selector.labels
    }
    for pod in everything:
        for label in pod.labels.items():
            if label in by_label:
                by_label[label].append(pod)
    return Index(everything, by_label, snapshot.namespaces)


def select(indexed: Index, sidecar_set: sidecarsets.SidecarSet) -> Selection:
    """Return the pods that *sidecar_set* selects, in order of key."""
    matched: list[pods.Pod] = []
    missing: list[pods.Pod] = []
    for pod in _selected(indexed, sidecar_set):
        (matched if pod.fault or _carries(pod, sidecar_set) else missing).append(pod)
    return Selection(tuple(matched), tuple(missing))


def _selected(indexed: Index, sidecar_set: sidecarsets.SidecarSet) -> list[pods.Pod]:
    lists = (indexed.by_label[label] for label in sidecar_set.selector.labels)
    candidates = min(lists, key=len, default=indexed.everything)
    chosen: dict[str, bool] = {}
    found = []
    for pod in candidates:
        if pod.namespace not in chosen:
            chosen[pod.namespace] = _has_namespace(indexed, sidecar_set, pod.namespace)
        if chosen[pod.namespace] and sidecar_set.selector.matches(pod.labels):
            found.append(pod)
    return found


def _has_namespace(indexed: Index, sidecar_set: sidecarsets.SidecarSet, namespace: str) -> bool:
    if sidecar_set.namespace_selector is None:
        return True
    # The API server puts this label on every namespace; a saved list of pods comes without the namespaces.
    labels = indexed.namespaces.get(namespace, {_NAME_LABEL: namespace})
    return sidecar_set.namespace_selector.matches(labels)


def _carries(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet) -> bool:
    if pod.mark_of(sidecar_set.name) is not None:
        return all(pod.container(sidecar.name) is not None for sidecar in sidecar_set.sidecars)
    return sidecar_set.is_adopting and all(_has_alike(pod, sidecar) for sidecar in sidecar_set.sidecars)


def _has_alike(pod: pods.Pod, sidecar: sidecarsets.Sidecar) -> bool:
    container = pod.container(sidecar.name)
    return container is not None and container.is_native == sidecar.is_native
