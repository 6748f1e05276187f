"""The words of an expression: numbers, quantities, names and signs."""

from __future__ import annotations

import dataclasses
import fractions
import re
from collections.abc import Iterator

from gitsidecar.model import quantities

SUFFIXES = ("m", "k", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "Pi")
VARIABLES = ("cpu", "memory")
FUNCTIONS = ("max", "min")

_LARGEST_EXPONENT = 30
_WORD = re.compile(
    r"[ \t\r\n]*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?P<suffix>%|[A-Za-z_][A-Za-z0-9_]*)?"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>[-+*/(),]))[ \t\r\n]*"
)


class WrongError(Exception):
    """What is wrong, in words; `expressions.parse` makes a value of it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Literal:
    """A number (``3``, ``1e3``, ``50%``) or a quantity (``100Mi``), as written."""

    text: str
    value: fractions.Fraction | quantities.Quantity

    def __str__(self) -> str:
        return self.text


def words(text: str) -> Iterator[Literal | str]:
    """Yield literals, names in lower case, and signs."""
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            wrong = text[at:].strip()[:1]
            raise WrongError(f"{wrong!r} means nothing here: use + - * / ( ) max min" if wrong else "is empty")
        at = found.end()
        if found["number"] is None:
            yield found["sign"] or found["name"].lower()
        elif found["suffix"] in (None, "%"):
            yield _number(found["number"], found["suffix"] or "")
        else:
            yield _quantity(found["number"], found["suffix"])


def _number(number: str, percent: str) -> Literal:
    exponent = re.split("[eE]", number)[1:]
    if exponent and abs(int(exponent[0])) > _LARGEST_EXPONENT:
        raise WrongError(f"{number} has an exponent beyond {_LARGEST_EXPONENT}: no pod has so much")
    value = fractions.Fraction(number)
    return Literal(number + percent, value / 100 if percent else value)


def _quantity(number: str, suffix: str) -> Literal:
    text = number + suffix
    found = quantities.parse(text) if suffix in SUFFIXES else None
    if found is not None:
        return Literal(text, found)
    if suffix in SUFFIXES:
        raise WrongError(f"{text!r} is not an amount: write fewer digits, and a suffix or an exponent but not both")
    if suffix.lower() in (*VARIABLES, *FUNCTIONS):
        raise WrongError(f"a sign is missing: write {number} * {suffix}")
    bare = suffix.rstrip("bB")
    near = [each for each in SUFFIXES if each == bare] or [each for each in SUFFIXES if each.lower() == bare.lower()]
    hint = f"did you mean {number}{near[0]}?" if near else f"known are {', '.join(SUFFIXES)}"
    raise WrongError(f"{suffix!r} in {text!r} is not a suffix: {hint}")
