"""A valid document to the SidecarSet or RolloutPolicy that planning reads."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import drafts, hashes, shapes
from gitsidecar.manifests.rules import containers, hotupgrades
from gitsidecar.manifests.schemas import policies as policy_manifests
from gitsidecar.manifests.schemas import selectors as schemas
from gitsidecar.manifests.schemas import sidecarsets as manifests
from gitsidecar.manifests.schemas import strategies
from gitsidecar.model import findings, policies, selectors, sidecarsets

_DEFAULT_HISTORY_LIMIT = 10


def build(manifest: manifests.Manifest, value: Mapping[str, Any], place: findings.Place) -> sidecarsets.SidecarSet:
    """Return the set that *manifest* describes; *value* is the same document as plain values, in v1beta1 form."""
    spec, written = manifest.spec, value["spec"]
    limit, computed = spec.revision_history_limit, hashes.compute(written)
    return sidecarsets.SidecarSet(
        name=manifest.metadata.name,
        place=place,
        selector=build_selector(spec.selector),
        sidecars=tuple(_sidecars(written)),
        spec_hash=computed.spec,
        shape_hash=computed.shape,
        labels=dict(manifest.metadata.labels or {}),
        namespace_selector=build_selector(spec.namespace_selector) if spec.namespace_selector else None,
        update=_strategy(spec.update_strategy or strategies.UpdateStrategy()),
        is_adopting=(manifest.metadata.annotations or {}).get(sidecarsets.ADOPT_ANNOTATION) == "true",
        revision_history_limit=_DEFAULT_HISTORY_LIMIT if limit is None else max(1, limit),
        document=shapes.to_json(value),
    )


def build_policy(
    manifest: policy_manifests.Manifest, value: Mapping[str, Any], place: findings.Place
) -> policies.RolloutPolicy:
    """Return the policy that *manifest* describes; *value* is the same document as plain values."""
    spec = manifest.spec
    deadline = spec.progress_deadline_seconds
    return policies.RolloutPolicy(
        name=manifest.metadata.name,
        place=place,
        targets=(build_target(spec),),
        windows=tuple(map(_window, spec.windows or ())),
        freezes=tuple(
            policies.Freeze(" ".join(each.reason.split()), each.from_, each.until) for each in spec.freezes or ()
        ),
        pods_per_minute=spec.pods_per_minute,
        min_ready=datetime.timedelta(seconds=spec.min_ready_seconds or 0),
        progress_deadline=None if deadline is None else datetime.timedelta(seconds=deadline),
        repair=None if spec.repair is None else policies.Repair(spec.repair),
        document=shapes.to_json(value),
    )


def build_target(written: policy_manifests.Targets) -> policies.Target:
    """Return which sets *written* means; an empty selector, an empty list, and neither mean all."""
    chosen = written.sidecar_set_selector
    return policies.Target(
        None if chosen is None else build_selector(chosen), tuple(dict.fromkeys(written.sidecar_sets or ()))
    )


def _window(written: policy_manifests.Window) -> policies.Window:
    schedule = " ".join(written.schedule.split())
    return policies.Window(policies.WindowType(written.type), schedule, written.duration, written.time_zone or "UTC")


def _sidecars(spec: Mapping[str, Any]) -> Iterator[sidecarsets.Sidecar]:
    for container in spec.get("containers") or ():
        yield from _slots(container, is_native=False)
    for container in spec.get("initContainers") or ():
        if containers.is_native(container):
            yield from _slots(container, is_native=True)


def _slots(container: Mapping[str, Any], *, is_native: bool) -> Iterator[sidecarsets.Sidecar]:
    """Yield what stands for *container* in a pod: itself or, with HotUpgrade, a pair of which one is idle."""
    name, shape = container["name"], shapes.shape(container)
    images = [container["image"]]
    if hotupgrades.is_hot(container):
        images.append(drafts.mapping(container["upgradeStrategy"]).get("hotUpgradeEmptyImage") or "")
    pair = name if len(images) > 1 else ""
    for slot, image in zip(hotupgrades.slots(container), images, strict=True):
        yield sidecarsets.Sidecar(slot, image, is_native, shape, pair)


def build_selector(written: schemas.AnySelector) -> selectors.Selector:
    """Return the selector that *written* describes."""
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
        selector=build_selector(written.selector) if written.selector else None,
        partition=default.partition if written.partition is None else written.partition,
        max_unavailable=default.max_unavailable if written.max_unavailable is None else written.max_unavailable,
        priority=_priority(written.priority_strategy),
        scatter=tuple(sidecarsets.Scatter(each.key, each.value) for each in written.scatter_strategy or ()),
    )


def _priority(written: strategies.PriorityStrategy | None) -> sidecarsets.Priority | None:
    if written is None or not (written.weight_priority or written.order_priority):
        return None
    return sidecarsets.Priority(
        tuple(
            sidecarsets.Weight(each.weight, build_selector(each.match_selector))
            for each in written.weight_priority or ()
        ),
        tuple(each.ordered_key for each in written.order_priority or ()),
    )
