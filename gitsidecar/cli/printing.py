"""What several verbs print: tables on a terminal, the same words plain elsewhere."""

from __future__ import annotations

import rich.console
import rich.table
import rich.text

from gitsidecar.model import findings, reports
from gitsidecar.reconciler import reconcilers
from gitsidecar.reporting import tables

_UNFOLDED = 10_000  # characters
_NARROW = 120
_NUMBERS_END = 8  # the columns of words come after the numbers


def show_status(report: reports.Report) -> None:
    """Print the table of *report*'s sets and the rejections below it."""
    console = new_console()
    table, below = _status(report, console.width)
    console.print(table)
    for line in below:
        console.print(line, markup=False, soft_wrap=True)


def status(report: reports.Report, width: int) -> rich.console.Group:
    """Return what `show_status` prints, to be shown in one place of a terminal again and again."""
    table, below = _status(report, width)
    return rich.console.Group(table, *map(rich.text.Text, below))


def new_console() -> rich.console.Console:
    """Return a console that folds to a terminal's width, and nowhere else: a pipe has none."""
    console = rich.console.Console(highlight=False)
    return console if console.is_terminal else rich.console.Console(highlight=False, width=_UNFOLDED)


def show_pass(done: reconcilers.Pass) -> None:
    """Print what a pass came to."""
    show_status(done.report)
    console = new_console()
    counts: dict[str, int] = {}
    for outcome in done.outcomes:
        counts[outcome.kind.value] = counts.get(outcome.kind.value, 0) + 1
    console.print("patches: " + (", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"))
    unrecorded = "nothing new to record" if done.failure is None else "not recorded"
    console.print(f"recorded as {done.commit}" if done.commit else unrecorded)


def _status(report: reports.Report, width: int) -> tuple[rich.table.Table, list[str]]:
    """Return the table and the lines below it; on a narrow terminal each set's words are such a line."""
    found = tables.status_table(report)
    is_narrow = width < _NARROW
    columns = found.header[: _NUMBERS_END if is_narrow else None]
    table = rich.table.Table(box=None, pad_edge=False, header_style="bold")
    for index, title in enumerate(columns):
        is_number = index in found.numbers
        table.add_column(title, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    for row in found.rows:
        table.add_row(*(rich.text.Text(cell) for cell in row[: len(columns)]))
    words = [f"{row[0]}: {row[-1]} (since {row[-2]})" for row in found.rows] if is_narrow else []
    return table, [*words, *(str(each) for each in report.found if each.level is findings.Level.ERROR)]
