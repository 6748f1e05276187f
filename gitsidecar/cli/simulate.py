"""`gitsidecar simulate`: the whole rollout in seconds, on a simulated cluster."""

from __future__ import annotations

import dataclasses
import datetime
import json
import sys
from pathlib import Path

import click

from gitsidecar.cli import forecasting, main, moments, replays, snapshots, trees
from gitsidecar.manifests import trees as manifests
from gitsidecar.model import findings, forecasts
from gitsidecar.reporting import charts, timelines
from gitsidecar.reporting import forecasts as reporting
from gitsidecar.simulation import synthetic


def _wish(_: click.Context, __: click.Parameter, value: str | None) -> synthetic.Wish | None:
    if value is None:
        return None
    try:
        return synthetic.read(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(name="simulate")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--pods",
    "pods_file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Saved `kubectl get pods -A -o json` (or pods,namespaces); - for standard input.",
)
@click.option(
    "--synthetic",
    "wish",
    callback=_wish,
    metavar="KIND=N,...,pods=N",
    help="Made-up pods that carry older images instead, e.g. deployments=40,pods=2000; also statefulsets, daemonsets.",
)
@click.option("--fail-rate", default=0.0, type=click.FloatRange(0, 1), help="Share of pods that fail to start anew.")
@click.option(
    "--restart-seconds",
    type=click.FloatRange(0.1, 86_400),
    help="From a pod's patch until it is Ready; as seen in the pod list if not given, or else 10.",
)
@moments.start
@click.option(
    "--horizon", default=28.0, show_default=True, type=click.FloatRange(0.001, 3660), help="Days to look ahead."
)
@click.option("--seed", default=1, show_default=True, help="Another number is another run of luck.")
@click.option(
    "--speed",
    default=0.0,
    type=click.FloatRange(0),
    help="Replay on the terminal so many times as fast as real time; 0, the default, is at once.",
)
@click.option("--output", type=click.Choice(["text", "json", "svg"]), default="text", show_default=True)
@click.option("--svg", "picture", type=click.Path(path_type=Path, dir_okay=False), help="Draw a picture in this file.")
def command(
    path: Path,
    *,
    pods_file: str | None,
    wish: synthetic.Wish | None,
    fail_rate: float,
    restart_seconds: float | None,
    start: datetime.datetime,
    horizon: float,
    seed: int,
    speed: float,
    output: str,
    picture: Path | None,
) -> None:
    """
    Foretell the rollout of the manifests below PATH: the planner itself, pass after pass, over a simulated cluster.

    The pods are those of a saved list, or made up. Nothing is asked of a cluster, and nothing is changed. Exit code 1
    when a manifest has errors, or a set does not come to its end.

    Example: gitsidecar simulate manifests-example --synthetic deployments=40,pods=2000 --svg rollout.svg
    """
    if (pods_file is None) == (wish is None):
        raise click.UsageError("give either --pods FILE or --synthetic WISH")
    desired = manifests.read(trees.read([path]))
    if wish is None:
        assert pods_file is not None
        snapshot = snapshots.saved(pods_file)
    else:
        snapshot = synthetic.populate(desired.sets, wish, now=start, seed=seed)
    terms = dataclasses.replace(
        forecasting.terms(snapshot, seconds=restart_seconds),
        fail_rate=fail_rate,
        seed=seed,
        horizon=datetime.timedelta(days=horizon),
    )
    found = forecasting.forecast(desired, snapshot, start=start, terms=terms)
    if speed:
        replays.play(found, speed)
    _print(found, output)
    if picture is not None:
        _draw(found, picture)
    if desired.rejections or not found.is_complete:
        sys.exit(main.FINDINGS)


def _print(found: forecasts.Forecast, output: str) -> None:
    match output:
        case "json":
            click.echo(json.dumps(reporting.to_json(found), indent=2, ensure_ascii=False))
        case "svg":
            click.echo(charts.draw(found), nl=False)
        case _:
            for finding in found.found:
                if finding.level is not findings.Level.NOTE:
                    click.echo(str(finding), err=True)
            click.echo(timelines.to_text(found), nl=False)


def _draw(found: forecasts.Forecast, picture: Path) -> None:
    try:
        picture.write_text(charts.draw(found), encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(f"{picture} cannot be written: {error.strerror}", param_hint="--svg") from error
