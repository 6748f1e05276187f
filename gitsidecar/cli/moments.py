"""The options `--now`, `--start` and `--since`: a verb that only looks may look as of another time, or back to one."""

from __future__ import annotations

import datetime
import re

import click

_DURATION = re.compile(r"(?:([0-9]{1,5})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?")


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) if value is None else _time(value)


def _since(_: click.Context, __: click.Parameter, value: str | None) -> datetime.datetime | None:
    if value is None:
        return None
    form = _DURATION.fullmatch(value)
    if form is None or not value:
        return _time(value)
    days, hours, minutes = (int(part or 0) for part in form.groups())
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days, hours=hours, minutes=minutes)


def _time(value: str) -> datetime.datetime:
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a time: write e.g. 2026-11-24T02:00:00Z") from error
    if moment.tzinfo is None:
        raise click.BadParameter(f"{value!r} has no time zone: add Z, or an offset such as +01:00")
    return moment


since = click.option(
    "--since", callback=_since, metavar="TIME|DURATION", help="Back to this time, or so long ago: 12h, 7d, 1h30m."
)
now = click.option("--now", callback=_moment, metavar="TIME", help="Plan as of this time instead of now.")
start = click.option("--start", callback=_moment, metavar="TIME", help="Let the rollout begin then instead of now.")
