"""A container that is upgraded while it runs: the pair that is injected for it, and what the pod says of the pair."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

WORKING = "kruise.io/sidecarset-working-hotupgrade-container"
"""Pod annotation: JSON, the container's name in the set → the one of the pair that works."""

_VERSIONS = (
    ("SIDECARSET_VERSION", "version.sidecarset.kruise.io/"),
    ("SIDECARSET_VERSION_ALT", "versionalt.sidecarset.kruise.io/"),
)


def slots(container: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the two that stand for *container* in a pod: one that works, and an empty one (reference §7.1)."""
    name, empty = container["name"], container["upgradeStrategy"].get("hotUpgradeEmptyImage", "")
    yield {**container, "name": _working(name)}
    yield {**container, "name": _idle(name), "image": empty}


def fault(container: Mapping[str, Any]) -> str:
    """Say why no pod with the pair of *container* could start, or nothing."""
    if container["upgradeStrategy"].get("hotUpgradeEmptyImage"):
        return ""
    return f"container {container['name']} is HotUpgrade without an image for the idle one: write hotUpgradeEmptyImage"


def variables(slot: str) -> tuple[dict[str, Any], ...]:
    """Return the variables by which the container *slot* of a pair learns its version and its twin's."""
    return tuple(
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": f"metadata.annotations['{prefix}{slot}']"}}}
        for name, prefix in _VERSIONS
    )


def annotate(annotations: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """
    Return *annotations* with those of the pairs of *names*, as they are before any upgrade.

    Raises ValueError, with words to show, when the pod has a `WORKING` that is not JSON of this form.
    """
    annotated = dict(annotations)
    for name in names:
        annotated |= dict(_versions(_working(name), "1", "0"))
        annotated |= dict(_versions(_idle(name), "0", "1"))
    working = {**_read(annotations.get(WORKING, "")), **{name: _working(name) for name in names}}
    annotated[WORKING] = json.dumps(working, sort_keys=True, separators=(",", ":"))
    return annotated


def _working(name: str) -> str:
    return f"{name}-1"


def _idle(name: str) -> str:
    return f"{name}-2"


def _versions(slot: str, own: str, other: str) -> Iterable[tuple[str, str]]:
    return ((f"{prefix}{slot}", value) for (_, prefix), value in zip(_VERSIONS, (own, other), strict=True))


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"annotation {WORKING} is not a JSON object: remove it from the pod")  # noqa: TRY004
    return found
