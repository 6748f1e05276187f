"""`gitsidecar validate`: every error of a tree of manifests, before anybody merges it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from gitsidecar.cli import main, trees
from gitsidecar.manifests import trees as manifests
from gitsidecar.model import desires, findings


@click.command(name="validate")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--output", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
def command(paths: tuple[Path, ...], output: str) -> None:
    """
    Check the SidecarSets and RolloutPolicies in files and folders: all errors at once, each with file:line:col.

    Exit code 1 when there are errors; warnings and notes do not count.

    Example: gitsidecar validate manifests-example
    """
    tree = trees.read(paths)
    if not tree.files and not tree.refused:
        raise click.UsageError(f"there is no .yaml, .yml or .json file below {', '.join(map(str, paths))}")
    desired = manifests.read(tree)
    {"text": _print_text, "json": _print_json, "github": _print_github}[output](desired.found)
    if output == "text":
        click.echo(_summary(desired), err=True)
    if desired.rejections:
        sys.exit(main.FINDINGS)


def _print_text(found: tuple[findings.Finding, ...]) -> None:
    for finding in found:
        click.echo(str(finding))


def _print_json(found: tuple[findings.Finding, ...]) -> None:
    members = ("file", "line", "column", "field", "message")
    rows = [{"level": each.level.value, **{name: getattr(each, name) for name in members}} for each in found]
    click.echo(json.dumps({"findings": rows}, indent=2, ensure_ascii=False))


def _print_github(found: tuple[findings.Finding, ...]) -> None:
    """Print GitHub's workflow commands, which put each finding beside its line in a pull request."""
    words = {findings.Level.ERROR: "error", findings.Level.WARNING: "warning", findings.Level.NOTE: "notice"}
    for each in found:
        place = f"file={_escaped(each.file)},line={each.line or 1},col={each.column or 1}"
        text = f"{each.field}: {each.message}" if each.field else each.message
        click.echo(f"::{words[each.level]} {place}::{_escaped(text, is_property=False)}")


def _escaped(text: str, *, is_property: bool = True) -> str:
    for char in "%\r\n" + (":," if is_property else ""):
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def _summary(desired: desires.Desired) -> str:
    counts = {level: sum(each.level is level for each in desired.found) for level in findings.Level}
    words = ", ".join(_count(number, level.value) for level, number in counts.items() if number)
    accepted = sum(not each.rejection for each in desired.policies)
    policies = f" and {_count(accepted, 'RolloutPolicy', 'RolloutPolicies')}" if desired.policies else ""
    return f"{_count(len(desired.sets), 'SidecarSet')}{policies} read; {words or 'nothing to complain about'}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
