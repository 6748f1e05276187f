"""The pieces of which the status branch's pages are made: tables, headings, and links to the source branch."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable, Sequence

from gitsidecar.model import findings, reports
from gitsidecar.reporting import texts

Row = tuple[str, ...]


def table(header: Row, rows: Sequence[Row], *, numbers: Iterable[int] = ()) -> list[str]:
    """Return a table as lines, with an empty one before it, the columns *numbers* flush right; nothing without rows."""
    if not rows:
        return []
    right = frozenset(numbers)
    rule = tuple("--:" if column in right else "---" for column in range(len(header)))
    return ["", *(f"| {' | '.join(row)} |" for row in (header, rule, *rows))]


def section(title: str, lines: Sequence[str]) -> list[str]:
    """Return *lines* under a heading; nothing without lines."""
    return ["", f"## {title}", *lines] if lines else []


def link(label: str, target: str) -> str:
    """Return *label*, which is Markdown already, as a link to a path beside this page."""
    return f"[{label}]({urllib.parse.quote(target, safe='/.')})"


def place(found: findings.Place, web: reports.Web) -> str:
    """Return ``file:line:col``, as a link to the line on the source branch if it is known where people look at it."""
    label = texts.code(str(found))
    if not web.files:
        return label
    line = f"#L{found.line}" if found.line else ""
    return f"[{label}]({web.files}{urllib.parse.quote(found.file, safe='/', errors='replace')}{line})"


def commit(revision: str, web: reports.Web) -> str:
    """Return the short form of a commit's hash, as a link to the commit if it is known where people look at it."""
    label = texts.code(texts.short(revision))
    is_hash = revision.isalnum() and revision.isascii()
    return f"[{label}]({web.commits}{revision})" if web.commits and is_hash else label


def listed(names: Sequence[str], total: int) -> str:
    """Return *names* as code, and how many of *total* they leave out."""
    more = total - len(names)
    found = [texts.code(each) for each in names]
    return ", ".join([*found, f"and {more} more"] if more > 0 else found)
