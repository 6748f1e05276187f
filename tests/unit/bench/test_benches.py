"""The measuring scripts of bench/, run on a few pods so that they do not rot; how fast anything is, is not asked."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bench import dashboard, fleets, planning, scatter, simulate, validate
from gitsidecar.model import censuses, histories
from gitsidecar.planning import planner


@pytest.mark.parametrize(
    ("main", "arguments", "cases"),
    [
        (planning.main, ("--pods", "40", "90", "--sets", "4"), 7 * 5),
        (scatter.main, ("--pods", "40", "90", "--values", "5"), 2 * 4),
        (dashboard.main, ("--pods", "40", "90"), 2 * 10),
        (simulate.main, ("--pods", "40"), 2 * 3),
        (validate.main, ("--files", "40"), 2 * len(validate.SHAPES)),
    ],
)
def test_every_case_is_timed(
    main: Callable[[tuple[str, ...]], None],
    arguments: tuple[str, ...],
    cases: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The table has one line a case, and the JSON one object with its runs; the first case is what others go by."""
    main((*arguments, "--runs", "2"))
    assert len(capsys.readouterr().out.splitlines()) == 1 + cases
    main((*arguments, "--runs", "2", "--json"))
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == cases
    assert all(len(row["seconds"]) == len(row["ratios"]) == 2 for row in rows)
    assert rows[0]["ratio"] == 1


def test_the_fleet_is_what_it_claims() -> None:
    """Pods are updated, in flight and waiting in the numbers asked for, and one event changes one chunk."""
    fleet = fleets.build(1000, in_flight=10, waiting=700, max_unavailable=30)
    [planned] = planner.plan(fleet.desired, fleet.before, histories.History(), fleets.NOW).sets
    counts = [planned.count(key) for key in (censuses.MATCHED, censuses.UPDATED, censuses.UNAVAILABLE)]
    assert (counts, len(planned.in_flight), len(planned.actions)) == ([1000, 300, 10], 10, 20)
    pairs = zip(fleet.before.chunks, fleet.after.chunks, strict=True)
    assert sum(before is not after for before, after in pairs) == 1


def test_each_pod_carries_three_of_many_sets() -> None:
    """With many sets, every pod has those of the platform and the one of its team."""
    fleet = fleets.build(900, sets=50)
    assert {len(pod.marks) for pod in fleet.before.pods} == {3}
    planned = planner.plan(fleet.desired, fleet.before, histories.History(), fleets.NOW)
    assert sum(each.count(censuses.FINISHED) for each in planned.sets) == 3 * 900
