"""A document without nulls and without what a server adds: what the person who wrote it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gitsidecar.manifests import documents, drafts
from gitsidecar.model import findings, rules

_SERVER_FIELDS = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)


def clean(document: documents.Document, is_vital: Callable[[documents.Path], bool]) -> drafts.Draft:
    """
    Return *document* (a mapping) as its writer means it.

    A field without a value is read as absent, with a warning; where *is_vital*, that could do harm and is an error.
    """
    doubtful = {fault.field for fault in document.faults}
    found = tuple(
        _tell_null(document, path, findings.Level.ERROR if is_vital(path) else findings.Level.WARNING)
        for path in _nulls(document.value, ())
        if not _is_servers(path) and documents.spell(document.base + path) not in doubtful  # an alias: refused already
    )
    value = _copy(document.value)
    value.pop("status", None)
    if isinstance(value.get("metadata"), dict):
        for field in _SERVER_FIELDS:
            value["metadata"].pop(field, None)
    return drafts.Draft(document, value, found=tuple(findings.by(rules.Rule.NO_VALUE, found)))


def _copy(value: Any) -> Any:
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _copy(member) for key, member in value.items() if member is not None}


def _nulls(value: Any, path: documents.Path) -> Iterator[documents.Path]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nulls(item, (*path, index))
    elif isinstance(value, dict):
        for key, member in value.items():
            if member is None:
                yield (*path, key)
            else:
                yield from _nulls(member, (*path, key))


def _is_servers(path: documents.Path) -> bool:
    return path[0] == "status" or (path[0] == "metadata" and len(path) == 2 and path[1] in _SERVER_FIELDS)


def _tell_null(document: documents.Document, path: documents.Path, level: findings.Level) -> findings.Finding:
    reading = "" if level is findings.Level.ERROR else " and is read as if it were not there"
    return document.finding(path, f"has no value{reading}: write one, or remove the field", level, at_key=True)
