"""The status branch read back as history: what the next plan must know of earlier passes (DESIGN §3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from gitsidecar import errors
from gitsidecar.model import findings, histories, reports, sidecarsets
from gitsidecar.reporting import paths, readings

Restore = Callable[[str, findings.Place], sidecarsets.SidecarSet]
"""Build a set from its document; raises ValueError or an error of gitsidecar's for one that is not valid."""


def read(content: Mapping[str, bytes], restore: Restore) -> histories.History:
    """
    Return the history that the status branch's files tell; empty for an empty branch.

    Never raises for what anyone did to the files: a set whose file is damaged is left out and named in `problems`.
    """
    recorded, found = readings.read(content)
    is_blank = not recorded.sets and not recorded.found and paths.STATUS not in content
    history = recall(recorded, restore)
    return dataclasses.replace(history, recorded=None if is_blank else recorded, problems=(*found, *history.problems))


def recall(recorded: reports.Report, restore: Restore) -> histories.History:
    """Return the history that a process which has just recorded this report would read back."""
    problems = []
    sets = {}
    for report in recorded.sets:
        try:
            sets[report.name] = _recall(report, restore)
        except (ValueError, TypeError, LookupError, AttributeError, errors.GitsidecarError) as error:
            problems.append(readings.warn(paths.set_file(report.name), error))
    return histories.History(sets, recorded, tuple(problems))


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
    )


def _is_edited(recorded: str, restored: str) -> bool:
    """Say whether two hashes that should be one differ; those of two versions (``v1-``, ``v2-``) cannot be compared."""
    is_comparable = recorded.partition("-")[0] == restored.partition("-")[0]
    return is_comparable and recorded != restored
