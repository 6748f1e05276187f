"""Foreign words are harmless in every place they are shown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gitsidecar.reporting import texts


@given(st.text())
def test_one_line_prints(text: str) -> None:
    """Whatever comes in, one printable line of bounded length comes out, and again the same."""
    line = texts.one_line(text, 50)
    assert len(line) <= 50
    assert line.isprintable()
    assert texts.one_line(line, 50) == line


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Z", "C"))))
def test_markdown_shows_the_same_letters(text: str) -> None:
    """Escaped text renders as itself: no element of markup comes out of it, in a table cell either."""
    page = MarkdownIt("commonmark").enable("table").enable("strikethrough")
    tokens = page.parse(f"| a | b |\n| --- | --- |\n| x {texts.markdown(text)} | y |\n")
    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 4
    children = inline[2].children or []
    assert all(child.type in ("text", "text_special") for child in children)
    shown = "".join(child.content for child in children)
    assert re.sub(r"(?<!\w)@\u2060(?=\w)", "@", shown) == f"x {texts.one_line(text)}".strip()


@pytest.mark.parametrize("text", ["https://evil.example", "www.evil.example", "<b>", "a|b", "`x`", "$x$"])
def test_markdown_breaks_links(text: str) -> None:
    """What GitHub turns into a link, a formula or HTML by itself does not survive as written."""
    assert text not in texts.markdown(text)


@pytest.mark.parametrize("text", ["@acme/oncall", "ask @ada", "(@ada)", "*@ada*", "a@ @ada"])
def test_markdown_calls_nobody(text: str) -> None:
    """Names behind an @ are no mention, which a bot's comment would send to whomever a manifest names."""
    page = MarkdownIt("commonmark").render(texts.markdown(text))
    assert re.search(r"(?<!\w)@\w", text)
    assert not re.search(r"(?<!\w)@\w", page)


def test_markdown_leaves_digests_and_addresses() -> None:
    """What stands behind a word is no mention: it can be copied as it is."""
    assert texts.markdown("logtail@sha256:ab") == "logtail@sha256:ab"


def test_code_of_odd_text_is_plain() -> None:
    """Only text that cannot end a code span is shown as code."""
    assert texts.code("shop/web-1") == "`shop/web-1`"
    assert texts.code("a`b") == r"a\`b"


@pytest.mark.parametrize(
    ("part", "whole", "bar"), [(0, 0, "░░░░"), (1, 100, "█░░░"), (99, 100, "███░"), (4, 4, "████")]
)
def test_bar_is_full_only_at_the_end(part: int, whole: int, bar: str) -> None:
    """One of many shows, and all but one is not all."""
    assert texts.bar(part, whole, 4) == bar
