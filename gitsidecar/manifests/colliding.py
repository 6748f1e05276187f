"""
What two sets would both bring into one pod: a container or volume of one name, or an annotation that one overwrites.

These are warnings, told at both places: labels that nobody uses together may satisfy both selectors, and refusing both
sets for that would hold what is fine. Where they do meet, the pod is held for both (`ConflictingSets`).
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gitsidecar.manifests import documents, overlapping, reading, shapes
from gitsidecar.manifests.rules import containers, hotupgrades, volumes
from gitsidecar.model import desires, findings, sidecarsets

_SHOWN = 3
_LISTS = ("containers", "initContainers")

Thing = tuple[str, str]
"""What is brought: a word for its kind, and its name."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Claim:
    """One thing that a set brings; two claims of a thing agree when their `form` is the same."""

    owner: _Owner
    thing: Thing
    form: str
    path: documents.Path

    @property
    def label(self) -> str:
        place = self.owner.entry.document.finding(self.path, "").place
        return f"SidecarSet {self.owner.name} ({place})"


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Owner:
    """A set that was accepted."""

    name: str
    entry: reading.Entry
    reach: overlapping.Reach


def check(entries: Iterable[reading.Entry], desired: desires.Desired) -> Iterator[findings.Finding]:
    """Yield a warning for each thing that two sets of *desired* bring, and for a selector that no pod can satisfy."""
    accepted = {each.name: each for each in desired.sets}
    claims: dict[Thing, list[_Claim]] = collections.defaultdict(list)
    for entry in sorted(entries, key=lambda each: each.name):
        if entry.accepted is not None and entry.name in accepted:
            owner = _Owner(entry.name, entry, overlapping.reach(entry.accepted))
            yield from _check_reach(owner)
            for claim in _claims(owner, entry.accepted):
                claims[claim.thing].append(claim)
    told: set[tuple[str, documents.Path]] = set()
    for same in claims.values():
        for claim, others in _rivals(same):
            if (claim.owner.name, claim.path) not in told:  # both of a pair have one place: once is enough
                told.add((claim.owner.name, claim.path))
                yield claim.owner.entry.document.finding(claim.path, _words(claim, others), findings.Level.WARNING)


def _check_reach(owner: _Owner) -> Iterator[findings.Finding]:
    for field, demands in (("selector", owner.reach.pods), ("namespaceSelector", owner.reach.namespaces)):
        if key := overlapping.vain(demands):
            message = f"selects nothing at all: no label {key} is all that it asks for"
            yield owner.entry.document.finding(("spec", field), message, findings.Level.WARNING, at_key=True)


def _claims(owner: _Owner, accepted: sidecarsets.SidecarSet) -> Iterator[_Claim]:
    spec = json.loads(accepted.document)["spec"]
    listed = [(("spec", field, index), each) for field in _LISTS for index, each in enumerate(spec.get(field) or ())]
    for path, container in listed:
        stays = path[1] == "containers" or containers.is_native(container)
        for name in hotupgrades.slots(container) if stays else (container["name"],):
            yield _Claim(owner, ("container", name), owner.name, (*path, "name"))
    used = {name for _, container in listed for name in volumes.used(container)}
    for index, volume in enumerate(spec.get("volumes") or ()):
        if volume["name"] in used:
            yield _Claim(owner, ("volume", volume["name"]), _source(volume), ("spec", "volumes", index, "name"))
    for index, patch in enumerate(spec.get("patchPodMetadata") or ()):
        policy = patch.get("patchPolicy") or "Retain"
        if policy == "Retain":
            continue  # gives way to whatever is there
        for key, value in patch["annotations"].items():
            form = policy if policy == "MergePatchJson" else f"{policy} {value}"
            yield _Claim(owner, ("annotation", key), form, ("spec", "patchPodMetadata", index, "annotations", key))


def _source(volume: Mapping[str, Any]) -> str:
    source = {field: value for field, value in volume.items() if field != "name"}
    return shapes.to_json(source or {"emptyDir": {}})


def _rivals(same: Sequence[_Claim]) -> Iterator[tuple[_Claim, list[_Claim]]]:
    """Yield each claim that others contradict where they meet, with the first few of these and one more."""
    if len({claim.form for claim in same}) < 2:
        return
    near = _Neighbours(same)
    for claim in same:
        meeting = (
            other
            for other in near.of(claim)
            if other.form != claim.form and overlapping.may_meet(claim.owner.reach, other.owner.reach)
        )
        if others := list(itertools.islice(meeting, _SHOWN + 1)):
            yield claim, others


class _Neighbours:
    """Claims by the label that most of their sets pin to one value, so that a thousand sets are not all compared."""

    def __init__(self, same: Sequence[_Claim]) -> None:
        self._same = same
        pins = [dict(claim.owner.reach.pinned()) for claim in same]
        counts = collections.Counter(label for each in pins for label in each)
        label = max(sorted(counts), key=lambda each: counts[each], default=("", ""))
        self._values = {id(claim): pin.get(label) for claim, pin in zip(same, pins, strict=True)}
        self._by_value: dict[str | None, list[_Claim]] = collections.defaultdict(list)
        for claim in same:
            self._by_value[self._values[id(claim)]].append(claim)

    def of(self, claim: _Claim) -> Iterable[_Claim]:
        value = self._values[id(claim)]
        if value is None:
            return self._same
        return itertools.chain(self._by_value[value], self._by_value[None])


def _words(claim: _Claim, others: Sequence[_Claim]) -> str:
    kind, name = claim.thing
    listed = ", ".join(each.label for each in others[:_SHOWN]) + (" and others" if len(others) > _SHOWN else "")
    match kind:
        case "container":
            return (
                f"container {name} is also of {listed}: a pod that both select gets neither, and moves for neither; "
                f"rename one, or part the selectors"
            )
        case "volume":
            return (
                f"another volume {name} is also of {listed}: a pod that both select gets neither; rename one, or write "
                f"both alike"
            )
    return (
        f"is also written by {listed}, and one of them overwrites: where both select a pod, the last in order of name "
        f"counts; keep it in one"
    )
