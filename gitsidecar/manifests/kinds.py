"""Which documents of a file are SidecarSets, and what is said about the others."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from typing import Any

from gitsidecar.manifests import documents, drafts, names, older, unsupported
from gitsidecar.model import findings

KIND = "SidecarSet"
_GROUP = "apps.kruise.io"
_OUR_GROUP = "gitsidecar.io"
_MAX_ITEMS = 5000


class Role(enum.Enum):
    """Say what a document is to us."""

    SET = enum.auto()  # a SidecarSet, or plainly meant as one: its fields are worth checking
    DOUBTFUL = enum.auto()  # may have been meant as one: it is refused, and its name with it
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
        yield _classify(document)
    elif len(value["items"]) > _MAX_ITEMS:
        fault = document.finding(("items",), f"has more than {_MAX_ITEMS} items: split the file", at_key=True)
        yield Sorted(document, Role.DOUBTFUL, (fault,))
    else:
        for index, item in enumerate(value["items"]):  # each with the faults of all: any may be its own
            yield _classify(dataclasses.replace(document, value=item, base=("items", index)))


def _classify(document: documents.Document) -> Sorted:
    value = document.value
    if not isinstance(value, dict):
        return Sorted(document, Role.OTHER, (*document.faults, _no_object(document)))
    version, kind = _text(value.get("apiVersion")), _text(value.get("kind"))
    group = version.rpartition("/")[0]
    if kind in unsupported.KINDS:
        fault = document.finding(("kind",), f"{kind} is not supported yet: {unsupported.KINDS[kind]}")
        return Sorted(document, Role.OTHER, (*document.faults, fault))
    if kind == KIND:
        return Sorted(document, Role.SET, (*document.faults, *_version_faults(document, version)))
    if kind:
        if not _is_meant(group, kind):
            return Sorted(document, Role.OTHER, (_other_kind(document, group, kind),))
        fault = document.finding(("kind",), f"{names.shown(kind)} is not known: write kind: {KIND}")
        return Sorted(document, Role.SET, (*document.faults, fault))
    return _classify_kindless(document, group)


def _classify_kindless(document: documents.Document, group: str) -> Sorted:
    message = f"is missing: write apiVersion: {older.V1BETA1} and kind: {KIND} if it is meant as one"
    if group == _GROUP:
        return Sorted(document, Role.SET, (*document.faults, document.finding(("kind",), message)))
    if _has_sections(document.value):
        return Sorted(document, Role.DOUBTFUL, (*document.faults, document.finding(("kind",), message)))
    warning = document.finding(("kind",), f"{message}; it is ignored", findings.Level.WARNING)
    return Sorted(document, Role.OTHER, (*document.faults, warning))


def _no_object(document: documents.Document) -> findings.Finding:
    if document.value is None and not document.faults:
        return document.finding((), "is empty and is ignored", findings.Level.NOTE)
    message = f"is not an object with apiVersion and kind, and is ignored: begin with apiVersion: {older.V1BETA1}"
    return document.finding((), message, findings.Level.WARNING)


def _version_faults(document: documents.Document, version: str) -> tuple[findings.Finding, ...]:
    if version in (older.V1ALPHA1, older.V1BETA1):
        return ()
    if not version:
        return (document.finding(("apiVersion",), f"is missing: write apiVersion: {older.V1BETA1}"),)
    message = f"{names.shown(version)} is not known: write {older.V1BETA1} (or {older.V1ALPHA1})"
    return (document.finding(("apiVersion",), message),)


def _is_meant(group: str, kind: str) -> bool:
    """Say whether *kind* is SidecarSet misspelt; another kind of another group is nobody's mistake."""
    if group == _OUR_GROUP:
        return False
    plain = kind.lower()
    return plain in (KIND.lower(), f"{KIND.lower()}s") or (group == _GROUP and bool(names.suggestion(kind, [KIND])))


def _other_kind(document: documents.Document, group: str, kind: str) -> findings.Finding:
    if group == _OUR_GROUP and kind != "GitsidecarConfig":
        hint = names.suggestion(kind, unsupported.KINDS) or f"{_OUR_GROUP} has: {', '.join(unsupported.KINDS)}"
        return document.finding(("kind",), f"{names.shown(kind)} is not known: {hint}")
    message = f"{kind[:80]} is not ours and is ignored"
    return document.finding(("kind",), message, findings.Level.NOTE)


def _has_sections(value: dict[str, Any]) -> bool:
    return bool(drafts.mapping(value.get("metadata"))) and bool(drafts.mapping(value.get("spec")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
