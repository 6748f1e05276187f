"""Rules for the annotations of `patchPodMetadata` that the API server itself looks into."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from gitsidecar.manifests import documents, drafts, names
from gitsidecar.manifests.rules import hotupgrades
from gitsidecar.model import findings

_COST = "controller.kubernetes.io/pod-deletion-cost"
_MIRROR = "kubernetes.io/config.mirror"
_TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_INTEGER = re.compile(r"-[0-9]{1,40}|0|[1-9][0-9]{0,9}", re.ASCII)
_PROFILES = ("", "runtime/default", "unconfined")


def check(draft: drafts.Draft, spec: Mapping[str, Any]) -> Iterator[findings.Finding]:
    """Yield what is wrong, or doubtful, with the annotations that *spec* gives to pods."""
    own = _names(spec)
    for index, patch in enumerate(drafts.items(spec.get("patchPodMetadata"))):
        path: documents.Path = ("spec", "patchPodMetadata", index, "annotations")
        for key, value in drafts.mapping(drafts.mapping(patch).get("annotations")).items():
            if key == _MIRROR:
                message = "is for the kubelet's own pods, and Kubernetes refuses it in any other: remove it"
                yield draft.finding((*path, key), message, at_key=True)
            if words := _value_fault(key, value) if isinstance(value, str) else "":
                yield draft.finding((*path, key), words)
            if key.startswith(_APPARMOR):
                yield from _check_container(draft, (*path, key), own)


def _value_fault(key: str, value: str) -> str:
    if key == _COST and not (_INTEGER.fullmatch(value) and -(2**31) <= int(value) < 2**31):
        return f"{names.shown(value)} is not a whole number of 32 bits: write e.g. '100' or '-100'"
    if key == _TOLERATIONS and not _is_list_of_mappings(value):
        return "is no JSON list of tolerations: remove it, Kubernetes obeys spec.tolerations of the pod only"
    if key.startswith(_APPARMOR) and value not in _PROFILES and not value.startswith("localhost/"):
        return f"{names.shown(value)} is no AppArmor profile: write runtime/default, unconfined or localhost/<profile>"
    return ""


def _check_container(draft: drafts.Draft, path: documents.Path, own: set[str]) -> Iterator[findings.Finding]:
    name = str(path[-1]).removeprefix(_APPARMOR)
    if names.label_fault(name):
        message = f"{names.shown(name)} is not a container's name: use a-z, 0-9 and '-'"
        yield draft.finding(path, message, at_key=True)
    elif name not in own:
        # It may be one of the application's.
        hint = names.suggestion(name, own) or "better write securityContext.appArmorProfile at the container"
        message = f"{names.shown(name)} is no container of this set, and Kubernetes refuses a pod without it: {hint}"
        yield draft.finding(path, message, findings.Level.WARNING, at_key=True)


def _names(spec: Mapping[str, Any]) -> set[str]:
    """Return the names that the containers of *spec* have in a pod."""
    listed = (*drafts.items(spec.get("containers")), *drafts.items(spec.get("initContainers")))
    named = [each for each in listed if isinstance(drafts.mapping(each).get("name"), str)]
    return {name for each in named for name in hotupgrades.slots(each)}


def _is_list_of_mappings(text: str) -> bool:
    try:
        value = json.loads(text, parse_constant=_refuse) if text else None
    except (ValueError, RecursionError):
        return False
    return value is None or (isinstance(value, list) and all(isinstance(each, dict) for each in value))


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)
