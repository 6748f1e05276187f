"""
Shapes side by side: which fields that a manifest writes does a live container not have (DESIGN §5.6).

Only what the manifest writes is asked for: the rest of a live container is its template's or the API server's own.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.model import quantities

_KEYS = {
    "claims": ("name",),
    "env": ("name",),
    "ports": ("containerPort", "protocol"),
    "resizePolicy": ("resourceName",),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
}
"""Lists whose items have a name: their order does not count, and items of the template's own don't either."""

_DEFAULTS: Mapping[str, Mapping[str, str]] = {"ports": {"protocol": "TCP"}}
_SETS = ("add", "drop")  # of securityContext.capabilities
_KEPT_ZEROS = "securityContext"  # its fields are pointers: an explicit false or 0 is kept, and absent means otherwise


@functools.lru_cache(maxsize=2048)
def differences(wanted: str, live: str) -> tuple[str, ...]:
    """
    Return the paths of *wanted* that *live* does not have, e.g. ``resources.limits.memory`` or ``env[TZ]``.

    Both are canonical JSON as in `Sidecar.shape` and `Container.shape`. Values are never part of the answer: they may
    be secrets. Remembered by the pair, because thousands of rows share a handful of shapes.
    """
    if wanted == live:
        return ()
    return tuple(_fields(json.loads(wanted), json.loads(live), ()))


def _fields(wanted: Mapping[str, Any], live: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    for key, value in wanted.items():
        inner, other = (*path, key), live.get(key)
        if isinstance(value, dict) and (other is None or isinstance(other, dict)):
            yield from _fields(value, other or {}, inner)
        elif key in _KEYS and isinstance(value, list) and (other is None or isinstance(other, list)):
            yield from _items(key, value, other or [], inner)
        elif not _is_same(value, other, inner):
            yield ".".join(inner)


def _items(key: str, wanted: list[Any], live: list[Any], path: tuple[str, ...]) -> Iterator[str]:
    found = dict(_named(key, live))
    for name, item in _named(key, wanted):
        if name not in found or any(_fields(item, found[name], path)):
            yield f"{'.'.join(path)}[{name}]"


def _named(key: str, items: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in items:
        full = {**_DEFAULTS.get(key, {}), **item}
        if key == "env" and not full.get("valueFrom"):
            full.setdefault("value", "")  # or a variable written without a value would equal any value
        yield "/".join(str(full.get(part, "")) for part in _KEYS[key]), full


def _is_same(wanted: Any, live: Any, path: tuple[str, ...]) -> bool:
    if wanted is None:
        return True
    if live is None:
        return _is_unset(wanted, path)
    if path[0] == "resources" or path[-1] == "divisor":
        return quantities.is_same(wanted, live)
    if isinstance(wanted, list) and isinstance(live, list):
        return _is_same_list(wanted, live, path)
    if isinstance(wanted, dict) and isinstance(live, dict):
        return not any(_fields(wanted, live, path))
    return isinstance(wanted, bool) == isinstance(live, bool) and bool(wanted == live)


def _is_unset(value: Any, path: tuple[str, ...]) -> bool:
    """Say whether the API server drops *value* from what it stores, so that a live container cannot show it."""
    return not value and (path[0] != _KEPT_ZEROS or isinstance(value, str | list | dict))


def _is_same_list(wanted: list[Any], live: list[Any], path: tuple[str, ...]) -> bool:
    if path[-1] in _SETS:
        return sorted(map(str, wanted)) == sorted(map(str, live))
    return len(wanted) == len(live) and all(_is_same(one, other, path) for one, other in zip(wanted, live, strict=True))
