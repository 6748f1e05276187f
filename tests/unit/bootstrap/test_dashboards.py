"""The dashboard as the settings describe it: served, not served, and not worth the daemon's life."""

from __future__ import annotations

import socket

import aiohttp
import structlog

from gitsidecar.bootstrap import dashboards
from gitsidecar.dashboard import sights
from gitsidecar.settings import dashboards as settings


async def test_it_shows_the_daemons_trouble() -> None:
    """Before the first pass the page says what the daemon waits for."""
    wanted = settings.Dashboard(address="127.0.0.1:0")
    async with (
        dashboards.serving(wanted, sights.Memory("prod"), lambda: "Git is away") as ports,
        aiohttp.ClientSession() as client,
        client.get(f"http://127.0.0.1:{ports['dashboard']}/") as answer,
    ):
        text = await answer.text()
    assert "Not working: Git is away" in text


async def test_it_can_be_turned_off() -> None:
    """Then no port is opened, and no file read."""
    async with dashboards.serving(settings.Dashboard(enabled=False), sights.Memory("prod"), str) as ports:
        assert ports == {}


async def test_a_port_that_is_taken_does_not_stop_the_daemon() -> None:
    """Two daemons on one machine have the same default: the second says why it shows no page, and does its work."""
    with socket.create_server(("127.0.0.1", 0)) as other, structlog.testing.capture_logs() as told:
        wanted = settings.Dashboard(address=f"127.0.0.1:{other.getsockname()[1]}")
        async with dashboards.serving(wanted, sights.Memory("prod"), str) as ports:
            assert ports == {}
    assert [each["event"] for each in told] == ["dashboard.failed"]
    assert "set dashboard.address to a free one" in told[0]["reason"]
