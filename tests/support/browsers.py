"""A real Chromium, driven through the DevTools protocol by playwright; it is Debian's, nothing is downloaded."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from collections.abc import AsyncIterator
from typing import Literal

from playwright import async_api

NARROW, WIDE = 375, 1280
Scheme = Literal["light", "dark"]


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """How somebody looks at a page: how wide the screen is, and which colours it prefers."""

    width: int = WIDE
    scheme: Scheme = "light"
    has_scripts: bool = True
    is_calm: bool = False

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


LOOKS = tuple(Look(width, scheme) for width in (NARROW, WIDE) for scheme in ("light", "dark"))


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[async_api.Browser]:
    """Run a browser with a profile that goes with it."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # root has no rights to give up
    async with async_api.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def looking(browser: async_api.Browser, look: Look = Look()) -> AsyncIterator[async_api.Page]:
    """Open a page to look at, which must end without a word on the console: each is a script or a rule that broke."""
    context = await browser.new_context(
        viewport={"width": look.width, "height": 800},
        color_scheme=look.scheme,
        java_script_enabled=look.has_scripts,
        reduced_motion="reduce" if look.is_calm else "no-preference",
    )
    words: list[str] = []
    page = await context.new_page()
    page.on("console", lambda message: words.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: words.append(str(error)))
    try:
        yield page
        assert words == []
    finally:
        await context.close()
