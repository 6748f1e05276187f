"""The pictures: drawn from real runs, and the same wherever they are looked at."""

from __future__ import annotations

import re
import shlex
from xml.etree import ElementTree

import pytest
from click import testing

from docs import make_demo_svg
from gitsidecar.cli import main
from tests.unit.docs import pages

_PICTURE = (pages.DOCS / "demo.svg").read_text(encoding="utf-8")


def test_it_asks_no_host_for_anything() -> None:
    """The picture names no address but that of its own format, loads nothing and runs nothing."""
    assert set(re.findall(r"https?://[^\"'\s<)]+", _PICTURE)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@font-face|@import|<script|<image|xlink|url\((?!#)", _PICTURE)


def test_it_shows_the_whole_story() -> None:
    """Every chapter is in it, each ended as it should, and the log ends with a complete rollout."""
    text = "".join(ElementTree.fromstring(_PICTURE).itertext()).replace("\xa0", " ")
    assert text.count("▶") == text.count("✓") == 5
    assert "blocked (PodsFailing)" in text
    assert re.search(r"logtail: 60/60 pods on [0-9a-f]{7}, complete\s*$", text)


def test_fonts_from_elsewhere_are_taken_out() -> None:
    """What rich's template loads from other hosts does not come into the picture."""
    rules = "@font-face { src: url(https://b.example) } .x { font: a }"
    svg = f"<svg><!-- by https://a.example --><style> {rules} </style></svg>"
    assert make_demo_svg.self_contained(svg) == "<svg><style> .x { font: a } </style></svg>"


def test_the_forecast_is_drawn_from_the_run_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/simulate.svg is what the first command of the page of `simulate` draws, to the byte."""
    monkeypatch.chdir(pages.ROOT)
    page = (pages.DOCS / "commands" / "simulate.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^\$ gitsidecar (simulate .*)\n(?:[^`]+)```\n\n!\[", page, re.MULTILINE)
    done = testing.CliRunner().invoke(main.program, [*shlex.split(command), "--output", "svg"])
    assert done.stdout == (pages.DOCS / "simulate.svg").read_text(encoding="utf-8")
