"""`gitsidecar review`: what a pull request does to the pods, before it is merged."""

from __future__ import annotations

import dataclasses
import datetime
import json
import sys
from pathlib import Path

import click

from gitsidecar.cli import advice, forecasting, main, moments, snapshots
from gitsidecar.manifests import trees as manifests
from gitsidecar.model import desires, files, findings, pods, reviews, rules
from gitsidecar.planning.reviews import comparing, reviewing
from gitsidecar.reconciler import desiring
from gitsidecar.reporting.reviews import comments, jsons
from gitsidecar.repository import clones

_PATH_VARIABLE = "GITSIDECAR_REPOSITORY_PATH"
_ADVICE = (rules.Rule.NEVER_OPENS, rules.Rule.ROUNDING)


@click.command(name="review")
@click.option("--base", required=True, metavar="REF", help="Branch, tag or commit that it is to be merged into.")
@click.option("--head", required=True, metavar="REF", help="Branch, tag or commit of the change.")
@click.option(
    "--repo",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=".",
    show_default=True,
    help="Clone, or a folder in one.",
)
@click.option(
    "--path",
    default="",
    envvar=_PATH_VARIABLE,
    show_envvar=True,
    help="Folder of the SidecarSets inside the repository, as in repository.path; empty for all of it.",
)
@snapshots.where
@moments.now
@click.option("--tell-friday-nights", is_flag=True, help="Call out what moves between Friday 18:00 and Saturday 06:00.")
@click.option("--output", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True)
def command(
    *,
    base: str,
    head: str,
    repo: Path,
    path: str,
    where: snapshots.Where,
    now: datetime.datetime,
    tell_friday_nights: bool,
    output: str,
) -> None:
    """
    Print what a change of the SidecarSets does to the pods: who moves, in which waves and when, who stays and why, what
    to look at. Markdown for the comment of a pull request; nothing is changed.

    As pull requests do, it compares HEAD with the commit from which it parted from BASE. The pods are those of a saved
    list (--pods) or of a cluster (--kubeconfig, --context); without either it tells what differs, and nothing of pods.

    Exit code 1 when HEAD has errors that BASE does not have.

    Example: gitsidecar review --base main --head HEAD --pods pods.json
    """
    before, after = _read(repo, path, base, head)
    if _is_empty(before) and _is_empty(after):
        below = f" below {path!r}: is --path right?" if path else ""
        raise click.UsageError(f"neither commit has a .yaml, .yml or .json file{below}")
    snapshot = snapshots.read(where) if _has_pods(where) else None
    review = _review(before, after, snapshot, now, tell_fridays=tell_friday_nights)
    if output == "json":
        click.echo(json.dumps(jsons.to_json(review), indent=2, ensure_ascii=False))
    else:
        click.echo(comments.write(review), nl=False)
    if review.comparison.new_errors:
        sys.exit(main.FINDINGS)


def _read(repo: Path, path: str, base: str, head: str) -> tuple[files.Tree, files.Tree]:
    try:
        with clones.opened(repo) as clone:
            tip = _resolve(clone, head, "--head")
            start = clone.merge_base(_resolve(clone, base, "--base"), tip)
            return clone.read(start, path=path), clone.read(tip, path=path, since=start)
    except clones.NoRepositoryError as error:
        raise click.BadParameter(str(error), param_hint="--repo") from error


def _resolve(clone: clones.Clone, ref: str, option: str) -> str:
    try:
        return clone.resolve(ref)
    except clones.UnknownRefError as error:
        raise click.BadParameter(str(error), param_hint=option) from error


def _is_empty(tree: files.Tree) -> bool:
    return not tree.files and all(each.level is not findings.Level.ERROR for each in tree.refused)


def _has_pods(where: snapshots.Where) -> bool:
    """Say whether pods were asked for; a kubeconfig that lies about in the environment is no such wish."""
    return bool(where.pods_file or where.context or (where.kubeconfig and where.is_explicit))


def _review(
    before: files.Tree, after: files.Tree, snapshot: pods.Snapshot | None, now: datetime.datetime, *, tell_fridays: bool
) -> reviews.Review:
    base = _advised(manifests.read(before), before, snapshot, now)
    history = comparing.aftermath(base)
    head = _advised(desiring.desire(after, history), after, snapshot, now)
    seen = None
    if snapshot is not None:
        terms = forecasting.terms(snapshot)
        forecast = forecasting.forecast(head, snapshot, history, start=now, terms=terms)
        seen = reviewing.Seen(snapshot, forecast)
    return reviewing.review(base, head, now, seen=seen, tell_fridays=tell_fridays)


def _advised(
    desired: desires.Desired, tree: files.Tree, snapshot: pods.Snapshot | None, now: datetime.datetime
) -> desires.Desired:
    """Add to what was found that of the advice of `validate` which no risk of a review tells."""
    told = [each for each in advice.check(manifests.survey(tree), snapshot, now) if each.rule in _ADVICE]
    return dataclasses.replace(desired, found=manifests.ordered((*desired.found, *told)))
