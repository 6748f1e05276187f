"""A page as a strict reader sees it: every tag closed, every id once, nothing that a browser would run or load."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator
from html import parser

_VOID = frozenset({"meta", "link", "input"})
_ADDRESSES = ("href", "src", "action")


@dataclasses.dataclass
class Element:
    """One element; *text* is all that stands in it and in its children."""

    name: str
    attributes: dict[str, str | None]
    children: list[Element] = dataclasses.field(default_factory=list)
    text: str = ""

    def all(self, name: str) -> Iterator[Element]:
        """Yield the elements called *name* in it, in order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.all(name)

    def one(self, name: str, **attributes: str) -> Element:
        """Return the one element called *name* with these attributes; ``class_`` stands for class."""
        wanted = {key.rstrip("_"): value for key, value in attributes.items()}.items()
        [found] = [each for each in self.all(name) if wanted <= each.attributes.items()]
        return found

    def rows(self) -> list[list[str]]:
        """Return the texts of a table's cells, without its header."""
        rows = [[cell.text.strip() for cell in row.children] for row in self.all("tr")]
        return rows[1:]


class _Reader(parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def read(text: str) -> Element:
    """Return the document of *text*, which is well formed and safe."""
    assert text.startswith("<!doctype html>\n<html lang=")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].name}> is not closed"
    _check(reader.root)
    return reader.root


def _check(root: Element) -> None:
    everything = list(_walk(root))
    ids = collections.Counter(each.attributes["id"] for each in everything if "id" in each.attributes)
    assert [each for each, number in ids.items() if number > 1] == []
    for each in everything:
        assert not [name for name in each.attributes if name.startswith("on") or name == "style"], each
        assert each.name not in ("style", "base", "iframe", "object", "embed"), each
        assert each.name != "script" or (each.text == "" and "src" in each.attributes)
        for address in (each.attributes[name] or "" for name in _ADDRESSES if name in each.attributes):
            assert address.startswith(("/", "#")), address
            assert not address.startswith("//"), address
        if each.name == "th":
            assert each.attributes["scope"] in ("row", "col")
        if each.name == "label":
            assert each.attributes["for"] in ids
    assert len(list(root.all("h1"))) == len(list(root.all("main"))) == 1


def _walk(element: Element) -> Iterator[Element]:
    for child in element.children:
        yield child
        yield from _walk(child)
