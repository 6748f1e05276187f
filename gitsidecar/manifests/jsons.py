"""What is no JSON, and where: `.json` files are read as YAML, which takes more than other readers of them do."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import NoReturn

_TEXT_OR_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN)')


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and how many characters stand before it."""

    at: int
    words: str


class _WordError(Exception):
    """A number that JSON does not have."""


def fault(text: str) -> Fault | None:
    """Return the first thing in *text* that is no JSON; ``None`` for JSON, for nothing, and for what nests too deep."""
    if not text.strip():
        return None
    try:
        json.loads(text, parse_int=_ignore, parse_float=_ignore, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return _explain(text, error)
    except _WordError:
        word = next(found for found in _TEXT_OR_WORD.finditer(text) if found[1])
        return Fault(word.start(), f"is not valid JSON: {word[1]} is no value: write a number")
    except RecursionError:
        return None  # far deeper than is allowed: the composer says so
    return None


def _ignore(_: str) -> int:
    return 0  # not converted: a number may have a million digits


def _refuse(_: str) -> NoReturn:
    raise _WordError


def _explain(text: str, error: json.JSONDecodeError) -> Fault:
    before, rest = text[: error.pos].rstrip(), text[error.pos :].lstrip()
    # Python releases differ on whether they point at a trailing comma or behind it.
    if rest.startswith(",") and rest[1:].lstrip()[:1] in ("}", "]"):
        return Fault(len(text) - len(rest), "is not valid JSON: remove the comma before the closing bracket")
    if before.endswith(",") and rest[:1] in ("}", "]"):
        return Fault(len(before) - 1, "is not valid JSON: remove the comma before the closing bracket")
    hint = next((f": {words}" for part, words in _HINTS if part in error.msg), "")
    if rest.startswith(("#", "//", "/*")):
        hint = ": JSON has no comments: remove it, or call the file .yaml"
    return Fault(error.pos, f"is not valid JSON: {error.msg}{hint}")


_HINTS = (
    ("Extra data", "a .json file holds one value: write kind: List, or call the file .yaml"),
    ("property name", "names stand in double quotes"),
    ("Expecting value", "text stands in double quotes, and true, false and null are in lower case"),
    ("',' delimiter", "a comma or a closing bracket is missing"),
    ("':' delimiter", "write a colon between name and value"),
    ("Unterminated string", "the closing quote is missing"),
    ("control character", "write a line break as \\n and a tab as \\t"),
    ("escape", "write \\\\ for a backslash"),
)
