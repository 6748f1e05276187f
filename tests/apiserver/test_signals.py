"""How the daemon's process ends and begins again: killed, told to stop, told to read its settings again."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.support import apiservers, daemons, fleets, remotes, sidecarsets, waiting

PODS = 100
WINDOW = 10  # maxUnavailable 10%

pytestmark = pytest.mark.timeout(120)


async def test_a_killed_daemon_goes_on_where_it_was(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """Killed in mid-rollout and started again, twice, it patches no pod a second time and keeps to the window."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(PODS)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable="10%")})
        for number in (2 * WINDOW + 3, 5 * WINDOW + 3):
            fleet.daemon.start()
            await fleet.until_changed(number)
            await fleet.daemon.killed()
        assert len(fleet.witness.changes) < PODS
        fleet.daemon.start()
        status = await fleet.until_complete(PODS, sidecarsets.NEW)
        assert status["finishedPods"] == PODS
        assert fleet.witness.most_down <= WINDOW
        assert set(fleet.witness.changes) == {f"default/web-{number:03}" for number in range(PODS)}
        _nothing_was_repeated(fleet)


async def test_a_killed_daemon_needs_nothing_from_its_disk(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """A new process on another machine, with an empty folder, reaches the same plan from the cluster and Git alone."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(PODS)) as fleet:
        half = sidecarsets.text(sidecarsets.NEW, maxUnavailable="10%", partition="50%")
        await fleet.push({"logtail.yaml": half})
        fleet.daemon.start()
        await fleet.until_changed(2 * WINDOW + 3)
        await fleet.daemon.killed()
        fleet.daemon.settings.change({"repository": {"folder": str(tmp_path / "elsewhere")}})
        fleet.daemon.start()
        status = await fleet.until_status(lambda status: status["finishedPods"] == PODS // 2, what="half of them")
        assert fleets.held(status) == {"PartitionKept": PODS // 2}
        assert fleet.witness.most_down <= WINDOW
        assert len(fleet.witness.changes) == PODS // 2
        _nothing_was_repeated(fleet)


async def test_sigterm_in_mid_rollout_leaves_a_true_record(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """Told to stop, the daemon sends no other patch, records what it did, and exits with 0 within 10 s."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(PODS)) as fleet:
        # Nothing but the end can bring the record up to date.
        fleet.daemon.settings.change({"status": {"interval": "1h"}})
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable="10%")})
        fleet.daemon.start()
        await fleet.until_changed(2 * WINDOW + 3)
        began = time.monotonic()
        assert await fleet.daemon.stopped() == 0
        assert time.monotonic() - began < 10
        written = {write.pod for write in fleet.writes}
        await fleet.until_changed(len(written))  # the witness may be a moment behind
        assert set(fleet.witness.changes) == written
        assert fleet.status()["updatedPods"] == len(written) < PODS
        assert fleet.daemon.lines(level="error") == []
        assert fleet.daemon.lines()[-1]["event"] == "daemon.ended"


async def test_sigterm_is_obeyed_while_git_hangs(
    apiserver: apiservers.ApiServer,
    http_server: tuple[remotes.HttpServer, remotes.Served],
    tmp_path: Path,
) -> None:
    """A remote that takes requests and never answers does not keep the daemon from ending in time, with 0."""
    server, remote = http_server
    answering, is_asked = threading.Event(), threading.Event()
    async with fleets.gathered(apiserver, remote, tmp_path, fleets.pods(2)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW)})
        fleet.daemon.start()
        await fleet.until_complete(2, sidecarsets.NEW)

        def hang() -> None:
            is_asked.set()
            answering.wait(60)

        server.watch = hang
        try:
            await waiting.until(is_asked.is_set, what="a poll that hangs")
            began = time.monotonic()
            assert await fleet.daemon.stopped() == 0
            assert time.monotonic() - began < 10
        finally:
            server.watch = None
            answering.set()


