"""What several verbs print: tables on a terminal, the same words plain elsewhere."""

from __future__ import annotations

import rich.console
import rich.table
import rich.text

from gitsidecar.model import findings, reports
from gitsidecar.reconciler import reconcilers
from gitsidecar.reporting import tables

_UNFOLDED = 10_000  # characters


def show_status(report: reports.Report) -> None:
    """Print the table of *report*'s sets and the rejections below it."""
    console = _console()
    found = tables.status_table(report)
    table = rich.table.Table(box=None, pad_edge=False, header_style="bold")
    for index, title in enumerate(found.header):
        table.add_column(title, justify="right" if index in found.numbers else "left", overflow="fold")
    for row in found.rows:
        table.add_row(*(rich.text.Text(cell) for cell in row))
    console.print(table)
    for finding in report.found:
        if finding.level is findings.Level.ERROR:
            console.print(str(finding), markup=False, soft_wrap=True)


def show_pass(done: reconcilers.Pass) -> None:
    """Print what a pass came to."""
    show_status(done.report)
    console = _console()
    counts: dict[str, int] = {}
    for outcome in done.outcomes:
        counts[outcome.kind.value] = counts.get(outcome.kind.value, 0) + 1
    console.print("patches: " + (", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"))
    unrecorded = "nothing new to record" if done.failure is None else "not recorded"
    console.print(f"recorded as {done.commit}" if done.commit else unrecorded)


def _console() -> rich.console.Console:
    """Return a console that folds to a terminal's width, and nowhere else: a pipe has none."""
    console = rich.console.Console(highlight=False)
    return console if console.is_terminal else rich.console.Console(highlight=False, width=_UNFOLDED)
