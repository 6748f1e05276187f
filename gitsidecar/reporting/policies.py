"""What a RolloutPolicy asks for, in short words and as written: nothing in them moves with the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitsidecar.reporting import yamls

_LIMITS = ("podsPerMinute", "minReadySeconds", "progressDeadlineSeconds", "repair")
_EVER = "it is removed"

_Json = Mapping[str, Any]


def rules(document: str) -> tuple[str, ...]:
    """
    Return each window, freeze and limit of a manifest: ``Deny 0 8 * * 1-5 for 10h (Europe/Berlin)``.

    Whether a window is open is not among them, because that changes without a commit; the holds tell it. The words come
    from outside: whoever shows them makes them harmless.
    """
    spec = _mapping(_mapping(yamls.from_json(document)).get("spec"))
    windows = (_window(each) for each in _mappings(spec.get("windows")))
    freezes = (_freeze(each) for each in _mappings(spec.get("freezes")))
    return (*windows, *freezes, *(f"{key} {spec[key]}" for key in _LIMITS if spec.get(key) is not None))


def _window(window: _Json) -> str:
    begins = f"{window.get('type', 'Allow')} {window.get('schedule', '')}"
    return f"{begins} for {window.get('duration', '')} ({window.get('timeZone') or 'UTC'})"


def _freeze(freeze: _Json) -> str:
    begins = f" from {freeze['from']}" if freeze.get("from") else ""
    why = f": {freeze['reason']}" if freeze.get("reason") else ""
    return f"freeze{begins} until {freeze.get('until') or _EVER}{why}"


def _mappings(value: object) -> Iterator[_Json]:
    return (_mapping(each) for each in value) if isinstance(value, list) else iter(())


def _mapping(value: object) -> _Json:
    """Return *value*, or nothing where a manifest of another release has something else: words must not fail."""
    return value if isinstance(value, dict) else {}
