"""Which fields differ between two forms of a SidecarSet, and what each of them bears on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gitsidecar.model import reviews, sidecarsets

Path = tuple[str, ...]
"""From the root of a document to a field; an item of a list is ``[name]``."""

_NAMING = ("name", "mountPath", "devicePath", "containerPort", "resourceName", "key")
"""What tells the items of a list apart; the first that all of them have, each its own."""

_CONTAINERS = ("containers", "initContainers")
_SELECTION = frozenset({"selector", "namespaceSelector"})
_ADOPT: Path = ("metadata", "annotations", sidecarsets.ADOPT_ANNOTATION)
_UNSET = object()


def find(before: sidecarsets.SidecarSet, after: sidecarsets.SidecarSet) -> tuple[reviews.Edit, ...]:
    """
    Return all fields that differ, but for the images of sidecars; in order of path.

    Values that go into pods are left out, because they may be secrets.
    """
    is_reshaped = before.shape_hash != after.shape_hash
    sidecars = {each.pair or each.name for each in (*before.sidecars, *after.sidecars)}
    found = []
    for path, old, new in _compare(json.loads(before.document), json.loads(after.document), ()):
        scope = _scope(path, sidecars, is_reshaped=is_reshaped)
        if scope is not None:
            is_shown = not _goes_into_pods(path)
            values = (_text(old), _text(new)) if is_shown else ("", "")
            found.append(reviews.Edit(spell(path), *values, scope))
    return tuple(found)


def spell(path: Path) -> str:
    """Return *path* as people write it: ``spec.containers[logtail].resources.limits.memory``."""
    words = ""
    for part in path:
        if part.startswith("["):
            words += part
        elif part.replace("_", "").replace("-", "").isalnum():
            words += f".{part}" if words else part
        else:
            words += f"[{json.dumps(part, ensure_ascii=False)}]"
    return words


def _scope(path: Path, sidecars: set[str], *, is_reshaped: bool) -> reviews.Scope | None:
    """Return what the field at *path* bears on; ``None`` for the image of a sidecar, which is told apart."""
    if path == _ADOPT:
        return reviews.Scope.SELECTION
    if path[0] != "spec" or len(path) == 1:
        return reviews.Scope.OTHER
    field = path[1]
    if field in _CONTAINERS and len(path) > 2 and path[2][1:-1] in sidecars:
        if path[3:] == ("image",):
            return None
        return reviews.Scope.SHAPE if is_reshaped else reviews.Scope.OTHER
    if field == "updateStrategy":
        return reviews.Scope.ROLLOUT
    if field in _SELECTION:
        return reviews.Scope.SELECTION
    return reviews.Scope.OTHER if field == "revisionHistoryLimit" else reviews.Scope.NEW_PODS


def _goes_into_pods(path: Path) -> bool:
    shown = ("updateStrategy", "injectionStrategy", "revisionHistoryLimit", "customVersion", *_SELECTION)
    return path[0] == "spec" and len(path) > 1 and path[1] not in shown


def _text(value: object) -> str:
    return "" if value is _UNSET else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _compare(before: Any, after: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if _text(before) == _text(after):
        return
    if _may_be_mapping(before) and _may_be_mapping(after):
        yield from _members(_mapping(before), _mapping(after), path)
    elif _may_be_list(before) and _may_be_list(after) and (naming := _naming(before, after)):
        yield from _items(_named(naming, before), _named(naming, after), path)
    else:
        yield path, before, after


def _members(before: Mapping[str, Any], after: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any, Any]]:
    for key in sorted(before.keys() | after.keys()):
        yield from _compare(before.get(key, _UNSET), after.get(key, _UNSET), (*path, key))


def _items(before: Mapping[str, Any], after: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """Yield an item that only one of the two has as a whole."""
    for name in dict.fromkeys((*before, *after)):
        one, other, here = before.get(name, _UNSET), after.get(name, _UNSET), (*path, f"[{name}]")
        if one is _UNSET or other is _UNSET:
            yield here, one, other
        else:
            yield from _compare(one, other, here)


def _may_be_mapping(value: Any) -> bool:
    """Say whether *value* has members that can be told one by one; one that is empty says something by being there."""
    return value is _UNSET or (isinstance(value, dict) and bool(value))


def _may_be_list(value: Any) -> bool:
    return value is _UNSET or isinstance(value, list)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _naming(before: Any, after: Any) -> str:
    for field in _NAMING:
        if all(_is_told_apart_by(field, each) for each in (before, after)):
            return field
    return ""


def _is_told_apart_by(field: str, items: Any) -> bool:
    names = [item.get(field) if isinstance(item, dict) else None for item in _list(items)]
    return None not in names and len({str(name) for name in names}) == len(names)


def _named(field: str, items: Any) -> dict[str, Any]:
    return {str(item[field]): item for item in _list(items)}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
