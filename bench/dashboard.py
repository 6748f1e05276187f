"""
Time what the dashboard costs: noting a pass, and making each page: ``python -m bench.dashboard``.

A pass is all that it costs when nobody looks. Pages are made in a thread of their own, one at a time.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence

from bench import fleets, timings
from gitsidecar.dashboard import pages, passlists, pieces, podpages, servers, setlists, setpages, setpods, sights
from gitsidecar.model import histories, plans
from gitsidecar.planning import planner
from gitsidecar.reconciler import reconcilers
from gitsidecar.reporting import reports as summaries

SIZES = (1_000, 10_000, 100_000)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--pods", type=int, nargs="+", default=SIZES, help="how many pods wait")
    parser.add_argument("--runs", type=int, default=7, help="how often each is timed, after one run that is not")
    parser.add_argument("--json", action="store_true", help="print JSON, all runs in it")
    chosen = parser.parse_args(arguments)
    rows = [row for size in chosen.pods for row in _measure(size, chosen.runs)]
    print(timings.to_json(rows) if chosen.json else timings.table(rows))


def _measure(size: int, runs: int) -> list[timings.Row]:
    done = _pass(fleets.build(size, waiting=size))
    return timings.measure("one set, all wait", size, list(_cases(done)), runs)


def _cases(done: reconcilers.Pass) -> Iterator[timings.Case]:
    memory = sights.Memory("bench")
    yield timings.Case("note a pass", lambda _: memory.note(done))
    memory.note(done)
    sight, last = memory.look(""), done.plan.sets[0].matched[-1].key
    name, why = done.report.sets[0].name, str(plans.HoldReason.BUDGET_EXHAUSTED)
    bare = pages.Query(name=name, why=why)
    yield _page("sets", setlists.make, sight, bare)
    yield _page("one set", setpages.make, sight, bare)
    yield _page("held, first page", setpods.make, sight, bare)
    deep = dataclasses.replace(bare, page=max(1, done.report.sets[0].held_pods // pieces.PAGE))
    yield _page("held, last page", setpods.make, sight, deep)
    yield _page("search, all match", podpages.search, sight, pages.Query(q="-"))
    yield _page("search, one matches", podpages.search, sight, pages.Query(q=last))
    yield _page("search, none matches", podpages.search, sight, pages.Query(q="nobody"))
    yield _page("one pod", podpages.explain, sight, pages.Query(name=last))
    yield _page("passes", passlists.make, sight, bare)


def _page(name: str, make: servers.Make, sight: sights.Sight, query: pages.Query) -> timings.Case:
    return timings.Case(name, lambda _: pages.write(make(sight, query), sight, query))


def _pass(fleet: fleets.Fleet) -> reconcilers.Pass:
    plan = planner.plan(fleet.desired, fleet.before, histories.History(), fleets.NOW)
    report = summaries.summarise(plan, (), histories.History(), cluster="bench")
    return reconcilers.Pass(
        id="bench",
        plan=plan,
        outcomes=(),
        evicted=(),
        report=report,
        commit="",
        again_after=None,
        seconds={},
        snapshot=fleet.before,
    )


if __name__ == "__main__":
    main()
