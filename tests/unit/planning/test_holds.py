"""Why a pod is held: one reason each, in the order in which a person would ask, in words that say what releases it."""

from __future__ import annotations

from typing import Any

import pytest

from gitsidecar.model import plans, pods, sidecarsets
from tests.unit.planning import builders

PAUSED = {"paused": True}
CANARY = {"selector": builders.labelled(canary="yes")}
HEALED = (builders.mark(builders.NEW, move=builders.moved(heal=True)),)


def _hold(wanted: sidecarsets.SidecarSet, found: pods.Pod) -> plans.Hold:
    [hold] = builders.plan_set(wanted, [found]).holds
    return hold


@pytest.mark.parametrize(
    ("wanted", "found", "reason"),
    [
        ({"rejection": "no", "update": PAUSED}, {"fault": "broken"}, "PodUnreadable"),
        ({"rejection": "no", "update": PAUSED}, {}, "ManifestRejected"),
        ({"update": {**PAUSED, **CANARY}}, {}, "Paused"),
        ({"update": CANARY, "shape_hash": "v1-other"}, {}, "NotSelected"),
        ({"shape_hash": "v1-other"}, {"marks": HEALED}, "NotUpgradable"),
        ({}, {"marks": HEALED, "has_seen_spec": False}, "ImageRewritten"),
        ({"partition": 1}, {"move": builders.moved(origin="id-1")}, "PodBusy"),
        ({"partition": 1, "max_unavailable": 0}, {}, "PartitionKept"),
        ({"max_unavailable": 0}, {}, "BudgetExhausted"),
    ],
)
def test_the_ladder(wanted: dict[str, Any], found: dict[str, Any], reason: str) -> None:
    """Of two reasons that both hold, the one that a person would ask for first is given."""
    assert _hold(builders.sidecar_set(**wanted), builders.pod(1, **found)).reason.value == reason


def test_a_refused_manifest_says_why() -> None:
    """The last good form starts nothing, and the hold gives the rejection's words."""
    hold = _hold(builders.sidecar_set(rejection="logtail.yaml:3:1: error: selector: empty"), builders.pod(1))
    assert hold.message == "logtail.yaml:3:1: error: selector: empty"


@pytest.mark.parametrize(
    ("update", "said"), [(PAUSED, "paused"), ({"type": sidecarsets.StrategyType.NOT_UPDATE}, "type is NotUpdate")]
)
def test_a_pause_says_which_field_pauses(update: dict[str, Any], said: str) -> None:
    """Paused and type NotUpdate share a reason; the message tells them apart."""
    hold = _hold(builders.sidecar_set(update=update), builders.pod(1))
    assert hold.reason is plans.HoldReason.PAUSED
    assert said in hold.message


def test_not_upgradable_names_the_fields() -> None:
    """The message names each sidecar's fields that differ, and what releases the pod."""
    shape = '{"env":[{"name":"TZ","value":"UTC"}],"resources":{"limits":{"memory":"1Gi"}}}'
    wanted = builders.sidecar_set(
        shape_hash="v1-other", sidecars=(sidecarsets.Sidecar("logtail", builders.NEW, shape=shape),)
    )
    message = _hold(wanted, builders.pod(1)).message
    assert "(logtail: env[TZ], resources.limits.memory)" in message
    assert "recreated" in message


def test_not_upgradable_names_what_a_comparison_of_fields_cannot_show() -> None:
    """A sidecar that left the set, another kind of container and a field that was removed are named too."""
    native = builders.sidecar_set(
        shape_hash="v1-other", sidecars=(sidecarsets.Sidecar("logtail", builders.NEW, is_native=True),)
    )
    assert "(logtail: initContainers)" in _hold(native, builders.pod(1)).message
    gone = pods.Mark("logtail", "v1-a", builders.SHAPE, "0", ("logtail", "proxy"))
    wanted = builders.sidecar_set(shape_hash="v1-other")
    both = (builders.container("logtail", builders.OLD), builders.container("proxy", "proxy:1"))
    assert "(proxy: no longer in the set)" in _hold(wanted, builders.pod(1, marks=(gone,), containers=both)).message
    assert "(a field that the manifest no longer sets)" in _hold(wanted, builders.pod(1)).message


