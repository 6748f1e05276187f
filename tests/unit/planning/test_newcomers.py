"""Which spec a new pod gets (DESIGN §5.13), as one table of the rule and its exceptions."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

import pytest

from gitsidecar.model import selectors, sidecarsets
from gitsidecar.planning import newcomers
from tests.unit.planning import builders

STABLE = "v1-stable"
SPECS = {STABLE: '{"spec":{"customVersion":"one"}}', "v1-two": '{"spec":{"customVersion":"two"}}'}
CANARY = selectors.Selector((("canary", "yes"),))


def _set(revision: dict[str, str] | None = None, **update: Any) -> sidecarsets.SidecarSet:
    made = builders.sidecar_set(**update)
    document = json.dumps({"spec": {"injectionStrategy": {"revision": revision}}}) if revision else made.document
    return dataclasses.replace(made, document=document)


def _choose(wanted: sidecarsets.SidecarSet, labels: dict[str, str] | None = None, **state: Any) -> newcomers.Choice:
    rollout = newcomers.Rollout(wanted, **{"stable": STABLE, "specs": SPECS, **state})
    return newcomers.choose(rollout, labels or {})


@pytest.mark.parametrize(
    ("update", "state", "spec"),
    [
        ({}, {"matched": 10, "updated": 3}, "Latest"),
        ({}, {"matched": 10, "updated": 10}, "Latest"),
        ({}, {"matched": 0, "updated": 0}, "Latest"),
        ({"partition": "70%"}, {"matched": 10, "updated": 2}, "Latest"),
        ({"partition": "70%"}, {"matched": 10, "updated": 3}, "Stable"),
        ({"partition": "70%"}, {"matched": 13, "updated": 3}, "Latest"),
        ({"partition": 10}, {"matched": 10, "updated": 0}, "Latest"),
        ({"partition": 11}, {"matched": 10, "updated": 0}, "Stable"),
        ({"partition": "100%"}, {"matched": 10, "updated": 0}, "Stable"),
        ({}, {"matched": 10, "updated": 3, "bar": "the window is closed"}, "Stable"),
        ({"update": {"type": sidecarsets.StrategyType.NOT_UPDATE}}, {"matched": 10}, "Latest"),
        ({}, {"matched": 10, "bar": "paused", "stable": ""}, "Latest"),
    ],
)
def test_new_pods_follow_the_rollout(update: dict[str, Any], state: dict[str, Any], spec: str) -> None:
    """Latest while the rollout has room and nothing holds the set, stable otherwise, latest where there is no other."""
    choice = _choose(_set(**update), **state)
    assert (choice.spec, choice.fault) == (spec, "")
    assert choice.document == (SPECS[STABLE] if spec == "Stable" else builders.sidecar_set().document)


@pytest.mark.parametrize(
    ("labels", "bar", "spec"),
    [({"canary": "yes"}, "", "Latest"), ({}, "", "Stable"), ({"canary": "yes"}, "x", "Stable")],
)
def test_the_update_selector_decides_for_new_pods_too(labels: dict[str, str], bar: str, spec: str) -> None:
    """Who is meant by the update selector gets the latest spec, whatever the numbers; everybody else the stable one."""
    wanted = _set(update={"selector": CANARY})
    assert _choose(wanted, labels, matched=10, updated=10, bar=bar).spec == spec


@pytest.mark.parametrize(
    ("revision", "update", "labels", "spec_hash"),
    [
        ({"customVersion": "two"}, {}, {}, "v1-two"),
        ({"revisionName": STABLE, "customVersion": "two"}, {}, {}, STABLE),
        ({"customVersion": "two", "policy": "Always"}, {"update": {"selector": CANARY}}, {"canary": "yes"}, "v1-two"),
        ({"customVersion": "two", "policy": "Partial"}, {"update": {"selector": CANARY}}, {"canary": "yes"}, "latest"),
        ({"customVersion": "two", "policy": "Partial"}, {"update": {"selector": CANARY}}, {}, "v1-two"),
        ({"customVersion": "two", "policy": "Partial"}, {"update": {"paused": True}}, {}, "v1-two"),
        ({"customVersion": "two", "policy": "Partial"}, {}, {}, "latest"),
    ],
)
def test_a_named_revision_is_obeyed(
    revision: dict[str, str], update: dict[str, Any], labels: dict[str, str], spec_hash: str
) -> None:
    """`injectionStrategy.revision` outranks the rollout; Partial gives the rollout's share to the latest spec."""
    choice = _choose(_set(revision, **update), labels, matched=10, updated=1)
    assert choice.spec_hash == (builders.sidecar_set().spec_hash if spec_hash == "latest" else spec_hash)


@pytest.mark.parametrize("revision", [{"customVersion": "gone"}, {"revisionName": "v1-gone"}])
def test_a_named_revision_that_is_gone_is_a_fault(revision: dict[str, str]) -> None:
    """Nobody gets the latest spec because the wanted one cannot be found."""
    choice = _choose(_set(revision), matched=10)
    assert "not among the 2 specs kept" in choice.fault
    assert not choice.document


@pytest.mark.parametrize(("seconds", "bar"), [(-1, ""), (0, "the rollout window has closed")])
def test_new_pods_wait_once_the_window_has_closed(seconds: int, bar: str) -> None:
    """Also where no pass has said so since."""
    closes_at = datetime.datetime(2026, 11, 27, 18, 0, tzinfo=datetime.UTC)
    rollout = newcomers.Rollout(_set(), closes_at=closes_at)
    assert newcomers.at(rollout, closes_at + datetime.timedelta(seconds=seconds)).bar == bar


def test_another_bar_outlasts_the_window() -> None:
    """What a pass found is said as it is."""
    closes_at = datetime.datetime(2026, 11, 27, 18, 0, tzinfo=datetime.UTC)
    rollout = newcomers.Rollout(_set(), bar="paused", closes_at=closes_at)
    assert newcomers.at(rollout, closes_at).bar == "paused"


def test_a_stable_spec_that_is_gone_is_a_fault() -> None:
    """A held set whose stable document was lost does not hand out the latest spec."""
    choice = _choose(_set(), matched=10, bar="paused", specs={})
    assert "not among the specs kept" in choice.fault
    assert not choice.document


def test_a_stable_spec_that_is_the_latest_brings_what_its_hash_does_not_cover() -> None:
    """A new volume reaches new pods of a held set as well: the latest document is the one in force."""
    wanted = _set()
    choice = _choose(wanted, matched=10, bar="paused", stable=wanted.spec_hash)
    assert choice.document == wanted.document
