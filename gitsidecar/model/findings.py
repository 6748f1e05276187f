"""What reading the manifests found: rejections, warnings and notes, each with its place."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator

from gitsidecar.model import rules


class Level(enum.StrEnum):
    """Rank a finding: an error rejects its document, a warning or note does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file of the source branch; line and column count from 1, and 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Finding:
    """
    One thing said about one place: *field* is a path such as ``spec.containers[0].image``, empty for the file.

    `rule` is what kind of thing that is, one of `rules.Rule`; findings that differ in it alone are the same.
    """

    file: str
    line: int
    column: int
    field: str
    message: str
    level: Level = Level.ERROR
    rule: rules.Rule | None = dataclasses.field(default=None, compare=False)

    @property
    def place(self) -> Place:
        return Place(self.file, self.line, self.column)

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        return f"{self.place}: {self.level}: {field}{self.message}"


def by(rule: rules.Rule, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield *found* as findings of *rule*, but for those that are of another already."""
    for each in found:
        yield each if each.rule else dataclasses.replace(each, rule=rule)
