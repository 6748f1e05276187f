"""Rules for `resources`: which there are, in what amounts, and how limits and requests of one go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts, names, quantities
from gitsidecar.model import findings

_PLAIN = ("cpu", "memory", "ephemeral-storage")
"""The resources without a domain that a container may ask for, beside huge pages."""
_PAGES = "hugepages-"
_NATIVE = "kubernetes.io/"
_QUOTA = "requests."
_FIELDS = ("limits", "requests")


def check(draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong with the `resources` of *container*, which stands at *path* of *draft*."""
    resources, here = drafts.mapping(container.get("resources")), (*path, "resources")
    if resources.get("claims"):
        message = (
            "needs these devices in the pod's own resourceClaims, or the API server refuses the pod: a set adds none"
        )
        yield draft.finding((*here, "claims"), message, findings.Level.WARNING, at_key=True)
    limits, requests = (_told_apart(resources.get(field)) for field in _FIELDS)
    for field, wanted in zip(_FIELDS, (limits, requests), strict=True):
        for name, amount in wanted.items():
            if words := _name_fault(name):
                yield draft.finding((*here, field, name), words, at_key=True)
            elif words := _amount_fault(name, amount):
                yield draft.finding((*here, field, name), words)
    for name, request in requests.items():
        if words := "" if _name_fault(name) else _pair_fault(name, request, limits.get(name)):
            yield draft.finding((*here, "requests", name), words)
    asked = {*limits, *requests}
    if any(map(_is_of_pages, asked)) and not asked.intersection(("cpu", "memory")):
        message = "has huge pages without cpu or memory: write one of these too, e.g. memory: 64Mi"
        yield draft.finding(here, message, at_key=True)


def _told_apart(amounts: Any) -> dict[str, Any]:
    """Return *amounts* without the names that are told at the field already."""
    return {name: amount for name, amount in drafts.mapping(amounts).items() if not names.key_fault(name)}


def _is_of_pages(name: str) -> bool:
    return name.startswith(_PAGES)


def _is_of_a_device(name: str) -> bool:
    """Say whether *name* is an extended resource: what a device plug-in or a person has added to nodes."""
    return "/" in name and _NATIVE not in name and not _is_of_pages(name)


def _name_fault(name: str) -> str:
    if _is_of_pages(name):
        return "" if _page_size(name) else f"{names.shown(name)} says no size of a page: write e.g. {_PAGES}2Mi"
    if _is_of_a_device(name):
        return f"{names.shown(name)} begins with {_QUOTA}, as quotas do: remove that" if name.startswith(_QUOTA) else ""
    if "/" in name or name in _PLAIN:
        return ""
    known = ", ".join(_PLAIN)
    return f"{names.shown(name)} is not known: write {known}, or a domain before it, as in example.com/{name[:40]}"


def _page_size(name: str) -> int:
    """Return the bytes of a page, or 0 when *name* does not say them."""
    size = name.removeprefix(_PAGES)
    if quantities.fault(size):
        return 0
    whole, rest = divmod(quantities.milli(size), 1000)
    return 0 if rest else whole


def _amount_fault(name: str, amount: Any) -> str:
    if quantities.fault(amount):
        return ""  # told at the field
    whole, rest = divmod(quantities.milli(amount), 1000)
    if _is_of_pages(name) and (whole + bool(rest)) % _page_size(name):
        return f"is no multiple of {name.removeprefix(_PAGES)}: write whole pages"
    return "must be a whole number" if rest and _is_of_a_device(name) else ""


def _pair_fault(name: str, request: Any, limit: Any) -> str:
    is_exact = _is_of_pages(name) or _is_of_a_device(name)
    if limit is None:
        return "has no limit, and is never shared: write the same amount in limits" if is_exact else ""
    if quantities.fault(request) or quantities.fault(limit):
        return ""
    if is_exact and quantities.milli(request) != quantities.milli(limit):
        return f"is not the limit {limit}: write the same, or the limit alone"
    if quantities.milli(request) > quantities.milli(limit):
        return f"is more than the limit {limit}: Kubernetes refuses such a pod"
    return ""
