"""Stop the line: with 500 pods in motion on a real API server, one commit ends all writes, another lets them go on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import apiservers, audits, fleets, remotes, sidecarsets

PODS = 500
WINDOW = 300
IN_FLIGHT = 20  # writes at once, unless a setting says otherwise

pytestmark = pytest.mark.timeout(180)


@dataclasses.dataclass(frozen=True, slots=True)
class Stop:
    """Files of a commit that stops every rollout, of one that takes it back, and the hold's name in the status."""

    reason: str
    files: Mapping[str, str | None]
    release: Mapping[str, str | None]


def _set(**update: Any) -> str:
    return sidecarsets.text(sidecarsets.NEW, maxUnavailable=WINDOW, **update)


FREEZE = """\
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata:
  name: freeze
spec:
  sidecarSetSelector: {}
  freezes:
  - reason: "Incident 42: nothing moves"
"""
PAUSE = Stop("Paused", {"logtail.yaml": _set(paused=True)}, {"logtail.yaml": _set()})


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(PAUSE, id="pause"),
        pytest.param(Stop("Frozen", {"freeze.yaml": FREEZE}, {"freeze.yaml": None}), id="freeze"),
    ],
)
async def test_one_commit_stops_the_line(
    stop: Stop, apiserver: apiservers.ApiServer, http_remote: remotes.Served, tmp_path: Path
) -> None:
    """
    From the poll that sees the commit only the requests in hand are written, from the pass after it none at all.

    Pods in flight finish, the others keep their very versions, whatever is pushed meanwhile; then all 500 are moved.
    """
    async with fleets.gathered(apiserver, http_remote, tmp_path, fleets.pods(PODS)) as fleet:
        before = await _versions(fleet)
        await fleet.push({"logtail.yaml": _set()})
        fleet.daemon.start()
        await fleet.until_changed(IN_FLIGHT)
        revision = await fleet.push(stop.files, "Stop the line")
        await fleet.daemon.told("poll.new_revision", revision=revision)
        in_hand = len(fleet.writes)
        await fleet.daemon.told("pass.done", revision=revision)
        written = fleet.writes
        assert IN_FLIGHT <= len(written) < PODS
        assert len(written) - in_hand <= IN_FLIGHT

        later = await fleet.push({"notes.md": "Nothing moves while we look into it.\n"})
        await fleet.daemon.told("pass.done", revision=later)
        status = await fleet.until_status(
            lambda status: fleets.condition(status, "Blocked")["reason"] == stop.reason and not status["inFlightPods"],
            what=f"{stop.reason}, with nothing in flight",
        )
        moved = _moved(written)
        assert (status["updatedPods"], status["finishedPods"]) == (len(moved), len(moved))
        assert fleets.held(status) == {stop.reason: PODS - len(moved)}
        after = await _versions(fleet)
        assert {name for name in before if after[name] != before[name]} == moved
        assert fleet.writes == written

        await fleet.push(stop.release, "Go on")
        await fleet.until_complete(PODS, sidecarsets.NEW)
        assert len(_moved(fleet.writes)) == PODS
        assert fleet.witness.most_down <= WINDOW
        assert fleet.daemon.lines(level="error") == []


async def _versions(fleet: fleets.Fleet) -> dict[str, str]:
    """Return the resource version of every pod: the API server gives it a new one at each write, whoever writes."""
    found = [pod["metadata"] for pod in await fleet.api.pods()]
    return {f"{meta['namespace']}/{meta['name']}": meta["resourceVersion"] for meta in found}


def _moved(writes: tuple[audits.Write, ...]) -> set[str]:
    """Return the pods of *writes*, after checking that each was patched once, successfully, and nothing else was."""
    assert {(write.verb, write.subresource, write.code) for write in writes} == {("patch", "", 200)}
    moved = {write.pod for write in writes}
    assert len(moved) == len(writes)
    return moved
