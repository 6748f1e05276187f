"""Foreign words made harmless: names and messages from manifests, pods and servers, where they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST = 300
_CODE = re.compile(r"[A-Za-z0-9._/:@+\[\]-]+")
_MARKDOWN = re.compile(r"([\\`*_\[\]|~#!$])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LINK = re.compile(r"(?<=[A-Za-z])://|(?<=\bwww)\.", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_FULL, _EMPTY = "█", "░"


def one_line(text: str, limit: int = _LONGEST) -> str:
    """
    Return *text* on one line, at most *limit* characters long, without anything that does not print.

    Control and formatting characters go too: they would steer a terminal, turn the reading direction round, or begin
    a line of their own in a commit message.
    """
    words = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * limit]).split()
    line = " ".join(words)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def markdown(text: str, limit: int = _LONGEST) -> str:
    """
    Return *text* as Markdown that shows just these characters, in a table too: no markup, no HTML, no link.

    Nobody is called by it either: GitHub and GitLab look for names behind an @ after all escapes are gone, so that only
    another character between them helps, one that does not show.
    """
    line = _MARKDOWN.sub(r"\\\1", one_line(text, limit)).translate(_ENTITIES)
    line = _MENTION.sub("@&#8288;", line)
    return _LINK.sub(lambda found: "&#58;//" if found[0] == "://" else "&#46;", line)


def code(text: str, limit: int = _LONGEST) -> str:
    """Return *text* as Markdown code, or plainly if a letter of it could end the code span."""
    line = one_line(text, limit)
    return f"`{line}`" if _CODE.fullmatch(line) else markdown(line, limit)


def short(commit: str) -> str:
    """Return the form of a commit hash that people use, seven characters."""
    return one_line(commit, 40)[:7] or "an unknown commit"


def count(number: int, noun: str) -> str:
    """Return ``1 pod``, ``2 pods``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def bar(part: int, whole: int, width: int = 20) -> str:
    """Return a bar of *width* characters; it is full only when *part* is all, and empty only when it is nothing."""
    if whole <= 0:
        return _EMPTY * width
    filled = part * width // whole
    if part > 0:
        filled = max(1, filled)
    return _FULL * filled + _EMPTY * (width - filled)


def percent(part: int, whole: int) -> str:
    """Return *part* of *whole* in percent, rounded down so that 100 % means all."""
    return f"{part * 100 // whole} %" if whole > 0 else "0 %"


def table(rows: Iterable[tuple[str, ...]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """Return *rows* as aligned plain lines; the columns in *right* are flush right."""
    cells = [tuple(one_line(cell) for cell in row) for row in rows]
    if not cells:
        return []
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(_pad(row, widths, right)).rstrip() for row in cells]


def _pad(row: tuple[str, ...], widths: list[int], right: frozenset[int]) -> list[str]:
    columns = enumerate(zip(row, widths, strict=True))
    return [cell.rjust(width) if column in right else cell.ljust(width) for column, (cell, width) in columns]
