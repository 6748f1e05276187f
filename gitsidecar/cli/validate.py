"""`gitsidecar validate`: all that is wrong with a tree of manifests, or doubtful, before anybody merges it."""

from __future__ import annotations

import dataclasses
import datetime
import json
import sys
from pathlib import Path

import click

import gitsidecar
from gitsidecar.cli import advice, main, moments, snapshots, trees
from gitsidecar.manifests import trees as manifests
from gitsidecar.model import desires, files, findings
from gitsidecar.reporting import junits, sarifs, validations

_FORMS = ("text", "json", "github", "sarif", "junit")


@click.command(name="validate")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--pods",
    "pods_file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Saved `kubectl get pods,namespaces -A -o json`, to see what percentages come to; - for standard input.",
)
@moments.now
@click.option("--strict", is_flag=True, help="Let warnings count as errors do: exit code 1.")
@click.option("--output", type=click.Choice(_FORMS), default="text", show_default=True)
def command(
    paths: tuple[Path, ...], *, pods_file: str | None, now: datetime.datetime, strict: bool, output: str
) -> None:
    """
    Check the SidecarSets and RolloutPolicies in files and folders: all that is wrong at once, each with file:line:col.

    Exit code 1 when there are errors, with --strict also for warnings; notes never count.

    Example: gitsidecar validate --strict manifests-example
    """
    tree = trees.read(paths)
    if not tree.files and not tree.refused:
        raise click.UsageError(f"there is no .yaml, .yml or .json file below {', '.join(map(str, paths))}")
    survey = manifests.survey(tree)
    found = advice.check(survey, snapshots.saved(pods_file) if pods_file else None, now)
    failing = [findings.Level.ERROR, *([findings.Level.WARNING] if strict else [])]
    click.echo(_written(output, tree, found, failing), nl=False)
    if output == "text":
        click.echo(_summary(survey.desired, found), err=True)
    if any(each.level in failing for each in found):
        sys.exit(main.FINDINGS)


def _written(output: str, tree: files.Tree, found: tuple[findings.Finding, ...], failing: list[findings.Level]) -> str:
    """Return *found* in the form that is asked for."""
    match output:
        case "json":
            return _json(validations.to_json(found))
        case "github":
            return "".join(f"{line}\n" for line in validations.to_github(map(_relative, found)))
        case "sarif":
            return _json(sarifs.to_sarif([_relative(each) for each in found], gitsidecar.__version__))
        case "junit":
            return junits.to_junit((file.path for file in tree.files), found, failing)
    return "".join(f"{finding}\n" for finding in found)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _relative(found: findings.Finding) -> findings.Finding:
    """Return *found* with its file as seen from here, where the repository is when a check of it runs."""
    file, here = Path(found.file), Path.cwd()
    return dataclasses.replace(found, file=file.relative_to(here).as_posix()) if file.is_relative_to(here) else found


def _summary(desired: desires.Desired, found: tuple[findings.Finding, ...]) -> str:
    counts = {level: sum(each.level is level for each in found) for level in findings.Level}
    words = ", ".join(_count(number, level.value) for level, number in counts.items() if number)
    accepted = sum(not each.rejection for each in desired.policies)
    policies = f" and {_count(accepted, 'RolloutPolicy', 'RolloutPolicies')}" if desired.policies else ""
    return f"{_count(len(desired.sets), 'SidecarSet')}{policies} read; {words or 'nothing to complain about'}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
