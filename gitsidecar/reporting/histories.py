"""The status branch read back as history: what the next plan must know of earlier passes (DESIGN §3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from gitsidecar import errors
from gitsidecar.model import findings, histories, policies, reports, sidecarsets
from gitsidecar.reporting import paths, readings

Restore = Callable[[str, findings.Place], sidecarsets.SidecarSet]
"""Build a set from its document; raises ValueError or an error of gitsidecar's for one that is not valid."""

RestorePolicy = Callable[[str, findings.Place], policies.RolloutPolicy]
"""Build a RolloutPolicy from its document; raises as `Restore` does."""

_NO_DOCUMENT = "{}"
"""What stands for the document of a policy that was refused before it was ever accepted."""

_Report = TypeVar("_Report", reports.SetReport, reports.PolicyReport)
_Known = TypeVar("_Known")


def read(content: Mapping[str, bytes], restore: Restore, restore_policy: RestorePolicy) -> histories.History:
    """
    Return the history that the status branch's files tell; empty for an empty branch.

    Never raises for what anyone did to the files: a set or policy whose file is damaged is left out and named in
    `problems`.
    """
    recorded, found = readings.read(content)
    history = recall(recorded, restore, restore_policy)
    is_blank = not (recorded.sets or recorded.found or recorded.policies) and paths.STATUS not in content
    return dataclasses.replace(history, recorded=None if is_blank else recorded, problems=(*found, *history.problems))


def recall(recorded: reports.Report, restore: Restore, restore_policy: RestorePolicy) -> histories.History:
    """Return the history that a process which has just recorded this report would read back."""
    problems: list[findings.Finding] = []
    accepted = [each for each in recorded.policies if not _is_unknown(each)]
    return histories.History(
        sets=_recall_each(recorded.sets, lambda each: _recall(each, restore), paths.set_file, problems),
        recorded=recorded,
        policies=_recall_each(accepted, lambda each: _recall_policy(each, restore_policy), paths.policy_file, problems),
        problems=tuple(problems),
    )


def _recall_each(
    found: Iterable[_Report],
    build: Callable[[_Report], _Known],
    path_of: Callable[[str], str],
    problems: list[findings.Finding],
) -> dict[str, _Known]:
    known = {}
    for report in found:
        try:
            known[report.name] = build(report)
        except (ValueError, TypeError, LookupError, AttributeError, errors.GitsidecarError) as error:
            problems.append(readings.warn(path_of(report.name), error))
    return known


def in_force(history: histories.History) -> tuple[policies.RolloutPolicy, ...]:
    """
    Return the policies as last recorded, each with why a newer one is refused, in order of name.

    A refused one holds the sets of its last good form, if it has one, and those that it was recorded to hold.
    """
    recorded = history.recorded.policies if history.recorded is not None else ()
    found = (_in_force(each, history.policies.get(each.name)) for each in recorded)
    return tuple(each for each in found if each is not None)


def _in_force(report: reports.PolicyReport, good: policies.RolloutPolicy | None) -> policies.RolloutPolicy | None:
    if not report.rejection:
        return good
    held = (policies.Target(names=report.sets),) if report.sets else ()  # a target without a name is for all sets
    if good is None:
        return policies.RolloutPolicy(report.name, report.place, held, rejection=report.rejection) if held else None
    return dataclasses.replace(good, rejection=report.rejection, targets=(*good.targets, *held))


def _recall(report: reports.SetReport, restore: Restore) -> histories.SetHistory:
    accepted = restore(report.manifest, report.place)
    if accepted.name != report.name:
        raise ValueError(f"its manifest is of SidecarSet {accepted.name!r}")
    if _is_edited(report.spec_hash, accepted.spec_hash):
        raise ValueError(f"its manifest has the spec hash {accepted.spec_hash}, not {report.spec_hash} as recorded")
    return histories.SetHistory(
        accepted=accepted,
        generation=report.generation,
        commit=report.commit,
        stable=report.stable,
        conditions={each.type: (str(each.status), each.since) for each in report.conditions},
        specs=report.documents,
        told_until=report.told_until,
        in_doubt=report.in_doubt,
        rollouts=report.rollouts,
        attempts=report.attempts,
    )


def _recall_policy(report: reports.PolicyReport, restore_policy: RestorePolicy) -> policies.RolloutPolicy:
    accepted = restore_policy(report.document, report.place)
    if accepted.name != report.name:
        raise ValueError(f"its manifest is of RolloutPolicy {accepted.name!r}")
    return accepted


def _is_unknown(report: reports.PolicyReport) -> bool:
    """Say whether a policy has been refused ever since it came: there is no good form to remember."""
    return bool(report.rejection) and report.document == _NO_DOCUMENT


def _is_edited(recorded: str, restored: str) -> bool:
    """Say whether two hashes that should be one differ; those of two versions (``v1-``, ``v2-``) cannot be compared."""
    is_comparable = recorded.partition("-")[0] == restored.partition("-")[0]
    return is_comparable and recorded != restored
