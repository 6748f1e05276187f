"""A forecast as a verb makes it: with the restart times that the pods show, and on a terminal how far it has come."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator

import rich.console
import rich.progress

from gitsidecar.model import desires, forecasts, histories, pods
from gitsidecar.reporting import timelines
from gitsidecar.simulation import estimates
from gitsidecar.simulation import forecasts as simulation


def terms(snapshot: pods.Snapshot, *, seconds: float | None = None) -> forecasts.Terms:
    """Return what is assumed of restarts: *seconds* as given, or as long as moved pods of the list took."""
    if seconds is not None:
        return forecasts.Terms(seconds, "as given")
    if (seen := estimates.restart_seconds(snapshot)) is not None:
        return forecasts.Terms(seen[0], f"as {seen[1]} moved pod{'' if seen[1] == 1 else 's'} of the list took")
    return forecasts.Terms()


def forecast(
    desired: desires.Desired,
    snapshot: pods.Snapshot,
    history: histories.History | None = None,
    *,
    start: datetime.datetime,
    terms: forecasts.Terms,
) -> forecasts.Forecast:
    """Return the forecast, with a progress bar while it is worked out."""
    with _progress() as watch:
        return simulation.forecast(desired, snapshot, history, start=start, terms=terms, watch=watch)


@contextlib.contextmanager
def _progress() -> Iterator[simulation.Watch]:
    """Show on a terminal how far the forecast has come while the block runs."""
    console = rich.console.Console(stderr=True)
    if not console.is_terminal:
        yield lambda *_: None
        return
    columns = (rich.progress.TextColumn("{task.description}"), rich.progress.BarColumn())
    with rich.progress.Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("forecast", total=None)

        def watch(at: datetime.datetime, finished: int, matched: int) -> None:
            words = f"{timelines.clock(at)}  {finished}/{matched} pods"
            progress.update(task, description=words, completed=finished, total=matched or None)

        yield watch
