"""Plain scalars are what YAML 1.2 says, and what is doubtful stays text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.manifests import scalars


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-12", -12),
        ("+7", 7),
        ("0o17", 15),
        ("0xFf", 255),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("5.", 5.0),
    ],
)
def test_null_truth_and_numbers(text: str, value: object) -> None:
    """Null, booleans and numbers of YAML 1.2's core schema are read as such."""
    found = scalars.resolve(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    "text",
    [
        "010",
        "0644",
        "00",
        "1:30",
        "1:30:00",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "Yes",
        "ON",
        "tRUE",
        "nULL",
        "1_000",
        "0b1",
        ".inf",
        "-.inf",
        ".nan",
        "1e999",
        "50%",
        "2024-01-01",
        "1.2.3",
        "-",
        ".",
        "+",
        "0x",
        "0o8",
        "=",
        "<<",
        "1Gi",
        "123456789012345678901",
    ],
)
def test_what_readers_differ_on_is_text(text: str) -> None:
    """Octal, sexagesimal, yes/no, infinities and numbers past all measure stay the text that was written."""
    assert scalars.resolve(text) == text


@given(st.text())
def test_any_text_resolves(text: str) -> None:
    """Any text at all resolves to a plain value."""
    assert isinstance(scalars.resolve(text), str | int | float | None)
