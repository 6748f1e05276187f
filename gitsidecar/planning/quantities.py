"""Kubernetes quantities (``500m``, ``1Gi``, ``0.5``, ``1e3``), compared by what they amount to."""

from __future__ import annotations

import decimal
import fractions
import math
import re

_NUMBER = re.compile(r"([+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40}))([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def is_same(one: object, other: object) -> bool:
    """Say whether two quantities amount to the same; what is not a quantity is compared as it stands."""
    left, right = milli(one), milli(other)
    if left is None or right is None:
        return type(one) is type(other) and one == other
    return left == right


def milli(value: object) -> int | None:
    """Return *value* in thousandths, rounded up as the API server does, or ``None`` when it is not a quantity."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _NUMBER.fullmatch(str(value))
    if found is None:
        return None
    amount = fractions.Fraction(decimal.Decimal(found[1])) * _factor(found[2] or "")
    return math.ceil(amount * 1000)


def _factor(suffix: str) -> fractions.Fraction:
    if suffix in _BINARY:
        return fractions.Fraction(1024) ** _BINARY[suffix]
    exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
    return fractions.Fraction(10) ** exponent