def test_an_adopted_pod_whose_container_differs_is_not_upgradable() -> None:
    """Without a mark the live container itself is compared; what the template adds does not count."""
    shape = '{"resources":{"limits":{"memory":"1Gi"}}}'
    wanted = builders.sidecar_set(
        is_adopting=True, sidecars=(sidecarsets.Sidecar("logtail", builders.NEW, shape=shape),)
    )
    other = builders.pod(1, marks=(), live={"shape": '{"resources":{"limits":{"memory":"2Gi"}}}'})
    alike = builders.pod(2, marks=(), live={"shape": '{"env":[],"resources":{"limits":{"memory":"1024Mi"}}}'})
    planned = builders.plan_set(wanted, [other, alike])
    assert builders.reasons(planned) == {"1": "NotUpgradable"}
    assert builders.moves(planned) == ["2"]


def test_a_partition_says_how_many_it_keeps() -> None:
    """The message has the partition as written, and the pods that it comes to."""
    found = [builders.pod(n) for n in range(100)]
    planned = builders.plan_set(builders.sidecar_set(partition="50%", max_unavailable=100), found)
    assert {hold.message for hold in planned.holds} == {"partition 50% keeps 50 of 100 pods old; lower it to release"}


def test_a_partition_says_when_it_keeps_pods_that_fail() -> None:
    """A revert under a partition finds its room taken by pods that never moved; the failing ones are pointed out."""
    failing = builders.flying(3, "logtail:bad", waiting="ErrImagePull")
    found = [builders.pod(1, builders.NEW), builders.pod(2, builders.NEW), failing, builders.pod(4, builders.NEW)]
    [hold] = builders.plan_set(builders.sidecar_set(partition="25%", max_unavailable=4), found).holds
    assert hold.message == ("partition 25% keeps 1 of 4 pods old, 1 failing (e.g. default/pod-3); lower it to release")


def test_an_exhausted_budget_names_a_pod_that_fails() -> None:
    """The person on call sees at once how many are in flight, how many fail, and where to look."""
    found = [builders.pod(1), builders.flying(2), builders.flying(3, waiting="ImagePullBackOff")]
    [hold] = builders.plan_set(builders.sidecar_set(max_unavailable="50%"), found).holds
    assert hold.message == (
        "2 in flight or not Ready, maxUnavailable 50% allows 2, 1 failing (e.g. default/pod-3); released as they finish"
    )


def test_a_budget_of_zero_says_so() -> None:
    """`maxUnavailable: 0` never lets a healthy pod move; waiting would not help."""
    assert "raise it" in _hold(builders.sidecar_set(max_unavailable="0%"), builders.pod(1)).message


def test_holds_are_in_order_of_key() -> None:
    """Whatever their reasons, holds are listed by namespace and name."""
    found = [builders.pod(3), builders.pod(1), builders.pod(2, fault="broken")]
    planned = builders.plan_set(builders.sidecar_set(max_unavailable=0), found)
    assert [hold.pod.key for hold in planned.holds] == ["default/pod-1", "default/pod-2", "default/pod-3"]


def test_a_pod_that_rests_leaves_its_turn_to_the_next() -> None:
    """A pod whose last write failed is held as PodBusy with the reason, and costs no budget."""
    found = [builders.pod(number) for number in range(3)]
    planned = builders.plan_set(builders.sidecar_set(), found, resting={"uid-2": "its last patch failed"})
    assert builders.moves(planned) == ["1"]
    assert builders.reasons(planned) == {"0": "BudgetExhausted", "2": "PodBusy"}
    assert next(hold.message for hold in planned.holds if hold.pod.uid == "uid-2") == "its last patch failed"


def test_an_adopted_pod_is_judged_by_its_containers_after_a_move_too() -> None:
    """Writing down what the template has anyway changes the shape hash, and no pod."""
    wanted = builders.sidecar_set(
        is_adopting=True,
        shape_hash="v1-more",
        sidecars=(sidecarsets.Sidecar("logtail", builders.NEW, shape='{"imagePullPolicy":"IfNotPresent"}'),),
    )
    live = {"shape": '{"imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log"}'}
    moved = builders.pod(1, live=live, move=builders.moved())
    other = builders.pod(2, live={"shape": '{"imagePullPolicy":"Always"}'}, move=builders.moved())
    planned = builders.plan_set(wanted, [moved, other])
    assert builders.moves(planned) == ["1"]
    assert builders.reasons(planned) == {"2": "NotUpgradable"}
