"""Processor times of several runs, with their spread, and each beside the one that it is held against."""

from __future__ import annotations

import dataclasses
import gc
import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """Something to time: *run* is called with what *prepare* returned, and only *run* is timed."""

    name: str
    run: Callable[[Any], object]
    prepare: Callable[[], Any] = lambda: None


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """
    The runs of one case on *pods* pods, in seconds.

    `ratios` hold each run against the first case's run of the same round, so that a machine that becomes slower while
    it is measured changes little of them.
    """

    group: str
    name: str
    pods: int
    seconds: tuple[float, ...]
    ratios: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the seconds to quote."""
        return statistics.median(self.seconds)

    @property
    def ratio(self) -> float:
        """Return the ratio to quote."""
        return statistics.median(self.ratios)


def measure(group: str, pods: int, cases: Sequence[Case], runs: int) -> list[Row]:
    """
    Run all *cases* in turn, *runs* times after one round to warm up; the ratios are to the first.

    Processor time, because the machine may have other work. What lives on is frozen first, as the daemon does after a
    list: otherwise the garbage collection walks through all rows of all fleets.
    """
    gc.collect()
    gc.freeze()
    rounds = [[_time(case) for case in cases] for _ in range(runs + 1)][1:]
    rows = []
    for case, seconds in zip(cases, zip(*rounds, strict=True), strict=True):
        ratios = tuple(one / each[0] for one, each in zip(seconds, rounds, strict=True))
        rows.append(Row(group, case.name, pods, seconds, ratios))
    return rows


def _time(case: Case) -> float:
    prepared = case.prepare()
    gc.collect()
    began = time.process_time()
    result = case.run(prepared)
    ended = time.process_time()
    del result  # after the clock: to take a plan of 100,000 pods apart takes time as well
    return ended - began


def table(rows: Sequence[Row], *, noun: str = "pod", group: str = "cluster") -> str:
    """Return *rows* as text for people: milliseconds, microseconds a pod (or another *noun*), and the ratio."""
    lines = [(f"{noun}s", group, "what", "median ms", "min-max ms", f"µs a {noun}", "ratio")]
    for row in rows:
        low, high = min(row.seconds), max(row.seconds)
        spread = f"{_milliseconds(low)}-{_milliseconds(high)}"
        each = f"{1e6 * row.median / row.pods:.2f}"
        lines.append(
            (f"{row.pods:,}", row.group, row.name, _milliseconds(row.median), spread, each, f"{row.ratio:.3f}")
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(line, widths) for line in lines)


def to_json(rows: Sequence[Row]) -> str:
    """Return *rows* as JSON for machines."""
    found = [{**dataclasses.asdict(row), "median": row.median, "ratio": row.ratio} for row in rows]
    return json.dumps(found, indent=2)


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:,.1f}" if seconds >= 0.01 else f"{1e3 * seconds:.2f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Align words to the left and numbers to the right."""
    is_word = (False, True, True, False, False, False, False)
    pairs = zip(cells, widths, is_word, strict=True)
    return "  ".join(cell.ljust(width) if left else cell.rjust(width) for cell, width, left in pairs).rstrip()
