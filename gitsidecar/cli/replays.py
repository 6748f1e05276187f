"""A forecast replayed on a terminal, so many times as fast as real time."""

from __future__ import annotations

import datetime
import time

import rich.console
import rich.live
import rich.progress_bar
import rich.table
import rich.text

from gitsidecar.model import forecasts
from gitsidecar.reporting import timelines

_FRAME = 0.1  # real seconds


def play(found: forecasts.Forecast, speed: float) -> None:
    """Show the forecast as it would go; elsewhere than on a terminal nothing is shown, and nobody waits."""
    console = rich.console.Console(highlight=False)
    if not console.is_terminal:
        return
    step = datetime.timedelta(seconds=_FRAME * speed)
    at, end = found.start, max((each.ending.at for each in found.sets), default=found.start)
    with rich.live.Live(console=console, auto_refresh=False, transient=True) as live:
        while at < end:
            live.update(frame(found, at), refresh=True)
            time.sleep(_FRAME)
            at += step


def frame(found: forecasts.Forecast, at: datetime.datetime) -> rich.table.Table:
    """Return the sets as they are at *at*."""
    table = rich.table.Table(box=None, pad_edge=False, header_style="bold", title=timelines.clock(at) + " UTC")
    for title in ("SET", "UPDATED", "", "IN FLIGHT", "HELD", "WINDOW"):
        table.add_column(title)
    for each in found.sets:
        sample = timelines.sample_at(each.samples, at)
        span = next((span for span in each.spans if span.since <= at < span.until), None)
        window = "" if span is None else "open" if span.reason is None else f"closed ({span.reason})"
        table.add_row(
            rich.text.Text(each.name),
            rich.progress_bar.ProgressBar(max(1, sample.matched), sample.updated, width=30),
            f"{sample.updated}/{sample.matched}",
            str(sample.in_flight),
            str(sample.held_pods),
            window,
        )
    return table
