"""What a daemon does when the cluster says no: writes that are forbidden, pods that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import apiservers, daemons, fleets, remotes, sidecarsets

pytestmark = pytest.mark.timeout(90)


async def test_forbidden_writes_are_said_once_for_the_set(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """
    A user who may not patch gets one condition and one line for all pods, a handful of requests, and no more of either.
    """
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(100), user="reader") as fleet:
        revision = await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable="50%")})
        fleet.daemon.start()
        status = await fleet.until_status(
            lambda status: fleets.condition(status, "Blocked")["reason"] == "WritesForbidden", what="blocked"
        )
        assert fleets.condition(status, "Blocked")["status"] == "True"
        words = status["forbidden"]["message"]
        assert 'User "reader" cannot patch resource "pods"' in words
        assert "grant the verb patch on pods to this user" in words
        assert fleet.bench.show(daemons.STATUS_BRANCH, "STATUS.md").count("grant the verb patch") <= 4
        assert fleet.bench.log(daemons.STATUS_BRANCH)[0] == (
            f"logtail: 0/100 pods on {revision[:7]}, blocked (WritesForbidden)"
        )

        requests, commits = len(fleet.writes), fleet.bench.log(daemons.STATUS_BRANCH)
        assert 0 < requests <= 25
        assert {write.code for write in fleet.writes} == {403}
        for number in range(3):  # pods that change make the daemon look again
            told = len(fleet.daemon.lines())
            label = {"metadata": {"labels": {"round": str(number)}}}
            await fleet.api.merge_patch("web-000", label)
            await fleet.daemon.told("pass.done", since=told)
        assert len(fleet.writes) == requests
        assert fleet.bench.log(daemons.STATUS_BRANCH) == commits
        (line,) = fleet.daemon.lines("pods.not_patched", outcome="Forbidden")
        assert (line["set"], line["level"]) == ("logtail", "warning")
        assert fleet.daemon.lines("pod.not_patched") == []
        assert await fleet.daemon.stopped() == 0


async def test_a_pod_with_a_damaged_annotation_is_left_alone(
    apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """A pod whose annotation is not ours is held as unreadable, with the reason; all others move; mended, it moves."""
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(10)) as fleet:
        damaged = {"metadata": {"annotations": {"gitsidecar.io/sidecars": '{"logtail": {"specHash": null'}}}
        await fleet.api.merge_patch("web-003", damaged)
        await fleet.push({"logtail.yaml": sidecarsets.text(sidecarsets.NEW, maxUnavailable=3)})
        fleet.daemon.start()
        status = await fleet.until_status(lambda status: status["finishedPods"] == 9, what="the other nine moved")
        (held,) = status["held"]
        assert (held["reason"], held["examples"]) == ("PodUnreadable", ["default/web-003"])
        assert "annotation gitsidecar.io/sidecars is not what gitsidecar writes" in held["message"]
        assert "default/web-003" not in {write.pod for write in fleet.writes}

        mended = {"metadata": {"annotations": {"gitsidecar.io/sidecars": None}}}
        await fleet.api.merge_patch("web-003", mended)
        await fleet.until_complete(10, sidecarsets.NEW)
        assert len(fleet.writes) == len({write.pod for write in fleet.writes}) == 10
