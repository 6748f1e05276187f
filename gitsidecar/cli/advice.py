"""What `validate` says beyond what is wrong: advice about documents, windows and pods, each at its place."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence

from gitsidecar.manifests import advising, kinds, reading, trees
from gitsidecar.model import censuses, desires, findings, histories, plans, pods, rules
from gitsidecar.planning import openings, planner, roundings

_WARNING, _NOTE = findings.Level.WARNING, findings.Level.NOTE

_SHOWN = 3

_Entries = Mapping[tuple[str, str], reading.Entry]
"""By kind and name; those that were accepted."""


def check(survey: trees.Survey, snapshot: pods.Snapshot | None, now: datetime.datetime) -> tuple[findings.Finding, ...]:
    """Return all that is said about *survey*, the advice among it; with the pods of a cluster also about numbers."""
    entries = {(each.kind, each.name): each for each in survey.entries if each.draft is not None}
    found = [*survey.found, *advising.check(survey.entries, has_pods=snapshot is not None)]
    found += findings.by(rules.Rule.NEVER_OPENS, _check_windows(entries, survey.desired, now))
    found += findings.by(rules.Rule.PAST_FREEZE, _check_freezes(survey, now))
    if snapshot is not None:
        for planned in planner.plan(survey.desired, snapshot, histories.History(), now).sets:
            entry = entries[kinds.KIND, planned.sidecar_set.name]
            found += findings.by(rules.Rule.ROUNDING, _check_shares(entry, planned))
            found += findings.by(rules.Rule.SELECTS_NOTHING, _check_pods(entry, planned, len(snapshot.pods)))
    return trees.ordered(found)


def _check_windows(entries: _Entries, desired: desires.Desired, now: datetime.datetime) -> Iterator[findings.Finding]:
    for shut in openings.find(desired.sets, desired.policies, now, least=advising.RESTART):
        for policy in shut.policies:
            entry = entries[kinds.POLICY, policy.name]
            assert entry.draft is not None
            others = [each.name for each in shut.policies if each is not policy]
            yield entry.draft.finding(("spec", "windows"), _shut(shut, others), _WARNING, at_key=True)


def _shut(shut: openings.Shut, others: Sequence[str]) -> str:
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    named = f"{', '.join(others[:_SHOWN])}{more}"
    beside = f" together with {named}, for SidecarSet {shut.example} at least" if others else ""
    if shut.longest is None:
        return f"never open{beside}: no pod could ever start to move; let the times meet, or remove a Deny"
    return (
        f"open for {shut.longest.total_seconds():g} s at most{beside}, less than a pod takes to restart (about "
        f"{advising.RESTART.seconds} s): let the times meet for longer"
    )


def _check_freezes(survey: trees.Survey, now: datetime.datetime) -> Iterator[findings.Finding]:
    for entry in survey.entries:
        if entry.policy is None or entry.policy.rejection or entry.draft is None:
            continue
        for index, freeze in enumerate(entry.policy.freezes):
            if freeze.end is not None and freeze.end <= now:
                message = "is over: remove it with its last change, Git remembers it"
                yield entry.draft.finding(("spec", "freezes", index), message, _NOTE)


def _check_shares(entry: reading.Entry, planned: plans.SetPlan) -> Iterator[findings.Finding]:
    assert entry.draft is not None
    for each in roundings.find(planned.sidecar_set.update, planned.count(censuses.MATCHED)):
        pods_ = f"{each.pods} pod{'' if each.pods == 1 else 's'}"
        if each.field == "partition":
            words = f"{each.share} of {each.matched} pods lets {pods_} move, which is {each.percent} of them"
        else:
            words = f"{each.share} of {each.matched} pods is {pods_}, which is {each.percent}"
        path = ("spec", "updateStrategy", each.field)
        yield entry.draft.finding(path, f"{words}: write the number of pods that is meant", _WARNING)


def _check_pods(entry: reading.Entry, planned: plans.SetPlan, total: int) -> Iterator[findings.Finding]:
    assert entry.draft is not None
    if not planned.count(censuses.MATCHED) and not planned.count(censuses.MISSING):
        message = f"selects none of the {total} pods of the list"
        yield entry.draft.finding(("spec", "selector"), message, _NOTE, at_key=True)
