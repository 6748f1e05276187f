"""The pods that reviews are about: what was worked out for one is kept for those that are alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from gitsidecar.injection import choosing, injecting, reasons
from gitsidecar.model import sidecarsets
from gitsidecar.planning import newcomers
from gitsidecar.webhook import knowledge, memories

Given = tuple[sidecarsets.SidecarSet, newcomers.Choice]

LARGEST_PATCH = 3 << 19
"""Bytes: etcd takes no larger object."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What is raised for a pod that is not JSON."""

_KEPT = 2 << 20  # bytes of pods, and as much of patches: those of some 500 workloads
_LEAST = 1 << 10  # bytes that are reckoned for each, with what is around it
_OBJECT = msgspec.json.Decoder()


class _Metadata(msgspec.Struct, omit_defaults=True):
    labels: msgspec.Raw = msgspec.Raw()
    annotations: msgspec.Raw = msgspec.Raw()
    deletionTimestamp: msgspec.Raw = msgspec.Raw()  # noqa: N815  # the field's own name


class _Alike(msgspec.Struct, omit_defaults=True):
    """All of a pod that its sidecars hang on: two that have this in common get the same ones."""

    metadata: _Metadata | msgspec.UnsetType | None = msgspec.UNSET
    spec: msgspec.Raw = msgspec.Raw()
    status: msgspec.Raw = msgspec.Raw()


_ALIKE = msgspec.json.Decoder(_Alike)


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """
    What becomes of a pod by its sets: the names of those put in, and what there is to say.

    `patch` is JSON, and empty when it would be larger than any pod can be.
    """

    injected: tuple[str, ...]
    notes: tuple[reasons.Note, ...]
    patch: bytes


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A pod under review, its labels where it has some, and the sets that are for it."""

    text: bytes
    labels: Mapping[str, str]
    choice: choosing.Choice

    @property
    def pod(self) -> Any:
        """Return the pod, decoded anew: kept so, thousands of them would keep the garbage collector busy."""
        return _OBJECT.decode(self.text)


class Subjects:
    """
    Finds the subjects of reviews, and what becomes of them by what *known* knows. Pods of *own_namespace* get nothing.

    A Deployment creates the same pod again and again, with other names only. No more of a pod is judged than what is
    `_Alike`, so what is remembered is what would be worked out again. Each pass that *known* notes ends that.
    """

    def __init__(self, known: knowledge.Knowledge, *, own_namespace: str = "") -> None:
        self._known = known
        self._own_namespace = own_namespace
        self._passes = known.passes
        self._subjects: memories.Memory[tuple[str, bytes], Subject] = memories.Memory(_KEPT)
        self._outcomes: memories.Memory[tuple[Any, ...], Outcome] = memories.Memory(_KEPT)

    def find(self, pod: bytes, namespace: str) -> Subject:
        """Return the subject of a review about *pod*. Raises the exceptions of `UNREADABLE` when it is not JSON."""
        if self._passes != self._known.passes:
            self._subjects.forget()
            self._outcomes.forget()
            self._passes = self._known.passes
        try:
            text = msgspec.json.encode(_ALIKE.decode(pod))
            found = self._subjects.find((namespace, text))
            if found is None:
                found = self._read(text, namespace)
                self._subjects.keep((namespace, text), found, _LEAST + len(text))
        except UNREADABLE:
            return self._read(pod, namespace)  # what is wrong is said of what came
        return found

    def inject(self, subject: Subject, given: Sequence[Given]) -> Outcome:
        """Return what becomes of a pod by its sets, each in the spec that is its turn."""
        key = (subject, *((each.name, choice.spec_hash, choice.document) for each, choice in given))
        found = self._outcomes.find(key)
        if found is None:
            chosen = [self._known.chosen(*pair) for pair in given]
            injection = injecting.inject(subject.pod, chosen, whitelist=self._known.whitelist)
            found = Outcome(injection.injected, injection.notes, _encode(injection.patch))
            self._outcomes.keep(key, found, _LEAST + len(found.patch))
        return found

    def _read(self, text: bytes, namespace: str) -> Subject:
        pod = _OBJECT.decode(text)
        is_own = namespace == self._own_namespace != ""
        where = choosing.Namespace(namespace, self._known.namespaces.get(namespace), is_own=is_own)
        choice = choosing.choose(pod, self._known.sets, where)
        labels = ((pod.get("metadata") or {}).get("labels") or {}) if choice.sets else {}
        return Subject(text, labels, choice)


def _encode(patch: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the JSON of *patch*, or nothing as soon as it is too large: what sidecars copy from a pod multiplies."""
    parts: list[bytes] = []
    size = 0
    for operation in patch:
        parts.append(msgspec.json.encode(operation))
        size += len(parts[-1]) + 1
        if size > LARGEST_PATCH:
            return b""
    return b"[%b]" % b",".join(parts) if parts else b""
