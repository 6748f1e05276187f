"""From a push to the words about it: hook, pass, notices and commit statuses, with the installed command."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import apiservers, daemons, fleets, listeners, processes, remotes, sidecarsets, waiting

SECRET = "correct horse battery staple"
PODS = 6

pytestmark = pytest.mark.timeout(120)


def _settings(folder: Path, listener: listeners.Listener, port: int) -> dict[str, Any]:
    for name, text in {"secret": SECRET, "token": "forge-token", "slack": f"{listener.url}/slack/hush"}.items():
        (folder / name).write_text(text + "\n")
    common = {"allowInsecureHttp": True}
    project = {"tokenFile": str(folder / "token"), "repository": "platform/sidecars", **common}
    return {
        "repository": {"pollInterval": "1h"},
        "hooks": {"address": f"127.0.0.1:{port}", "secretFile": str(folder / "secret")},
        "notify": [
            {
                "name": "events",
                "kind": "generic",
                "url": f"{listener.url}/events",
                "secretFile": str(folder / "secret"),
                **common,
            },
            {
                "name": "chat",
                "kind": "slack",
                "urlFile": str(folder / "slack"),
                "on": ["failed", "completed"],
                **common,
            },
            {"name": "github", "kind": "githubCommitStatus", "apiUrl": listener.url, **project},
            {"name": "gitlab", "kind": "gitlabCommitStatus", "apiUrl": f"{listener.url}/api/v4", **project},
        ],
    }


def _told(listener: listeners.Listener, path: str) -> list[listeners.Heard]:
    return [each for each in listener.heard if each.path.startswith(path)]


def _post(port: int, ref: str, *, secret: str = SECRET) -> int:
    body = json.dumps({"ref": ref}).encode()
    mac = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={mac}"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", "/hooks/push", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


class Site:
    """A fleet whose daemon is told of pushes at *port*, and tells *listener*."""

    def __init__(self, fleet: fleets.Fleet, listener: listeners.Listener, port: int) -> None:
        self.fleet = fleet
        self.listener = listener
        self.port = port

    async def event(self, type_: str, commit: str = "") -> dict[str, Any]:
        """Wait for the signed notice of *type_* about *commit*, and return its data."""

        def is_it(heard: listeners.Heard) -> bool:
            if heard.path != "/events" or heard.json["type"] != f"gitsidecar.{type_}":
                return False
            return commit in ("", heard.json["data"]["commit"])

        data: dict[str, Any] = (await self.listener.until_heard(is_it)).json["data"]
        return data

    async def push(self, image: str, **update: Any) -> str:
        """Push a set with *image* and tell the daemon."""
        revision = await self.fleet.push({"logtail.yaml": sidecarsets.text(image, **update)})
        assert await asyncio.to_thread(_post, self.port, "refs/heads/main") == 202
        return revision


@pytest.fixture
async def site(apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path) -> AsyncIterator[Site]:
    """Return a site whose daemon has seen a complete set, and polls once an hour."""
    async with contextlib.AsyncExitStack() as stack:
        listener = await stack.enter_async_context(listeners.listening())
        fleet = await stack.enter_async_context(fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(PODS)))
        port = processes.free_port()
        settings = _settings(tmp_path, listener, port)
        fleet.daemon.settings.change({"repository": settings["repository"], "hooks": settings["hooks"]})
        fleet.daemon.settings.put("notify", settings["notify"])
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        fleet.daemon.start()
        await fleet.until_complete(PODS, sidecarsets.OLD)
        yield Site(fleet, listener, port)


async def test_a_push_is_followed_and_told_of_at_once(site: Site) -> None:
    """Seconds after the hook, though polls are an hour apart: started, completed, and the statuses of the commit."""
    assert site.listener.heard == []  # what was complete at the first start is no news
    began = time.monotonic()
    revision = await site.push(sidecarsets.NEW, maxUnavailable="50%")
    started = await site.event("started", revision)
    completed = await site.event("completed", revision)
    assert time.monotonic() - began < 30
    assert (started["set"], started["cluster"], started["reason"]) == ("logtail", daemons.CLUSTER, "RollingOut")
    assert (completed["pods"]["updatedPods"], completed["pods"]["matchedPods"]) == (PODS, PODS)
    await site.fleet.until_complete(PODS, sidecarsets.NEW)

    github = f"/repos/platform/sidecars/statuses/{revision}"
    gitlab = f"/api/v4/projects/platform%2Fsidecars/statuses/{revision}"
    await site.listener.until_heard(lambda each: each.path == github and each.json["state"] == "success")
    await site.listener.until_heard(lambda each: each.path == gitlab and each.json["state"] == "success")
    assert [each.json["state"] for each in _told(site.listener, "/repos")] == ["pending", "success"]
    assert [each.json["state"] for each in _told(site.listener, "/api")] == ["running", "success"]
    context = f"gitsidecar/{daemons.CLUSTER}/logtail"
    assert {each.json["context"] for each in _told(site.listener, "/repos")} == {context}
    await site.listener.until_heard(lambda each: each.path == "/slack/hush")
    assert len(_told(site.listener, "/slack")) == 1  # of `started` it was not to be told
    assert "hush" not in site.fleet.daemon.log.read_text()
    assert "forge-token" not in site.fleet.daemon.log.read_text()

    told = len(site.listener.heard)
    assert await site.fleet.daemon.stopped() == 0
    site.fleet.daemon.start()
    await site.fleet.daemon.ready()
    assert await site.fleet.daemon.stopped() == 0
    assert len(site.listener.heard) == told  # a restart does not repeat what was told


async def test_a_stop_and_a_refusal_are_told_of(site: Site) -> None:
    """A pause blocks, a broken manifest is rejected at the revision that brought it; both name what to look at."""
    paused = await site.push(sidecarsets.NEW, paused=True)
    blocked = await site.event("blocked", paused)
    assert blocked["reason"] == "Paused"
    broken = await site.fleet.push({"logtail.yaml": "kind: SidecarSet\n", "new.yaml": "["})
    assert await asyncio.to_thread(_post, site.port, "refs/heads/main") == 202
    rejected = await site.event("rejected", broken)
    assert rejected["rejections"][0]["file"] in ("logtail.yaml", "new.yaml")
    status = f"/repos/platform/sidecars/statuses/{broken}"
    await site.listener.until_heard(lambda each: each.path == status and each.json["state"] == "error")


async def test_only_pushes_of_the_source_branch_are_followed(site: Site) -> None:
    """The daemon's own commits, which a Git server tells of too, and strangers ask for nothing."""
    polls = len(site.fleet.daemon.lines("poll.new_revision"))
    await site.fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW)})
    assert await asyncio.to_thread(_post, site.port, f"refs/heads/{daemons.STATUS_BRANCH}") == 204
    forged = asyncio.to_thread(_post, site.port, "refs/heads/main", secret="wrong")
    assert await forged == 403
    await asyncio.sleep(1)  # nothing can be waited for where nothing is to happen
    assert len(site.fleet.daemon.lines("poll.new_revision")) == polls
    assert site.fleet.witness.changes == []


