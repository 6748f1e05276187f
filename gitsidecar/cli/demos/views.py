"""What the demo shows: a live picture on a terminal, one line a change elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

import rich.console
import rich.live
import rich.progress_bar
import rich.table
import rich.text

from gitsidecar.cli.demos import stories
from gitsidecar.model import reports
from gitsidecar.reconciler import reconcilers
from gitsidecar.reporting import conditions


class View(Protocol):
    """Where the story is shown."""

    def say(self, chapter: stories.Chapter, is_good: bool | None) -> None:
        """Show that a chapter begins (``None``) or how it ended."""

    def show(self, done: reconcilers.Pass) -> None:
        """Show what a pass came to."""


class Lines:
    """Plain lines: a line for a chapter, a line when the counts change."""

    def __init__(self, console: rich.console.Console) -> None:
        self._console = console
        self._last = ""

    def say(self, chapter: stories.Chapter, is_good: bool | None) -> None:
        """Print a chapter's title, or its end."""
        words = _heading(chapter) if is_good is None else _ending(chapter, is_good=is_good)
        self._console.print(words, soft_wrap=True)

    def show(self, done: reconcilers.Pass) -> None:
        """Print the counts if they have changed."""
        line = "\n".join(_counts(each) for each in done.report.sets)
        if line != self._last:
            self._console.print(line, markup=False, soft_wrap=True)
        self._last = line


class Picture:
    """A bar for each workload, the pods in flight, what is held and why; chapters scroll by above it."""

    def __init__(self, console: rich.console.Console, live: rich.live.Live) -> None:
        self._console = console
        self._live = live

    def say(self, chapter: stories.Chapter, is_good: bool | None) -> None:
        """Print a chapter's title, or its end, above the picture."""
        self._console.print(_heading(chapter) if is_good is None else _ending(chapter, is_good=is_good))

    def show(self, done: reconcilers.Pass) -> None:
        """Draw the picture anew."""
        self._live.update(rich.console.Group(*(_draw(each) for each in done.report.sets)))


@contextlib.contextmanager
def opened(console: rich.console.Console) -> Iterator[View]:
    """Show the live picture while the block runs, or lines where *console* is no terminal."""
    if not console.is_terminal:
        yield Lines(console)
        return
    with rich.live.Live(console=console, refresh_per_second=8, vertical_overflow="crop") as live:
        yield Picture(console, live)


def _heading(chapter: stories.Chapter) -> rich.text.Text:
    return rich.text.Text.assemble("\n", (f"▶ {chapter.title}", "bold"), (f"   git push: {chapter.message}", "dim"))


def _ending(chapter: stories.Chapter, *, is_good: bool) -> rich.text.Text:
    mark = ("  ✓ ", "green") if is_good else ("  ✗ not so: ", "bold red")
    return rich.text.Text.assemble(mark, chapter.expected)


def _counts(found: reports.SetReport) -> str:
    held = ", ".join(f"{each.count} {each.reason}" for each in found.held)
    words = f"  {found.name}: {found.updated}/{found.matched} updated, {found.in_flight} in flight, {found.ready} ready"
    return f"{words}, held: {held}" if held else words


def _draw(found: reports.SetReport) -> rich.console.Group:
    table = rich.table.Table.grid(padding=(0, 2))
    for workload in found.workloads:
        bar = rich.progress_bar.ProgressBar(workload.matched, workload.updated, width=30)
        not_ready = workload.matched - workload.ready
        trouble = rich.text.Text(f"{not_ready} restarting" if not_ready else "", "yellow")
        name = f"{workload.namespace}/{workload.name}"
        table.add_row(name, bar, f"{workload.updated}/{workload.matched}", trouble)
    return rich.console.Group("", table, rich.text.Text(_counts(found), "cyan"), *_troubles(found))


def _troubles(found: reports.SetReport) -> Iterator[rich.text.Text]:
    """Say why the set is blocked, or else what holds its pods; one says the other's words."""
    blocked = found.condition(conditions.BLOCKED)
    if blocked is not None and blocked.status:
        yield rich.text.Text(f"  blocked ({blocked.reason}): {blocked.message}", "yellow")
        return
    for held in found.held:
        yield rich.text.Text(f"  {held.count} held, {held.reason}: {held.message}", "dim")
