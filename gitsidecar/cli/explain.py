"""`gitsidecar explain`: why one pod is where it is."""

from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path

import click
from click import core

from gitsidecar import ports
from gitsidecar.bootstrap import worlds
from gitsidecar.cli import main, moments, options, records, snapshots, trees
from gitsidecar.manifests import trees as manifests
from gitsidecar.model import desires, histories, pods
from gitsidecar.planning import explaining, planner
from gitsidecar.reporting import explanations as reporting
from gitsidecar.settings import configs


@click.command(name="explain")
@click.argument("pod", metavar="NAMESPACE/POD")
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
@options.config
@snapshots.where
@moments.now
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    pod: str, path: Path | None, *, config: Path, where: snapshots.Where, now: datetime.datetime, output: str
) -> None:
    """
    Say where a pod stands with every SidecarSet: selected or not and by which label, what it runs, why it is held, and
    what will release it.

    The sets are those in force by the status branch, and the pods those of the settings' cluster. With PATH the sets
    are the manifests below it, without a history.

    Exit code 1 when there is no such pod, or a manifest below PATH has errors.

    Example: gitsidecar explain shop/web-7f9c --config config/gitsidecar.yaml
    """
    desired, history, snapshot = _of_branch(config, where) if path is None else _of_path(path, where)
    found = _find(snapshot, pod)
    plan = planner.plan(desired, snapshot, history, now)
    explanation = explaining.explain(plan, snapshot, found)
    if output == "json":
        click.echo(json.dumps(reporting.to_json(explanation), indent=2, ensure_ascii=False))
    else:
        click.echo(reporting.to_text(explanation), nl=False)
    if path is not None and desired.rejections:
        sys.exit(main.FINDINGS)


_Planned = tuple[desires.Desired, histories.History, pods.Snapshot]
"""What a plan is made of."""


def _of_path(path: Path, where: snapshots.Where) -> _Planned:
    source = click.get_current_context().get_parameter_source("config")
    if source is core.ParameterSource.COMMANDLINE:
        raise click.UsageError("PATH and --config say two different things: leave one of them out")
    return manifests.read(trees.read([path])), histories.History(), snapshots.read(where)


def _of_branch(config: Path, where: snapshots.Where) -> _Planned:
    settings = options.settings(config)
    history = records.load(settings)
    if history.recorded is None:
        click.echo(
            f"error: {settings.status_branch} is empty: no pass has been recorded yet; give PATH to ask what the "
            "manifests below it would do",
            err=True,
        )
        sys.exit(main.FINDINGS)
    snapshot = snapshots.saved(where.pods_file) if where.pods_file else snapshots.live(_cluster(settings, where))
    return records.desired(history, history.recorded), history, snapshot


def _cluster(settings: configs.GitsidecarConfig, where: snapshots.Where) -> ports.Cluster:
    """Return the settings' cluster, but for what was typed: the settings are a better guess than the environment."""
    typed = {"kubeconfig": where.kubeconfig if where.is_explicit else None, "context": where.context}
    cluster = settings.cluster.model_copy(update={name: value for name, value in typed.items() if value})
    return worlds.cluster_of(settings.model_copy(update={"cluster": cluster}))


def _find(snapshot: pods.Snapshot, wanted: str) -> pods.Pod:
    """Return the pod that is called so, or end with the names that may have been meant."""
    found = explaining.find(snapshot, wanted)
    if found is not None:
        return found
    near = "".join(f"\n  {each}" for each in explaining.near(snapshot, wanted))
    if wanted.count("/") != 1 or not all(wanted.split("/")):
        hint = f"; did you mean{near}" if near else ""
        raise click.BadParameter(f"{wanted!r} is not NAMESPACE/POD{hint}", param_hint="NAMESPACE/POD")
    hint = f"; these have names like it:{near}" if near else ", and none with a name like it"
    click.echo(f"error: there is no pod {wanted}{hint}", err=True)
    sys.exit(main.FINDINGS)
