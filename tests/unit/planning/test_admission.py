"""Room, budget, lane and pace shared out among the pods that wait: every one of them is somewhere, and once only."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.model import pods
from gitsidecar.planning import admission, budgets, digests, queues, standings
from tests.unit.planning import builders

_lengths = st.tuples(*(st.integers(0, 6) for _ in digests.Lane))
_budgets = st.builds(
    budgets.Budget,
    matched=st.integers(0, 20),
    updated=st.integers(0, 8),
    keep=st.integers(0, 8),
    limit=st.integers(0, 6),
    used=st.integers(2, 8),
    lane_used=st.integers(0, 4),
    settling=st.integers(0, 2),
)
_paces = st.none() | st.integers(0, 8)


def _queue(again: int, ailing: int, healthy: int) -> queues.Queue:
    """Return a queue with so many pods in each lane."""
    names = ([f"{lane}-{number}" for number in range(count)] for lane, count in enumerate((again, ailing, healthy)))
    lines = (tuple(builders.standing(builders.pod(name, ready=False)) for name in found) for found in names)
    return queues.Queue(tuple(lines))


def _budget(*, room: int = 99, limit: int = 0, used: int = 0, lane_used: int = 0, settling: int = 0) -> budgets.Budget:
    return budgets.Budget(room, 0, 0, limit, used, lane_used, settling)


def _pods(found: Iterable[standings.Standing]) -> list[pods.Pod]:
    return [each.pod for each in found]


def _counts(shared: admission.Admission) -> dict[str, int]:
    """Return how many are where, without those of whom there are none."""
    parts = {
        "admitted": len(shared.admitted),
        "kept": len(shared.kept),
        "lane": len(shared.over_lane),
        "settling": len(shared.settling),
        "budget": len(shared.over_budget),
        "paced": sum(map(len, shared.paced)),
    }
    return {name: number for name, number in parts.items() if number}


@given(_lengths, _budgets, _paces)
def test_everybody_is_somewhere_and_nobody_twice(
    lengths: tuple[int, int, int], budget: budgets.Budget, pace: int | None
) -> None:
    """Admitted, kept, or held by exactly one of the numbers."""
    queue = _queue(*lengths)
    shared = admission.admit(queue, budget, pace)
    found = [*_pods(shared.admitted)]
    for stretch in (shared.kept, shared.over_lane, shared.settling, shared.over_budget, *shared.paced):
        found += list(stretch)
    assert sorted(pod.name for pod in found) == sorted(pod.name for pod in queues.Stretch(queue, 0, len(queue)))


@given(_lengths, _budgets, _paces)
def test_no_number_is_exceeded(lengths: tuple[int, int, int], budget: budgets.Budget, pace: int | None) -> None:
    """Partition, maxUnavailable, the lane and the pace hold, each on its own."""
    queue = _queue(*lengths)
    shared = admission.admit(queue, budget, pace)
    by_lane = [sum(pod.name.startswith(f"pod-{lane}") for pod in _pods(shared.admitted)) for lane in range(3)]
    assert len(shared.admitted) <= budget.room
    assert by_lane[2] <= max(0, budget.limit - budget.used)
    assert by_lane[1] <= max(0, budget.lane_limit - budget.lane_used)
    assert pace is None or len(shared.admitted) <= pace
    assert shared.budget.updated == budget.updated + len(shared.admitted)


@given(_lengths, _budgets, st.integers(0, 8))
def test_a_pace_only_cuts(lengths: tuple[int, int, int], budget: budgets.Budget, pace: int) -> None:
    """With a pace those move that would move without it, from the front, and it is told only where it binds."""
    queue = _queue(*lengths)
    free, bound = admission.admit(queue, budget), admission.admit(queue, budget, pace)
    assert _pods(bound.admitted) == _pods(free.admitted)[:pace]
    assert bool(bound.paced) == (len(free.admitted) > pace)
    assert len(bound.kept) == len(free.kept)


def test_settling_pods_are_told_apart_from_the_rest_of_the_budget() -> None:
    """Three are down, two of them only settle: the next two wait for these, and the others for budget."""
    shared = admission.admit(_queue(0, 0, 5), _budget(limit=3, used=3, settling=2))
    assert _counts(shared) == {"settling": 2, "budget": 3}
    assert [pod.name for pod in shared.settling] == ["pod-2-0", "pod-2-1"]


def test_settling_pods_beyond_the_limit_let_nobody_in() -> None:
    """After maxUnavailable was lowered, the end of settling alone frees no place."""
    assert _counts(admission.admit(_queue(0, 0, 3), _budget(limit=1, used=4, settling=2))) == {"budget": 3}


def test_the_pace_outranks_settling_and_budget_while_it_binds() -> None:
    """Who could go but for the pace waits for the pace, and so do those behind them."""
    shared = admission.admit(_queue(0, 0, 5), _budget(limit=3, used=1, settling=1), pace=1)
    assert _counts(shared) == {"admitted": 1, "paced": 4}


def test_a_pace_of_nothing_leaves_the_lane_its_own_words() -> None:
    """The ailing beyond their lane wait for the lane, whatever the pace."""
    shared = admission.admit(_queue(1, 3, 0), _budget(limit=1), pace=0)
    assert _counts(shared) == {"lane": 2, "paced": 2}
