"""Which pods may be evicted for repair: those that a controller replaces, by a pod that gets what they lack."""

from __future__ import annotations

from collections.abc import Iterable

from gitsidecar.model import pods, sidecarsets
from gitsidecar.planning import matching

NAMESPACE = "kube-system"
"""Its pods are never touched (DESIGN §6)."""

_INJECT_LABEL = "gitsidecar.io/inject"
_NOT_REPLACED = {
    "Job": "its Job would count it as failed, and perhaps make no other",
    "CronJob": "its CronJob makes the next one in its own time",
    "Node": "it mirrors one that a kubelet reads from a file",
}


def obstacle(
    pod: pods.Pod,
    sidecar_set: sidecarsets.SidecarSet,
    rivals: Iterable[sidecarsets.SidecarSet],
    namespaces: matching.Namespaces,
) -> str:
    """
    Say why evicting a selected *pod* could not repair it, whatever the time and the numbers, or return an empty string.

    *rivals* are the sets that claim a container of the same name: with one of them on the pod, injection refuses both.
    """
    if pod.fault:
        return f"it cannot be read: {pod.fault}"
    if words := _why_not_replaced(pod):
        return words
    if pod.namespace == NAMESPACE:
        return f"the pods of {NAMESPACE} are never touched"
    if pod.labels.get(_INJECT_LABEL) == "false":
        return f'its label {_INJECT_LABEL}: "false" keeps all sidecars out'
    if words := _own_container(pod, sidecar_set):
        return words
    for rival in rivals:
        if matching.is_selected(pod, rival, namespaces):
            return f"SidecarSet {rival.name} ({rival.place}) claims one of its containers as well"
    return ""


def _own_container(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet) -> str:
    """Say which container the pod's template may have by itself: the new pod would have the same, and nothing else."""
    mark = pod.mark_of(sidecar_set.name)
    # A mark without a move was put there by injection; one with a move may be that of a pod that was adopted.
    if (
        mark is not None
        and matching.carries(pod, sidecar_set)
        and not (sidecar_set.is_adopting and mark.move is not None)
    ):
        return ""
    own = next((each.name for each in sidecar_set.sidecars if pod.container(each.name) is not None), "")
    return f"container {own} may come from its own template, which injection does not change" if own else ""


def _why_not_replaced(pod: pods.Pod) -> str:
    if not pod.workload:
        return "no controller owns it, so nobody would make another one"
    return _NOT_REPLACED.get(pod.workload.partition("/")[0], "")
