"""Rules for `securityContext`: what may be gained cannot be forbidden beside it, and profiles need their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.manifests import documents, drafts
from gitsidecar.model import findings

_ADMIN = "CAP_SYS_ADMIN"
"""Only in this spelling: the API server looks for no other."""

_LONGEST = 4095
"""Bytes of the name of an AppArmor profile."""


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
    for field in ("seccompProfile", "appArmorProfile"):
        yield from _check_profile(draft, (*here, field), drafts.mapping(context.get(field)))
    if drafts.mapping(context.get("windowsOptions")).get("hostProcess") is True:
        message = "needs hostProcess and hostNetwork in the pod, in all its containers: Kubernetes refuses other pods"
        yield draft.finding((*here, "windowsOptions", "hostProcess"), message, findings.Level.WARNING)
    if context.get("procMount") == "Unmasked":
        message = "needs hostUsers: false in the pod, which a set cannot write: Kubernetes refuses every other pod"
        yield draft.finding((*here, "procMount"), message, findings.Level.WARNING)


def _check_profile(draft: drafts.Draft, path: documents.Path, profile: Mapping[str, Any]) -> Iterator[findings.Finding]:
    kind, name = profile.get("type"), profile.get("localhostProfile")
    here = (*path, "localhostProfile")
    if kind != "Localhost":
        if isinstance(kind, str) and name is not None:
            yield draft.finding(here, "stands beside type: Localhost only: remove it, or write that", at_key=True)
    elif name is None:
        yield draft.finding(here, "is missing: type Localhost needs the name of a profile", at_key=True)
    elif isinstance(name, str) and (words := _profile_fault(str(path[-1]), name)):
        yield draft.finding(here, words)


def _profile_fault(field: str, name: str) -> str:
    if field == "seccompProfile":
        if name.startswith("/") or ".." in name.split("/"):
            return "must be a path below the kubelet's folder of profiles: without a first '/', and without '..'"
        return ""
    if not name or name != name.strip():
        return "must be the name of a profile, without spaces around it"
    return f"is longer than {_LONGEST} bytes" if len(name.encode(errors="replace")) > _LONGEST else ""
