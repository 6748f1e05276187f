"""Rules for `securityContext`: what may be gained cannot be forbidden beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts
from gitsidecar.model import findings

_ADMIN = "CAP_SYS_ADMIN"
"""Only in this spelling: the API server looks for no other."""


def check(draft: drafts.Draft, path: documents.Path, container: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong, or doubtful, with the `securityContext` of *container*, which stands at *path*."""
    context, here = drafts.mapping(container.get("securityContext")), (*path, "securityContext")
    added = drafts.items(drafts.mapping(context.get("capabilities")).get("add"))
    if context.get("allowPrivilegeEscalation") is False:
        message = "false cannot stand beside {}: remove one of the two"
        if context.get("privileged") is True:
            yield draft.finding((*here, "allowPrivilegeEscalation"), message.format("privileged: true"))
        if _ADMIN in added:
            yield draft.finding((*here, "allowPrivilegeEscalation"), message.format(f"the capability {_ADMIN}"))
    if context.get("procMount") == "Unmasked":
        message = "needs hostUsers: false in the pod, which a set cannot write: Kubernetes refuses every other pod"
        yield draft.finding((*here, "procMount"), message, findings.Level.WARNING)
