"""The syntax of RE2, read into steps: what is wrong with a regular expression, and which names it matches."""

from __future__ import annotations

import functools
import re
from typing import NoReturn

from gitsidecar.model import characters, patterns

MAX_LENGTH = 1000
MAX_DEPTH = 32

_REMEMBERED = 4096  # pairs of an expression and a name: thousands of pods share a few of them
_COUNT = re.compile(r"\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}")
_GROUP = re.compile(r"\?(?:(?P<flags>[imsU]*)(?:-(?P<off>[imsU]+))?(?P<end>[:)])|P?<(?P<name>[A-Za-z0-9_]+)>)")
_POSIX = re.compile(r"\[:(\^?)([a-z]+):\]")
_HEX = re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})")
_CONTROLS = {"a": 7, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_EDGES = {"A": patterns.Edge.START, "z": patterns.Edge.END, "b": patterns.Edge.WORD, "B": patterns.Edge.NO_WORD}


class _WrongError(Exception):
    """What is wrong, in words."""


def fault(text: str) -> str:
    """Say what is wrong with *text* as a regular expression, or nothing."""
    read = _read(text)
    return read if isinstance(read, str) else ""


@functools.lru_cache(maxsize=_REMEMBERED)
def matches(text: str, name: str) -> bool:
    """
    Say whether the expression *text*, which has no `fault`, matches somewhere in *name*.

    Letters' case is folded in ASCII only, and a name is one line: that is all that the names of containers know.
    """
    steps = _read(text)
    assert not isinstance(steps, str), steps
    return patterns.search(steps, name)


@functools.lru_cache(maxsize=256)
def _read(text: str) -> patterns.Steps | str:
    if len(text) > MAX_LENGTH:
        return f"has {len(text)} characters: use at most {MAX_LENGTH}"
    try:
        return _Reader(text).read()
    except _WrongError as error:
        return str(error)


class _Reader:
    """One reading of one text, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._is_folding = False
        self._names: set[str] = set()

    def read(self) -> patterns.Steps:
        steps = self._alternatives()
        if self._at < len(self._text):
            self._refuse("closes a group that was not opened: write \\) for the character", ")")
        return steps

    def _alternatives(self) -> patterns.Steps:
        steps = self._sequence()
        while self._accept("|"):
            steps = self._limited(patterns.either(steps, self._sequence()))
        return steps

    def _sequence(self) -> patterns.Steps:
        steps: patterns.Steps = ()
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            steps = self._limited((*steps, *self._repeated()))
        return steps

    def _repeated(self) -> patterns.Steps:
        self._refuse_count("repeats nothing: put something before it")
        steps = self._atom()
        count = self._count()
        if count is None:
            return steps
        self._accept("?")  # as few as possible: the same names match
        self._refuse_count("follows another repetition: put a group around what is repeated")
        return self._limited(patterns.repeat(steps, *count))

    def _refuse_count(self, why: str) -> None:
        start = self._at
        if self._count() is not None:
            self._refuse(why, self._text[start : self._at])

    def _count(self) -> tuple[int, int | None] | None:
        """Take a repetition, if one stands here, and return how often."""
        for sign, count in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._accept(sign):
                return count
        found = _COUNT.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        if max(len(found[1]), len(found[3] or "")) > 4:
            self._refuse("repeats too often", found[0])
        low = int(found[1])
        high = low if found[2] is None else int(found[3]) if found[3] else None
        if high is not None and high < low:
            self._refuse("repeats less often than it begins with: swap the two", found[0])
        return low, high

    def _atom(self) -> patterns.Steps:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return (patterns.Take(self._class()),)
        if character == "\\":
            return self._escape()
        if character == ".":
            return (patterns.Take(characters.complement(characters.one("\n"))),)
        if character in "^$":
            return (patterns.Edge(character),)
        return (patterns.Take(self._folded(characters.one(character))),)

    def _group(self) -> patterns.Steps:
        opened, was_folding = self._at - 1, self._is_folding
        if self._text.startswith("?", self._at) and self._is_flags_alone():
            self._refuse_count("repeats nothing: put something before it")
            return ()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _WrongError(f"has groups nested deeper than {MAX_DEPTH}")
        steps = self._alternatives()
        if not self._accept(")"):
            self._refuse("opens a group that is never closed: write \\( for the character", self._text[opened:])
        self._depth -= 1
        self._is_folding = was_folding
        return steps

    def _is_flags_alone(self) -> bool:
        """Take what stands after ``(`` and begins with a question mark; say whether it is no group but flags."""
        found = _GROUP.match(self._text, self._at)
        if found is None:
            shown = self._text[self._at - 1 : self._at + 3]
            self._refuse("is not known to RE2, which has no looking around and the like", shown)
        self._at = found.end()
        if found["name"] is not None and found["name"] in self._names:
            self._refuse("is the name of two groups", found["name"])
        if found["name"] is not None:
            self._names.add(found["name"])
            return False
        if "i" in found["flags"] + (found["off"] or ""):
            self._is_folding = "i" not in (found["off"] or "")
        return bool(found["end"] == ")")

    def _escape(self) -> patterns.Steps:
        kind = self._text[self._at : self._at + 1]
        if kind in _EDGES:
            self._at += 1
            return (_EDGES[kind],)
        letter = self._letter()
        return (patterns.Take(self._folded(characters.one(self._escaped())) if letter is None else letter),)

    def _letter(self) -> characters.Ranges | None:
        """Take the d of ``\\d`` and its like, if one stands here, and return what it means."""
        kind = self._text[self._at : self._at + 1]
        if kind.lower() not in characters.LETTERS:
            return None
        self._at += 1
        return characters.LETTERS[kind] if kind.islower() else characters.complement(characters.LETTERS[kind.lower()])

    def _escaped(self) -> int:
        found = _HEX.match(self._text, self._at)
        if found is not None and int(found[1] or found[2], 16) <= characters.LAST:
            self._at = found.end()
            return int(found[1] or found[2], 16)
        kind = self._next()
        if kind.isascii() and not kind.isalnum():
            return ord(kind)
        if kind not in _CONTROLS:
            why = "would look back at a group, which RE2 cannot" if kind.isdigit() else "is not supported"
            self._refuse(why, f"\\{kind}")
        return _CONTROLS[kind]

    def _class(self) -> characters.Ranges:
        opened, is_negated = self._at - 1, self._accept("^")
        ranges: list[tuple[int, int]] = []
        is_first = True
        while is_first or not self._accept("]"):
            if self._at >= len(self._text):
                self._refuse("opens a class that is never closed: write \\[ for the character", self._text[opened:])
            ranges += self._member()
            is_first = False
        folded = self._folded(tuple(ranges))
        return characters.complement(folded) if is_negated else folded

    def _member(self) -> characters.Ranges:
        posix = _POSIX.match(self._text, self._at)
        if posix is not None:
            self._at = posix.end()
            if posix[2] not in characters.CLASSES:
                self._refuse("is not known", posix[0])
            return characters.complement(characters.CLASSES[posix[2]]) if posix[1] else characters.CLASSES[posix[2]]
        start = self._at
        if self._accept("\\"):
            letter = self._letter()
            if letter is not None:
                return letter
            self._at = start
        low = high = self._character()
        if self._text.startswith("-", self._at) and not self._text.startswith("-]", self._at):
            self._at += 1
            high = self._character()
        if high < low:
            self._refuse("is a range that ends before it begins", self._text[start : self._at])
        return ((low, high),)

    def _character(self) -> int:
        return self._escaped() if self._accept("\\") else ord(self._next())

    def _folded(self, ranges: characters.Ranges) -> characters.Ranges:
        return characters.folded(ranges) if self._is_folding else ranges

    def _limited(self, steps: patterns.Steps | None) -> patterns.Steps:
        if steps is None or len(steps) > patterns.MAX_STEPS:
            raise _WrongError("is too large once its repetitions are written out: repeat less often")
        return steps

    def _accept(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise _WrongError("ends too early: a character is missing")
        self._at += 1
        return self._text[self._at - 1]

    def _refuse(self, why: str, what: str) -> NoReturn:
        shown = repr(what[:20]).replace("\\\\", "\\")
        raise _WrongError(f"{shown} {why}")
