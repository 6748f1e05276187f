"""`gitsidecar run`: the daemon."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from gitsidecar.bootstrap import services
from gitsidecar.cli import options


@click.command(name="run")
@options.config
def command(config: Path) -> None:
    """
    Run the daemon until SIGTERM: poll, plan, move pods, record.

    With webhook.enabled it serves the webhook as well, which puts the sidecars into new pods.

    A read-only page for people is on dashboard.address, which is loopback's unless the settings say otherwise.

    SIGHUP reads the settings again. Logs go to standard error; /healthz, /readyz and /metrics to probes.address.

    Example: gitsidecar run --config config/gitsidecar.yaml
    """
    asyncio.run(services.serve(config, options.settings(config)))
