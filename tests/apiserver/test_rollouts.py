"""The main job, end to end: the installed command, a real remote over HTTP, a real API server, 200 pods."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import apiservers, audits, daemons, fleets, git_fixtures, podspecs, remotes, sidecarsets

PODS = 200
WINDOW = 20  # maxUnavailable 10%
BYSTANDERS = 10

pytestmark = pytest.mark.timeout(180)


async def test_a_push_moves_the_pods_window_by_window(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """
    A pushed image moves half the pods, a lowered partition the rest: one patch a pod, never more than the window down.

    Pods without the labels, and every other container, are left as they are, and the status branch tells all of it.
    """
    population = [*fleets.pods(PODS), *fleets.pods(BYSTANDERS, prefix="batch", labels={"app": "batch"})]
    async with fleets.gathered(apiserver, http_remote, tmp_path, population) as fleet:
        before = {pod["metadata"]["name"]: pod for pod in await fleet.api.pods()}
        await fleet.push({"sets/logtail.yaml": sidecarsets.text(sidecarsets.OLD, maxUnavailable="10%")})
        fleet.daemon.start()
        await fleet.daemon.ready()
        await fleet.until_complete(PODS, sidecarsets.OLD)
        assert fleet.writes == ()

        half = sidecarsets.text(sidecarsets.NEW, maxUnavailable="10%", partition="50%")
        revision = await fleet.push({"sets/logtail.yaml": half})
        status = await fleet.until_status(
            lambda status: fleets.condition(status, "Blocked")["reason"] == "PartitionKept", what="half the pods moved"
        )
        assert (status["matchedPods"], status["updatedPods"], status["finishedPods"]) == (PODS, 100, 100)
        assert fleets.held(status) == {"PartitionKept": 100}
        assert status["images"] == {"logtail": {sidecarsets.NEW: 100, sidecarsets.OLD: 100}}
        assert fleet.bench.log(daemons.STATUS_BRANCH)[0] == (
            f"logtail: 100/200 pods on {revision[:7]}, 100 held (PartitionKept)"
        )
        assert len(fleet.writes) == 100

        final = await fleet.push({"sets/logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable="10%")})
        status = await fleet.until_complete(PODS, sidecarsets.NEW)
        assert (status["updatedPods"], status["readyPods"], status["updatedReadyPods"]) == (PODS, PODS, PODS)
        assert fleet.bench.log(daemons.STATUS_BRANCH)[0] == f"logtail: 200/200 pods on {revision[:7]}, complete"
        trailers = "%(trailers:key=Gitsidecar-Revision,valueonly,separator=%x20)"
        assert fleet.bench.log(daemons.STATUS_BRANCH, trailers)[0] == final
        assert _folders(fleet.bench.names(daemons.STATUS_BRANCH)) == {"STATUS.md", "sets", "history"}
        assert "all 200 pods" in fleet.bench.show(daemons.STATUS_BRANCH, "STATUS.md")

        assert 0 < fleet.witness.most_down <= WINDOW
        assert sorted(fleet.witness.changes) == sorted(f"default/web-{index:03}" for index in range(PODS))
        assert _one_patch_each(fleet.writes) == set(fleet.witness.changes)
        for pod in await fleet.api.pods():
            _assert_only_logtail_restarted(before[pod["metadata"]["name"]], pod)
        assert await fleet.daemon.stopped() == 0
        assert fleet.daemon.lines(level="error") == []
        log = fleet.daemon.log.read_text()
        assert git_fixtures.TOKEN not in log
        assert apiserver.token("daemon") not in log


async def test_pausing_stops_and_goes_on(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """
    With `paused: true` pushed in mid-rollout, pods in flight finish and no other starts; without it, the rest moves.
    """
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(PODS)) as fleet:
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable="10%")})
        fleet.daemon.start()
        await fleet.until_changed(2 * WINDOW)
        stop = await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable="10%", paused=True)})
        seen = await fleet.daemon.told("pass.done", revision=stop)
        assert seen["sets"]["logtail"]["moved"] == 0
        moved = len(fleet.witness.changes)
        assert 2 * WINDOW <= moved < PODS

        status = await fleet.until_status(
            lambda status: fleets.condition(status, "Blocked")["reason"] == "Paused" and not status["inFlightPods"],
            what="paused, with nothing in flight",
        )
        assert (status["updatedPods"], status["finishedPods"]) == (moved, moved)
        assert fleets.held(status) == {"Paused": PODS - moved}
        assert (len(fleet.witness.changes), fleet.witness.down) == (moved, frozenset())

        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable="10%")})
        await fleet.until_complete(PODS, sidecarsets.NEW)
        assert fleet.witness.most_down <= WINDOW
        assert len(_one_patch_each(fleet.writes)) == PODS
        assert all(line["sets"]["logtail"]["moved"] == 0 for line in fleet.daemon.lines("pass.done", revision=stop))


async def test_an_image_that_cannot_start_stops_the_rollout(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """An image that is never there hurts one window and is said to block; the fix recovers those and moves the rest."""
    broken = "log-service/logtail:0.16.17"
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(PODS)) as fleet:
        fleet.nodes.broken.add(broken)
        bad = await fleet.push({"logtail.yaml": sidecarsets.text(broken, maxUnavailable="10%")})
        fleet.daemon.start()
        status = await fleet.until_status(
            lambda status: fleets.condition(status, "Blocked")["reason"] == "PodsFailing", what="blocked"
        )
        assert fleets.condition(status, "Blocked")["status"] == "True"
        hurt = frozenset(fleet.witness.changes)
        assert len(hurt) == WINDOW == len(fleet.witness.down)
        assert set(status["failing"].values()) == {"logtail: ImagePullBackOff"}
        assert fleet.bench.log(daemons.STATUS_BRANCH)[0] == f"logtail: 20/200 pods on {bad[:7]}, blocked (PodsFailing)"

        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable="10%")})
        status = await fleet.until_complete(PODS, sidecarsets.NEW)
        assert fleets.condition(status, "Blocked")["status"] == "False"
        assert fleet.witness.most_down <= WINDOW
        assert len(fleet.writes) == PODS + WINDOW
        assert {key for key in fleet.witness.changes if fleet.witness.changes.count(key) == 2} == hurt


def _one_patch_each(writes: tuple[audits.Write, ...]) -> set[str]:
    """Return the pods of *writes*, after checking that each was patched once, successfully, and nothing else was."""
    assert {(write.verb, write.subresource, write.code) for write in writes} == {("patch", "", 200)}
    written = [write.pod for write in writes]
    assert len(written) == len(set(written))
    return set(written)


def _assert_only_logtail_restarted(before: fleets.Json, after: fleets.Json) -> None:
    """Check that a pod of the application runs the new sidecar and its old self, and that any other is as it was."""
    old, new = podspecs.statuses(before), podspecs.statuses(after)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert new["nginx"] == old["nginx"]
    if after["metadata"]["labels"] != sidecarsets.LABELS:
        assert (after["spec"], new) == (before["spec"], old)
        assert "annotations" not in after["metadata"]
        return
    assert new["logtail"]["restartCount"] == 1
    assert new["logtail"]["image"].endswith(sidecarsets.NEW)
    assert list(after["metadata"]["annotations"]) == ["gitsidecar.io/sidecars"]


def _folders(names: list[str]) -> set[str]:
    return {name.partition("/")[0] for name in names}
