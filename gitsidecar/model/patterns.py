"""Regular expressions over names, with RE2's syntax and meaning: which texts are some, and which names they match."""

from __future__ import annotations

import dataclasses
import enum

from gitsidecar.model import characters

MAX_STEPS = 500
"""Steps of one pattern, its counted repetitions written out. A search takes at most this times the name's length."""

_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class Edge(enum.Enum):
    """Name what may be asked of a spot between characters."""

    START = "^"
    END = "$"
    WORD = "\\b"
    NO_WORD = "\\B"


@dataclasses.dataclass(frozen=True, slots=True)
class Fork:
    """Go on at each of these steps, counted from here."""

    to: tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Take:
    """Take one character out of `ranges`."""

    ranges: characters.Ranges


Step = Fork | Take | Edge
Steps = tuple[Step, ...]
"""
A pattern to walk through; its end is a match.

All forks are relative, so steps can be joined and repeated as they are. Python's own `re` walks one way after the
other, and a pattern such as ``(a+)+$`` has more ways than anyone can wait for; here all are walked at once.
"""


def search(steps: Steps, name: str) -> bool:
    """Say whether *steps* lead to their end somewhere in *name*."""
    reached: set[int] = set()
    for at in range(len(name) + 1):
        reached = _spread(steps, reached | {0}, name, at)
        if len(steps) in reached:
            return True
        if at < len(name):
            reached = {each + 1 for each in reached if _takes(steps[each], name[at])}
    return False


def _spread(steps: Steps, reached: set[int], name: str, at: int) -> set[int]:
    """Return *reached* and all that can be reached from there without taking a character."""
    found: set[int] = set()
    waiting = list(reached)
    while waiting:
        here = waiting.pop()
        if here in found:
            continue
        found.add(here)
        step = steps[here] if here < len(steps) else None
        if isinstance(step, Fork):
            waiting.extend(here + way for way in step.to)
        elif isinstance(step, Edge) and _holds(step, name, at):
            waiting.append(here + 1)
    return found


def _takes(step: Step, character: str) -> bool:
    return isinstance(step, Take) and characters.has(step.ranges, character)


def _holds(edge: Edge, name: str, at: int) -> bool:
    if edge is Edge.START:
        return at == 0
    if edge is Edge.END:
        return at == len(name)
    is_border = (name[at - 1 : at] in _WORD) != (name[at : at + 1] in _WORD)
    return is_border == (edge is Edge.WORD)


def either(one: Steps, other: Steps) -> Steps:
    """Return steps for one of the two."""
    return (Fork((1, len(one) + 2)), *one, Fork((len(other) + 1,)), *other)


def repeat(steps: Steps, low: int, high: int | None) -> Steps | None:
    """Return steps for *low* to *high* times *steps* (``None``: no end); nothing when that is too much."""
    if (len(steps) + 1) * max(low, high or 0) > MAX_STEPS:
        return None
    maybe = (Fork((1, len(steps) + 1)), *steps)
    if high is not None:
        return steps * low + maybe * (high - low)
    if low == 0:
        return (Fork((1, len(steps) + 2)), *steps, Fork((-len(steps) - 1,)))
    return (*steps * low, Fork((-len(steps), 1)))