async def test_services_that_hang_hold_nothing_up(site: Site) -> None:
    """A rollout goes through, and SIGTERM is obeyed in time, while nobody answers; the next start tells of it."""
    site.listener.replies.extend([listeners.Reply(hangs=True)] * 4)
    revision = await site.push(sidecarsets.NEW, maxUnavailable="50%")
    await site.fleet.until_complete(PODS, sidecarsets.NEW)
    began = time.monotonic()
    assert await site.fleet.daemon.stopped() == 0
    assert time.monotonic() - began < 10
    site.listener.replies.clear()
    site.listener.heard.clear()
    site.fleet.daemon.start()
    for type_ in ("started", "completed"):
        assert (await site.event(type_, revision))["set"] == "logtail"


async def test_a_killed_daemon_tells_what_waited(site: Site) -> None:
    """What services did not take before a SIGKILL is told by the next process, from the file beside the mirror."""
    site.listener.replies.extend([listeners.Reply(503)] * 200)
    revision = await site.push(sidecarsets.NEW, maxUnavailable="50%")
    await site.fleet.until_complete(PODS, sidecarsets.NEW)
    outbox = Path(site.fleet.daemon.settings.file.parent / "mirrors" / "notices" / "events.json")
    await waiting.until(lambda: b'"completed"' in outbox.read_bytes(), what="the file of what waits")
    await site.fleet.daemon.killed()
    site.listener.replies.clear()
    site.listener.heard.clear()
    site.fleet.daemon.start()
    for type_ in ("started", "completed"):
        assert (await site.event(type_, revision))["commit"] == revision


async def test_once_tells_as_the_daemon_does(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """One pass, what it has to tell, and the end."""
    async with (
        listeners.listening() as listener,
        fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(2)) as fleet,
    ):
        fleet.daemon.settings.put("notify", _settings(tmp_path, listener, 0)["notify"])
        revision = await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, paused=True)})
        done = await daemons.run("once", "--config", fleet.daemon.settings.file)
        assert done.status == 0, done
        [event] = _told(listener, "/events")
        assert (event.json["type"], event.json["data"]["commit"]) == ("gitsidecar.blocked", revision)
        await daemons.run("once", "--config", fleet.daemon.settings.file)
        assert len(_told(listener, "/events")) == 1
