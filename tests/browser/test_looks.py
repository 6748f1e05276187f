"""The dashboard in a real browser, with 10,000 pods: it fits, it can be read, and it can be used by keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright import async_api

from tests.support import browsers, dashboards

pytestmark = pytest.mark.asyncio(loop_scope="session")

_PAGES = {
    "sets": "/",
    "set": "/set?name=logtail",
    "failing": "/set?name=agent",
    "held": "/set/pods?name=logtail&why=BudgetExhausted&page=2",
    "found": "/pods?q=app-01",
    "passes": "/passes",
    "missing": "/set?name=nowhere",
}

# For each element with words of its own: the contrast of these with the ground that they stand on, as WCAG reckons it.
_CONTRASTS = """() => {
  const parse = (words) => words.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const found = parse(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
      if (found[3] !== 0) throw new Error(`half a ground behind ${each.outerHTML}`);
    }
    return [255, 255, 255];
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  for (const each of document.querySelectorAll("body *")) {
    const isText = [...each.childNodes].some((node) => node.nodeType === 3 && node.nodeValue.trim());
    if (isText) found.push([each.textContent, ratio(parse(getComputedStyle(each).color), ground(each))]);
    if (each.placeholder) {
      const colour = parse(getComputedStyle(each, "::placeholder").color);
      found.push([each.placeholder, ratio(colour, ground(each))]);
    }
    const before = getComputedStyle(each, "::before");
    if (before.content.length > 2 && before.content !== "none") {
      found.push([before.content, ratio(parse(before.color), ground(each))]);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("look", browsers.LOOKS, ids=str)
@pytest.mark.parametrize("name", _PAGES)
async def test_a_page_fits_and_can_be_read(
    name: str, look: browsers.Look, browser: async_api.Browser, crowd: dashboards.Site, tmp_path: Path
) -> None:
    """On a telephone and on a wide screen nothing sticks out, and every word has a contrast of 4.5 to 1 or more."""
    context = await browser.new_context(viewport={"width": look.width, "height": 800}, color_scheme=look.scheme)
    page = await context.new_page()
    await page.goto(crowd.url + _PAGES[name])
    await page.screenshot(path=tmp_path / f"{name}-{look}.png", full_page=True)
    width = await page.evaluate("document.documentElement.scrollWidth")
    contrasts: list[tuple[str, float]] = await page.evaluate(_CONTRASTS)
    await context.close()
    assert width == look.width
    assert len(contrasts) > 10
    assert [(words[:60], round(each, 2)) for words, each in contrasts if each < 4.5] == []


async def test_the_two_schemes_differ(browser: async_api.Browser, crowd: dashboards.Site) -> None:
    """Who prefers dark colours gets light words on a dark ground, and others the reverse."""
    grounds = {}
    for scheme in ("light", "dark"):
        async with browsers.looking(browser, browsers.Look(scheme=scheme)) as page:
            await page.goto(crowd.url)
            grounds[scheme] = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert grounds == {"light": "rgb(246, 247, 249)", "dark": "rgb(16, 21, 27)"}


@pytest.mark.parametrize("look", browsers.LOOKS[::2], ids=str)
async def test_tables_are_tables_to_whoever_listens(
    look: browsers.Look, browser: async_api.Browser, crowd: dashboards.Site
) -> None:
    """Also where a row is shown as a block: a table has its name, and a cell of the first column names its row."""
    async with browsers.looking(browser, look) as page:
        await page.goto(crowd.url + _PAGES["set"])
        table = page.get_by_role("table", name="Held pods by reason")
        rows = table.get_by_role("row")
        assert await rows.count() == 3
        assert await table.get_by_role("columnheader", include_hidden=True).all_inner_texts() == [
            *("Reason", "Pods", "Why, and what releases it", "Examples")
        ]
        assert await table.get_by_role("rowheader").all_inner_texts() == ["PartitionKept", "BudgetExhausted"]
        assert await page.get_by_role("img", name="150 moved, not finished, 7,350 on an older spec").count() == 1


async def test_the_first_key_leads_past_the_header(browser: async_api.Browser, crowd: dashboards.Site) -> None:
    """Tab shows a link that skips the header; Enter on it puts the next Tab into the content."""
    async with browsers.looking(browser) as page:
        await page.goto(crowd.url)
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        box = await skip.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await _focused(page) == "agent"


async def test_everything_can_be_reached_and_seen_by_keyboard(
    browser: async_api.Browser, crowd: dashboards.Site
) -> None:
    """Tab goes through all links, fields and buttons in the order of the page, and each shows that it has the focus."""
    async with browsers.looking(browser) as page:
        await page.goto(crowd.url)
        wanted = await page.locator("a, input, button").count()
        places, outlines = [], set()
        for _ in range(wanted):
            await page.keyboard.press("Tab")
            place, outline = await page.evaluate(
                "(() => { const at = document.activeElement, look = getComputedStyle(at);"
                " return [[...document.querySelectorAll('a, input, button')].indexOf(at),"
                " look.outlineStyle + ' ' + look.outlineWidth]; })()"
            )
            places.append(place)
            outlines.add(outline)
        assert places == list(range(wanted))
        assert outlines == {"solid 3px"}


async def test_landmarks_are_there(browser: async_api.Browser, crowd: dashboards.Site) -> None:
    """Header, pages, search, content and footer can be jumped to, and the page that one is on is marked."""
    async with browsers.looking(browser) as page:
        await page.goto(crowd.url)
        for role in ("banner", "navigation", "search", "main", "contentinfo"):
            assert await page.get_by_role(role).count() == 1
        assert await page.locator("[aria-current=page]").inner_text() == "Sets"
        assert await page.get_by_role("heading", level=1).count() == 1


async def test_a_pod_is_found_and_explained(browser: async_api.Browser, crowd: dashboards.Site) -> None:
    """Type a part of a name, press Enter, follow the link: the page says why the pod is where it is."""
    async with browsers.looking(browser) as page:
        await page.goto(crowd.url)
        await page.get_by_label("Find a pod").fill("app-0042-")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/pods?q=app-0042-")
        assert await page.get_by_label("Find a pod").input_value() == "app-0042-"
        assert await page.get_by_role("row").count() == 6
        link = page.get_by_role("link", name="search/app-0042-").first
        name = await link.inner_text()
        await link.click()
        await page.wait_for_url("**/pod?name=*")
        assert await page.get_by_role("heading", level=1).inner_text() == name
        assert await page.locator(".stands h2").all_inner_texts() != []
        assert "outside the windows of RolloutPolicy nights" in await page.locator("main").inner_text()


async def test_everything_works_without_scripts(browser: async_api.Browser, crowd: dashboards.Site) -> None:
    """Search, lists and their pages are links and forms; what only a script could do is not offered."""
    async with browsers.looking(browser, browsers.Look(has_scripts=False)) as page:
        await page.goto(crowd.url + _PAGES["set"])
        assert await page.get_by_text("Reload the page to see what is new.").is_visible()
        assert not await page.locator("#pause").is_visible()
        await page.get_by_role("link", name="Next").click()
        await page.wait_for_url("**/set?name=logtail&page=2")
        assert "51 to 100 of 1,500" in await page.locator(".turner").inner_text()
        await page.get_by_label("Only those with this in their name").fill("app-1998")
        await page.get_by_role("button", name="Show").click()
        await page.wait_for_url("**workload=app-1998*")
        rows = page.get_by_role("table", name="Workloads").get_by_role("row")
        assert await rows.count() == 2
        await page.get_by_label("Find a pod").fill("shop/app-0003")
        await page.get_by_role("button", name="Search").click()
        assert "5 pods" in await page.locator("main").inner_text()


@pytest.mark.parametrize(("is_calm", "seconds"), [(False, "0.4s, 0.4s"), (True, "0s")])
async def test_nothing_moves_for_who_wants_none_of_it(
    is_calm: bool, seconds: str, browser: async_api.Browser, crowd: dashboards.Site
) -> None:
    """Bars grow slowly, but not for people whom motion makes ill."""
    async with browsers.looking(browser, browsers.Look(is_calm=is_calm)) as page:
        await page.goto(crowd.url)
        duration: Any = await page.evaluate("getComputedStyle(document.querySelector('rect')).transitionDuration")
        assert duration == seconds


async def _focused(page: async_api.Page) -> str:
    words: str = await page.evaluate("document.activeElement.textContent")
    return words
