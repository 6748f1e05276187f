"""Rules for `resourcesPolicy`: its expressions are read, typed and tried out, so that none fails when a pod is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts, names
from gitsidecar.manifests.rules import containers
from gitsidecar.model import amounts, findings, regexes

_FIELDS = ("limits", "requests")
_RESOURCES = ("cpu", "memory")
# Thousandths of a core or of a byte that targets might have: nothing, little, a pod's worth, all there can be.
_SAMPLES = (0, 1, 100, 10**4, 10**6, 10**9, 10**12, 10**15, amounts.MAX_MILLI)


def check(draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong, or doubtful, with the `resourcesPolicy` of *container*, which stands at *path*."""
    policy = container.get("resourcesPolicy")
    if not isinstance(policy, dict):
        return
    here = (*path, "resourcesPolicy")
    resources = drafts.mapping(container.get("resources"))
    if resources.get("limits") or resources.get("requests"):
        yield draft.finding(here, "cannot stand beside resources: keep one of the two", at_key=True)
    if path[1] == "initContainers" and not containers.is_native(container):
        yield draft.finding(here, "is for containers that stay: remove it, or write restartPolicy: Always", at_key=True)
    pattern = policy.get("targetContainersNameRegex")
    words = regexes.fault(pattern) if isinstance(pattern, str) else ""
    if words:
        yield draft.finding((*here, "targetContainersNameRegex"), f"is not a regular expression: {words}")
    wanted = policy.get("resourcesExpr")
    if isinstance(wanted, dict):
        yield from _check_expressions(draft, (*here, "resourcesExpr"), wanted)


def _check_expressions(
    draft: drafts.Draft, path: documents.Path, wanted: Mapping[str, Any]
) -> Iterator[findings.Finding]:
    texts = {
        (field, resource): text
        for field in _FIELDS
        for resource in _RESOURCES
        if isinstance(text := drafts.mapping(wanted.get(field)).get(resource), str) and text
    }
    if not any(any(drafts.mapping(section).values()) for section in wanted.values()):
        yield draft.finding(path, "is empty: write limits or requests", at_key=True)
    wrong = {where: words for where, text in texts.items() if (words := _fault(text, where[1]))}
    for (field, resource), words in wrong.items():
        yield draft.finding((*path, field, resource), f"{names.shown(texts[field, resource])}: {words}")
    for (field, resource), text in texts.items():
        if (field, resource) not in wrong and field == "limits":
            yield from _check_limit(draft, (*path, field, resource), text)
    for resource in _RESOURCES:
        limit, request = (texts[each, resource] if (each, resource) in texts.keys() - wrong else "" for each in _FIELDS)
        if limit and request and _is_above(request, limit, resource):
            message = f"{names.shown(request)} is more than the limit {names.shown(limit)}: write the same or less"
            yield draft.finding((*path, "requests", resource), message)


def _is_above(request: str, limit: str, resource: str) -> bool:
    """Say whether a fixed request is above a fixed limit; others are cut down to the limit of their pod."""
    if not (amounts.is_constant(request) and amounts.is_constant(limit)):
        return False
    return amounts.compute(request, resource, 0) > amounts.compute(limit, resource, 0)


def _fault(text: str, resource: str) -> str:
    words = amounts.fault(text, resource)
    if words:
        return words
    values = _values(text, resource)
    if values[0] >= amounts.MAX_MILLI:
        return "is larger than Kubernetes can count (2^63 - 1)"
    return "is below zero" if min(values) < 0 and max(values) <= 0 else ""


def _check_limit(draft: drafts.Draft, path: documents.Path, text: str) -> Iterator[findings.Finding]:
    resource = str(path[-1])
    values = _values(text, resource)
    if min(values) < 0:
        which = "little" if values[0] < 0 else "much"
        least = "50m" if resource == "cpu" else "64Mi"
        message = (
            f"is below zero for targets with {which} {resource}, whose pods could not be injected: "
            f"write e.g. max({text}, {least})"
        )
        yield draft.finding(path, message, findings.Level.WARNING)


def _values(text: str, resource: str) -> list[int]:
    samples = _SAMPLES[:1] if amounts.is_constant(text) else _SAMPLES
    return [amounts.compute(text, resource, each) for each in samples]
