"""HTML made of values: every word is escaped, and what does not print is left out, unless it was made here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from typing import TypeAlias

_VOID = frozenset({"input", "link", "meta"})


class Html(str):
    """Text that is HTML already; made by `element` and `join` alone."""

    __slots__ = ()


Content: TypeAlias = "str | int | Iterable[Content] | None"
"""What stands between two tags; nothing for ``None``."""
Attribute: TypeAlias = "str | int | bool | None"
"""The value of an attribute: ``True`` for one without a value, ``None`` or ``False`` for none at all."""


def element(name: str, /, *content: Content, **attributes: Attribute) -> Html:
    """Return the element *name*. ``class_`` stands for class, ``aria_label`` for aria-label."""
    begin = "".join([f"<{name}", *(_attribute(key, value) for key, value in attributes.items()), ">"])
    if name in _VOID:
        assert not content, f"<{name}> has no content"
        return Html(begin)
    return Html(f"{begin}{join(*content)}</{name}>")


def join(*content: Content) -> Html:
    """Return *content* as HTML, one after the other."""
    return Html("".join(_parts(content)))


def document(*content: Content, lang: str = "en") -> Html:
    """Return a whole document."""
    return Html(f"<!doctype html>\n{element('html', *content, lang=lang)}\n")


def _parts(content: Content) -> Iterator[str]:
    if content is None:
        return
    if isinstance(content, Html):
        yield content
    elif isinstance(content, str):
        yield _escape(content)
    elif isinstance(content, int):
        yield f"{content:,}"
    else:
        for each in content:
            yield from _parts(each)


def _attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{_escape(str(value))}"'


def _escape(text: str) -> str:
    """Control and formatting characters go: they could turn the reading direction round, or not be HTML at all."""
    return html.escape(text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text))
