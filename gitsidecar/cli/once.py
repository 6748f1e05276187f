"""`gitsidecar once`: one pass."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from gitsidecar.bootstrap import services
from gitsidecar.cli import options, printing


@click.command(name="once")
@options.config
def command(config: Path) -> None:
    """
    Fetch, run one pass, record it, print what it came to, and exit.

    Example: gitsidecar once --config config/gitsidecar.yaml
    """
    settings = options.settings(config)
    services.configure_logs(settings)
    done = asyncio.run(services.run_once(settings))
    printing.show_pass(done)
    if done.failure is not None:
        raise done.failure
