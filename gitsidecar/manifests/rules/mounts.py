"""Rules for how a container mounts its volumes: propagation, and reading only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts
from gitsidecar.model import findings


def check(draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong with the mounts of *container*, which stands at *path* of *draft*."""
    is_privileged = drafts.mapping(container.get("securityContext")).get("privileged") is True
    for index, each in enumerate(drafts.items(container.get("volumeMounts"))):
        mount, here = drafts.mapping(each), (*path, "volumeMounts", index)
        propagation = mount.get("mountPropagation")
        if propagation == "Bidirectional" and not is_privileged:
            message = "Bidirectional needs securityContext: {privileged: true}: write it, or HostToContainer"
            yield draft.finding((*here, "mountPropagation"), message)
        if mount.get("recursiveReadOnly") in ("IfPossible", "Enabled"):
            if mount.get("readOnly") is not True:
                yield draft.finding((*here, "recursiveReadOnly"), "needs readOnly: true beside it", at_key=True)
            if propagation not in (None, "None"):
                message = f"cannot stand beside mountPropagation: {propagation}: remove one of the two"
                yield draft.finding((*here, "recursiveReadOnly"), message, at_key=True)
