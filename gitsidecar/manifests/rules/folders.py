"""Rules for paths in volumes: none leads out of where it begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts
from gitsidecar.model import findings

_RELATIVE = ("subPath", "subPathExpr")
_HOST = "hostPath"


def check(draft: drafts.Draft, spec: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong with the folders of the host that *spec* has as volumes."""
    for index, volume in enumerate(drafts.items(spec.get("volumes"))):
        source = drafts.mapping(drafts.mapping(volume).get(_HOST))
        yield from _check_steps(draft, ("spec", "volumes", index, _HOST, "path"), source.get("path"))


def check_container(
    draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]
) -> Iterator[findings.Finding]:
    """Yield what is wrong with the paths that *container*, which stands at *path*, has in its volumes."""
    for index, mount in enumerate(drafts.items(container.get("volumeMounts"))):
        for field in _RELATIVE:
            part, here = drafts.mapping(mount).get(field), (*path, "volumeMounts", index, field)
            yield from _check_steps(draft, here, part)
            if isinstance(part, str) and part.startswith("/"):
                yield draft.finding(here, "is a path within the volume: write it without the first '/'")
    for index, device in enumerate(drafts.items(container.get("volumeDevices"))):
        here = (*path, "volumeDevices", index, "devicePath")
        yield from _check_steps(draft, here, drafts.mapping(device).get("devicePath"))
    for index, variable in enumerate(drafts.items(container.get("env"))):
        source = drafts.mapping(drafts.mapping(drafts.mapping(variable).get("valueFrom")).get("fileKeyRef"))
        here = (*path, "env", index, "valueFrom", "fileKeyRef", "path")
        yield from _check_steps(draft, here, source.get("path"))


def _check_steps(draft: drafts.Draft, path: documents.Path, value: Any) -> Iterator[findings.Finding]:
    if isinstance(value, str) and ".." in value.split("/"):
        yield draft.finding(path, "must not have '..' as a part: write the path that is meant")
