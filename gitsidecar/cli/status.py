"""`gitsidecar status`: where each set is, as the status branch has it and as the cluster shows it now."""

from __future__ import annotations

from pathlib import Path

import click

from gitsidecar.bootstrap import clocks, worlds
from gitsidecar.cli import options, printing, records, snapshots, watching
from gitsidecar.model import histories, reports
from gitsidecar.planning import planner
from gitsidecar.reporting import reports as summaries
from gitsidecar.settings import configs

_INTERVAL = 10.0


@click.command(name="status")
@options.config
@click.option("--recorded", is_flag=True, help="Read the status branch only; the cluster is not asked.")
@click.option("--watch", is_flag=True, help="Go on, and show each change, until Ctrl-C.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=_INTERVAL,
    show_default=True,
    metavar="SECONDS",
    help="With --watch: how often to look.",
)
def command(config: Path, *, recorded: bool, watch: bool, interval: float) -> None:
    """
    Print a table of the sets: what the status branch knows of them, counted anew from the cluster's pods.

    With --watch a terminal shows it in one place, anew every few seconds; elsewhere each change is a new block.

    Example: gitsidecar status --watch --config config/gitsidecar.yaml
    """
    settings = options.settings(config)
    nothing = f"{settings.status_branch} is empty: no pass has been recorded yet"
    if watch:
        watching.watch(lambda: _look(settings, recorded=recorded), interval=interval, nothing=nothing)
    elif (report := _look(settings, recorded=recorded)) is not None:
        printing.show_status(report)
    else:
        click.echo(nothing, err=True)


def _look(settings: configs.GitsidecarConfig, *, recorded: bool) -> reports.Report | None:
    """Return the recorded report, or the recorded sets as the cluster is now; ``None`` before the first record."""
    history = records.load(settings)
    if history.recorded is None or recorded:
        return history.recorded
    return _count(settings, history, history.recorded)


def _count(settings: configs.GitsidecarConfig, history: histories.History, recorded: reports.Report) -> reports.Report:
    """Return the recorded sets' report as the cluster is now."""
    snapshot = snapshots.live(worlds.cluster_of(settings))
    plan = planner.plan(records.desired(history, recorded), snapshot, history, clocks.WallClock().now())
    return summaries.summarise(plan, (), history, cluster=settings.cluster.name)
