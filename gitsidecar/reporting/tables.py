"""The rows of ``gitsidecar status``: plain values, which the terminal lays out."""

from __future__ import annotations

import dataclasses

from gitsidecar.model import reports
from gitsidecar.reporting import texts, wording


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A header, rows of as many cells, and which columns are numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


_HEADER = ("SET", "STATE", "MATCHED", "UPDATED", "READY", "IN FLIGHT", "HELD", "MISSING", "COMMIT", "SINCE", "WHY")


def status_table(report: reports.Report) -> Table:
    """Return one row a set; *report* may be a pass's own or one read back from the status branch."""
    return Table(_HEADER, tuple(_row(each) for each in report.sets), frozenset(range(2, 8)))


def _row(report: reports.SetReport) -> tuple[str, ...]:
    counts = (report.matched, report.updated, report.ready, report.in_flight, report.held_pods, report.missing)
    chief = wording.chief(report)
    since, why = (chief.since, chief.message) if chief is not None else ("", "")
    rejected = " (manifest rejected)" if report.rejection else ""
    return (
        texts.one_line(report.name),
        wording.state(report) + rejected,
        *(str(count) for count in counts),
        texts.short(report.commit),
        since,
        texts.one_line(why),
    )
