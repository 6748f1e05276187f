"""The conditions of a set, in Kubernetes' form: Accepted, Complete, Blocked, and those that a policy brings."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from gitsidecar.model import histories, plans, reports
from gitsidecar.reporting import moments, standings, texts

ACCEPTED = "Accepted"
COMPLETE = "Complete"
BLOCKED = "Blocked"
DEADLINE_EXCEEDED = "DeadlineExceeded"
REPAIR_STOPPED = "RepairStopped"

_FREE = "nothing waits for a person"
_REPAIRING = "pods without the sidecars, or with another shape of them, are evicted as windows, budget and pace allow"
_LONGEST = 600
_IN_TIME = "no pod is in flight for longer than progressDeadlineSeconds"


def build(
    standing: standings.Standing,
    planned: plans.SetPlan,
    overdue: Sequence[str],
    *,
    refusal: str = "",
    known: histories.SetHistory | None,
    now: datetime.datetime,
) -> tuple[reports.Condition, ...]:
    """
    Return the conditions in their fixed order.

    *overdue* are the pods for which the rollout has missed its deadline, if *planned* has one, and *refusal* says that
    the API server refuses to evict pods. `since` is *now* only
    where the status differs from the one in *known*.
    """
    rejection = planned.sidecar_set.rejection
    accepted = texts.one_line(rejection) or "the newest manifest is in force"
    reason = "ManifestRejected" if rejection else "ManifestAccepted"
    moment = moments.to_seconds(now)

    def condition(type_: str, status: bool, reason: str, message: str) -> reports.Condition:
        was, since = known.conditions.get(type_, ("", "")) if known is not None else ("", "")
        is_same = was == str(status) and bool(since)
        return reports.Condition(type_, status, reason, message, since if is_same else moment)

    found = [
        condition(ACCEPTED, not rejection, reason, accepted),
        condition(COMPLETE, standing.is_complete, standing.reason, standing.message),
        condition(BLOCKED, standing.is_blocked, standing.reason, standing.message if standing.is_blocked else _FREE),
    ]
    if planned.has_deadline:
        late = f"{texts.count(len(overdue), 'pod')} in flight for too long, e.g. {overdue[0]}" if overdue else _IN_TIME
        found.append(condition(DEADLINE_EXCEEDED, bool(overdue), "Overdue" if overdue else "InTime", late))
    if planned.repair.is_wanted:
        found.append(condition(REPAIR_STOPPED, *_repair(planned.repair, refusal)))
    return tuple(found)


def _repair(repair: plans.Repair, refusal: str) -> tuple[bool, str, str]:
    """Return status, reason and message of the condition that says whether pods can be repaired."""
    if repair.breaker:
        return True, "ComesBackBare", texts.one_line(repair.breaker, _LONGEST)
    if refusal:
        return True, "EvictionsForbidden", texts.one_line(refusal, _LONGEST)
    return False, "Repairing", _REPAIRING


def before(known: histories.SetHistory | None, recorded: reports.SetReport | None, spec_hash: str) -> standings.Before:
    """Return what the last report said, as far as it is about the spec of *spec_hash*; *recorded* is that report."""
    if known is None or known.accepted.spec_hash != spec_hash:
        return standings.Before()
    was = {type_: status == str(True) for type_, (status, _) in known.conditions.items()}
    complete = recorded.condition(COMPLETE) if recorded is not None else None
    reason = complete.reason if complete is not None else ""
    return standings.Before(was.get(COMPLETE, False), was.get(BLOCKED, False), reason)
