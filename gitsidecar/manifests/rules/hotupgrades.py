"""Rules for `upgradeType: HotUpgrade`, with which a container stands twice in a pod (reference §7.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts, names
from gitsidecar.manifests.rules import containers
from gitsidecar.model import findings

_LISTS = ("containers", "initContainers")
_HOT = "HotUpgrade"
_LONGEST = 61
"""So that two characters more still are a container's name."""


def is_hot(container: Any) -> bool:
    """Say whether *container*, one that stays, is injected as a pair."""
    return drafts.mapping(drafts.mapping(container).get("upgradeStrategy")).get("upgradeType") == _HOT


def slots(container: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names that *container*, one that stays, has in a pod."""
    name = container["name"]
    return (f"{name}-1", f"{name}-2") if is_hot(container) else (name,)


def check(draft: drafts.Draft, spec: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong with the containers of *spec* that are upgraded hot, and what becomes of those that are."""
    listed = [
        (("spec", field, index), container)
        for field in _LISTS
        for index, container in enumerate(drafts.items(spec.get(field)))
        if isinstance(container, dict)
    ]
    taken = {container["name"]: path for path, container in listed if isinstance(container.get("name"), str)}
    for path, container in listed:
        if not is_hot(container):
            yield from _check_cold(draft, path, container)
        elif path[1] == "initContainers" and not containers.is_native(container):
            message = f"{_HOT} is for containers that stay: remove it, or write restartPolicy: Always"
            yield draft.finding((*path, "upgradeStrategy", "upgradeType"), message)
        else:
            yield from _check_image(draft, path, container)
            yield from _check_ports(draft, path, container)
            if isinstance(container.get("name"), str):
                yield from _check_name(draft, path, container, taken)


def _check_cold(draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]) -> Iterator[findings.Finding]:
    if drafts.mapping(container.get("upgradeStrategy")).get("hotUpgradeEmptyImage"):
        message = f"has no effect without upgradeType: {_HOT}: remove it"
        here = (*path, "upgradeStrategy", "hotUpgradeEmptyImage")
        yield draft.finding(here, message, findings.Level.WARNING, at_key=True)


def _check_image(draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]) -> Iterator[findings.Finding]:
    if not container["upgradeStrategy"].get("hotUpgradeEmptyImage"):
        message = f"is missing: {_HOT} needs an image for the idle one of the pair, which runs and does nothing"
        yield draft.finding((*path, "upgradeStrategy", "hotUpgradeEmptyImage"), message, at_key=True)
        return
    message = f"{_HOT}: new pods get the pair, but running ones do not move yet: each keeps its spec until recreated"
    yield draft.finding((*path, "upgradeStrategy", "upgradeType"), message, findings.Level.NOTE)


def _check_name(
    draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any], taken: Mapping[str, documents.Path]
) -> Iterator[findings.Finding]:
    name = container["name"]
    if _LONGEST < len(name) <= _LONGEST + 2:  # one that is longer still is told at the field
        message = f"has {len(name)} characters, and {_HOT} appends -1 and -2: use at most {_LONGEST}"
        yield draft.finding((*path, "name"), message)
    for slot in slots(container):
        if slot in taken:
            other, pair = documents.spell(taken[slot]), " and ".join(slots(container))
            message = (
                f"{names.shown(name)} is injected as {pair}, and {other} has the name {slot}: rename one of the two"
            )
            yield draft.finding((*path, "name"), message)


def _check_ports(draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]) -> Iterator[findings.Finding]:
    for index, port in enumerate(drafts.items(container.get("ports"))):
        if drafts.mapping(port).get("hostPort"):
            message = f"would be taken by both of the pair, and Kubernetes refuses such a pod: remove it, or {_HOT}"
            yield draft.finding((*path, "ports", index, "hostPort"), message, at_key=True)
