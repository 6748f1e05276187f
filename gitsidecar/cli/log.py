"""`gitsidecar log`: the status branch's past as a diary of rollouts."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path

import click

from gitsidecar import errors
from gitsidecar.bootstrap import worlds
from gitsidecar.cli import moments, options
from gitsidecar.model import diaries
from gitsidecar.reporting import diaries as reporting
from gitsidecar.reporting import diarytexts
from gitsidecar.settings import configs

_MOST = 1_000
"""Commits read: months of a fleet, and seconds to fetch."""


@click.command(name="log")
@click.argument("set_name", metavar="[SET]", required=False)
@options.config
@moments.since
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(set_name: str | None, *, config: Path, since: datetime.datetime | None, output: str) -> None:
    """
    Print the past of SET, or of all sets, newest first: each rollout with what changed, who asked for it, how many pods
    were moved and how long it took; each stop; each rejected manifest.

    It is read from the last 1000 commits of the status branch; authors come from the source branch.

    Example: gitsidecar log logtail --since 7d --config config/gitsidecar.yaml
    """
    settings = options.settings(config)
    diary = worlds.diary_of(settings)
    entries = reporting.read(diary.read(_MOST, since=since))
    if diary.is_cut:
        click.echo(f"note: only the last {_MOST} commits of {settings.status_branch} were read", err=True)
    chosen = diarytexts.choose(entries, name=set_name, since=since)
    if not chosen:
        click.echo(f"{settings.status_branch} tells of nothing that fits", err=True)
    origins = _origins(settings, chosen)
    if output == "json":
        click.echo(json.dumps(diarytexts.to_json(chosen, origins), indent=2, ensure_ascii=False))
    else:
        click.echo(diarytexts.to_text(chosen, origins), nl=False)


def _origins(settings: configs.GitsidecarConfig, entries: tuple[diaries.Entry, ...]) -> Mapping[str, diaries.Origin]:
    """Return the commits that the entries name; what cannot be had only costs the names of authors."""
    try:
        return worlds.origins_of(settings).find(each.commit for each in entries)
    except (errors.TransientError, errors.StalledError) as error:
        click.echo(f"note: authors are not known: {error}", err=True)
        return {}
