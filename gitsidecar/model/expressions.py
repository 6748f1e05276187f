"""Expressions of `resourcesPolicy` (``max(cpu*50%, 50m)``): text to a small tree, and back."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import NoReturn

from gitsidecar.model import literals

MAX_LENGTH = 256
MAX_DEPTH = 20
"""Parentheses, functions and signs within each other: all that reading and evaluating recurse into."""


@dataclasses.dataclass(frozen=True, slots=True)
class Variable:
    """What the targets have of a resource: a quantity."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclasses.dataclass(frozen=True, slots=True)
class Negation:
    """A minus before its operand."""

    operand: Expression

    def __str__(self) -> str:
        return f"-{enclose(self.operand)}"


@dataclasses.dataclass(frozen=True, slots=True)
class Chain:
    """Operands of one precedence, from left to right: flat, so that a long sum is not a deep tree."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]

    def __str__(self) -> str:
        return enclose(self.first) + "".join(f" {sign} {enclose(operand)}" for sign, operand in self.rest)


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """``max(one, other)`` or ``min(one, other)``."""

    name: str
    one: Expression
    other: Expression

    def __str__(self) -> str:
        return f"{self.name}({self.one}, {self.other})"


Expression = literals.Literal | Variable | Negation | Chain | Choice


def enclose(operand: Expression) -> str:
    """Return *operand* as text, in parentheses where it needs them beside a sign."""
    return f"({operand})" if isinstance(operand, Chain) else str(operand)


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is no expression, or why it comes to nothing, in words."""

    words: str


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> Expression | Fault:
    """Return the expression that *text* is; names are read in any case, as in the reference (§3.7)."""
    if len(text) > MAX_LENGTH:
        return Fault(f"has {len(text)} characters: use at most {MAX_LENGTH}")
    try:
        return _Parser(list(literals.words(text))).read()
    except literals.WrongError as error:
        return Fault(str(error))


def variables(expression: Expression) -> Iterator[str]:
    """Yield the name of each variable, from left to right."""
    match expression:
        case Variable():
            yield expression.name
        case Negation():
            yield from variables(expression.operand)
        case Chain():
            for operand in (expression.first, *(each for _, each in expression.rest)):
                yield from variables(operand)
        case Choice():
            yield from variables(expression.one)
            yield from variables(expression.other)


class _Parser:
    """One reading of one list of words, from left to right."""

    def __init__(self, words: list[literals.Literal | str]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0

    def read(self) -> Expression:
        if not self._words:
            raise literals.WrongError("is empty")
        found = self._sum()
        if self._at < len(self._words):
            self._refuse(self._words[self._at])
        return found

    def _sum(self) -> Expression:
        first = self._product()
        rest = []
        while (sign := self._take("+", "-")) is not None:
            rest.append((sign, self._product()))
        return Chain(first, tuple(rest)) if rest else first

    def _product(self) -> Expression:
        first = self._operand()
        rest = []
        while (sign := self._take("*", "/")) is not None:
            rest.append((sign, self._operand()))
        return Chain(first, tuple(rest)) if rest else first

    def _operand(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise literals.WrongError(f"is nested deeper than {MAX_DEPTH}")
        found = self._leaf()
        self._depth -= 1
        return found

    def _leaf(self) -> Expression:
        if self._take("-"):
            return Negation(self._operand())
        if self._take("("):
            return self._closed(self._sum())
        if self._at == len(self._words):
            raise literals.WrongError("ends too early: an amount is missing" + self._after())
        word = self._words[self._at]
        if not isinstance(word, literals.Literal) and word not in (*literals.FUNCTIONS, *literals.VARIABLES):
            self._refuse(word)
        self._at += 1
        if isinstance(word, literals.Literal):
            return word
        return self._choice(word) if word in literals.FUNCTIONS else Variable(word)

    def _choice(self, name: str) -> Expression:
        if not self._take("("):
            raise literals.WrongError(f"{name} takes two amounts: write {name}(a, b)")
        one = self._sum() if not self._is_next(")") else None
        other = self._sum() if one is not None and self._take(",") else None
        if one is None or other is None or self._is_next(","):
            raise literals.WrongError(f"{name} takes exactly two amounts: write {name}(a, b)")
        return self._closed(Choice(name, one, other))

    def _closed(self, found: Expression) -> Expression:
        if self._at == len(self._words):
            raise literals.WrongError("has a '(' that is never closed: add ')'")
        return found if self._take(")") else self._refuse(self._words[self._at])

    def _refuse(self, word: literals.Literal | str) -> NoReturn:
        if isinstance(word, literals.Literal) or word in (*literals.VARIABLES, *literals.FUNCTIONS):
            raise literals.WrongError(f"has no sign before {word!s}: write + - * or /")
        if word[0].isalpha() or word[0] == "_":
            raise literals.WrongError(
                f"{word!r} is not known: use {', '.join(literals.VARIABLES)}, max(a, b), min(a, b)"
            )
        raise literals.WrongError(f"{word!r} is not expected{self._after()}")

    def _after(self) -> str:
        before = [str(each) for each in self._words[: self._at]]
        return f" after {' '.join(before[-3:])}" if before else " at the start"

    def _is_next(self, sign: str) -> bool:
        return self._words[self._at : self._at + 1] == [sign]

    def _take(self, *signs: str) -> str | None:
        word = self._words[self._at] if self._at < len(self._words) else None
        if not isinstance(word, str) or word not in signs:
            return None
        self._at += 1
        return word
