"""A valid document to the SidecarSet that planning reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import hashes, shapes
from gitsidecar.manifests.rules import containers
from gitsidecar.manifests.schemas import selectors as schemas
from gitsidecar.manifests.schemas import sidecarsets as manifests
from gitsidecar.manifests.schemas import strategies
from gitsidecar.model import findings, selectors, sidecarsets

_DEFAULT_HISTORY_LIMIT = 10


def build(manifest: manifests.Manifest, value: Mapping[str, Any], place: findings.Place) -> sidecarsets.SidecarSet:
    """Return the set that *manifest* describes; *value* is the same document as plain values, in v1beta1 form."""
    spec, written = manifest.spec, value["spec"]
    limit, computed = spec.revision_history_limit, hashes.compute(written)
    return sidecarsets.SidecarSet(
        name=manifest.metadata.name,
        place=place,
        selector=_selector(spec.selector),
        sidecars=tuple(_sidecars(written)),
        spec_hash=computed.spec,
        shape_hash=computed.shape,
        namespace_selector=_selector(spec.namespace_selector) if spec.namespace_selector else None,
        update=_strategy(spec.update_strategy or strategies.UpdateStrategy()),
        is_adopting=(manifest.metadata.annotations or {}).get(sidecarsets.ADOPT_ANNOTATION) == "true",
        revision_history_limit=_DEFAULT_HISTORY_LIMIT if limit is None else max(1, limit),
        document=shapes.to_json(value),
    )


def _sidecars(spec: Mapping[str, Any]) -> Iterator[sidecarsets.Sidecar]:
    for container in spec.get("containers") or ():
        yield sidecarsets.Sidecar(container["name"], container["image"], False, shapes.shape(container))
    for container in spec.get("initContainers") or ():
        if containers.is_native(container):
            yield sidecarsets.Sidecar(container["name"], container["image"], True, shapes.shape(container))


def _selector(written: schemas.Selector) -> selectors.Selector:
    return selectors.Selector(
        tuple(sorted((written.match_labels or {}).items())),
        tuple(
            selectors.Requirement(each.key, selectors.Operator(each.operator), tuple(each.values or ()))
            for each in written.match_expressions or ()
        ),
    )


def _strategy(written: strategies.UpdateStrategy) -> sidecarsets.UpdateStrategy:
    default = sidecarsets.UpdateStrategy()
    return sidecarsets.UpdateStrategy(
        type=sidecarsets.StrategyType(written.type) if written.type else default.type,
        paused=bool(written.paused),
        selector=_selector(written.selector) if written.selector else None,
        partition=default.partition if written.partition is None else written.partition,
        max_unavailable=default.max_unavailable if written.max_unavailable is None else written.max_unavailable,
    )
