"""
How `scatterStrategy` spreads pods that share a label over the pods that wait (reference §5.6).

Each term takes the pods with its value, its *members*, out of the line and puts them back in pieces, evenly spaced;
the *others* keep their order. The reference walks the whole line once a term, which for one term a pod is quadratic.
Yet only the members move, and the places where their pieces go are known from four counts alone. So the line is kept
in blocks of about √n pods: a member is found in the block that is noted for it, and a piece's place by the blocks'
lengths. A term costs √n steps and some a member, and the terms of one label have n members between them.
"""

from __future__ import annotations

import bisect
import collections
import dataclasses
import itertools
import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gitsidecar.model import sidecarsets

_ANY = "*"

_Piece = tuple[int, Sequence[int]]
"""How many of the others stand before it, and the members in it."""


def arrange(
    terms: Sequence[sidecarsets.Scatter],
    waiting: Sequence[Mapping[str, str]],
    matched: Sequence[Mapping[str, str]],
) -> list[int]:
    """
    Return the order, as indices into *waiting*, in which the reference's terms leave the pods that wait.

    *waiting* are the labels of the waiting pods in their present order; *matched* are those of all matched pods, the
    waiting ones among them, in order of namespace/name: the values that ``*`` stands for are taken in that order.
    """
    labels = {key: _Label.of(key, waiting, matched) for key in {term.key for term in terms}}
    line = _Line(len(waiting))
    for term in _rank(_spell_out(terms, labels), labels):
        label = labels[term.key]
        members = label.members(term.value)
        others = len(waiting) - len(members)
        if len(members) > 1 and others > 1:
            all_members = label.total(term.value)
            spacing = _space((len(members) - 1, others), (all_members - 1, len(matched) - all_members))
            line.put(list(_deal(line.take(members), others, spacing)))
    return line.order()


@dataclasses.dataclass(frozen=True, slots=True)
class _Label:
    """By value of one label, the indices of the waiting pods and the number of matched ones; no label is ``None``."""

    waiting: Mapping[str | None, Sequence[int]]
    matched: Mapping[str | None, int]

    @classmethod
    def of(cls, key: str, waiting: Iterable[Mapping[str, str]], matched: Iterable[Mapping[str, str]]) -> _Label:
        """Return what the pods have for *key*."""
        indices = collections.defaultdict(list)
        for index, labels in enumerate(waiting):
            indices[labels.get(key)].append(index)
        return cls(dict(indices), collections.Counter(labels.get(key) for labels in matched))

    def members(self, value: str) -> list[int]:
        """Return the waiting pods with *value*; those without the label have the empty one, as in the reference."""
        return [*self.waiting.get(value, ()), *(self.waiting.get(None, ()) if not value else ())]

    def total(self, value: str) -> int:
        """Return the number of matched pods with *value*, counted as `members` are."""
        return self.matched.get(value, 0) + (self.matched.get(None, 0) if not value else 0)


def _spell_out(terms: Iterable[sidecarsets.Scatter], labels: Mapping[str, _Label]) -> list[sidecarsets.Scatter]:
    """Return *terms* with ``*`` replaced by every value there is, each term once."""
    found: dict[sidecarsets.Scatter, None] = {}
    for term in terms:
        values = labels[term.key].matched if term.value == _ANY else (term.value,)
        found.update((sidecarsets.Scatter(term.key, value), None) for value in values if value is not None)
    return list(found)


def _rank(terms: list[sidecarsets.Scatter], labels: Mapping[str, _Label]) -> list[sidecarsets.Scatter]:
    """
    Return *terms* in the order in which they apply: the one with most waiting pods first, and none without.

    Here, unlike in `_Label.members`, a pod without the label does not count for the empty value. One term alone always
    applies. Both are the reference's ways.
    """
    if len(terms) == 1:
        return terms
    sizes = {term: len(labels[term.key].waiting.get(term.value, ())) for term in terms}
    return sorted((term for term in terms if sizes[term]), key=lambda term: -sizes[term])


@dataclasses.dataclass(frozen=True, slots=True)
class _Spacing:
    """After `lead` others, `groups` times so many members and then so many others."""

    groups: int
    members: int
    others: int
    lead: int = 0


def _space(line: tuple[int, int], everywhere: tuple[int, int]) -> _Spacing:
    """Return the spacing for so many (members, others) in the *line*, and so many among all matched pods."""
    members, others = line
    if _single(everywhere[1] / everywhere[0]) >= _single(others / members):
        return _even(members, others)
    whole = _even(*everywhere)  # the line is sparser than the whole: keep the density of the whole, at its end
    groups = min(members // whole.members, others // whole.others)
    return _Spacing(groups, whole.members, whole.others, lead=others - groups * whole.others)


def _even(members: int, others: int) -> _Spacing:
    groups = min(members, others)
    return _Spacing(groups, (2 * members + groups) // (2 * groups), (2 * others + groups) // (2 * groups))


def _single(ratio: float) -> float:
    """Round to single precision, in which the reference compares: nearly equal densities count as equal."""
    rounded: float = struct.unpack("f", struct.pack("f", ratio))[0]
    return rounded


def _deal(members: Sequence[int], others: int, spacing: _Spacing) -> Iterator[_Piece]:
    """Part *members* into pieces, each with its place among the *others*; the last member goes to the very end."""
    kept = members[:-1]
    for number in range(spacing.groups):
        start = number * spacing.members
        yield min(spacing.lead + number * spacing.others, others), kept[start : start + spacing.members]
    yield min(spacing.lead + spacing.groups * spacing.others, others), kept[spacing.groups * spacing.members :]
    yield others, members[-1:]


class _Line:
    """The numbers below `length`, in an order that changes; in blocks, so that a few of them move at little cost."""

    def __init__(self, length: int) -> None:
        self._size = 2 * math.isqrt(length) + 1
        self._homes = [0] * length  # the index of the block that holds each number
        self._blocks: list[list[int]] = []
        self._cut(list(range(length)))

    def order(self) -> list[int]:
        """Return the numbers in their present order."""
        return list(itertools.chain.from_iterable(self._blocks))

    def take(self, numbers: Iterable[int]) -> list[int]:
        """Remove *numbers*, and return them in the order in which they stood."""
        homes, blocks = self._homes, self._blocks
        places = sorted((homes[number], blocks[homes[number]].index(number)) for number in numbers)
        taken = [blocks[home].pop(offset) for home, offset in reversed(places)]
        taken.reverse()
        return taken

    def put(self, pieces: Sequence[_Piece]) -> None:
        """Insert *pieces*, whose places rise and count what is in the line before the first of them is inserted."""
        starts = list(itertools.accumulate(map(len, self._blocks[:-1]), initial=0))
        longest = 0
        for place, numbers in reversed(pieces):  # from the end, so that the places before it still hold
            home = bisect.bisect_right(starts, place) - 1
            block = self._blocks[home]
            offset = place - starts[home]
            block[offset:offset] = numbers
            for number in numbers:
                self._homes[number] = home
            longest = max(longest, len(block))
        if longest > 2 * self._size:
            self._cut(self.order())

    def _cut(self, numbers: Sequence[int]) -> None:
        self._blocks = [list(numbers[start : start + self._size]) for start in range(0, len(numbers), self._size)]
        for home, block in enumerate(self._blocks):
            for number in block:
                self._homes[number] = home
