"""Findings for programs: the documented JSON of `gitsidecar validate`, and GitHub's workflow commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gitsidecar.model import findings

_MEMBERS = ("file", "line", "column", "field", "message")
_COMMANDS = {findings.Level.ERROR: "error", findings.Level.WARNING: "warning", findings.Level.NOTE: "notice"}


def words(found: findings.Finding) -> str:
    """Return what *found* says, without its place."""
    return f"{found.field}: {found.message}" if found.field else found.message


def to_json(found: Iterable[findings.Finding]) -> dict[str, Any]:
    """Return the documented form, in order of place."""
    return {"findings": [_to_json(each) for each in found]}


def to_github(found: Iterable[findings.Finding]) -> Iterator[str]:
    """Yield workflow commands, which put each finding beside its line in a pull request."""
    for each in found:
        title = f",title={_escaped(f'gitsidecar: {each.rule}')}" if each.rule else ""
        place = f"file={_escaped(each.file)},line={each.line or 1},col={each.column or 1}{title}"
        yield f"::{_COMMANDS[each.level]} {place}::{_escaped(words(each), is_property=False)}"


def _to_json(found: findings.Finding) -> dict[str, Any]:
    members = {name: getattr(found, name) for name in _MEMBERS}
    return {"level": found.level.value, **members, "rule": found.rule.value if found.rule else ""}


def _escaped(text: str, *, is_property: bool = True) -> str:
    for char in "%\r\n" + (":," if is_property else ""):  # the sign of the escapes first
        text = text.replace(char, f"%{ord(char):02X}")
    return text
