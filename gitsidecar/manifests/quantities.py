"""Kubernetes quantities in manifests: what is wrong with one, and how the API server writes it."""

from __future__ import annotations

from gitsidecar.model import quantities

_BY_POWER = {power: suffix for suffix, power in quantities.DECIMAL.items()}
_BINARY_BY_POWER = {0: "", **{power: suffix for suffix, power in quantities.BINARY.items()}}
_MAX = 2**63 - 1


def fault(value: object) -> str:
    """Say what is wrong with *value* as an amount of a resource, or nothing."""
    example = "write e.g. 500m or 2 for cpu, 512Mi or 1Gi for memory"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return f"must be a quantity: {example}"
    found = quantities.parse(value)
    if found is None:
        return f"{str(value)[:64]!r} is not a quantity: {example}"
    if found.milli < 0:
        return "must not be negative"
    return "" if found.milli <= _MAX * 1000 else "is larger than Kubernetes can count (2^63 - 1)"


def canonical(value: str | float) -> str:
    """
    Return a valid quantity as the API server shows it: ``1024Mi`` is ``1Gi``, ``0.5`` is ``500m``, ``1000m`` is ``1``.

    As there, the family of suffixes stays as written, so ``1Gi`` and ``1073741824`` differ; compare these by `milli`.
    """
    found = _parse(value)
    if found.is_binary and found.milli >= 1024 * 1000 and found.milli % 1000 == 0:
        return _binary(found.milli // 1000)
    return _scaled(found.milli, is_exponent=found.is_exponent)


def milli(value: str | float) -> int:
    """Return a valid quantity in thousandths, rounded up as the API server does for resources."""
    return _parse(value).milli


def _parse(value: str | float) -> quantities.Quantity:
    found = quantities.parse(value)
    assert found is not None, "validated before"
    return found


def _binary(number: int) -> str:
    power = 0
    while number % 1024 == 0 and power < 6:
        number //= 1024
        power += 1
    return f"{number}{_BINARY_BY_POWER[power]}"


def _scaled(milli: int, *, is_exponent: bool) -> str:
    if milli == 0:
        return "0"
    power = -3
    while milli % 1000 == 0 and power < 18:
        milli //= 1000
        power += 3
    if is_exponent:
        return f"{milli}e{power}" if power else str(milli)
    return f"{milli}{_BY_POWER[power]}"
