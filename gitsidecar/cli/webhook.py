"""`gitsidecar webhook`: the webhook alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from gitsidecar.bootstrap import services
from gitsidecar.cli import options


@click.command(name="webhook")
@options.config
def command(config: Path) -> None:
    """
    Serve the webhook alone, as one of several replicas, until SIGTERM: poll, plan, answer.

    It plans as the daemon does, from Git and the pods, and writes nothing to either; of the cluster it writes its
    certificates, their Lease and the webhook's registration. webhook.enabled need not be set.

    Example: gitsidecar webhook --config config/gitsidecar.yaml
    """
    asyncio.run(services.serve(config, options.settings(config), is_following=True))
