"""What a daemon does while its remote is away, at its start and in mid-rollout."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import apiservers, daemons, fleets, remotes, sidecarsets, waiting

Http = tuple[remotes.HttpServer, remotes.Served]

PODS = 16
WINDOW = 4

pytestmark = pytest.mark.timeout(90)


async def test_a_remote_that_is_away_at_the_start_is_waited_for(
    apiserver: apiservers.ApiServer, http_server: Http, tmp_path: Path
) -> None:
    """Without its remote the daemon stays alive and touches no pod, `/readyz` says why; then it starts by itself."""
    server, remote = http_server
    async with fleets.gathered(apiserver, remote, tmp_path, fleets.pods(4)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW)})
        server.stop()
        fleet.daemon.start()
        words = await fleet.daemon.unready(remote.url)
        assert server.token not in words
        assert fleet.daemon.probe("/healthz") == (200, "ok")
        assert fleet.writes == ()
        server.start()
        await fleet.until_complete(4, sidecarsets.NEW)
        await fleet.daemon.ready()


async def test_a_remote_that_goes_away_stops_no_rollout(
    apiserver: apiservers.ApiServer, http_server: Http, tmp_path: Path
) -> None:
    """
    While the remote is away in mid-rollout, pods move on as was asked for last and `/readyz` says what is wrong.

    Each change to the cluster is in the log all the same, and the first commit after that tells all that was moved.
    """
    server, remote = http_server
    async with fleets.gathered(apiserver, remote, tmp_path, fleets.pods(PODS)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable=WINDOW)})
        fleet.daemon.start()
        await fleet.until_status(lambda status: status["updatedPods"] >= WINDOW, what="a first record")
        server.stop()
        await fleet.daemon.unready(remote.url)
        await fleet.daemon.told("pass.failed")
        await fleet.until_changed(PODS)
        await waiting.until(lambda: not fleet.witness.down, what="all pods up")
        assert fleet.status()["finishedPods"] < PODS
        server.start()
        await fleet.until_complete(PODS, sidecarsets.NEW)
        await fleet.daemon.ready()

        assert fleet.witness.most_down <= WINDOW
        patched = sorted(line["pod"] for line in fleet.daemon.lines("pod.patched"))
        assert patched == sorted(write.pod for write in fleet.writes) == sorted(set(fleet.witness.changes))
        bodies = " ".join(fleet.bench.log(daemons.STATUS_BRANCH, "%b")).split()
        assert {word for word in bodies if word.startswith("default/")} >= set(fleet.witness.changes)
