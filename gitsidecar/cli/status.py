"""`gitsidecar status`: where each set is, as the status branch has it and as the cluster shows it now."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import click

from gitsidecar.bootstrap import clocks, worlds
from gitsidecar.cli import options, printing
from gitsidecar.manifests import restoring
from gitsidecar.model import desires, histories, reports
from gitsidecar.planning import planner
from gitsidecar.reporting import histories as memories
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
    history = memories.read(worlds.status_branch_of(settings).load(), restoring.restore)
    if history.recorded is None:
        click.echo(f"{settings.status_branch} is empty: no pass has been recorded yet", err=True)
        return
    report = history.recorded if recorded else asyncio.run(_count(settings, history))
    printing.show_status(report)


async def _count(settings: configs.GitsidecarConfig, history: histories.History) -> reports.Report:
    """Return the recorded sets' report as the cluster is now."""
    assert history.recorded is not None
    cluster = worlds.cluster_of(settings)
    try:
        await cluster.start(lambda: None)
        snapshot = await cluster.observe()
    finally:
        await cluster.close()
    rejections = {each.name: each.rejection for each in history.recorded.sets}
    known = sorted(history.sets.items())
    sets = tuple(dataclasses.replace(each.accepted, rejection=rejections[name]) for name, each in known)
    desired = desires.Desired(history.recorded.revision, sets, history.recorded.found)
    plan = planner.plan(desired, snapshot, history, clocks.WallClock().now())
    return summaries.summarise(plan, (), history, cluster=settings.cluster.name)
