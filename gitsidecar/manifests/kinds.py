"""Which documents of a file are SidecarSets or RolloutPolicies, and what is said about the others."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from typing import Any

from gitsidecar.manifests import documents, drafts, names, older
from gitsidecar.model import findings, rules

KIND = "SidecarSet"
POLICY = "RolloutPolicy"
POLICY_VERSION = "gitsidecar.io/v1alpha1"
_GROUP = "apps.kruise.io"
_OUR_GROUP = "gitsidecar.io"
_SETTINGS = "GitsidecarConfig"
_POLICY_FIELDS = frozenset(("sidecarSetSelector", "sidecarSets", "windows", "freezes", "podsPerMinute"))
_MAX_ITEMS = 5000


class Role(enum.Enum):
    """Say what a document is to us."""

    SET = enum.auto()  # a SidecarSet, or plainly meant as one: its fields are worth checking
    DOUBTFUL = enum.auto()  # may have been meant as one: it is refused, and its name with it
    POLICY = enum.auto()  # a RolloutPolicy, or possibly meant as one: refused, it still holds what it covers
    OTHER = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Sorted:
    """A document, what it is to us, and what is to be said about that."""

    document: documents.Document
    role: Role
    found: tuple[findings.Finding, ...] = ()


def sort(document: documents.Document) -> Iterator[Sorted]:
    """Yield *document*, or each item of it when it is a ``kind: List``."""
    value = document.value
    if not isinstance(value, dict) or value.get("kind") != "List" or not isinstance(value.get("items"), list):
        yield _ruled(_classify(document))
    elif len(value["items"]) > _MAX_ITEMS:
        fault = document.finding(("items",), f"has more than {_MAX_ITEMS} items: split the file", at_key=True)
        yield _ruled(Sorted(document, Role.DOUBTFUL, (fault,)))
    else:
        for index, item in enumerate(value["items"]):  # each with the faults of all: any may be its own
            yield _ruled(_classify(dataclasses.replace(document, value=item, base=("items", index))))


def _ruled(each: Sorted) -> Sorted:
    return dataclasses.replace(each, found=tuple(findings.by(rules.Rule.KIND, each.found)))


def _classify(document: documents.Document) -> Sorted:
    value = document.value
    if not isinstance(value, dict):
        return Sorted(document, Role.OTHER, (*document.faults, _no_object(document)))
    version, kind = _text(value.get("apiVersion")), _text(value.get("kind"))
    group = version.rpartition("/")[0]
    if not kind:
        return _classify_kindless(document, group)
    meant = _meant(group, kind)
    if not meant:
        return _classify_other(document, group, kind)
    faults = [*document.faults]
    if kind != meant:
        faults.append(document.finding(("kind",), f"{names.shown(kind)} is not known: write kind: {meant}"))
    versions = (older.V1BETA1, older.V1ALPHA1) if meant == KIND else (POLICY_VERSION,)
    faults += _version_faults(document, version, versions)
    return Sorted(document, Role.SET if meant == KIND else Role.POLICY, tuple(faults))


def _classify_other(document: documents.Document, group: str, kind: str) -> Sorted:
    if group != _OUR_GROUP or kind == _SETTINGS:
        note = document.finding(("kind",), f"{kind[:80]} is not ours and is ignored", findings.Level.NOTE)
        return Sorted(document, Role.OTHER, (note,))
    hint = names.suggestion(kind, [_SETTINGS])
    fault = document.finding(("kind",), f"{names.shown(kind)} is not known: {hint or f'write kind: {POLICY}'}")
    return Sorted(document, Role.OTHER if hint else Role.POLICY, (*document.faults, fault))


def _classify_kindless(document: documents.Document, group: str) -> Sorted:
    if group == _OUR_GROUP or _POLICY_FIELDS & drafts.mapping(document.value.get("spec")).keys():
        message = f"is missing: write apiVersion: {POLICY_VERSION} and kind: {POLICY}"
        return Sorted(document, Role.POLICY, (*document.faults, document.finding(("kind",), message)))
    message = f"is missing: write apiVersion: {older.V1BETA1} and kind: {KIND} if it is meant as one"
    if group == _GROUP or _has_sections(document.value):
        role = Role.SET if group == _GROUP else Role.DOUBTFUL
        return Sorted(document, role, (*document.faults, document.finding(("kind",), message)))
    warning = document.finding(("kind",), f"{message}; it is ignored", findings.Level.WARNING)
    return Sorted(document, Role.OTHER, (*document.faults, warning))


def _no_object(document: documents.Document) -> findings.Finding:
    if document.value is None and not document.faults:
        return document.finding((), "is empty and is ignored", findings.Level.NOTE)
    message = f"is not an object with apiVersion and kind, and is ignored: begin with apiVersion: {older.V1BETA1}"
    return document.finding((), message, findings.Level.WARNING)


def _version_faults(document: documents.Document, version: str, known: tuple[str, ...]) -> tuple[findings.Finding, ...]:
    if version in known:
        return ()
    if not version:
        return (document.finding(("apiVersion",), f"is missing: write apiVersion: {known[0]}"),)
    others = f" (or {', '.join(known[1:])})" if known[1:] else ""
    return (document.finding(("apiVersion",), f"{names.shown(version)} is not known: write {known[0]}{others}"),)


def _meant(group: str, kind: str) -> str:
    """Return which of our kinds *kind* is, or misspells; another kind of another group is nobody's mistake."""
    plain = kind.lower()
    for known, spellings in ((KIND, ("sidecarset", "sidecarsets")), (POLICY, ("rolloutpolicy", "rolloutpolicies"))):
        if plain in spellings:
            return known
    if group not in (_GROUP, _OUR_GROUP):
        return ""
    return next((known for known in (KIND, POLICY) if names.suggestion(kind, [known])), "")


def _has_sections(value: dict[str, Any]) -> bool:
    return bool(drafts.mapping(value.get("metadata"))) and bool(drafts.mapping(value.get("spec")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
