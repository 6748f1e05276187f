"""The dashboard keeps itself fresh, and disturbs nobody who reads, types or listens."""

from __future__ import annotations

import asyncio

import pytest
from playwright import async_api

from tests.support import browsers, dashboards

pytestmark = pytest.mark.asyncio(loop_scope="session")

_SECONDS = 15_000  # milliseconds in which what is new must be seen


async def test_what_is_new_comes_without_a_reload(browser: async_api.Browser) -> None:
    """A rollout that begins is seen, and said to who listens; the page is never loaded again."""
    async with dashboards.opened(pods=20, owners=4) as site, browsers.looking(browser) as page:
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "1")})
        await page.goto(site.url)
        await page.evaluate("document.body.dataset.kept = 'yes'")
        assert await page.locator("#summary").inner_text() == "1 set: 1 complete"
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "2")})
        await page.get_by_text("1 moved, not finished").wait_for(timeout=_SECONDS)
        assert await page.locator("#news").inner_text() == "1 set: 1 rolling out"
        await site.push({"proxy.yaml": dashboards.sidecar_set("proxy", "1")})
        await page.get_by_role("heading", name="proxy").wait_for(timeout=_SECONDS)
        assert await page.locator(".cards h2 a").all_inner_texts() == ["logtail", "proxy"]
        assert await page.evaluate("document.body.dataset.kept") == "yes"


async def test_who_types_or_reads_is_not_disturbed(browser: async_api.Browser) -> None:
    """Focus, what was typed, where the cursor stands and what is seen stay where they are."""
    async with dashboards.opened(pods=60, owners=60) as site, browsers.looking(browser) as page:
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "1")})
        await page.goto(f"{site.url}/set?name=logtail")
        field = page.get_by_label("Only those with this in their name")
        await field.fill("app-00")
        await page.keyboard.press("ArrowLeft")
        await page.evaluate("window.scrollTo(0, 400)")
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "2", partition="50%")})
        await page.get_by_text("PartitionKept").first.wait_for(timeout=_SECONDS)
        assert await field.input_value() == "app-00"
        assert await page.evaluate("document.activeElement.id + document.activeElement.selectionStart") == "workload5"


async def test_it_can_be_paused(browser: async_api.Browser) -> None:
    """Who pauses sees the same until he goes on."""
    async with dashboards.opened(pods=4, owners=1) as site, browsers.looking(browser) as page:
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "1")})
        await page.goto(site.url)
        await page.get_by_role("button", name="Pause").click()
        assert await page.locator("#live").inner_text() == "Paused."
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "2")})
        await asyncio.sleep(3)  # longer than a turn of the page
        assert await page.locator("#summary").inner_text() == "1 set: 1 complete"
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_text("1 set: 1 rolling out").first.wait_for(timeout=_SECONDS)


async def test_a_daemon_that_is_gone_is_told(browser: async_api.Browser) -> None:
    """Who looks at an old picture must know that it is old."""
    context = await browser.new_context()
    page = await context.new_page()
    async with dashboards.opened(pods=4, owners=1) as site:
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "1")})
        await page.goto(site.url)
    await page.get_by_text("No answer since").wait_for(timeout=_SECONDS)
    assert await page.locator("#summary").inner_text() == "1 set: 1 complete"
    await context.close()


async def test_an_answer_that_never_comes_is_told(browser: async_api.Browser) -> None:
    """A forwarded port may take a question and stay silent for ever."""
    async with dashboards.opened(pods=4, owners=1) as site, browsers.looking(browser) as page:
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "1")})
        await page.goto(site.url)
        await page.route("**", lambda _: None)
        await page.get_by_text("No answer since").wait_for(timeout=_SECONDS)
        await page.unroute("**")
        await page.get_by_text("Live.").wait_for(timeout=_SECONDS)


async def test_a_page_that_is_gone_is_told(browser: async_api.Browser) -> None:
    """What was read of it stays, and is not called live."""
    async with dashboards.opened(pods=4, owners=1) as site, await browser.new_context() as context:
        page = await context.new_page()
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "1")})
        await page.goto(site.url)
        await page.route("**", lambda route: route.fulfill(status=404, body="nothing"))
        await page.get_by_text("There is nothing at this address now").wait_for(timeout=_SECONDS)
        assert await page.locator("#summary").inner_text() == "1 set: 1 complete"


async def test_a_pause_while_an_answer_is_under_way_holds(browser: async_api.Browser) -> None:
    """The answer changes neither the words nor what is seen."""
    asked: asyncio.Queue[async_api.Route] = asyncio.Queue()
    async with dashboards.opened(pods=4, owners=1) as site, browsers.looking(browser) as page:
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "1")})
        await page.goto(site.url)
        await page.route(page.url, asked.put_nowait)
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "2")})
        route = await asyncio.wait_for(asked.get(), _SECONDS / 1000)
        await page.get_by_role("button", name="Pause").click()
        async with page.expect_event("requestfinished", timeout=_SECONDS):
            await route.continue_()
        await asyncio.sleep(1)
        assert await page.locator("#live").inner_text() == "Paused."
        assert await page.locator("#summary").inner_text() == "1 set: 1 complete"


async def test_a_page_without_news_is_not_sent_again(browser: async_api.Browser) -> None:
    """Who only watches costs a few bytes every two seconds."""
    async with dashboards.opened(pods=4, owners=1) as site, browsers.looking(browser) as page:
        await site.push({"logtail.yaml": dashboards.sidecar_set("logtail", "1")})
        await page.goto(site.url)
        await page.wait_for_event("response", lambda answer: answer.status == 304, timeout=_SECONDS)
