"""The reference's own cases, by their numbers (reference §9.1, §9.2): how many move, which first, what is counted."""

from __future__ import annotations

from gitsidecar.model import plans, pods, selectors, sidecarsets
from tests.unit.planning import builders


def test_case_1_the_budget_counts_updated_pods_that_are_not_ready() -> None:
    """Of a window of 10, 4 are taken by pods that are updated and not ready."""
    planned = builders.plan_set(builders.sidecar_set(max_unavailable=10), builders.fleet(100, updated=30, ready=26))
    assert len(planned.actions) == 6
    assert set(builders.reasons(planned).values()) == {"BudgetExhausted"}


def test_case_4_a_wide_budget_takes_all_that_wait() -> None:
    """97 free places and 70 waiting pods: 70 move."""
    planned = builders.plan_set(builders.sidecar_set(max_unavailable=100), builders.fleet(100, updated=30, ready=27))
    assert len(planned.actions) == 70


def test_case_5_a_partition_cuts_what_waits() -> None:
    """200 wait and 180 stay old: 20 move."""
    wanted = builders.sidecar_set(partition=180, max_unavailable=100)
    planned = builders.plan_set(wanted, builders.fleet(1000, updated=800, ready=760))
    assert len(planned.actions) == 20


def test_case_7_a_partition_in_percent_cuts_the_same() -> None:
    """18% of 1000 are 180."""
    wanted = builders.sidecar_set(partition="18%", max_unavailable=100)
    planned = builders.plan_set(wanted, builders.fleet(1000, updated=800, ready=760))
    assert len(planned.actions) == 20


def test_case_9_an_update_selector_moves_only_its_pods() -> None:
    """30 of 1000 pods carry the canary's label: those 30 move."""
    wanted = builders.sidecar_set(max_unavailable=100, update={"selector": builders.labelled(canary="yes")})
    found = builders.fleet(970) + [builders.pod(n, labels={"app": "web", "canary": "yes"}) for n in range(970, 1000)]
    planned = builders.plan_set(wanted, found)
    assert len(planned.actions) == 30
    assert set(builders.reasons(planned).values()) == {"NotSelected"}


def test_case_10_another_shape_moves_nobody() -> None:
    """100 pods that were injected with another shape are all not upgradable."""
    planned = builders.plan_set(builders.sidecar_set(max_unavailable=100, shape_hash="v1-other"), builders.fleet(100))
    assert not planned.actions
    assert list(builders.reasons(planned).values()) == ["NotUpgradable"] * 100


def test_case_11_a_percentage_of_the_budget_is_rounded_up() -> None:
    """5% of 5 pods lets one move."""
    assert len(builders.plan_set(builders.sidecar_set(max_unavailable="5%"), builders.fleet(5)).actions) == 1


def test_case_13_a_percentage_of_the_partition_is_rounded_up() -> None:
    """1% of 5 pods keeps one old."""
    planned = builders.plan_set(builders.sidecar_set(max_unavailable=5, partition="1%"), builders.fleet(5))
    assert len(planned.actions) == 4


def test_case_16_the_youngest_goes_first() -> None:
    """With 5 places free the 5 youngest move, in order."""
    planned = builders.plan_set(builders.sidecar_set(max_unavailable=10), builders.fleet(20, updated=10, ready=5))
    assert builders.moves(planned) == ["19", "18", "17", "16", "15"]


def test_case_17_pods_that_are_not_ready_go_before_all_and_cost_nothing() -> None:
    """Two that are down move on top of the 5 that the budget allows."""
    found = builders.fleet(20, updated=10, ready=5)
    found[10] = builders.pod(10, ready=False)
    found[13] = builders.pod(13, ready=False)
    planned = builders.plan_set(builders.sidecar_set(max_unavailable=10), found)
    assert builders.moves(planned) == ["13", "10", "19", "18", "17", "16", "15"]


def _counts(planned: plans.SetPlan) -> tuple[int, int, int, int]:
    ready, updated = set(_keys(planned.ready)), set(_keys(planned.updated))
    return len(planned.matched), len(updated), len(ready), len(ready & updated)


