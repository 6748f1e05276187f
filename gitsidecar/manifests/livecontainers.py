"""One container of a live pod's spec: its name, its image, and its shape as canonical JSON."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

_ACCOUNT_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

_QUOTED_MOUNT = f'"{_ACCOUNT_MOUNT}"'.encode()
_PLAIN_MOUNT = b'{"mountPath":' + _QUOTED_MOUNT + b"}"
_PLAIN_OBJECT = re.compile(rb'\{(?:\s*"\w+":\s*(?:"[\w./-]*"|true|false)\s*,?)*\s*\}')

_decoder = msgspec.json.Decoder(dict[str, Any])
_encoder = msgspec.json.Encoder(order="sorted")


class LiveContainer(NamedTuple):
    """What a container's spec says; `is_restarted` is true with ``restartPolicy: Always``."""

    name: str
    image: str
    shape: str
    is_restarted: bool


def read(raw: msgspec.Raw) -> LiveContainer:
    """
    Return what the container's JSON says, the same strings for the same container in another pod.

    Raises ValueError, in words, when it is not a container.
    """
    return _read(_with_plain_mount(bytes(raw)))


def _with_plain_mount(text: bytes) -> bytes:
    """
    Return *text* with no more than the path in its service-account mount.

    That mount has a name that differs from pod to pod; without it a workload's containers are the same bytes. Only an
    object of plain members is cut down: within a JSON string its quotes would be escaped and not match.
    """
    at = text.find(_QUOTED_MOUNT)
    if at < 0:
        return text
    start, end = text.rfind(b"{", 0, at), text.find(b"}", at) + 1
    if start < 0 or not _PLAIN_OBJECT.fullmatch(text, start, end) or not text[:at].rstrip().endswith(b'"mountPath":'):
        return text
    return text[:start] + _PLAIN_MOUNT + text[end:]


@functools.lru_cache(maxsize=4096)
def _read(text: bytes) -> LiveContainer:
    try:
        members = _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ValueError(str(error)) from error
    name, image = _text(members, "name"), _text(members, "image")
    return LiveContainer(name, image, _shape(members), members.get("restartPolicy") == "Always")


def _text(members: dict[str, Any], field: str) -> str:
    value = members.get(field)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{field} is missing or not text")
    return value


def _shape(members: dict[str, Any]) -> str:
    shape = {field: value for field, value in members.items() if field not in ("name", "image")}
    mounts = shape.get("volumeMounts")
    if isinstance(mounts, list):
        shape["volumeMounts"] = [mount for mount in mounts if not _is_account_mount(mount)]
        if not shape["volumeMounts"]:
            del shape["volumeMounts"]  # a container without mounts has no such field
    for field, rank in _NAMED_LISTS.items():
        if isinstance(shape.get(field), list):
            shape[field] = sorted(shape[field], key=rank)
    return _encoder.encode(shape).decode()


def _is_account_mount(mount: object) -> bool:
    return isinstance(mount, dict) and mount.get("mountPath") == _ACCOUNT_MOUNT


def _by(field: str) -> Callable[[object], str]:
    def rank(entry: object) -> str:
        return str(entry.get(field, "")) if isinstance(entry, dict) else ""

    return rank


def _by_port(entry: object) -> tuple[int, str, str]:
    if not isinstance(entry, dict):
        return (0, "", "")
    number = entry.get("containerPort")
    return (number if isinstance(number, int) else 0, str(entry.get("protocol", "TCP")), str(entry.get("name", "")))


# Lists whose order does not count (DESIGN §5.6), and what names an entry. Entries of the same name keep their order.
_NAMED_LISTS: dict[str, Callable[[object], Any]] = {
    "env": _by("name"),
    "volumeMounts": _by("mountPath"),
    "volumeDevices": _by("devicePath"),
    "ports": _by_port,
}
