"""Rules for the order in which a set's pods move: `priorityStrategy` and `scatterStrategy` (reference §2.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts
from gitsidecar.model import findings

_PRIORITY: documents.Path = ("spec", "updateStrategy", "priorityStrategy")
_SCATTER: documents.Path = ("spec", "updateStrategy", "scatterStrategy")
_ANY_VALUE = "*"


def check(draft: drafts.Draft, strategy: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong, or without effect, in the order that *strategy* asks for."""
    if isinstance(strategy.get("priorityStrategy"), dict):
        yield from _check_priority(draft, strategy["priorityStrategy"])
    yield from _check_scatter(draft, drafts.items(strategy.get("scatterStrategy")))


def _check_priority(draft: drafts.Draft, priority: Mapping[str, Any]) -> Iterator[findings.Finding]:
    weights, keys = (drafts.items(priority.get(field)) for field in ("weightPriority", "orderPriority"))
    if keys and weights:
        message = "cannot stand beside orderPriority: keep one of the two"
        yield draft.finding((*_PRIORITY, "weightPriority"), message, at_key=True)
    elif not (keys or weights or any(priority.values())):
        message = "gives nothing precedence: write weightPriority or orderPriority, or remove it"
        yield draft.finding(_PRIORITY, message, findings.Level.WARNING, at_key=True)
    first: dict[str, int] = {}
    for index, term in enumerate(keys):
        key = drafts.mapping(term).get("orderedKey")
        if isinstance(key, str) and first.setdefault(key, index) != index:
            path: documents.Path = (*_PRIORITY, "orderPriority", index)
            message = f"has no effect, because orderPriority[{first[key]}] has the same key: remove one"
            yield draft.finding(path, message, findings.Level.WARNING)


def _check_scatter(draft: drafts.Draft, terms: list[Any]) -> Iterator[findings.Finding]:
    first: dict[tuple[str, str], int] = {}
    for index, term in enumerate(terms):
        pair = _pair(term)
        if pair is not None and first.setdefault(pair, index) != index:
            message = f"is the same as scatterStrategy[{first[pair]}]: remove one"
            yield draft.finding((*_SCATTER, index), message)
    for index, term in enumerate(terms):
        pair = _pair(term)
        # The empty value is that of pods without the label.
        whole = first.get((pair[0], _ANY_VALUE)) if pair is not None and pair[1] not in (_ANY_VALUE, "") else None
        if whole is not None:
            message = f"adds nothing to scatterStrategy[{whole}], which takes every value of this key: remove one"
            yield draft.finding((*_SCATTER, index), message, findings.Level.WARNING)


def _pair(term: Any) -> tuple[str, str] | None:
    key, value = drafts.mapping(term).get("key"), drafts.mapping(term).get("value")
    return (key, value) if isinstance(key, str) and isinstance(value, str) else None
