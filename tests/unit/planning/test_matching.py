"""Which pods a set counts, which are bare, and which it does not see."""

from __future__ import annotations

from typing import Any

import pytest

from gitsidecar.model import plans, pods, selectors, sidecarsets
from tests.unit.planning import builders


def test_a_selected_pod_without_our_mark_is_missing() -> None:
    """A pod that we never injected is not counted, though it has a container of that name."""
    planned = builders.plan_set(builders.sidecar_set(), [builders.pod(1, marks=())])
    assert not planned.matched
    assert [pod.name for pod in planned.missing] == ["pod-1"]


def test_a_pod_that_lacks_a_sidecar_of_its_mark_is_missing() -> None:
    """A mark alone does not count: a template may have carried it over to a pod that was never injected."""
    mark = pods.Mark("logtail", "v1-a", builders.SHAPE, "0", ("logtail", "more"))
    wanted = builders.sidecar_set(
        sidecars=(sidecarsets.Sidecar("logtail", builders.NEW), sidecarsets.Sidecar("more", "more:1"))
    )
    planned = builders.plan_set(wanted, [builders.pod(1, marks=(mark,))])
    assert not planned.matched
    assert len(planned.missing) == 1


def test_a_pod_that_lacks_a_former_sidecar_of_its_mark_is_missing() -> None:
    """The set has other containers since, so none of the mark's is one of them: the mark is a copy all the same."""
    mark = pods.Mark("logtail", "v1-a", builders.SHAPE, "0", ("former",))
    planned = builders.plan_set(builders.sidecar_set(), [builders.pod(1, marks=(mark,))])
    assert (planned.matched, [pod.name for pod in planned.missing]) == ((), ["pod-1"])


def test_a_mirror_pod_is_bare_whatever_it_says() -> None:
    """What a kubelet runs from a file is never injected, and a patch of its mirror would change nothing."""
    planned = builders.plan_set(builders.sidecar_set(is_adopting=True), [builders.pod(1, workload="Node/node-1")])
    assert (planned.actions, planned.matched, [pod.name for pod in planned.missing]) == ((), (), ["pod-1"])


def test_a_pod_that_lacks_a_new_sidecar_waits_for_being_recreated() -> None:
    """A container that the set has got since cannot be added to a running pod: held, with its name."""
    wanted = builders.sidecar_set(
        shape_hash="v1-other",
        sidecars=(sidecarsets.Sidecar("logtail", builders.NEW), sidecarsets.Sidecar("more", "more:1")),
    )
    [hold] = builders.plan_set(wanted, [builders.pod(1)]).holds
    assert hold.reason is plans.HoldReason.NOT_UPGRADABLE
    assert "(more: not in the pod)" in hold.message


def test_an_adopting_set_takes_in_pods_that_hold_its_containers() -> None:
    """Adopted pods need no mark, only every container by name; an updated one is not written to."""
    found = [
        builders.pod("old", marks=()),
        builders.pod("new", builders.NEW, marks=()),
        builders.pod("bare", marks=(), containers=(builders.container("app"),)),
    ]
    planned = builders.plan_set(builders.sidecar_set(is_adopting=True), found)
    assert [pod.name for pod in planned.matched] == ["pod-new", "pod-old"]
    assert [pod.name for pod in planned.missing] == ["pod-bare"]
    assert builders.moves(planned) == ["old"]


def test_an_ordinary_container_is_not_adopted_as_a_native_sidecar() -> None:
    """The place counts: a native sidecar and an ordinary container are not the same."""
    wanted = builders.sidecar_set(
        is_adopting=True, sidecars=(sidecarsets.Sidecar("logtail", builders.NEW, is_native=True),)
    )
    planned = builders.plan_set(wanted, [builders.pod(1, marks=())])
    assert len(planned.missing) == 1


@pytest.mark.parametrize(
    "fields", [{"phase": "Succeeded"}, {"phase": "Failed"}, {"is_deleting": True}, {"labels": {"app": "db"}}]
)
def test_pods_that_ended_or_match_no_label_are_not_seen(fields: dict[str, Any]) -> None:
    """Ended, deleted and unselected pods are neither matched nor missing."""
    planned = builders.plan_set(builders.sidecar_set(), [builders.pod(1, **fields)])
    assert not planned.matched
    assert not planned.missing


def test_an_unknown_namespace_has_its_name_as_a_label() -> None:
    """A saved list of pods comes without namespaces; their names can still be selected."""
    by_name = selectors.Selector((("kubernetes.io/metadata.name", "shop"),))
    wanted = builders.sidecar_set(namespace_selector=by_name)
    planned = builders.plan_set(wanted, [builders.pod(1, namespace="shop"), builders.pod(2)])
    assert [pod.key for pod in planned.matched] == ["shop/pod-1"]


def test_a_selector_of_expressions_only_sees_every_pod() -> None:
    """Without `matchLabels` there is no shorter list to read; the expressions decide."""
    requirement = selectors.Requirement("app", selectors.Operator.IN, ("web", "shop"))
    wanted = builders.sidecar_set(selector=selectors.Selector(requirements=(requirement,)))
    found = [builders.pod(1), builders.pod(2, labels={"app": "shop"}), builders.pod(3, labels={})]
    assert len(builders.plan_set(wanted, found).matched) == 2


def test_every_label_of_a_selector_must_match() -> None:
    """The index is by one label; the others are still asked for."""
    wanted = builders.sidecar_set(selector=builders.labelled(app="web", tier="front"))
    found = [builders.pod(1), builders.pod(2, labels={"app": "web", "tier": "front", "more": "x"})]
    assert [pod.name for pod in builders.plan_set(wanted, found).matched] == ["pod-2"]


def test_an_unreadable_pod_is_counted_and_held() -> None:
    """A pod whose row has a fault keeps its place among the old ones, and says what is wrong with it."""
    planned = builders.plan_set(builders.sidecar_set(), [builders.pod(1, fault="annotation is not JSON", marks=())])
    assert len(planned.matched) == 1
    [hold] = planned.holds
    assert (hold.reason.value, hold.message) == ("PodUnreadable", "annotation is not JSON")
