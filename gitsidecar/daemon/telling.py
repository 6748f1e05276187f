"""What the log says of a pass: one line for all of it, one for each change to the cluster, each trouble once."""

from __future__ import annotations

import structlog

from gitsidecar.model import findings, outcomes
from gitsidecar.reconciler import reconcilers

_log = structlog.get_logger("gitsidecar")
_UNSENT = (outcomes.OutcomeKind.FORBIDDEN, outcomes.OutcomeKind.WITHDRAWN)
"""Outcomes that are told of sets, not of pods: it may be thousands of pods, in every pass."""


class Teller:
    """Writes the log lines of one daemon's passes, and remembers what it has told."""

    def __init__(self) -> None:
        self._problems: set[findings.Finding] = set()
        self._rejections: set[findings.Finding] = set()
        self._unsent: set[tuple[str, str]] = set()
        self._refused: set[str] = set()

    def tell_problems(self, found: tuple[findings.Finding, ...]) -> None:
        """Log once each thing in the status branch that could not be read."""
        for finding in sorted(set(found) - self._problems):
            _log.warning("history.problem", where=str(finding.place), reason=finding.message)
        self._problems = set(found)

    def tell_pass(self, done: reconcilers.Pass) -> None:
        """Log what a pass came to."""
        self._tell_rejections(done)
        for outcome in done.outcomes:
            if outcome.kind not in _UNSENT:
                _tell_patch(outcome)
        self._tell_unsent(done)
        self._tell_evicted(done)
        _log.info("pass.done", **_summary(done))

    def _tell_rejections(self, done: reconcilers.Pass) -> None:
        """Log each rejection once, when it is new."""
        found = {finding for finding in done.report.found if finding.level is findings.Level.ERROR}
        for finding in sorted(found - self._rejections):
            _log.warning("manifest.rejected", where=str(finding.place), field=finding.field, reason=finding.message)
        self._rejections = found

    def _tell_unsent(self, done: reconcilers.Pass) -> None:
        """Log once, as long as it lasts, that patches of a set are refused or were withdrawn."""
        unsent: dict[tuple[str, str], list[outcomes.Outcome]] = {}
        for outcome in done.outcomes:
            if outcome.kind in _UNSENT:
                unsent.setdefault((outcome.action.set_name, outcome.kind.value), []).append(outcome)
        for (name, kind), its in sorted(unsent.items()):
            if (name, kind) not in self._unsent:
                example = {"example": its[0].action.pod.key, "reason": its[0].message}
                _log.warning("pods.not_patched", set=name, outcome=kind, pods=len(its), **example)
        self._unsent = set(unsent)

    def _tell_evicted(self, done: reconcilers.Pass) -> None:
        """Log each eviction, but once, as long as it lasts, that those of a set are refused."""
        refused = set()
        for each in done.evicted:
            pod = {"set": each.eviction.set_name, "pod": each.eviction.pod.key, "outcome": each.kind.value}
            if each.kind is outcomes.OutcomeKind.APPLIED:
                _log.info("pod.evicted", **pod, why=each.eviction.message)
            elif each.kind is not outcomes.OutcomeKind.FORBIDDEN or each.eviction.set_name not in self._refused:
                _log.info("pod.not_evicted", **pod, reason=each.message)
            if each.kind is outcomes.OutcomeKind.FORBIDDEN:
                refused.add(each.eviction.set_name)
        self._refused = refused | {
            each.sidecar_set.name
            for each in done.plan.sets
            if each.repair.refusal and each.sidecar_set.name in self._refused
        }


def _tell_patch(outcome: outcomes.Outcome) -> None:
    _log.info(
        "pod.patched" if outcome.kind is outcomes.OutcomeKind.APPLIED else "pod.not_patched",
        set=outcome.action.set_name,
        pod=outcome.action.pod.key,
        outcome=outcome.kind.value,
        images={change.container: change.new for change in outcome.action.changes},
        **({"reason": outcome.message} if outcome.message else {}),
    )


def _summary(done: reconcilers.Pass) -> dict[str, object]:
    sets = {
        each.name: {
            "matched": each.matched,
            "updated": each.updated,
            "ready": each.ready,
            "in_flight": each.in_flight,
            "moved": len(each.moved),
            "failed": len(each.failed),
            "held": {held.reason: held.count for held in each.held},
        }
        for each in done.report.sets
    }
    return {
        "id": done.id,
        "revision": done.report.revision,
        "sets": sets,
        "rejections": sum(finding.level is findings.Level.ERROR for finding in done.report.found),
        "commit": done.commit,
        "milliseconds": {phase: round(seconds * 1000) for phase, seconds in done.seconds.items()},
    }
