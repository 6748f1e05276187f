"""Which sets are for a pod, and which pods are for no set."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from gitsidecar.injection import reasons, templates
from gitsidecar.model import selectors, sidecarsets

INJECT_LABEL = "gitsidecar.io/inject"
"""On a pod, ``"false"`` keeps all sidecars out (DESIGN §6)."""

_MIRROR = "kubernetes.io/config.mirror"
_SYSTEM = "kube-system"
_NAME_LABEL = "kubernetes.io/metadata.name"


@dataclasses.dataclass(frozen=True, slots=True)
class Namespace:
    """
    The namespace in which a pod is to start.

    `labels` are ``None`` while they are not known. `is_own` says that gitsidecar itself runs there.
    """

    name: str
    labels: Mapping[str, str] | None = None
    is_own: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """The sets that are for a pod, in order of name, and what is to be said about those that are not."""

    sets: tuple[sidecarsets.SidecarSet, ...] = ()
    notes: tuple[reasons.Note, ...] = ()


class _Annotations(msgspec.Struct, gc=False):
    mirror: Any = msgspec.field(default=None, name=_MIRROR)


class _Metadata(msgspec.Struct):
    labels: dict[str, str] | None = None
    annotations: _Annotations | None = None
    deletionTimestamp: str | None = None  # noqa: N815  # the field's own name


class _Status(msgspec.Struct):
    phase: str | None = None


class _Pod(msgspec.Struct):
    metadata: _Metadata | None = None
    status: _Status | None = None


def choose(pod: Mapping[str, Any], sets: Iterable[sidecarsets.SidecarSet], namespace: Namespace) -> Choice:
    """Return which of *sets* are for *pod* (decoded JSON) in *namespace*."""
    try:
        read = msgspec.convert(pod, _Pod)
    except (msgspec.ValidationError, RecursionError) as error:
        return Choice(notes=(reasons.unreadable(error),))
    metadata = read.metadata or _Metadata()
    labels = metadata.labels or {}
    exemption = _exemption(labels, namespace) or _mirror(metadata) or _end(read)
    if exemption is not None:
        return Choice(notes=(exemption,))
    selected = sorted((each for each in sets if each.selector.matches(labels)), key=lambda each: each.name)
    found = tuple(each for each in selected if _selects(each, namespace) is not False)
    obstacles = {each.name: _obstacle(each, namespace) for each in found}
    return Choice(
        tuple(each for each in found if obstacles[each.name] is None),
        tuple(obstacle for obstacle in obstacles.values() if obstacle is not None),
    )


def _exemption(labels: Mapping[str, str], namespace: Namespace) -> reasons.Note | None:
    """Say why no set is for any such pod: without these, a fault of ours could keep the cluster from healing."""
    if namespace.is_own:
        words = f"gitsidecar itself runs in namespace {namespace.name}"
        return reasons.Note("", reasons.Reason.NAMESPACE_EXEMPT, words)
    if namespace.name == _SYSTEM:
        return reasons.Note("", reasons.Reason.NAMESPACE_EXEMPT, f"the pods of {_SYSTEM} are never touched")
    if labels.get(INJECT_LABEL) == "false":
        return reasons.Note("", reasons.Reason.OPTED_OUT, f'the pod has the label {INJECT_LABEL}: "false"')
    return None


def _mirror(metadata: _Metadata) -> reasons.Note | None:
    if metadata.annotations is None or metadata.annotations.mirror is None:
        return None
    words = "the pod mirrors one that a kubelet reads from a file: that runs already, and does not change by this"
    return reasons.Note("", reasons.Reason.MIRROR_POD, words)


def _end(pod: _Pod) -> reasons.Note | None:
    phase = pod.status.phase if pod.status is not None else None
    if phase in ("Succeeded", "Failed"):
        return reasons.Note("", reasons.Reason.POD_ENDED, f"the pod has ended: its phase is {phase}")
    if pod.metadata is not None and pod.metadata.deletionTimestamp is not None:
        return reasons.Note("", reasons.Reason.POD_DELETING, "the pod is being deleted")
    return None


def _obstacle(sidecar_set: sidecarsets.SidecarSet, namespace: Namespace) -> reasons.Note | None:
    if _selects(sidecar_set, namespace) is None:
        words = f"the labels of namespace {namespace.name}, by which namespaceSelector chooses, are not known"
        return reasons.Note(sidecar_set.name, reasons.Reason.NAMESPACE_UNKNOWN, words)
    if templates.of(sidecar_set).is_paused:
        return reasons.Note(sidecar_set.name, reasons.Reason.PAUSED, "injectionStrategy.paused is true")
    return None


def _selects(sidecar_set: sidecarsets.SidecarSet, namespace: Namespace) -> bool | None:
    """Say whether the set is for pods of *namespace*, ``None`` when that hangs on labels that are not known."""
    selector = sidecar_set.namespace_selector
    if selector is None:
        return True
    if namespace.labels is not None:
        return selector.matches({**namespace.labels, _NAME_LABEL: namespace.name})
    pairs = tuple(pair for pair in selector.labels if pair[0] == _NAME_LABEL)
    requirements = tuple(each for each in selector.requirements if each.key == _NAME_LABEL)
    by_name = selectors.Selector(pairs, requirements)
    if not by_name.matches({_NAME_LABEL: namespace.name}):
        return False
    return True if by_name == selector else None
