"""Kubernetes quantities (``500m``, ``1Gi``, ``0.5``, ``1e3``): which texts are some, and what they amount to."""

from __future__ import annotations

import dataclasses
import decimal
import re

BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
"""Suffix → power of 1024."""

DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
"""Suffix → power of 10."""

_FORM = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?[0-9]{1,3}|)")
_LONGEST = 64
_EXACT = decimal.Context(prec=100, rounding=decimal.ROUND_CEILING)


@dataclasses.dataclass(frozen=True, slots=True)
class Quantity:
    """An amount in thousandths, rounded up as the API server does for resources, and the suffix as written."""

    milli: int
    suffix: str = ""

    @property
    def is_binary(self) -> bool:
        """Say whether it was written with a suffix such as ``Gi``."""
        return self.suffix in BINARY

    @property
    def is_exponent(self) -> bool:
        """Say whether it was written with an exponent such as ``e3``."""
        return self.suffix not in BINARY and self.suffix not in DECIMAL


def parse(value: object) -> Quantity | None:
    """Return what a manifest's *value* amounts to, or ``None`` when it is not a quantity."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    form = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if form is None:
        return None
    number, suffix = decimal.Decimal(form[1]), form[2]
    if suffix in BINARY:
        amount = _EXACT.multiply(number, decimal.Decimal(1024 ** BINARY[suffix]))
    else:
        power = DECIMAL[suffix] if suffix in DECIMAL else int(suffix[1:])
        amount = number.scaleb(max(-100, min(100, power)), _EXACT)
    return Quantity(
        int(_EXACT.multiply(amount, decimal.Decimal(1000)).to_integral_value(decimal.ROUND_CEILING)), suffix
    )


def is_same(one: object, other: object) -> bool:
    """Say whether two values amount to the same; what is not a quantity is compared as it stands."""
    left, right = parse(one), parse(other)
    if left is None or right is None:
        return type(one) is type(other) and one == other
    return left.milli == right.milli
