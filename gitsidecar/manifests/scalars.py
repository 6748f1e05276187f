"""Plain YAML scalars to values, by YAML 1.2's core schema: ``yes`` is text, ``1:30`` is text, ``010`` is text."""

from __future__ import annotations

import math
import re

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
# A leading zero stays text: YAML 1.1 reads 010 as 8, YAML 1.2 as 10, and a guess would be wrong for half the readers.
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,19})")
_OTHER_BASE = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,40}|(?:0|[1-9][0-9]{0,40})(?:\.[0-9]{0,40}|(?=[eE])))(?:[eE][-+]?[0-9]{1,3})?")


def resolve(text: str) -> str | int | float | bool | None:
    """
    Return the value that a plain scalar stands for; what is not plainly null, a boolean or a number is text.

    Numbers too large to be meant (more than 20 digits, infinite) stay text too: fields that want a number refuse them.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
