"""
What two sets would both bring into one pod: a container or volume of one name, a port of the host, or an annotation
that one overwrites.

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
from gitsidecar.manifests.rules import containers, hotupgrades, ports, volumes
from gitsidecar.model import desires, findings, rules, sidecarsets

_SHOWN = 3
_LISTS = ("containers", "initContainers")

_Label = tuple[str, str]
"""Of pods or of namespaces, and its key."""

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
            yield from findings.by(rules.Rule.SELECTS_NOTHING, _check_reach(owner))
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
        if path[1] == "containers":  # the API server compares init containers, native ones too, with no other
            yield from _host_ports(owner, path, container)
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


def _host_ports(owner: _Owner, path: documents.Path, container: Mapping[str, Any]) -> Iterator[_Claim]:
    for index, port in enumerate(container.get("ports") or ()):
        if (found := ports.spot(port)) is not None:
            thing = ("port", " ".join(str(part) for part in reversed(found) if part))
            yield _Claim(owner, thing, owner.name, (*path, "ports", index, "hostPort"))


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
    """
    Claims by the values that their sets list for each label, so that a thousand sets are not all compared.

    Whoever meets a set shares a value with it, or lists none, for each label that the set lists values for.
    """

    def __init__(self, same: Sequence[_Claim]) -> None:
        self._same = same
        self._by_value: dict[tuple[_Label, str], set[int]] = collections.defaultdict(set)
        self._without: dict[_Label, set[int]] = {}
        for index, claim in enumerate(same):
            for label, values in claim.owner.reach.listed():
                if label not in self._without:
                    self._without[label] = set(range(len(same)))
                self._without[label].discard(index)
                for value in values:
                    self._by_value[label, value].add(index)

    def of(self, claim: _Claim) -> Iterable[_Claim]:
        """Return the claims, in order, that may be of sets that *claim*'s can meet."""
        sharing = [self._sharing(label, values) for label, values in claim.owner.reach.listed()]
        if not sharing:
            return self._same
        return (self._same[index] for index in sorted(set.intersection(*sorted(sharing, key=len))))

    def _sharing(self, label: _Label, values: Iterable[str]) -> set[int]:
        return self._without[label].union(*(self._by_value[label, value] for value in values))


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
        case "port":
            return (
                f"port {name} of the host is also of {listed}: a pod that both select has it once, so that one of the "
                f"sets is left out; choose another, or part the selectors"
            )
    return (
        f"is also written by {listed}, and one of them overwrites: where both select a pod, the last in order of name "
        f"counts; keep it in one"
    )
