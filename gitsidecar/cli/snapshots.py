"""The pods that a verb looks at, saved or live, and the options that say which."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click import core

from gitsidecar import ports
from gitsidecar.manifests import pods as reading
from gitsidecar.model import pods

_OPTIONS = (
    click.option(
        "--pods",
        "pods_file",
        type=click.Path(exists=True, dir_okay=False, allow_dash=True),
        help="Saved `kubectl get pods -A -o json` (or pods,namespaces) instead of the live cluster; - for standard "
        "input.",
    ),
    click.option(
        "--kubeconfig", type=click.Path(path_type=Path), envvar="KUBECONFIG", help="Kubeconfig of the live cluster."
    ),
    click.option("--context", default="", help="Context of the kubeconfig; its current one if not given."),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Where:
    """
    Where the pods are: in a saved list, or in the cluster of a kubeconfig.

    `is_explicit` says whether the kubeconfig was typed, and not found in the environment.
    """

    pods_file: str | None
    kubeconfig: Path | None
    context: str
    is_explicit: bool


def where(command: Callable[..., None]) -> Callable[..., None]:
    """Give *command* the options, and the argument `where` that they come to."""

    @functools.wraps(command)
    def decorated(*, pods_file: str | None, kubeconfig: Path | None, context: str, **others: Any) -> None:
        source = click.get_current_context().get_parameter_source("kubeconfig")
        is_explicit = source is core.ParameterSource.COMMANDLINE
        command(where=Where(pods_file, kubeconfig, context, is_explicit), **others)

    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def read(where: Where) -> pods.Snapshot:
    """Return the pods of the saved list or, without one, of the live cluster."""
    if where.pods_file:
        return saved(where.pods_file)
    from gitsidecar.cluster import clusters, configurations

    target = configurations.Target(where.kubeconfig or _usual_kubeconfig(), where.context)
    return live(clusters.connect(target))


def saved(name: str) -> pods.Snapshot:
    """Return the pods of a saved list; ``-`` stands for standard input."""
    with click.open_file(name, "rb") as file:
        content = file.read()
    try:
        return reading.read_snapshot(content)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--pods") from error


def live(cluster: ports.Cluster) -> pods.Snapshot:
    """Return the pods of *cluster* as they are now, and leave it."""
    return asyncio.run(_observe(cluster))


async def _observe(cluster: ports.Cluster) -> pods.Snapshot:
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
