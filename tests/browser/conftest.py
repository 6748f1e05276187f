"""One browser, and one daemon with very many pods, for all tests that only look."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright import async_api

from tests.support import browsers, dashboards


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[async_api.Browser]:
    """Run one Chromium for all tests; each looks through pages of its own."""
    async with browsers.running() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def crowd() -> AsyncIterator[dashboards.Site]:
    """Run one daemon on 10,000 pods in 2,000 workloads, whose rollouts have come to where they stay."""
    async with dashboards.opened(pods=10_000, owners=2_000) as site:
        await dashboards.roll_out(site)
        yield site
