"""Populations made up for a tree: as many as asked for, selected by its sets, and older than they want."""

from __future__ import annotations

import datetime
import pathlib

import pytest

from gitsidecar.cli import trees
from gitsidecar.manifests import trees as manifests
from gitsidecar.model import censuses, histories, plans
from gitsidecar.planning import planner
from gitsidecar.simulation import synthetic

NOW = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC)
_ROOT = pathlib.Path(__file__).parents[3]


def test_a_wish_is_read() -> None:
    """Kinds and pods, in any order; a number of pods alone is one Deployment."""
    assert synthetic.read("pods=2000, deployments=40") == synthetic.Wish(deployments=40, pods=2000)
    assert synthetic.read("pods=3") == synthetic.Wish(deployments=1, pods=3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not one of deployments=N"),
        ("jobs=3,pods=9", "'jobs=3' is not one of"),
        ("pods=many", "'pods=many' is not one of"),
        ("pods=5,pods=6", "each once"),
        ("deployments=4,pods=3", "pods=3 must be from 4"),
        ("deployments=4", "pods=0 must be from 4"),
        ("pods=9999999", "to 200000"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(text: str, words: str) -> None:
    """The words say what is wrong with it."""
    with pytest.raises(ValueError, match=words):
        synthetic.read(text)


@pytest.mark.parametrize(
    ("image", "before"),
    [
        ("logtail:0.16.18", "logtail:0.16.17"),
        ("host:5000/a/logtail:v2", "host:5000/a/logtail:v1"),
        ("logtail:1.2.3-rc4-alpine", "logtail:1.2.3-rc3-alpine"),
        ("logtail:3.1.0", "logtail:3.1.0-previous"),
        ("logtail:stable", "logtail:stable-previous"),
        ("host:5000/a/logtail", "host:5000/a/logtail:previous"),
    ],
)
def test_an_older_image_is_named_after_the_newer(image: str, before: str) -> None:
    """The last number goes down by one; without one the tag says that it came before."""
    assert synthetic.older(image) == before


def test_an_older_digest_is_a_digest() -> None:
    """An image pinned by digest has one before it, of the same form."""
    digest = "a" * 64
    found = synthetic.older(f"logtail@sha256:{digest}")
    assert found != f"logtail@sha256:{digest}"
    assert len(found) == len(f"logtail@sha256:{digest}")


def test_every_set_of_the_examples_has_pods_to_move() -> None:
    """Each of manifests-example selects some, which lack nothing but the latest images."""
    desired = manifests.read(trees.read([_ROOT / "manifests-example"]))
    wish = synthetic.Wish(deployments=30, statefulsets=5, daemonsets=5, pods=400)
    snapshot = synthetic.populate(desired.sets, wish, now=NOW)
    assert len(snapshot.pods) == 400
    assert {pod.workload.partition("/")[0] for pod in snapshot.pods} == {"Deployment", "StatefulSet", "DaemonSet"}
    for planned in planner.plan(desired, snapshot, histories.History(), NOW).sets:
        assert planned.count(censuses.MATCHED) > 0
        assert planned.count(censuses.UPDATED) == planned.count(censuses.MISSING) == 0
        reasons = {group.reason for group in planned.held}
        is_hot = any(each.pair for each in planned.sidecar_set.sidecars)
        assert (plans.HoldReason.NOT_UPGRADABLE in reasons) == is_hot


def test_same_wish_same_pods() -> None:
    """Names, times and IDs are drawn by the seed."""
    desired = manifests.read(trees.read([_ROOT / "manifests-example"]))
    wish = synthetic.Wish(deployments=6, pods=50)
    one, two, other = (synthetic.populate(desired.sets, wish, now=NOW, seed=seed) for seed in (1, 1, 2))
    assert one == two
    assert one != other
    keys = [pod.key for pod in one.pods]
    assert len(set(keys)) == len(keys)
    assert all(pod.created is not None and pod.created <= NOW for pod in one.pods)
