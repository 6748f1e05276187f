"""dashboard.md says what there is: every setting with its default, every page, and a picture that is small."""

from __future__ import annotations

import dataclasses
import urllib.parse

from gitsidecar.dashboard import links, sights
from gitsidecar.dashboard import pages as dashboard
from gitsidecar.settings import dashboards
from tests.unit.docs import pages

_PAGE = pages.DOCS / "dashboard.md"


def test_every_setting_is_explained() -> None:
    """The table has each setting of the section with its default, and no other."""
    told = {pages.codes(row["Setting"])[0]: row["Default"].strip("`") for row in pages.table(_PAGE, "Setting")}
    defaults = dashboards.Dashboard().model_dump(mode="json", by_alias=True).items()
    assert told == {f"dashboard.{name}": _shown(value) for name, value in defaults}


def test_every_page_is_explained() -> None:
    """The table has each path that is served, and its examples ask for what a page can be asked."""
    addresses = [urllib.parse.urlsplit(pages.codes(row["Page"])[0]) for row in pages.table(_PAGE, "Page")]
    assert {each.path for each in addresses} == {
        *(links.SETS, links.SET, links.SET_PODS, links.PODS, links.POD, links.PASSES)
    }
    asked = {name for each in addresses for name in urllib.parse.parse_qs(each.query)}
    assert asked <= {field.name for field in dataclasses.fields(dashboard.Query)}
    assert f"the last {sights.REMEMBERED} passes" in _PAGE.read_text(encoding="utf-8")


def test_the_picture_is_small() -> None:
    """A clone does not become heavy by it."""
    picture = (pages.DOCS / "dashboard.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 150_000


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "none")
