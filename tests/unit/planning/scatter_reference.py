"""The reference's scatter, word for word and slow (reference §5.6): what `scattering.arrange` is measured by."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping, Sequence

Labels = Mapping[str, str]
Term = tuple[str, str]


def arrange(terms: Sequence[Term], waiting: Sequence[Labels], matched: Sequence[Labels]) -> list[int]:
    """Apply one term after another, each on the result of the one before."""
    sequence = list(range(len(waiting)))
    for term in ranked(expanded(terms, matched), waiting):
        sequence = scattered(term, sequence, waiting, matched)
    return sequence


def expanded(terms: Sequence[Term], matched: Sequence[Labels]) -> list[Term]:
    """Replace ``*`` by one term for each value in the list of matched pods; drop duplicates."""
    found: list[Term] = []
    for key, value in terms:
        values = [labels[key] for labels in matched if key in labels] if value == "*" else [value]
        for each in values:
            if (key, each) not in found:
                found.append((key, each))
    return found


def ranked(terms: list[Term], waiting: Sequence[Labels]) -> list[Term]:
    """Of several terms, keep those that a waiting pod matches, and sort them by the number that do."""
    if len(terms) <= 1:
        return terms

    def size(term: Term) -> int:
        key, value = term
        return len([labels for labels in waiting if key in labels and labels[key] == value])

    return sorted((term for term in terms if size(term) >= 1), key=size, reverse=True)  # reverse keeps ties in order


def scattered(term: Term, sequence: list[int], waiting: Sequence[Labels], matched: Sequence[Labels]) -> list[int]:
    """Apply one term: groups of so many matched and so many unmatched pods, and the last matched one at the end."""
    key, value = term
    m = [index for index in sequence if waiting[index].get(key, "") == value]
    u = [index for index in sequence if waiting[index].get(key, "") != value]
    if len(m) <= 1 or len(u) <= 1:
        return sequence
    tm = len([labels for labels in matched if labels.get(key, "") == value])
    tu = len(matched) - tm
    last = m.pop()
    g, ms, us, r = grouped(tm - 1, tu, len(m), len(u))
    out = u[:r]
    u = u[r:]
    for _ in range(g):
        out, m = out + m[:ms], m[ms:]
        out, u = out + u[:us], u[us:]
    return [*out, *m, *u, last]


def grouped(tm: int, tu: int, m: int, u: int) -> tuple[int, int, int, int]:
    """Return the number of groups, their sizes, and how many unmatched pods go before the first."""
    if float32(tu / tm) >= float32(u / m):
        g = min(m, u)
        return g, half_up(m / g), half_up(u / g), 0
    g0 = min(tm, tu)
    ms, us = half_up(tm / g0), half_up(tu / g0)
    g = min(m // ms, u // us)
    return g, ms, us, u - g * us


def float32(number: float) -> float:
    """Round to single precision."""
    return ctypes.c_float(number).value


def half_up(number: float) -> int:
    """Round to the nearest whole number, and halves up."""
    return math.floor(number + 0.5)
