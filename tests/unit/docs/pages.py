"""The project's Markdown pages taken apart: fenced blocks, headings, tables and links."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "manifests-example" / "README.md", *sorted(DOCS.rglob("*.md")))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_CELLS = re.compile(r"(?<!\\)\|")


@dataclasses.dataclass(frozen=True)
class Block:
    """One fenced block; *line* is where its content begins."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(language: str) -> list[Block]:
    """Return all fenced blocks in *language*, in order of page."""
    return [block for page in PAGES for block in _blocks(page) if block.language == language]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and pictures."""
    return _LINK.findall(_CODE.sub("", prose(page)))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, made as GitHub makes them."""
    headings = (_LINK.sub("]", heading) for heading in _HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table(page: Path, first: str) -> list[dict[str, str]]:
    """Return the rows, by column, of the one table of *page* whose first column is called *first*."""
    [rows] = [rows for rows in _tables(page) if rows and next(iter(rows[0])) == first]
    return rows


def json_tables() -> Iterator[list[str]]:
    """Yield the members that each table of a command's JSON names, in order."""
    for page in sorted((DOCS / "commands").glob("*.md")):
        for paragraph in prose(page).split("\n\n"):
            if paragraph.startswith("| Field |"):
                yield [name for line in paragraph.splitlines()[2:] for name in codes(line.split("|")[1])]


def members(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of every member of JSON; what is below `images` is data."""
    for name, inner in value.items():
        here = f"{path}.{name}" if path else name
        yield here
        if isinstance(inner, list):
            for item in inner:
                if isinstance(item, dict):
                    yield from members(item, f"{here}[]")
        elif isinstance(inner, dict) and name != "images":
            yield from members(inner, here)


def codes(text: str) -> list[str]:
    """Return what stands between single backquotes in *text*."""
    return [found.strip("`") for found in _CODE.findall(text)]


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        yield Block(page, text.count("\n", 0, found.start(2)) + 1, found[1], found[2])


def _tables(page: Path) -> Iterator[list[dict[str, str]]]:
    for paragraph in prose(page).split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line.startswith("|")]
        if len(lines) > 2:
            header, _, *rows = [[cell.strip() for cell in _CELLS.split(line.strip("|"))] for line in lines]
            yield [dict(zip(header, row, strict=True)) for row in rows]
