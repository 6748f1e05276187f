"""Reports as the mappings of their files on the status branch, keys in the reference's words (DESIGN §7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gitsidecar.model import findings, reports
from gitsidecar.reporting import moments, yamls

API_VERSION = "gitsidecar.io/v1alpha1"
SET_KIND = "SidecarSetReport"
POLICY_KIND = "RolloutPolicyReport"
REJECTIONS_KIND = "Rejections"
COUNTS = {
    "matchedPods": "matched",
    "updatedPods": "updated",
    "readyPods": "ready",
    "updatedReadyPods": "updated_ready",
    "finishedPods": "finished",
    "inFlightPods": "in_flight",
    "missingPods": "missing",
    "notUpgradablePods": "not_upgradable",
}
"""The key of each count, and the attribute of `reports.SetReport` that it tells."""

Json = dict[str, Any]


def of_set(report: reports.SetReport) -> Json:
    """Return the whole file of one set: whose it is, the manifest in force, and the status."""
    return {
        "apiVersion": API_VERSION,
        "kind": SET_KIND,
        "metadata": {"name": report.name},
        "source": {**_place(report.place), "commit": report.commit},
        "manifest": yamls.from_json(report.manifest),
        "status": _status(report),
    }


def of_policy(report: reports.PolicyReport) -> Json:
    """Return the whole file of one RolloutPolicy: the manifest in force, and every set that it is for."""
    status: Json = {"sidecarSets": list(report.sets)}
    if report.rejection:
        status["rejections"] = [report.rejection]
    return {
        "apiVersion": API_VERSION,
        "kind": POLICY_KIND,
        "metadata": {"name": report.name},
        "source": _place(report.place),
        "manifest": yamls.from_json(report.document),
        "status": status,
    }


def of_rejections(found: Iterable[findings.Finding]) -> Json:
    """Return the file of what was refused at the newest revision, whether or not it belongs to a set."""
    return {
        "apiVersion": API_VERSION,
        "kind": REJECTIONS_KIND,
        "rejections": [rejection(each) for each in rejections(found)],
    }


def rejections(found: Iterable[findings.Finding]) -> list[findings.Finding]:
    """Return the findings that refused something, in order of place."""
    return sorted(each for each in found if each.level is findings.Level.ERROR)


def rejection(found: findings.Finding) -> Json:
    """Return one rejection, as the status branch and ``plan --output json`` tell it."""
    return {
        "file": found.file,
        "line": found.line,
        "column": found.column,
        "field": found.field,
        "message": found.message,
    }


def _place(place: findings.Place) -> Json:
    return {"file": place.file, "line": place.line, "column": place.column}


def _status(report: reports.SetReport) -> Json:
    """Return the status; what is usually empty is there only when it isn't."""
    status: Json = {
        "observedGeneration": report.generation,
        "latestRevision": report.spec_hash,
        "stable": report.stable,
        **{key: getattr(report, attribute) for key, attribute in COUNTS.items()},
        **_told(report),
        "conditions": [_condition(each) for each in report.conditions],
        "images": {container: dict(counts) for container, counts in report.images.items()},
        "held": [_held(each) for each in report.held],
    }
    if report.forbidden is not None:
        status["forbidden"] = _held(report.forbidden)
    if report.failing:
        status["failingPods"] = report.failing_pods
        status["failing"] = dict(report.failing)
    if report.rejection:
        status["rejections"] = [report.rejection]
    if report.attempts:
        status["repairs"] = [_attempt(each) for each in report.attempts]
    if report.rollouts:
        status["rollouts"] = [_rollout(each) for each in report.rollouts]
    status["history"] = list(report.documents)
    status["workloads"] = [_workload(each) for each in report.workloads]
    if report.rest is not None:
        status["otherWorkloads"] = {"workloads": report.rest.workloads, **_pods(report.rest)}
    return status


def _told(report: reports.SetReport) -> Json:
    """Return up to when moves have been told; it changes with the moves, and never by itself."""
    told: Json = {}
    if report.told_until is not None:
        told["movesToldUntil"] = moments.to_milliseconds(report.told_until)
    if report.in_doubt:
        told["movesInDoubt"] = {key: moments.to_milliseconds(at) for key, at in report.in_doubt.items()}
    return told


def _condition(condition: reports.Condition) -> Json:
    return {
        "type": condition.type,
        "status": str(condition.status),
        "reason": condition.reason,
        "message": condition.message,
        "lastTransitionTime": condition.since,
    }


def _held(held: reports.Held) -> Json:
    return {"reason": held.reason, "count": held.count, "message": held.message, "examples": list(held.examples)}


def _attempt(attempt: reports.Attempt) -> Json:
    return {
        "pod": attempt.key,
        "uid": attempt.uid,
        "workload": attempt.workload,
        "specHash": attempt.spec_hash,
        "at": moments.to_milliseconds(attempt.at),
        "after": moments.to_milliseconds(attempt.after),
        "bare": attempt.is_bare,
        "again": attempt.is_again,
        "evicted": attempt.is_made,
    }


def _rollout(rollout: reports.Rollout) -> Json:
    return {
        "specHash": rollout.spec_hash,
        "commit": rollout.commit,
        "started": rollout.started,
        "finished": rollout.finished,
        "pods": rollout.pods,
        "failed": rollout.failed,
    }


def _workload(workload: reports.Workload) -> Json:
    return {"namespace": workload.namespace, "name": workload.name, **_pods(workload)}


def _pods(found: reports.Workload | reports.Rest) -> Json:
    return {
        "matchedPods": found.matched,
        "updatedPods": found.updated,
        "readyPods": found.ready,
        "missingPods": found.missing,
    }
