"""Rules for the set as a whole: what it selects, how it moves pods, what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitsidecar.manifests import documents, drafts, names
from gitsidecar.manifests.rules import (
    containers,
    folders,
    hotupgrades,
    injections,
    limits,
    metadatapatches,
    mounts,
    orders,
    ports,
    resources,
    restarts,
    securities,
    sources,
    volumes,
)
from gitsidecar.model import findings, rules, sidecarsets

_OURS = "gitsidecar.io/"
LISTS = ("containers", "initContainers")
_OF_CONTAINERS = (
    containers.check,
    limits.check,
    mounts.check,
    resources.check,
    restarts.check,
    securities.check,
)


def check(draft: drafts.Draft) -> Iterator[findings.Finding]:
    """Yield what is wrong, or doubtful, with the whole of *draft*."""
    spec = drafts.mapping(draft.value.get("spec"))
    yield from _check_adoption(draft)
    yield from _check_presence(draft, spec)
    yield from _check_names(draft, spec)
    yield from volumes.check(draft, spec)
    yield from sources.check(draft, spec)
    yield from folders.check(draft, spec)
    yield from _check_strategy(draft, drafts.mapping(spec.get("updateStrategy")))
    yield from orders.check(draft, drafts.mapping(spec.get("updateStrategy")))
    yield from injections.check(draft, spec)
    yield from metadatapatches.check(draft, spec)
    yield from hotupgrades.check(draft, spec)
    yield from ports.check(draft, spec)
    for field in LISTS:
        for index, container in enumerate(drafts.items(spec.get(field))):
            if isinstance(container, dict):
                path: documents.Path = ("spec", field, index)
                yield from volumes.check_container(draft, path, container)
                yield from folders.check_container(draft, path, container)
                for check_one in _OF_CONTAINERS:
                    yield from check_one(draft, path, container)


def _check_adoption(draft: drafts.Draft) -> Iterator[findings.Finding]:
    annotations = drafts.mapping(drafts.mapping(draft.value.get("metadata")).get("annotations"))
    value = annotations.get(sidecarsets.ADOPT_ANNOTATION)
    if isinstance(value, str) and value not in ("true", "false"):
        path = ("metadata", "annotations", sidecarsets.ADOPT_ANNOTATION)
        yield draft.finding(path, 'must be "true" or "false", in quotes')
    for key in annotations:
        if key.startswith(_OURS) and key != sidecarsets.ADOPT_ANNOTATION:
            hint = names.suggestion(key, [sidecarsets.ADOPT_ANNOTATION]) or f"known is {sidecarsets.ADOPT_ANNOTATION}"
            path = ("metadata", "annotations", key)
            yield draft.finding(path, f"is not an annotation of gitsidecar's: {hint}", at_key=True)


def _check_presence(draft: drafts.Draft, spec: Any) -> Iterator[findings.Finding]:
    if isinstance(draft.value.get("spec"), dict) and not any(spec.get(field) for field in LISTS):
        message = "has no containers: write at least one, e.g. containers: [{name: logtail, image: ...}]"
        yield draft.finding(("spec",), message, at_key=True)


def _check_names(draft: drafts.Draft, spec: Any) -> Iterator[findings.Finding]:
    first: dict[str, str] = {}
    for field in LISTS:
        for index, container in enumerate(drafts.items(spec.get(field))):
            name = drafts.mapping(container).get("name")
            path: documents.Path = ("spec", field, index, "name")
            if not isinstance(name, str):
                continue
            if name in first:
                yield draft.finding(path, f"{names.shown(name)} is already the name of {first[name]}: choose another")
            first.setdefault(name, documents.spell(path[:-1]))


def _check_strategy(draft: drafts.Draft, strategy: Any) -> Iterator[findings.Finding]:
    path: documents.Path = ("spec", "updateStrategy")
    if strategy.get("type") != sidecarsets.StrategyType.NOT_UPDATE:
        partition = strategy.get("partition")
        if "selector" in strategy and partition is not None and partition != 0:
            message = "cannot stand beside selector: choose the pods by one of the two"
            yield draft.finding((*path, "partition"), message, at_key=True)
        yield from findings.by(rules.Rule.NONE_MOVES, _check_budget(draft, (*path, "maxUnavailable"), strategy))


def _check_budget(draft: drafts.Draft, path: documents.Path, strategy: Any) -> Iterator[findings.Finding]:
    window = strategy.get("maxUnavailable")
    if window in (0, "0%") and not isinstance(window, bool):
        message = "lets no pod move at all: write at least 1; to stop a rollout, write paused: true"
        yield draft.finding(path, message, findings.Level.WARNING)
