"""What the passes of a forecast would record, worked out only when it may differ from what was recorded before."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

from gitsidecar.manifests import restoring
from gitsidecar.model import histories, outcomes, plans, reports
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import reports as summaries
from gitsidecar.reporting import tallies

_NOBODY: Mapping[str, str] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """One pass: its plan, what became of the actions of each of its sets, in order, and of its evictions."""

    plan: plans.Plan
    sent: Sequence[Sequence[outcomes.Outcome]]
    evicted: Sequence[outcomes.Evicted]

    @property
    def has_evictions(self) -> bool:
        """Say whether any were planned, be it only to be noted."""
        return any(each.evictions for each in self.plan.sets)


class Reporter:
    """
    Stands in for what summarises and records: `history` is what the next pass is planned with.

    In most passes only numbers grow, which nobody plans by; a report of them all would take most of the time.
    """

    def __init__(self, history: histories.History) -> None:
        self.history = history
        self._told: Done | None = None
        self._report: reports.Report | None = None
        self._kinds: list[object] = []
        self._failing: dict[str, Mapping[str, str]] = {}
        self._recall: Callable[[reports.Report], histories.History] = functools.partial(
            memories.recall,
            restore=functools.lru_cache(maxsize=1024)(restoring.restore),
            restore_policy=functools.lru_cache(maxsize=1024)(restoring.restore_policy),
        )

    def tally(self, done: Done) -> list[tallies.Tally]:
        """Return the counts after a pass, in order of its sets."""
        pairs = zip(done.plan.sets, done.sent, strict=True)
        now = done.plan.now
        return [
            tallies.tally(each, sent, was_failing=self._failing.get(each.sidecar_set.name, _NOBODY), now=now)
            for each, sent in pairs
        ]

    def take(self, done: Done, tallied: Sequence[tallies.Tally]) -> reports.Report:
        """Take in a pass, and return the report of it or of the last one that came to the same but for numbers."""
        kinds = [_kind(each) for each in tallied]
        if self._report is None or kinds != self._kinds or done.has_evictions:
            self._kinds, self._told = kinds, done
            self._report = self._summarise(done)
            self.history = self._recall(self._report)
            self._failing = {each.name: each.failing for each in self._report.sets}
        return self._report

    def tell(self, done: Done) -> reports.Report:
        """Return the report of the pass that was taken in last, with the numbers as they are."""
        return self._report if self._report is not None and done is self._told else self._summarise(done)

    def _summarise(self, done: Done) -> reports.Report:
        results = [result for sent in done.sent for result in sent]
        return summaries.summarise(done.plan, results, self.history, cluster="", evicted=done.evicted)


def _kind(found: tallies.Tally) -> object:
    """Return what a set's standing depends on besides numbers: while that stays, so does all that is remembered."""
    return (
        found.unfinished > 0,
        found.drifted > 0,
        bool(found.pending or found.applied),
        bool(found.in_flight - found.failing.keys()),
        bool(found.overdue),
        found.failing,
        found.on_trial,
        frozenset(each.reason for each in found.held),
    )
