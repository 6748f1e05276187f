"""`gitsidecar plan`: what the next pass would do."""

from __future__ import annotations

import asyncio
import datetime
import json
import sys
from pathlib import Path

import click

from gitsidecar.cli import main, trees
from gitsidecar.manifests import pods as reading
from gitsidecar.manifests import trees as manifests
from gitsidecar.model import histories, pods
from gitsidecar.planning import planner
from gitsidecar.reporting import plans as reporting


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime.datetime:
    if value is None:
        return datetime.datetime.now(datetime.UTC)
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a time: write e.g. 2026-11-24T02:00:00Z") from error
    if moment.tzinfo is None:
        raise click.BadParameter(f"{value!r} has no time zone: add Z, or an offset such as +01:00")
    return moment


@click.command(name="plan")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--pods",
    "pods_file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Saved `kubectl get pods -A -o json` (or pods,namespaces) instead of the live cluster; - for standard input.",
)
@click.option(
    "--kubeconfig", type=click.Path(path_type=Path), envvar="KUBECONFIG", help="Kubeconfig of the live cluster."
)
@click.option("--context", default="", help="Context of the kubeconfig; its current one if not given.")
@click.option("--now", callback=_moment, metavar="TIME", help="Plan as of this time instead of now.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    path: Path,
    pods_file: str | None,
    kubeconfig: Path | None,
    context: str,
    now: datetime.datetime,
    output: str,
) -> None:
    """
    Print what the next pass would do with the SidecarSets below PATH: who moves, in which order, who is held and why.

    Nothing is changed. Exit code 1 when a manifest has errors; the others are planned all the same.

    Example: gitsidecar plan manifests-example --pods pods.json --output json
    """
    desired = manifests.read(trees.read([path]))
    snapshot = _saved(pods_file) if pods_file else asyncio.run(_live(kubeconfig or _usual_kubeconfig(), context))
    plan = planner.plan(desired, snapshot, histories.History(), now)
    if output == "json":
        click.echo(json.dumps(reporting.to_json(plan), indent=2, ensure_ascii=False))
    else:
        click.echo(reporting.to_text(plan), nl=False)
    if desired.rejections:
        sys.exit(main.FINDINGS)


def _saved(name: str) -> pods.Snapshot:
    with click.open_file(name, "rb") as file:
        content = file.read()
    try:
        return reading.read_snapshot(content)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--pods") from error


async def _live(kubeconfig: Path | None, context: str) -> pods.Snapshot:
    from gitsidecar.cluster import clusters, configurations

    cluster = clusters.connect(configurations.Target(kubeconfig, context))
    try:
        await cluster.start(lambda: None)
        return await cluster.observe()
    finally:
        await cluster.close()


def _usual_kubeconfig() -> Path | None:
    """Return where kubectl looks, or ``None`` (the pod's service account) where there is no such file but one."""
    usual = Path("~/.kube/config").expanduser()
    in_cluster = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
    return None if in_cluster.exists() and not usual.exists() else usual