def _keys(found: tuple[pods.Pod, ...]) -> list[str]:
    return [pod.key for pod in found]


def test_case_20_a_rollout_of_two_pods_goes_one_by_one() -> None:
    """Status (matched, updated, ready, updated and ready) and the pod that moves, state by state."""
    wanted = builders.sidecar_set()
    before = [builders.pod("1"), builders.pod("2")]
    # The spec is new, the kubelet has not acted: the container still runs as before.
    written = {n: builders.pod(n, builders.NEW, move=builders.moved(origin="id-1")) for n in ("1", "2")}
    done = {
        n: builders.pod(n, builders.NEW, move=builders.moved(origin="id-1"), live={"container_id": "id-2"})
        for n in ("1", "2")
    }
    states = [before, [written["1"], before[1]], [done["1"], before[1]], [done["1"], written["2"]], list(done.values())]
    planned = [builders.plan_set(wanted, state) for state in states]
    assert [_counts(each) for each in planned] == [
        (2, 0, 2, 0),
        (2, 1, 1, 0),
        (2, 1, 2, 1),
        (2, 2, 1, 1),
        (2, 2, 2, 2),
    ]
    assert [builders.moves(each) for each in planned] == [["1"], [], ["2"], [], []]


def test_case_22_a_namespace_selector_counts_only_its_namespaces() -> None:
    """Half of 100 pods are in a namespace that it selects."""
    wanted = builders.sidecar_set(namespace_selector=builders.labelled(test="true"))
    found = [builders.pod(n, namespace="in" if n % 2 else "out") for n in range(100)]
    planned = builders.plan_set(wanted, found, namespaces={"in": {"test": "true"}, "out": {}})
    assert len(planned.matched) == 50


def test_case_23_pods_of_another_shape_stay_and_the_others_go() -> None:
    """50 have the old shape; 50% of 100 lets all of the other 50 move at once."""
    found = [builders.pod(n, marks=(builders.mark(shape="v1-old" if n < 50 else builders.SHAPE),)) for n in range(100)]
    planned = builders.plan_set(builders.sidecar_set(max_unavailable="50%"), found)
    assert sorted(map(int, builders.moves(planned))) == list(range(50, 100))


def test_case_27_not_update_moves_nobody() -> None:
    """Type NotUpdate holds every old pod."""
    wanted = builders.sidecar_set(update={"type": sidecarsets.StrategyType.NOT_UPDATE})
    assert builders.reasons(builders.plan_set(wanted, [builders.pod(1)])) == {"1": "Paused"}


def test_case_29_a_pending_pod_moves() -> None:
    """A pod that never came up may be moved at once."""
    found = [builders.pod(1, ready=False, phase="Pending", live={"container_id": ""})]
    assert builders.moves(builders.plan_set(builders.sidecar_set(), found)) == ["1"]


def test_case_30_a_partition_as_large_as_the_set_keeps_all() -> None:
    """One pod and partition 1: nobody moves."""
    planned = builders.plan_set(builders.sidecar_set(partition=1), [builders.pod(1)])
    assert builders.reasons(planned) == {"1": "PartitionKept"}


def test_case_31_a_pod_that_is_updated_is_left_alone() -> None:
    """An updated pod is neither an action nor a hold."""
    planned = builders.plan_set(builders.sidecar_set(), [builders.pod(1, builders.NEW)])
    assert not planned.actions
    assert not planned.holds


def test_case_44_both_selectors_must_match() -> None:
    """A pod is counted when its labels and those of its namespace match."""
    namespace_in = selectors.Requirement("env", selectors.Operator.IN, ("prod", "stage"))
    wanted = builders.sidecar_set(namespace_selector=selectors.Selector(requirements=(namespace_in,)))
    found = [
        builders.pod("right", namespace="a"),
        builders.pod("other-label", namespace="a", labels={"app": "db"}),
        builders.pod("other-namespace", namespace="b"),
    ]
    planned = builders.plan_set(wanted, found, namespaces={"a": {"env": "prod"}, "b": {"env": "test"}})
    assert _keys(planned.matched) == ["a/pod-right"]
