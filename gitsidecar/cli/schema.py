"""`gitsidecar schema`: JSON Schemas with which an editor completes and checks manifests and settings."""

from __future__ import annotations

import json

import click

from gitsidecar.cli import jsonschemas
from gitsidecar.manifests import kinds
from gitsidecar.settings import configs

_SETTINGS = "GitsidecarConfig"
_KINDS = (kinds.KIND, kinds.POLICY, _SETTINGS)


@click.command(name="schema")
@click.argument("kind", required=False, type=click.Choice(_KINDS))
def command(kind: str | None) -> None:
    """
    Print the JSON Schema (draft 7) of a kind or, without one, a schema for files of any of the kinds.

    Example: gitsidecar schema SidecarSet > sidecarset.json
    """
    made = _make(kind) if kind else jsonschemas.by_kind({each: _make(each) for each in _KINDS})
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))


def _make(kind: str) -> jsonschemas.Json:
    match kind:
        case kinds.KIND:
            return jsonschemas.of_sidecar_sets()
        case kinds.POLICY:
            return jsonschemas.of_policies()
    return jsonschemas.of_settings(configs.GitsidecarConfig, _SETTINGS)
