"""
A container's fields as written, put in one canonical order, so that equal ones compare equal.

Nothing is defaulted here: a value that we filled in ourselves could change with a release, or with an image's tag, and
would then move pods or hold them. What Kubernetes itself cannot tell apart (empty and absent, ``0.5`` and ``500m``) is
made the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from gitsidecar.manifests import quantities

OWN_FIELDS = (
    "podInjectPolicy",
    "upgradeStrategy",
    "shareVolumePolicy",
    "shareVolumeDevicePolicy",
    "transferEnv",
    "resourcesPolicy",
)
"""What a SidecarSet adds to core/v1's Container."""

# In core/v1's Go types these are left out of the JSON when false or 0, so a pod never shows them.
_ABSENT_WHEN_FALSE = ("stdin", "stdinOnce", "tty", "readOnly")
_ABSENT_WHEN_ZERO = (
    "hostPort",
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)


def shape(container: Mapping[str, Any]) -> str:
    """
    Return canonical JSON of a container's core/v1 fields without name and image.

    `Sidecar.shape`: every field in it must be equal in a pod that carries this sidecar, so quantities are written as
    the API server shows them.
    """
    members = core(container, quantities.canonical)
    return to_json({field: value for field, value in members.items() if field not in ("name", "image")})


def core(container: Mapping[str, Any], spell: Callable[[str | float], str]) -> dict[str, Any]:
    """Return a valid container's core/v1 fields in canonical order, its quantities as *spell* writes them."""
    members: dict[str, Any] = {}
    for field, value in container.items():
        if field not in OWN_FIELDS:
            tidy = _tidy(field, value, spell)
            if not _is_absent(field, tidy):
                members[field] = tidy
    for field, rank in _NAMED_LISTS.items():
        if field in members:
            members[field] = sorted(members[field], key=rank)
    return members


def own(container: Mapping[str, Any], *, is_native: bool) -> dict[str, Any]:
    """Return the fields that a SidecarSet adds to a container, without those that only say what is so anyway."""
    written = {field: container[field] for field in OWN_FIELDS if container.get(field) is not None}
    members: dict[str, Any] = {field: _tidy(field, value, None) for field, value in written.items()}
    if members.get("podInjectPolicy") == ("AfterAppContainer" if is_native else "BeforeAppContainer"):
        del members["podInjectPolicy"]
    for field in ("shareVolumePolicy", "shareVolumeDevicePolicy"):
        if members.get(field) == {"type": "disabled"}:
            del members[field]
    if members.get("upgradeStrategy", {}).get("upgradeType") == "ColdUpgrade":
        del members["upgradeStrategy"]["upgradeType"]
    if members.get("resourcesPolicy", {}).get("targetContainersNameRegex") == ".*":
        del members["resourcesPolicy"]["targetContainersNameRegex"]
    for transfer in members.get("transferEnv", []):
        reference = transfer.get("sourceContainerNameFrom", {}).get("fieldRef", {})
        if reference.get("apiVersion") == "v1":
            del reference["apiVersion"]
    return {field: value for field, value in members.items() if not _is_absent(field, value)}


def to_json(value: Any) -> str:
    """Return canonical JSON: keys sorted, no spaces, text as it is."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _tidy(field: str, value: Any, spell: Callable[[str | float], str] | None) -> Any:
    if isinstance(value, list):
        return [_tidy("", item, spell) for item in value]
    if not isinstance(value, dict):
        return spell(value) if spell is not None and field == "divisor" else value
    if spell is not None and field in ("limits", "requests"):
        return {name: spell(amount) for name, amount in value.items()}
    tidied = {each: _tidy(each, member, spell) for each, member in value.items()}
    return {each: member for each, member in tidied.items() if not _is_absent(each, member)}


def _is_absent(field: str, value: Any) -> bool:
    if value is False:
        return field in _ABSENT_WHEN_FALSE
    if value == 0:
        return field in _ABSENT_WHEN_ZERO
    return value in ("", [], {}) or value is None


def _by(field: str) -> Callable[[Any], str]:
    return lambda entry: str(entry[field])


# Lists whose order does not count (DESIGN §5.6); entries of the same name keep their order.
_NAMED_LISTS: Mapping[str, Callable[[Any], Any]] = {
    "env": _by("name"),
    "volumeMounts": _by("mountPath"),
    "volumeDevices": _by("devicePath"),
    "ports": lambda port: (port["containerPort"], port.get("protocol", "TCP"), port.get("name", "")),
}
