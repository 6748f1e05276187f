"""Options that several verbs share, and how a verb gets its settings."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gitsidecar import errors
from gitsidecar.bootstrap import worlds
from gitsidecar.cli import main
from gitsidecar.settings import configs, loading

DEFAULT_CONFIG = "/etc/gitsidecar/gitsidecar.yaml"

config = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_CONFIG,
    envvar=loading.FILE_VARIABLE,
    show_default=True,
    show_envvar=True,
    help="Settings file.",
)


def settings(file: Path) -> configs.GitsidecarConfig:
    """Return the settings of *file*, or print all that is wrong with them and exit with 2."""
    try:
        return worlds.read_settings(file)
    except errors.StalledError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(main.USAGE)
