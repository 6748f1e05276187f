"""`gitsidecar plan`: what the next pass would do."""

from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path

import click

from gitsidecar.cli import main, moments, snapshots, trees
from gitsidecar.manifests import trees as manifests
from gitsidecar.model import histories
from gitsidecar.planning import planner
from gitsidecar.reporting import plans as reporting


@click.command(name="plan")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@snapshots.where
@moments.now
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(path: Path, *, where: snapshots.Where, now: datetime.datetime, output: str) -> None:
    """
    Print what the next pass would do with the SidecarSets below PATH: who moves, in which order, who is held and why.

    Nothing is changed. Exit code 1 when a manifest has errors; the others are planned all the same.

    Example: gitsidecar plan manifests-example --pods pods.json --output json
    """
    desired = manifests.read(trees.read([path]))
    snapshot = snapshots.read(where)
    plan = planner.plan(desired, snapshot, histories.History(), now)
    if output == "json":
        click.echo(json.dumps(reporting.to_json(plan), indent=2, ensure_ascii=False))
    else:
        click.echo(reporting.to_text(plan), nl=False)
    if desired.rejections:
        sys.exit(main.FINDINGS)
