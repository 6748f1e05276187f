"""The three conditions of a set, in Kubernetes' form: Accepted, Complete and Blocked."""

from __future__ import annotations

import datetime

from gitsidecar.model import histories, reports
from gitsidecar.reporting import standings, texts

ACCEPTED = "Accepted"
COMPLETE = "Complete"
BLOCKED = "Blocked"

_FREE = "nothing waits for a person"


def build(
    standing: standings.Standing, rejection: str, known: histories.SetHistory | None, now: datetime.datetime
) -> tuple[reports.Condition, ...]:
    """
    Return the conditions in their fixed order.

    *rejection* is why the newest manifest is refused, empty if it isn't. `since` is *now* only where the status
    differs from the one in *known*.
    """
    accepted = texts.one_line(rejection) or "the newest manifest is in force"
    reason = "ManifestRejected" if rejection else "ManifestAccepted"
    moment = now.astimezone(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def condition(type_: str, status: bool, reason: str, message: str) -> reports.Condition:
        was, since = known.conditions.get(type_, ("", "")) if known is not None else ("", "")
        is_same = was == str(status) and bool(since)
        return reports.Condition(type_, status, reason, message, since if is_same else moment)

    return (
        condition(ACCEPTED, not rejection, reason, accepted),
        condition(COMPLETE, standing.is_complete, standing.reason, standing.message),
        condition(BLOCKED, standing.is_blocked, standing.reason, standing.message if standing.is_blocked else _FREE),
    )


def before(known: histories.SetHistory | None, spec_hash: str) -> standings.Before:
    """Return what the last report said, as far as it is about the spec of *spec_hash*."""
    if known is None or known.accepted.spec_hash != spec_hash:
        return standings.Before()
    was = {type_: status == str(True) for type_, (status, _) in known.conditions.items()}
    return standings.Before(was_complete=was.get(COMPLETE, False), was_blocked=was.get(BLOCKED, False))
