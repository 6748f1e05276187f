"""Kubernetes quantities (``500m``, ``1Gi``): are they valid, how are they written canonically, are two equal?"""

from __future__ import annotations

import decimal
import re

_FORM = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?[0-9]{1,3}|)")
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL_BY_POWER = {power: suffix for suffix, power in _DECIMAL.items()}
_MAX = 2**63 - 1
_exact = decimal.Context(prec=100, rounding=decimal.ROUND_CEILING)


def fault(value: object) -> str:
    """Say what is wrong with *value* as an amount of a resource, or nothing."""
    example = "write e.g. 500m or 2 for cpu, 512Mi or 1Gi for memory"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return f"must be a quantity: {example}"
    text = str(value)
    form = _FORM.fullmatch(text) if len(text) <= 64 else None
    if form is None:
        return f"{text[:64]!r} is not a quantity: {example}"
    milli = _milli(value)
    if milli < 0:
        return "must not be negative"
    return "" if milli <= _MAX * 1000 else "is larger than Kubernetes can count (2^63 - 1)"


def canonical(value: str | float) -> str:
    """
    Return a valid quantity as the API server shows it: ``1024Mi`` is ``1Gi``, ``0.5`` is ``500m``, ``1000m`` is ``1``.

    As there, the family of suffixes stays as written, so ``1Gi`` and ``1073741824`` differ; compare these by `milli`.
    """
    form = _FORM.fullmatch(str(value))
    assert form is not None, "validated before"
    milli = _milli(value)
    if form[2] in _BINARY and milli >= 1024 * 1000 and milli % 1000 == 0:
        return _binary(milli // 1000)
    return _scaled(milli, is_exponent=form[2][:1] in ("e", "E") and len(form[2]) > 1)


def milli(value: str | float) -> int:
    """Return a valid quantity in thousandths, rounded up as the API server does for resources."""
    return _milli(value)


def _milli(value: str | float) -> int:
    form = _FORM.fullmatch(str(value))
    assert form is not None, "validated before"
    number, suffix = decimal.Decimal(form[1]), form[2]
    if suffix in _BINARY:
        number = _exact.multiply(number, decimal.Decimal(1024 ** _BINARY[suffix]))
    else:
        power = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
        number = number.scaleb(max(-100, min(100, power)), _exact)
    return int(_exact.multiply(number, decimal.Decimal(1000)).to_integral_value(decimal.ROUND_CEILING))


def _binary(number: int) -> str:
    power = 0
    while number % 1024 == 0 and power < 6:
        number //= 1024
        power += 1
    suffix = next((suffix for suffix, each in _BINARY.items() if each == power), "")
    return f"{number}{suffix}"


def _scaled(milli: int, *, is_exponent: bool) -> str:
    if milli == 0:
        return "0"
    power = -3
    while milli % 1000 == 0 and power < 18:
        milli //= 1000
        power += 3
    if is_exponent:
        return f"{milli}e{power}" if power else str(milli)
    return f"{milli}{_DECIMAL_BY_POWER[power]}"
