"""Waiting pods in sending order out of sorted runs: as if all of them were sorted as a whole."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.model import pods
from gitsidecar.planning import digests, ordering, queues
from tests.unit.planning import builders

Numbers = Sequence[int]
_runs = st.lists(st.integers(0, 40), max_size=12, unique=True).flatmap(
    lambda found: st.lists(st.integers(0, 3), min_size=len(found), max_size=len(found)).map(
        lambda places: [sorted(n for n, at in zip(found, places, strict=True) if at == run) for run in range(4)]
    )
)


def _entry(number: int) -> digests.Entry:
    """Return the entry of a pod; the higher number is younger, and goes first."""
    found = builders.pod(number)
    return ((), ordering.key(found)), builders.standing(found)


def _line(runs: Sequence[Numbers], busy: Numbers = ()) -> queues.Line:
    sorted_runs = (sorted((_entry(number) for number in run), key=lambda entry: entry[0]) for run in runs)
    return queues.Line(tuple(map(tuple, sorted_runs)), frozenset(f"uid-{number}" for number in busy))


def _numbers(found: Sequence[pods.Pod]) -> list[int]:
    return [int(pod.name.removeprefix("pod-")) for pod in found]


def _whole(queue: queues.Queue) -> list[int]:
    return _numbers(list(queues.Stretch(queue, 0, len(queue))))


@given(_runs, st.sets(st.integers(0, 40)))
def test_a_line_merges_its_runs_without_the_busy(runs: list[list[int]], busy: set[int]) -> None:
    """The youngest first, whatever run a pod came in; backwards is the same backwards; the length is known before."""
    everyone = {number for run in runs for number in run}
    line = _line(runs, sorted(busy & everyone))
    wanted = sorted(everyone - busy, reverse=True)
    assert _numbers([each.pod for each in line]) == wanted
    assert _numbers([each.pod for each in reversed(line)]) == wanted[::-1]
    assert len(line) == len(wanted)


@given(_runs, _runs, st.integers(0, 30), st.integers(0, 30))
def test_a_queue_serves_its_lanes_one_after_the_other(
    first: list[list[int]], second: list[list[int]], start: int, stop: int
) -> None:
    """A part of it is a part of all lanes in a row, and so is its end."""
    shifted = [[number + 100 for number in run] for run in second]
    queue = queues.Queue((_line(first), _line([]), _line(shifted)))
    whole = _whole(queue)
    ours, theirs = (sorted(itertools.chain.from_iterable(runs), reverse=True) for runs in (first, shifted))
    assert whole == ours + theirs
    assert _numbers([each.pod for each in queue.part(start, max(start, stop))]) == whole[start : max(start, stop)]
    assert _numbers([each.pod for each in queue.last(stop)]) == whole[max(0, len(whole) - stop) :]
    assert queue.length(digests.Lane.HEALTHY) == len(theirs)


@given(_runs, st.integers(0, 15), st.integers(0, 15), st.integers(0, 6))
def test_examples_of_a_stretch_are_of_it(runs: list[list[int]], start: int, stop: int, number: int) -> None:
    """They are as many as asked for if there are so many, in order, and none comes twice."""
    queue = queues.Queue((_line(runs), _line([]), _line([])))
    stretch = queues.Stretch(queue, min(start, len(queue)), min(stop, len(queue)))
    found, all_of_it = _numbers(stretch.some(number)), _numbers(list(stretch))
    assert len(found) == min(number, len(stretch)) == min(number, len(all_of_it))
    assert [each for each in all_of_it if each in found] == found


def test_a_stretch_that_ends_before_it_begins_is_empty() -> None:
    """A partition that keeps nobody has no pods and no examples."""
    stretch = queues.Stretch(queues.Queue((_line([[1, 2]]), _line([]), _line([]))), 5, 2)
    assert (len(stretch), list(stretch), stretch.some(3)) == (0, [], ())


def test_joined_stretches_are_one_after_the_other() -> None:
    """Members, length and examples are those of both."""
    queue = queues.Queue((_line([[1, 3], [2, 4]]), _line([]), _line([])))
    joined = queues.Joined((queues.Stretch(queue, 3, 4), queues.Stretch(queue, 0, 2)))
    assert (_numbers(list(joined)), len(joined), _numbers(joined.some(2))) == ([1, 4, 3], 3, [1, 4])
    [last] = queues.Stretch(queue, 3, 4)
    assert last in joined
    assert builders.pod(3) not in joined  # the very row is asked for, not one like it


def test_a_pool_is_in_order_of_key() -> None:
    """Lists that are sorted each are one sorted list."""
    lists = [tuple(builders.pod(number) for number in part) for part in ((1, 4), (2, 3), ())]
    pool = queues.Pool(lists)
    assert (_numbers(list(pool)), len(pool), _numbers(pool.some(3))) == ([1, 2, 3, 4], 4, [1, 2, 3])
    assert lists[1][0] in pool
