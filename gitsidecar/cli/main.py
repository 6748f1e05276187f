"""The `gitsidecar` command: finds the verb, runs it, turns errors into words and exit codes (DESIGN §10)."""

from __future__ import annotations

import importlib
import sys

import click

import gitsidecar
from gitsidecar import errors

FINDINGS = 1
USAGE = 2
UNREACHABLE = 3
INTERRUPTED = 130  # as shells have it: 128 and the number of SIGINT

_VERBS = {
    "demo": "Show the main job on a simulated cluster: push, watch a rollout, read the audit trail.",
    "explain": "Say why one pod is where it is, set by set.",
    "inject": "Print pods as they would start, with the sidecars that they get.",
    "log": "Print the status branch's past as a diary: rollouts, stops, rejections.",
    "once": "Run one pass and exit.",
    "plan": "Print what the next pass would do, live or against saved pods.",
    "review": "Print what a pull request does to the pods, as Markdown.",
    "run": "Run the daemon, and with it the webhook if the settings say so.",
    "schema": "Print JSON Schemas with which an editor completes and checks manifests.",
    "simulate": "Foretell a whole rollout on a simulated cluster: timeline, picture, JSON.",
    "status": "Print where each set is, from the cluster and the status branch.",
    "validate": "Check SidecarSets and RolloutPolicies; print every error with file:line:col.",
    "webhook": "Serve the webhook alone, as one of several replicas.",
}


class _Verbs(click.Group):
    """Imports a verb's module when the verb is asked for, and no other."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's form
        return sorted(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's form
        if cmd_name not in _VERBS:
            return None
        command: click.Command = importlib.import_module(f"gitsidecar.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's form
        with formatter.section("Verbs"):
            formatter.write_dl(sorted(_VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(gitsidecar.__version__, prog_name="gitsidecar")
def program() -> None:
    """
    Keep the sidecars of running pods at the version that a Git repository says.

    Exit codes: 0 fine, 1 findings, 2 usage or settings, 3 could not reach Git or the cluster.
    """


def main() -> None:
    """Run the verb that the command line names, and exit."""
    try:
        sys.exit(program(prog_name="gitsidecar", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except (errors.TransientError, errors.StalledError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(UNREACHABLE)
