"""The dashboard of the installed `gitsidecar run`: what it shows of a real API server's pods, and to whom."""

from __future__ import annotations

import signal
from pathlib import Path

import aiohttp
import pytest

from tests.support import apiservers, fleets, remotes, sidecarsets

PODS = 20

pytestmark = pytest.mark.timeout(120)


async def test_it_shows_what_the_status_branch_says(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """Numbers, reasons and pods are those of the newest pass; asking for them makes no write and needs no right."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(PODS)) as fleet:
        fleet.daemon.settings.change({"dashboard": {"enabled": True, "address": "127.0.0.1:0"}})
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, partition="50%")})
        fleet.daemon.start()
        port = (await fleet.daemon.told("daemon.started"))["dashboard"]
        await fleet.until_status(lambda status: status["finishedPods"] == PODS // 2, what="half of them finished")
        [held] = fleet.status()["held"]
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            pages = {}
            for path in ("/", "/set?name=logtail", "/set/pods?name=logtail&why=PartitionKept", "/passes"):
                async with client.get(path) as answer:
                    assert answer.status == 200
                    pages[path] = await answer.text()
            async with client.get("/pod", params={"name": held["examples"][0]}) as answer:
                pages["pod"] = await answer.text()
            async with client.get("/", headers={"Host": "evil.example"}) as answer:
                assert answer.status == 421
        assert "<strong>10 of 20</strong> pods on" in pages["/"]
        assert held["message"] in pages["/set?name=logtail"]
        assert pages["/set/pods?name=logtail&why=PartitionKept"].count('href="/pod?name=') == PODS // 2
        assert "held: PartitionKept" in pages["pod"]
        token = http_remote.token_file
        assert token is not None
        assert not any(token.read_text().strip() in page for page in pages.values())
        assert await fleet.daemon.stopped() == 0


async def test_settings_that_are_read_again_turn_it_off_and_on(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """SIGHUP opens the port, or closes it; an address beyond loopback that nobody asked for changes nothing."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(1)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW)})
        fleet.daemon.start()
        assert "dashboard" not in await fleet.daemon.told("daemon.started")
        await fleet.daemon.ready()
        fleet.daemon.settings.change({"dashboard": {"enabled": True, "address": "0.0.0.0:0"}})
        fleet.daemon.signal(signal.SIGHUP)
        assert "beyondLoopback" in (await fleet.daemon.told("settings.refused"))["reason"]
        since = len(fleet.daemon.lines())
        fleet.daemon.settings.change({"dashboard": {"enabled": True, "address": "127.0.0.1:0"}})
        fleet.daemon.signal(signal.SIGHUP)
        port = (await fleet.daemon.told("daemon.started", since=since))["dashboard"]
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/") as answer:
            assert answer.status == 200
        assert await fleet.daemon.stopped() == 0
