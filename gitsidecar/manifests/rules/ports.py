"""Rules for `ports`: a name is one port of its container, and a port of the host is given away once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts, names
from gitsidecar.model import findings

_Taken = dict[tuple[str, str, int], documents.Path]


def check(draft: drafts.Draft, spec: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong with the ports of all containers of *spec*."""
    beside: _Taken = {}
    for field in ("containers", "initContainers"):
        for index, container in enumerate(drafts.items(spec.get(field))):
            listed = drafts.items(drafts.mapping(container).get("ports"))
            path: documents.Path = ("spec", field, index, "ports")
            yield from _check_names(draft, path, listed)
            # The API server compares init containers, native ones too, with no other.
            yield from _check_host(draft, path, listed, beside if field == "containers" else {})


def _check_names(draft: drafts.Draft, path: documents.Path, listed: list[Any]) -> Iterator[findings.Finding]:
    first: dict[str, int] = {}
    for index, port in enumerate(listed):
        name = drafts.mapping(port).get("name")
        if isinstance(name, str) and name and first.setdefault(name, index) != index:
            message = f"{names.shown(name)} is already the name of ports[{first[name]}]: choose another"
            yield draft.finding((*path, index, "name"), message)


def _check_host(
    draft: drafts.Draft, path: documents.Path, listed: list[Any], taken: _Taken
) -> Iterator[findings.Finding]:
    for index, port in enumerate(listed):
        found, here = spot(drafts.mapping(port)), (*path, index)
        if found is not None and taken.setdefault(found, here) != here:
            message = f"{found[2]} is already taken by {documents.spell(taken[found])}: choose another, or remove it"
            yield draft.finding((*here, "hostPort"), message)


def spot(port: Mapping[str, Any]) -> tuple[str, str, int] | None:
    """Return what *port* takes of the host, or ``None`` when it takes nothing, or cannot be read."""
    protocol, address, number = port.get("protocol") or "TCP", port.get("hostIP") or "", port.get("hostPort")
    if not (isinstance(protocol, str) and isinstance(address, str) and isinstance(number, int) and number):
        return None
    return protocol, address, number
