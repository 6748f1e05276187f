"""A report that is shown again and again: in one place of a terminal, as a new block after each change elsewhere."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator

import click
import rich.console
import rich.live
import rich.text

from gitsidecar import errors
from gitsidecar.cli import printing
from gitsidecar.model import reports

Look = Callable[[], reports.Report | None]
"""Return the report as it is now, or ``None`` while there is none. Raises TransientError, StalledError."""


def watch(look: Look, *, interval: float, nothing: str) -> None:
    """
    Show what *look* returns, every *interval* seconds, until somebody interrupts.

    While there is none, the words *nothing* are shown. A failure that may pass is said and waited out.
    """
    console = printing.new_console()
    if console.is_terminal:
        _refresh(look, console, interval=interval, nothing=nothing)
    else:
        _append(look, interval=interval, nothing=nothing)


def _refresh(look: Look, console: rich.console.Console, *, interval: float, nothing: str) -> None:
    shown: rich.console.RenderableType = rich.text.Text("…")
    with rich.live.Live(shown, console=console, auto_refresh=False, vertical_overflow="visible") as live:
        for found, fault in _looks(look, interval):
            if not fault:
                shown = printing.status(found, console.width) if found is not None else rich.text.Text(nothing)
            at = datetime.datetime.now(datetime.UTC)
            foot = rich.text.Text(fault or f"{at:%H:%M:%S} UTC, every {interval:g} s; Ctrl-C ends", style="dim")
            live.update(rich.console.Group(shown, rich.text.Text(), foot), refresh=True)


def _append(look: Look, *, interval: float, nothing: str) -> None:
    before: object = object()  # equals no report
    said = ""
    for found, fault in _looks(look, interval):
        if fault and fault != said:
            click.echo(f"error: {fault}", err=True)
        said = fault
        if fault or found == before:
            continue
        if found is None:
            click.echo(nothing, err=True)
        else:
            click.echo(f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}")
            printing.show_status(found)
            click.echo()
        before = found


def _looks(look: Look, interval: float) -> Iterator[tuple[reports.Report | None, str]]:
    """Yield what is found every *interval* seconds, or why nothing could be."""
    while True:
        try:
            yield look(), ""
        except errors.TransientError as error:
            yield None, f"{error}"
        time.sleep(interval)
