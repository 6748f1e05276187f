"""One document of a file: its plain values, and the line and column of each."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from gitsidecar.model import findings

Path = tuple[str | int, ...]
"""From the root of a document to a value: names of fields and indexes of lists."""


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """
    One document of a file, as plain values.

    `values` and `keys` give the (line, column) of a value and of the name before it, counted from 1. `base` is where in
    the document *value* stands (an item of a ``kind: List``). `faults` are errors that leave the value doubtful.
    """

    file: str
    value: Any
    values: Mapping[Path, tuple[int, int]]
    keys: Mapping[Path, tuple[int, int]]
    faults: tuple[findings.Finding, ...] = ()
    base: Path = ()

    def finding(
        self, path: Path, message: str, level: findings.Level = findings.Level.ERROR, *, at_key: bool = False
    ) -> findings.Finding:
        """Return a finding about *path*, placed at its value, or at its name when *at_key*."""
        whole = self.base + path
        line, column = self._spot(whole, at_key=at_key)
        return findings.Finding(self.file, line, column, spell(whole), message, level)

    def _spot(self, path: Path, *, at_key: bool) -> tuple[int, int]:
        first, second = (self.keys, self.values) if at_key else (self.values, self.keys)
        for end in range(len(path), -1, -1):
            spot = first.get(path[:end]) or second.get(path[:end])
            if spot is not None:
                return spot
            first, second = self.keys, self.values  # a field that is not there is shown at the parent's name
        return 0, 0


def spell(path: Path) -> str:
    """Return *path* as people write it: ``spec.containers[0].image``."""
    words: list[str] = []
    for part in path:
        if isinstance(part, int):
            words.append(f"[{part}]")
        elif part.replace("_", "").replace("-", "").isalnum():
            words.append(f".{part[:100]}" if words else part[:100])
        else:
            words.append(f"[{json.dumps(part[:100], ensure_ascii=False)}]")
    return "".join(words)
