"""Workloads: the template and the number of pods that a controller keeps up, and the names it gives them."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import random
import re
from collections.abc import Iterable, Mapping

from gitsidecar.model import pods

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # Kubernetes' own: no vowels, so no words
_HASH_LABEL = "pod-template-hash"
_ORDINAL = re.compile(r"^(?P<base>.+)-(?P<number>\d+)$")


@dataclasses.dataclass(frozen=True, slots=True)
class Workload:
    """
    A controller's wish: so many pods from one template.

    `containers` are as `containers()` makes them, with nothing of a life in them; new pods get them as they stand here,
    however their forerunners were changed. `prefix` is what pod names begin with, empty for the kind's own way.
    """

    namespace: str
    kind: str
    name: str
    replicas: int
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    containers: tuple[pods.Container, ...] = ()
    marks: tuple[pods.Mark, ...] = ()
    has_annotations: bool = False
    prefix: str = ""

    @property
    def owner(self) -> str:
        """Return ``Kind/name``, as `Pod.workload` has it."""
        return f"{self.kind}/{self.name}"

    @property
    def key(self) -> str:
        """Return ``namespace/Kind/name``."""
        return f"{self.namespace}/{self.owner}"

    @property
    def has_ordinals(self) -> bool:
        """Say whether pods are numbered and come back under their old names."""
        return self.kind == "StatefulSet"


def containers(
    images: Mapping[str, str], *, natives: Mapping[str, str] | None = None, shapes: Mapping[str, str] | None = None
) -> tuple[pods.Container, ...]:
    """
    Return containers that have never run: native sidecars first, then the others, each in the order given.

    *images* and *natives* map names to images, *shapes* names to canonical JSON (`Container.shape`).
    """
    by_name = shapes or {}
    rows = []
    for is_native, part in ((True, natives or {}), (False, images)):
        for index, (name, image) in enumerate(part.items()):
            rows.append(pods.Container(name, image, index, is_native, by_name.get(name, "{}")))
    return tuple(rows)


def prefix(workload: Workload) -> str:
    """Return what the names of the workload's pods begin with, up to the last dash."""
    if workload.prefix:
        return workload.prefix
    return f"{workload.name}-{_template_hash(workload)}" if workload.kind == "Deployment" else workload.name


def labels(workload: Workload) -> Mapping[str, str]:
    """Return the labels of the workload's pods."""
    if workload.kind != "Deployment" or workload.prefix:
        return workload.labels
    return {**workload.labels, _HASH_LABEL: _template_hash(workload)}


def ordinal(name: str) -> int:
    """Return the number at the end of a StatefulSet pod's *name*, or -1."""
    found = _ORDINAL.match(name)
    return int(found["number"]) if found else -1


def suffix(generator: random.Random) -> str:
    """Return five random characters for the end of a pod's name."""
    return "".join(generator.choices(_ALPHABET, k=5))


def infer(found: Iterable[pods.Pod]) -> tuple[Workload, ...]:
    """
    Return the workloads that *found* seem to belong to, in order of key.

    A saved list of pods does not hold the templates, so the first readable pod stands for its workload's, without what
    its life has added.
    """
    groups: dict[tuple[str, str], list[pods.Pod]] = collections.defaultdict(list)
    for pod in found:
        if pod.workload and pod.phase not in ("Succeeded", "Failed"):
            groups[pod.namespace, pod.workload].append(pod)
    return tuple(_infer_one(group) for _, group in sorted(groups.items()))


def _infer_one(group: list[pods.Pod]) -> Workload:
    is_stateful = group[0].workload.startswith("StatefulSet/")
    replicas = len(group) if is_stateful else sum(pod.is_active for pod in group)  # others replace before they delete
    sample = next((pod for pod in group if not pod.fault), group[0])
    kind, _, name = sample.workload.partition("/")
    numbered = _ORDINAL.match(sample.name) if is_stateful else None
    return Workload(
        sample.namespace,
        kind,
        name,
        replicas,
        labels=sample.labels,
        containers=tuple(
            pods.Container(each.name, each.image, each.index, each.is_native, each.shape) for each in sample.containers
        ),
        marks=tuple(dataclasses.replace(mark, move=None) for mark in sample.marks),
        has_annotations=sample.has_annotations,
        prefix=numbered["base"] if numbered else sample.name.rpartition("-")[0] or name,
    )


def _template_hash(workload: Workload) -> str:
    text = repr((sorted(workload.labels.items()), workload.containers))
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:10])
