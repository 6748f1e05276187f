"""Findings as a JUnit report: each file is a test, and fails by its findings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from xml.sax import saxutils  # writes, and parses nothing

from gitsidecar.model import findings
from gitsidecar.reporting import texts

_NAME = "gitsidecar validate"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(files: Iterable[str], found: Sequence[findings.Finding], failing: Collection[findings.Level]) -> str:
    """Return the report on *files*; findings of a level of *failing* fail a file, others are its output."""
    by_file: dict[str, list[findings.Finding]] = {file: [] for file in files}
    for each in found:
        by_file.setdefault(each.file, []).append(each)
    cases = [_case(file, by_file[file], failing) for file in sorted(by_file)]
    failures = sum(any(each.level in failing for each in its) for its in by_file.values())
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="{_NAME}" {counts}>']
    lines += [f'  <testsuite name="{_NAME}" {counts} skipped="0">', *cases, "  </testsuite>", "</testsuites>"]
    return "\n".join(lines) + "\n"


def _case(file: str, its: Sequence[findings.Finding], failing: Collection[findings.Level]) -> str:
    head = f'    <testcase classname="gitsidecar.validate" name={_quoted(file)} file={_quoted(file)}'
    against = [each for each in its if each.level in failing]
    others = [each for each in its if each.level not in failing]
    inner = ""
    if against:
        message, kind = _quoted(texts.count(len(against), "finding")), min(each.level.value for each in against)
        inner += f'\n      <failure message={message} type="{kind}">{_lines(against)}</failure>'
    if others:
        inner += f"\n      <system-out>{_lines(others)}</system-out>"
    return f"{head}>{inner}\n    </testcase>" if inner else f"{head}/>"


def _lines(its: Iterable[findings.Finding]) -> str:
    return saxutils.escape(_clean("\n".join(map(str, its))))


def _quoted(text: str) -> str:
    return saxutils.quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Return *text* without what XML cannot hold, as an escape neither."""
    return _FORBIDDEN.sub("\ufffd", text)
