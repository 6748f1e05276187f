"""Sets of characters in regular expressions, as ranges of code points."""

from __future__ import annotations

LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]
"""Code points, from and to inclusive."""


def one(character: str | int) -> Ranges:
    """Return the set of just this character."""
    code = ord(character) if isinstance(character, str) else character
    return ((code, code),)


def has(ranges: Ranges, character: str) -> bool:
    """Say whether *character* is in the set."""
    code = ord(character)
    return any(low <= code <= high for low, high in ranges)


def complement(ranges: Ranges) -> Ranges:
    """Return all other characters."""
    gaps: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            gaps.append((start, low - 1))
        start = max(start, high + 1)
    return tuple(gaps) if start > LAST else (*gaps, (start, LAST))


def folded(ranges: Ranges) -> Ranges:
    """Return *ranges* with the other case of their ASCII letters."""
    return (*ranges, *_other_case(ranges))


def _other_case(ranges: Ranges) -> Ranges:
    shifts = ((*_ranges("az")[0], -32), (*_ranges("AZ")[0], 32))
    pairs = ((max(low, first), min(high, last), by) for low, high in ranges for first, last, by in shifts)
    return tuple((low + by, high + by) for low, high, by in pairs if low <= high)


def _ranges(text: str) -> Ranges:
    """Return the ranges that *text* spells in pairs, e.g. ``azAZ``."""
    return tuple((ord(text[at]), ord(text[at + 1])) for at in range(0, len(text), 2))


LETTERS = {"d": _ranges("09"), "s": _ranges("\t\n\f\r  "), "w": _ranges("09AZ__az")}
CLASSES = {
    "alnum": _ranges("09AZaz"),
    "alpha": _ranges("AZaz"),
    "ascii": _ranges("\x00\x7f"),
    "blank": _ranges("\t\t  "),
    "cntrl": _ranges("\x00\x1f\x7f\x7f"),
    "digit": _ranges("09"),
    "graph": _ranges("!~"),
    "lower": _ranges("az"),
    "print": _ranges(" ~"),
    "punct": _ranges("!/:@[`{~"),
    "space": _ranges("\t\r  "),
    "upper": _ranges("AZ"),
    "word": LETTERS["w"],
    "xdigit": _ranges("09AFaf"),
}
