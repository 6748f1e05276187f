"""Which pods a set selects, which of them it counts, and which are bare (DESIGN §5, *matched* and *missing*)."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence

from gitsidecar.model import pods, sidecarsets

_NAME_LABEL = "kubernetes.io/metadata.name"
_MIRRORED = "Node/"  # the owner of what a kubelet runs from a file

Label = tuple[str, str]
Namespaces = Mapping[str, Mapping[str, str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Index:
    """The active pods of a chunk in order of key, and a shorter list for every label that some set asks for."""

    everything: tuple[pods.Pod, ...]
    by_label: Mapping[Label, Sequence[pods.Pod]]


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """What one set selects: the pods it counts, and those that lack its containers or our annotation."""

    matched: tuple[pods.Pod, ...]
    missing: tuple[pods.Pod, ...]


def asked(sets: Iterable[sidecarsets.SidecarSet]) -> frozenset[Label]:
    """Return the labels that *sets* select by."""
    return frozenset(label for each in sets for label in each.selector.labels)


def index(chunk: Iterable[pods.Pod], labels: Collection[Label]) -> Index:
    """Sort the active pods of *chunk* by the *labels* that sets ask for, so that each set reads only its own."""
    everything = tuple(pod for pod in chunk if pod.is_active)
    by_label: dict[Label, list[pods.Pod]] = {label: [] for label in labels}
    keys = {key for key, _ in labels}  # far fewer than a pod has labels
    for pod in everything:
        for key in keys:
            if (value := pod.labels.get(key)) is not None and (found := by_label.get((key, value))) is not None:
                found.append(pod)
    return Index(everything, by_label)


def select(indexed: Index, sidecar_set: sidecarsets.SidecarSet, namespaces: Namespaces) -> Selection:
    """Return the pods that *sidecar_set* selects, in order of key."""
    matched: list[pods.Pod] = []
    missing: list[pods.Pod] = []
    lists = (indexed.by_label[label] for label in sidecar_set.selector.labels)
    for pod in min(lists, key=len, default=indexed.everything):
        if is_selected(pod, sidecar_set, namespaces):
            (matched if pod.fault or carries(pod, sidecar_set) else missing).append(pod)
    return Selection(tuple(matched), tuple(missing))


def is_selected(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet, namespaces: Namespaces) -> bool:
    """Say whether the selectors of *sidecar_set* match the pod and its namespace."""
    if not sidecar_set.selector.matches(pod.labels):
        return False
    if sidecar_set.namespace_selector is None:
        return True
    return sidecar_set.namespace_selector.matches(namespace_labels(pod, namespaces))


def namespace_labels(pod: pods.Pod, namespaces: Namespaces) -> Mapping[str, str]:
    """Return the labels of the pod's namespace."""
    # The API server puts this label on every namespace; a saved list of pods comes without the namespaces.
    return namespaces.get(pod.namespace) or {_NAME_LABEL: pod.namespace}


def carries(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet) -> bool:
    """
    Say whether a selected pod has the set's containers, by our annotation or, for an adopting set, alike.

    An annotated pod counts although the set has got another container since: it waits for being recreated. One that
    lacks a container of its annotation does not: that was copied from another pod. A mirror pod cannot be changed.
    """
    if pod.workload.startswith(_MIRRORED):
        return False
    if (mark := pod.mark_of(sidecar_set.name)) is not None:
        carried = mark.containers or tuple(sidecar.name for sidecar in sidecar_set.sidecars)
        return all(pod.container(name) is not None for name in carried)
    return sidecar_set.is_adopting and all(_has_alike(pod, sidecar) for sidecar in sidecar_set.sidecars)


def _has_alike(pod: pods.Pod, sidecar: sidecarsets.Sidecar) -> bool:
    container = pod.container(sidecar.name)
    return container is not None and container.is_native == sidecar.is_native
