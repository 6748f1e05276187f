"""The `resources` of a sidecar, computed from those of the application's containers (reference §3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gitsidecar.model import amounts, quantities, regexes

_BINARY = ("", *quantities.BINARY)
_EVERY = ".*"


def apply(container: dict[str, Any], policy: Mapping[str, Any], targets: Sequence[Mapping[str, Any]]) -> str:
    """
    Give *container* the limits and requests that its `resourcesPolicy` works out, or return words that say why not.

    *targets* are the application's own containers that stay, with or without those that `targetContainersNameRegex`
    leaves out. Without any of them only constants can be worked out. A limit that needs what a target does not limit is
    not set. A request is never above the limit and never below zero; a limit below zero is what the words are for: as 0
    it would be no limit at all.
    """
    wanted = policy.get("resourcesExpr") or {}
    pattern = policy.get("targetContainersNameRegex") or _EVERY
    fault = _policy_fault(wanted, pattern)
    if fault:
        return fault
    chosen = [each for each in targets if regexes.matches(pattern, each["name"])]
    if not chosen and not all(amounts.is_constant(text) for _, _, text in _expressions(wanted)):
        return f"resourcesPolicy reckons with containers called as {pattern!r}, and the application has none"
    mode = policy.get("targetContainersMode")
    limits, fault = _limits(wanted, chosen, mode)
    fault = next(_target_faults(chosen), fault)
    if fault:
        return fault
    requests = _requests(wanted, chosen, mode)
    capped = {each: max(0, min(amount, limits.get(each, amount))) for each, amount in requests.items()}
    _set(container, {"limits": limits, "requests": capped})
    return ""


def _expressions(wanted: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield field, resource and expression of all that is set; an empty expression is none."""
    for field in ("limits", "requests"):
        for resource in ("cpu", "memory"):
            text = (wanted.get(field) or {}).get(resource)
            if text:
                yield field, resource, text


def _policy_fault(wanted: Mapping[str, Any], pattern: str) -> str:
    """Say what is wrong with a set that was accepted before expressions and patterns were checked; now nothing is."""
    if words := regexes.fault(pattern):
        return f"targetContainersNameRegex {pattern!r}: {words}"
    for field, resource, text in _expressions(wanted):
        if words := amounts.fault(text, resource):
            return f"resourcesExpr.{field}.{resource} {text!r}: {words}"
    return ""


def _target_faults(targets: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for target in targets:
        for field in ("limits", "requests"):
            for resource in ("cpu", "memory"):
                value = _written(target, field, resource)
                if value is not None and quantities.parse(value) is None:
                    shown = repr(value)[:64]
                    yield f"container {target['name']}: resources.{field}.{resource} is {shown}, which is no quantity"


def _limits(
    wanted: Mapping[str, Any], targets: Sequence[Mapping[str, Any]], mode: str | None
) -> tuple[dict[str, int], str]:
    """Return the limits in thousandths by resource, and why one cannot be set."""
    limits: dict[str, int] = {}
    for resource, text in ((resource, text) for field, resource, text in _expressions(wanted) if field == "limits"):
        available = None if not targets else _total([amount(each, "limits", resource) for each in targets], mode)
        if available is None and not amounts.is_constant(text):
            continue
        limits[resource] = amounts.compute(text, resource, available or 0)
        if limits[resource] < 0:
            shown = spell(resource, limits[resource])
            hint = f"write max({text}, {'50m' if resource == 'cpu' else '64Mi'})"
            return {}, f"resourcesExpr.limits.{resource} comes to {shown} for this pod: {hint}"
    return limits, ""


def _requests(wanted: Mapping[str, Any], targets: Sequence[Mapping[str, Any]], mode: str | None) -> dict[str, int]:
    """Return the requests in thousandths by resource."""
    requests = {}
    for resource, text in ((resource, text) for field, resource, text in _expressions(wanted) if field == "requests"):
        asked = [requested(each, resource) for each in targets]
        requests[resource] = amounts.compute(text, resource, _total(asked, mode) or 0)
    return requests


def _total(found: Sequence[int | None], mode: str | None) -> int | None:
    """Return the sum, or the largest, and nothing when one is missing."""
    present = [each for each in found if each is not None]
    if len(present) < len(found):
        return None
    return max(present, default=0) if mode == "max" else sum(present)


def requested(target: Mapping[str, Any], resource: str) -> int:
    """
    Return what a container asks for, in thousandths.

    Without a request it asks for its limit: the API server has filled that in before it asks a webhook.
    """
    asked = amount(target, "requests", resource)
    return asked if asked is not None else amount(target, "limits", resource) or 0


def amount(target: Mapping[str, Any], field: str, resource: str) -> int | None:
    """Return a limit or request of what has `resources`, in thousandths, or ``None`` when there is none."""
    found = quantities.parse(_written(target, field, resource))
    return None if found is None else found.milli


def _written(target: Mapping[str, Any], field: str, resource: str) -> object:
    section = (target.get("resources") or {}).get(field)
    return section.get(resource) if isinstance(section, Mapping) else None


def _set(container: dict[str, Any], computed: Mapping[str, Mapping[str, int]]) -> None:
    """Replace limits and requests of *container*; claims of devices stay."""
    resources = {name: value for name, value in (container.get("resources") or {}).items() if name not in computed}
    for field, by_resource in computed.items():
        if by_resource:
            resources[field] = {resource: spell(resource, milli) for resource, milli in by_resource.items()}
    container.pop("resources", None)
    if resources:
        container["resources"] = resources


def spell(resource: str, milli: int) -> str:
    """Return an amount as people write it: ``300m`` and ``2`` for cpu, ``180Mi`` for memory."""
    if resource == "cpu":
        return f"{milli}m" if milli % 1000 else str(milli // 1000)
    number, power = milli // 1000, 0
    while number and number % 1024 == 0 and power < len(_BINARY) - 1:
        number, power = number // 1024, power + 1
    return f"{number}{_BINARY[power]}"
