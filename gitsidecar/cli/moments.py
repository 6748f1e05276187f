"""The option `--now`: a verb that only looks may look as of another time."""

from __future__ import annotations

import datetime

import click


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime.datetime:
    if value is None:
        return datetime.datetime.now(datetime.UTC)
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a time: write e.g. 2026-11-24T02:00:00Z") from error
    if moment.tzinfo is None:
        raise click.BadParameter(f"{value!r} has no time zone: add Z, or an offset such as +01:00")
    return moment


now = click.option("--now", callback=_moment, metavar="TIME", help="Plan as of this time instead of now.")
