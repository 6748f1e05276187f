"""
The two hashes by which pods are told updated from drifted; golden-tested, because another value would move every pod.

Both cover the containers and native sidecars as written. Volumes, plain initContainers, selectors, strategies and
labels are not in them: a change of these asks nothing of a running pod.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

from gitsidecar.manifests import drafts, quantities, shapes
from gitsidecar.manifests.rules import containers

_VERSION = "v1"


@dataclasses.dataclass(frozen=True, slots=True)
class Hashes:
    """
    What a spec comes to.

    `spec` covers all that it puts into pods; `shape` leaves out the images, which alone can change in place.
    """

    spec: str
    shape: str


def compute(spec: Mapping[str, Any]) -> Hashes:
    """Return the hashes of a valid *spec* in v1beta1 form."""
    content = _content(spec)
    imageless = {
        field: [{key: value for key, value in container.items() if key != "image"} for container in listed]
        for field, listed in content.items()
    }
    return Hashes(_hash(content), _hash(imageless))


def _content(spec: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    natives = [each for each in drafts.items(spec.get("initContainers")) if containers.is_native(each)]
    listed = {
        "containers": [_container(each, is_native=False) for each in drafts.items(spec.get("containers"))],
        "initContainers": [_container(each, is_native=True) for each in natives],
    }
    return {field: sorted(each, key=lambda one: str(one["name"])) for field, each in listed.items() if each}


def _container(container: Mapping[str, Any], *, is_native: bool) -> dict[str, Any]:
    return shapes.core(container, _spell) | shapes.own(container, is_native=is_native)


def _spell(quantity: str | float) -> str:
    """Write equal amounts alike, whatever their suffix."""
    return f"{quantities.milli(quantity)}m"


def _hash(content: Any) -> str:
    digest = hashlib.sha256(shapes.to_json(content).encode()).hexdigest()
    return f"{_VERSION}-{digest[:16]}"
