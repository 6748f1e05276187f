"""`gitsidecar demo`: the main job on a simulated cluster, with the real daemon and real Git."""

from __future__ import annotations

import asyncio
import datetime
import sys
import tempfile
from pathlib import Path

import click
import rich.console

from gitsidecar.cli import main
from gitsidecar.cli.demos import desks, stages, stories, views
from gitsidecar.telemetry import logs


@click.command(name="demo")
@click.option("--pods", default=60, show_default=True, type=click.IntRange(10, 5000), help="Pods in the cluster.")
@click.option(
    "--speed", default=2.0, show_default=True, type=click.FloatRange(0.1, 20), help="Speed of the cluster's clock."
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the Git repositories in this folder."
)
def command(pods: int, speed: float, keep: Path | None) -> None:
    """
    Show the main job in about 20 seconds, without a cluster.

    A bare repository in a temporary folder, a clone that commits and pushes, the real daemon, simulated pods. Exit code
    1 if the story does not end as it should.

    Example: gitsidecar demo --pods 200 --keep /tmp/demo
    """
    logs.configure(level="error")
    console = rich.console.Console(highlight=False)
    folder = _folder(keep)
    is_good = asyncio.run(_play(console, folder, pods=pods, speed=speed))
    _tell_the_end(console, folder)
    if not is_good:
        sys.exit(main.FINDINGS)


def _folder(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="gitsidecar-demo-"))
    try:
        keep.mkdir(parents=True, exist_ok=True)
        is_empty = not any(keep.iterdir())
    except OSError as error:
        raise click.UsageError(f"{keep} cannot be made: {error.strerror}; give --keep another folder") from error
    if not is_empty:
        raise click.UsageError(f"{keep} is not empty: give --keep a new folder")
    return keep.absolute()


async def _play(console: rich.console.Console, folder: Path, *, pods: int, speed: float) -> bool:
    start = datetime.datetime.now(datetime.UTC)
    with views.opened(console) as view:
        async with stages.opened(folder, pods=pods, speed=speed, start=start, show=view.show) as stage:
            return await stories.tell(stage, stories.chapters(pods), view.say)


def _tell_the_end(console: rich.console.Console, folder: Path) -> None:
    """Print the audit trail, and where it can be read."""
    desk = desks.Desk(folder)
    checkout = folder / "status-branch"
    desk.pull(stages.STATUS_BRANCH, into=checkout)
    console.rule(f"git log --reverse --stat {stages.STATUS_BRANCH}")
    console.print(desk.log(stages.STATUS_BRANCH), markup=False, soft_wrap=True)
    console.print(f"For people: {checkout / 'STATUS.md'}", soft_wrap=True)
    console.print(f"The repositories stay in {folder}: remove it when you have seen enough.", soft_wrap=True)
