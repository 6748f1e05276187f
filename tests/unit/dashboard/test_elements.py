"""HTML from values: whatever comes in, only what was made by `elements` is markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.dashboard import elements, links
from tests.unit.dashboard import documents


def test_words_are_escaped_and_elements_are_not() -> None:
    """A text stays a text, also where it looks like markup; an element within an element stays one."""
    made = elements.element("p", "a < b & ", elements.element("b", '"c"'), [" d", None, 12345])
    assert made == "<p>a &lt; b &amp; <b>&quot;c&quot;</b> d12,345</p>"


def test_attributes_are_named_as_html_names_them() -> None:
    """``class_`` is class, ``aria_label`` aria-label; True stands alone, None and False are left out."""
    made = elements.element("input", class_="a", aria_label='"x"', hidden=True, disabled=False, id=None, maxlength=9)
    assert made == '<input class="a" aria-label="&quot;x&quot;" hidden maxlength="9">'


@pytest.mark.parametrize("letter", ["\u202e", "\x1b", "\x00", "\n", "\ud800", "\u2028"])
def test_what_does_not_print_is_left_out(letter: str) -> None:
    """Letters that turn the reading direction round, or are no letters, do not come into a page."""
    made = elements.element("p", f"a{letter}b", title=f"c{letter}d")
    assert made == '<p title="c d">a b</p>'
    assert made.encode()


@given(st.text(), st.text())
def test_no_text_breaks_out(content: str, value: str) -> None:
    """Read back, a page has the elements that were made, and no other."""
    made = elements.document(elements.element("main", elements.element("h1", content, title=value)))
    heading = documents.read(made).one("h1")
    assert not heading.children
    assert heading.attributes.keys() == {"title"}


@given(st.text(), st.text(min_size=1))
def test_an_address_holds_any_words_in_its_query(path: str, name: str) -> None:
    """What comes from outside can change nothing of an address but the value that it stands in."""
    made = links.to(links.SET, name=name, why=path, page=1)
    assert made.startswith("/set?name=")
    assert made.count("?") == 1
    assert made.count("&") == bool(path)
    assert "page" not in made.partition("&")[0].partition("=")[0]
