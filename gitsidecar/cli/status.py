"""`gitsidecar status`: where each set is, as the status branch has it and as the cluster shows it now."""

from __future__ import annotations

from pathlib import Path

import click

from gitsidecar.bootstrap import clocks, worlds
from gitsidecar.cli import options, printing, records, snapshots
from gitsidecar.model import histories, reports
from gitsidecar.planning import planner
from gitsidecar.reporting import reports as summaries
from gitsidecar.settings import configs


@click.command(name="status")
@options.config
@click.option("--recorded", is_flag=True, help="Read the status branch only; the cluster is not asked.")
def command(config: Path, *, recorded: bool) -> None:
    """
    Print a table of the sets: what the status branch knows of them, counted anew from the cluster's pods.

    Example: gitsidecar status --config config/gitsidecar.yaml
    """
    settings = options.settings(config)
    history = records.load(settings)
    if history.recorded is None:
        click.echo(f"{settings.status_branch} is empty: no pass has been recorded yet", err=True)
        return
    printing.show_status(history.recorded if recorded else _count(settings, history, history.recorded))


def _count(settings: configs.GitsidecarConfig, history: histories.History, recorded: reports.Report) -> reports.Report:
    """Return the recorded sets' report as the cluster is now."""
    snapshot = snapshots.live(worlds.cluster_of(settings))
    plan = planner.plan(records.desired(history, recorded), snapshot, history, clocks.WallClock().now())
    return summaries.summarise(plan, (), history, cluster=settings.cluster.name)
