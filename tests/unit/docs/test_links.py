"""The pages hang together: every link leads somewhere, and none leads out."""

from __future__ import annotations

import pytest

from tests.unit.docs import pages

_NAMES = [str(page.relative_to(pages.ROOT)) for page in pages.PAGES]


@pytest.mark.parametrize("name", _NAMES)
def test_every_link_leads_to_a_file_of_the_project(name: str) -> None:
    """What a page links to exists, and so does the heading; no page needs the network to be understood."""
    page = pages.ROOT / name
    for link in pages.links(page):
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.is_relative_to(pages.ROOT), link
        assert file.exists(), link
        assert not anchor or anchor in pages.anchors(file), link


def test_every_page_can_be_reached_from_the_readme() -> None:
    """Whoever begins at README.md finds every page by links."""
    found, waiting = set(), [pages.ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        found.add(page)
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in pages.links(page)}
        waiting += [target for target in targets - found if target.suffix == ".md" and target in pages.PAGES]
    assert sorted(found) == sorted(pages.PAGES)


def test_the_decisions_index_is_whole() -> None:
    """docs/decisions/README.md names every decision with its number and its title, in order."""
    folder = pages.DOCS / "decisions"
    index = folder / "README.md"
    wanted = []
    for page in sorted(folder.glob("0*.md")):
        number, _, title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(". ")
        assert page.name.startswith(f"{int(number):04}-")
        wanted.append((f"[{number}]({page.name})", title))
    assert [(row["#"], row["Decision"]) for row in pages.table(index, "#")] == wanted
