"""
Time `scatterStrategy` with ``*`` over 1,000 values of a label: ``python -m bench.scatter``.

It is held against a plain sort of the same list, which one walk over all pods for every value would be far from.
"""

from __future__ import annotations

import argparse
import dataclasses
import operator
from collections.abc import Iterator, Sequence

from bench import fleets, timings
from gitsidecar.model import histories, plans, pods, sidecarsets
from gitsidecar.planning import ledgers, planner, scattering

SIZES = (1_000, 10_000, 100_000)
VALUES = 1_000
_LABEL = "shard"
_TERMS = (sidecarsets.Scatter(_LABEL, "*"),)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--pods", type=int, nargs="+", default=SIZES, help="how many pods wait")
    parser.add_argument("--values", type=int, default=VALUES, help="how many values the label has")
    parser.add_argument("--runs", type=int, default=7, help="how often each is timed, after one run that is not")
    parser.add_argument("--json", action="store_true", help="print JSON, all runs in it")
    chosen = parser.parse_args(arguments)
    rows = [row for size in chosen.pods for row in _measure(size, chosen.values, chosen.runs)]
    print(timings.to_json(rows) if chosen.json else timings.table(rows))


def _measure(size: int, values: int, runs: int) -> list[timings.Row]:
    fleet = _scattered(fleets.build(size, waiting=size), min(values, size))
    return timings.measure(f"{min(values, size):,} values, all wait", size, list(_cases(fleet)), runs)


def _cases(fleet: fleets.Fleet) -> Iterator[timings.Case]:
    labels = [pod.labels for pod in fleet.before.pods]
    memory = ledgers.Ledgers()

    def plan(snapshot: pods.Snapshot, remembered: ledgers.Ledgers) -> plans.Plan:
        return planner.plan(fleet.desired, snapshot, histories.History(), fleets.NOW, memory=remembered)

    yield timings.Case("sort by the label", lambda _: sorted(labels, key=operator.itemgetter(_LABEL)))
    yield timings.Case("scatter", lambda _: scattering.arrange(_TERMS, labels, labels))
    yield timings.Case("plan, cold", lambda _: plan(fleet.before, ledgers.Ledgers()))
    yield timings.Case(
        "plan, one event later", lambda _: plan(fleet.after, memory), prepare=lambda: plan(fleet.before, memory)
    )


def _scattered(fleet: fleets.Fleet, values: int) -> fleets.Fleet:
    """Return *fleet* with the label on its pods, and with the strategy in its sets."""
    sets = (
        dataclasses.replace(each, update=dataclasses.replace(each.update, scatter=_TERMS))
        for each in fleet.desired.sets
    )
    rows = (
        dataclasses.replace(pod, labels={**pod.labels, _LABEL: _value(number, values)})
        for number, pod in enumerate(fleet.before.pods)
    )
    return fleets.of(dataclasses.replace(fleet.desired, sets=tuple(sets)), tuple(rows))


def _value(number: int, values: int) -> str:
    """Return the value of one pod: in no order, and some values are on many more pods than others."""
    mixed = number * 2_654_435_761 % 2**32  # Knuth's multiplicative hash: the same values in every run
    return f"{int(values * (mixed / 2**32) ** 1.5):04}"


if __name__ == "__main__":
    main()