async def test_sigterm_is_obeyed_while_the_api_server_hangs(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """An API server that takes patches and never answers does not keep the daemon from ending in time, with 0."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(4)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        fleet.daemon.start()
        await fleet.until_complete(4, sidecarsets.OLD)
        before = _sockets(fleet.daemon)
        with apiserver.frozen():
            await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable="100%")})
            # Two of the four patches may find a connection that is open already.
            await waiting.until(lambda: _sockets(fleet.daemon) >= before + 2, what="patches that hang")
            began = time.monotonic()
            assert await fleet.daemon.stopped() == 0
            assert time.monotonic() - began < 10


async def test_sighup_takes_up_changed_settings(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """After SIGHUP the same process goes on with what the settings file says now, down to the level of its log."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(2)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        fleet.daemon.start()
        await fleet.until_complete(2, sidecarsets.OLD)
        other = "gitsidecar/status/other"
        fleet.daemon.settings.change({"cluster": {"name": "other"}, "log": {"level": "warning"}})
        fleet.daemon.signal(signal.SIGHUP)
        await fleet.daemon.told("daemon.restarts_with_new_settings")
        told = len(fleet.daemon.lines())
        await fleet.daemon.ready()
        await waiting.until(lambda: fleet.bench.remote_head(other), what="a status branch of the new name")
        assert fleet.bench.log(other)[0].startswith("logtail: 2/2 pods")
        assert fleet.daemon.lines()[told:] == []
        assert await fleet.daemon.stopped() == 0


async def test_many_sighups_in_a_row_are_borne(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """A signal that comes while the daemon starts anew is neither lost nor its end."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(2)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        fleet.daemon.start()
        await fleet.daemon.ready()
        for _ in range(100):
            fleet.daemon.signal(signal.SIGHUP)
            await asyncio.sleep(0.01)
        fleet.daemon.settings.change({"cluster": {"name": "last"}})
        fleet.daemon.signal(signal.SIGHUP)
        await fleet.daemon.told("daemon.started", cluster="last")
        await fleet.daemon.ready()
        assert await fleet.daemon.stopped() == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cluster": {"kubeconfig": "/nowhere/kubeconfig"}}, "kubeconfig /nowhere/kubeconfig does not exist"),
        ({"repository": {"allowInsecureHttp": False}}, "is not encrypted"),
        ({"probes": {"address": "192.0.2.1:8080"}}, "cannot listen on 192.0.2.1:8080"),
    ],
)
async def test_sighup_with_settings_that_fail_goes_back(
    change: dict[str, dict[str, object]],
    words: str,
    apiserver: apiservers.ApiServer,
    http_remote: remotes.Served,
    tmp_path: Path,
) -> None:
    """Settings that read well but cannot be started with are told in the log, and those before are in force again."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(2)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        fleet.daemon.start()
        await fleet.until_complete(2, sidecarsets.OLD)
        fleet.daemon.settings.change(change)
        fleet.daemon.signal(signal.SIGHUP)
        refused = await fleet.daemon.told("settings.refused")
        assert words in refused["reason"]
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW)})
        await fleet.until_complete(2, sidecarsets.NEW)
        await fleet.daemon.ready()
        assert await fleet.daemon.stopped() == 0


async def test_sighup_with_broken_settings_changes_nothing(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """Settings that cannot be used are told in the log with their place, and the daemon goes on with the old ones."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(2)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.OLD)})
        fleet.daemon.start()
        await fleet.until_complete(2, sidecarsets.OLD)
        fleet.daemon.settings.change({"limits": {"coalesc": "1s"}})
        fleet.daemon.signal(signal.SIGHUP)
        refused = await fleet.daemon.told("settings.refused")
        assert refused["level"] == "error"
        assert f"{fleet.daemon.settings.file}:" in refused["reason"]
        assert "coalesce" in refused["reason"]
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW)})
        await fleet.until_complete(2, sidecarsets.NEW)
        assert fleet.daemon.lines("daemon.restarts_with_new_settings") == []
        assert len(fleet.daemon.lines("daemon.started", cluster=daemons.CLUSTER)) == 1


def _nothing_was_repeated(fleet: fleets.Fleet) -> None:
    """
    See that each pod was changed once, and that no write was answered with success twice.

    Of what was on its way at a kill nobody heard: cut off (504), it came through or did not. What arrives after the
    next process has listed meets that one's patch, and changes nothing (422).
    """
    changed = set(fleet.witness.changes)
    assert len(fleet.witness.changes) == len(changed)
    taken = [write.pod for write in fleet.writes if write.code == 200]
    assert len(taken) == len(set(taken))
    assert changed - set(taken) <= {write.pod for write in fleet.writes if write.code == 504}
    assert {write.code for write in fleet.writes} <= {200, 422, 504}
    assert {write.pod for write in fleet.writes} <= changed


def _sockets(daemon: daemons.Daemon) -> int:
    """Return how many sockets the daemon's process has open."""
    folder = Path(f"/proc/{daemon.process.popen.pid}/fd")
    found = 0
    for each in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            found += str(each.readlink()).startswith("socket:")
    return found
