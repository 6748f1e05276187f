"""Two sets that claim one container: both hold the pods that they share, and no others."""

from __future__ import annotations

from gitsidecar.model import findings, plans, sidecarsets
from tests.unit.planning import builders


def _pair() -> list[sidecarsets.SidecarSet]:
    both = (
        builders.sidecar_set(
            image,
            name=name,
            is_adopting=True,
            max_unavailable=9,
            sidecars=(sidecarsets.Sidecar("logtail", image),),
            place=findings.Place(f"{name}.yaml", 4, 9),
            selector=builders.labelled(**labels),
        )
        for name, image, labels in (("one", "logtail:1", {"app": "web"}), ("two", "logtail:2", {"tier": "front"}))
    )
    return list(both)


def _plan(labels: dict[str, str]) -> plans.Plan:
    return builders.plan_sets(_pair(), [builders.pod(1, marks=(), labels=labels)])


def test_neither_set_moves_a_pod_that_both_claim() -> None:
    """They would undo each other's image for ever; each hold names the other set and where it stands."""
    one, two = _plan({"app": "web", "tier": "front"}).sets
    assert not one.actions
    assert not two.actions
    assert [hold.reason for each in (one, two) for hold in each.holds] == [plans.HoldReason.CONFLICTING_SETS] * 2
    assert "SidecarSet two (two.yaml:4:9)" in one.holds[0].message
    assert "SidecarSet one (one.yaml:4:9)" in two.holds[0].message


def test_a_pod_that_one_of_them_selects_moves() -> None:
    """Sets that name the same container may live side by side on different pods."""
    one, two = _plan({"app": "web"}).sets
    assert builders.moves(one) == ["1"]
    assert not two.matched
