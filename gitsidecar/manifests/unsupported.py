"""
What we read but cannot honour yet, in one table: an error that names it, never silence.

Somebody who writes one of these believes that it holds. Whoever makes it hold deletes its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitsidecar.manifests import documents, drafts
from gitsidecar.model import findings

_ANY = object()

# Path (None stands for every item of a list), the value that is meant, and what to do instead.
_FIELDS: tuple[tuple[tuple[str | None, ...], object, str], ...] = (
    (("spec", "containers", None, "upgradeStrategy", "upgradeType"), "HotUpgrade", "write ColdUpgrade, or remove it"),
    (
        ("spec", "initContainers", None, "upgradeStrategy", "upgradeType"),
        "HotUpgrade",
        "write ColdUpgrade, or remove it",
    ),
    (("metadata", "annotations", "apps.kruise.io/sidecarset-canary"), _ANY, "use updateStrategy.selector for a canary"),
    (("metadata", "annotations", "apps.kruise.io/sidecarset-base"), _ANY, "use updateStrategy.selector for a canary"),
)

# These only say how new pods are given their sidecars: nothing about a rollout is wrong without them.
_INJECTION_SPEC = ("injectionStrategy", "patchPodMetadata", "imagePullSecrets", "volumes", "customVersion")
_INJECTION_CONTAINER = (
    "podInjectPolicy",
    "shareVolumePolicy",
    "shareVolumeDevicePolicy",
    "transferEnv",
    "resourcesPolicy",
)


def check(draft: drafts.Draft) -> Iterator[findings.Finding]:
    """Yield an error for each field that we cannot honour yet, and one note about those that wait for injection."""
    for pattern, meant, instead in _FIELDS:
        for path, value in _find(draft.value, pattern, ()):
            if meant is _ANY or value == meant:
                name = f"{value} " if isinstance(meant, str) else ""
                yield draft.finding(path, f"{name}is not supported yet: {instead}", at_key=meant is _ANY)
    waiting = sorted(_waiting(drafts.mapping(draft.value.get("spec"))))
    if waiting:
        message = f"new pods are not injected yet, so these have no effect so far: {', '.join(waiting)}"
        yield draft.finding(("spec",), message, findings.Level.NOTE, at_key=True)


def _find(value: Any, pattern: tuple[str | None, ...], path: documents.Path) -> Iterator[tuple[documents.Path, Any]]:
    if not pattern:
        yield path, value
    elif pattern[0] is None:
        for index, item in enumerate(drafts.items(value)):
            yield from _find(item, pattern[1:], (*path, index))
    elif pattern[0] in drafts.mapping(value):
        yield from _find(value[pattern[0]], pattern[1:], (*path, pattern[0]))


def _waiting(spec: Any) -> set[str]:
    waiting = {field for field in _INJECTION_SPEC if spec.get(field)}
    for field in ("containers", "initContainers"):
        for container in drafts.items(spec.get(field)):
            waiting.update(each for each in _INJECTION_CONTAINER if drafts.mapping(container).get(each))
    return waiting
