"""
Time a pass over clusters of 1,000, 10,000 and 100,000 pods: ``python -m bench.planning``.

What is asked: how long the first pass of a process takes, and what the passes cost after it, each for one pod's event.
The latter are held against the former: planning without a memory of the last plan, on the same pods in the same round.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
from collections.abc import Iterator, Mapping, Sequence

from bench import fleets, timings
from gitsidecar.manifests import restoring
from gitsidecar.model import histories, plans, reports
from gitsidecar.planning import ledgers, planner
from gitsidecar.reconciler import recording
from gitsidecar.reporting import reports as summaries

SIZES = (1_000, 10_000, 100_000)
MANY_SETS = 50
_IN_FLIGHT = 100
_INTERVAL = 30.0  # seconds between commits that tell of progress
_EMPTY = histories.History()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--pods", type=int, nargs="+", default=SIZES, help="sizes of the cluster")
    parser.add_argument("--sets", type=int, default=MANY_SETS, help="how many sets the cluster of many sets has")
    parser.add_argument("--runs", type=int, default=7, help="how often each is timed, after one run that is not")
    parser.add_argument("--json", action="store_true", help="print JSON, all runs in it")
    chosen = parser.parse_args(arguments)
    rows = [row for group in _groups(chosen.pods, chosen.sets, chosen.runs) for row in group]
    print(timings.to_json(rows) if chosen.json else timings.table(rows))


def _groups(sizes: Sequence[int], sets: int, runs: int) -> Iterator[list[timings.Row]]:
    """Yield the rows of one cluster after the other; each is gone before the next is built."""
    for size in sizes:
        flying = min(_IN_FLIGHT, size // 10)
        yield _measure("all updated", fleets.build(size), runs)
        # The budget is used up: when one pod has arrived, one other starts.
        moving = fleets.build(size, in_flight=flying, waiting=size - flying, max_unavailable=flying)
        yield _measure(f"{flying} in flight, the rest waits", moving, runs)
        yield _measure("1% may start, the rest waits", fleets.build(size, waiting=size), runs)
    size = sorted(sizes)[len(sizes) // 2]
    yield _measure(f"{sets} sets, 3 on each pod, all updated", fleets.build(size, sets=sets), runs)


def _measure(group: str, fleet: fleets.Fleet, runs: int) -> list[timings.Row]:
    return timings.measure(group, fleet.size, list(_cases(fleet)), runs)


def _cases(fleet: fleets.Fleet) -> Iterator[timings.Case]:
    memory = ledgers.Ledgers()

    def plan_cold(_: object = None) -> plans.Plan:
        return planner.plan(fleet.desired, fleet.before, _EMPTY, fleets.NOW)

    def remember() -> ledgers.Ledgers:
        planner.plan(fleet.desired, fleet.before, _EMPTY, fleets.NOW, memory=memory)
        return memory

    def plan_again(remembered: ledgers.Ledgers) -> plans.Plan:
        return planner.plan(fleet.desired, fleet.after, _EMPTY, fleets.NOW, memory=remembered)

    later = plan_again(remember())
    record = _Record(plan_cold(), later)
    yield timings.Case("plan, cold", plan_cold)
    yield timings.Case("plan, one event later", plan_again, remember)
    yield timings.Case("summarise", lambda _: record.summarise(later))
    yield timings.Case("record, no commit due", record.wait, record.commit)
    yield timings.Case("record, commit due", record.commit, record.wait)


class _Branch:
    """A status branch that takes no time."""

    def load(self) -> Mapping[str, bytes]:
        return {}

    def record(self, content: Mapping[str, bytes], message: str) -> str:
        return f"{len(content)} files, {len(message)} characters"


class _Record:
    """A recorder that is told of two plans in turn, sometimes right after a commit and sometimes long after it."""

    def __init__(self, *told: plans.Plan) -> None:
        self._now = fleets.NOW
        self._recorder = recording.Recorder(_Branch(), _INTERVAL)
        self._recorder.load(restoring.restore, restoring.restore_policy)
        for each in told:  # once each, so that the second is no news any more
            self._tell(self.summarise(each), _INTERVAL)
        self._reports = itertools.cycle(map(self.summarise, told))

    def summarise(self, plan: plans.Plan) -> reports.Report:
        """Summarise *plan* in the light of what was recorded last."""
        return summaries.summarise(plan, (), self._recorder.history, cluster="production")

    def commit(self, _: object = None) -> None:
        """Tell of the next plan long after the last commit."""
        self._tell(next(self._reports), _INTERVAL)

    def wait(self, _: object = None) -> None:
        """Tell of the next plan right after the last commit, so that the next commit is not due."""
        self._tell(next(self._reports), 1.0)

    def _tell(self, report: reports.Report, later: float) -> None:
        self._now += datetime.timedelta(seconds=later)
        self._recorder.record(report, self._now, "pass")


if __name__ == "__main__":
    main()
