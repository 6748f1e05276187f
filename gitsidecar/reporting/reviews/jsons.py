"""A review as JSON, for programs: the documented form of ``gitsidecar review --output json``."""

from __future__ import annotations

from typing import Any

from gitsidecar.model import forecasts, reviews
from gitsidecar.reporting import moments, policies, records

Json = dict[str, Any]


def to_json(review: reviews.Review) -> Json:
    """Return the documented form; sets and policies in order of name. Every member is there for every set."""
    comparison, forecast = review.comparison, review.forecast
    return {
        "base": comparison.base,
        "head": comparison.head,
        "reviewedAt": moments.to_seconds(review.now),
        "pods": review.pods,
        "restartSeconds": forecast.terms.restart_seconds if forecast is not None else None,
        "sets": [_set(each, review.reaches.get(each.name)) for each in comparison.sets],
        "policies": [_policy(each) for each in comparison.policies],
        "cautions": [
            {"risk": str(each.risk), "name": each.name, "pods": each.pods, "details": list(each.details)}
            for each in review.cautions
        ],
        "errors": [{**records.rejection(each), "isNew": each not in comparison.known} for each in comparison.broken],
        "warnings": [records.rejection(each) for each in comparison.warned],
    }


def _set(change: reviews.SetChange, reach: reviews.Reach | None) -> Json:
    return {
        "name": change.name,
        "change": str(change.kind),
        "source": str(change.place),
        "rejection": change.after.rejection if change.after is not None else "",
        "successorOf": change.successor_of,
        "imageChanges": [
            {"container": each.container, "before": each.before, "after": each.after} for each in change.images
        ],
        "fields": [
            {"path": each.path, "scope": str(each.scope), "before": each.before, "after": each.after}
            for each in change.edits
        ],
        "reach": _reach(reach) if reach is not None else None,
    }


def _reach(reach: reviews.Reach) -> Json:
    return {
        "matchedPods": reach.matched,
        "movingPods": reach.moving,
        "stayingPods": reach.staying,
        "updatedPods": reach.done,
        "missingPods": reach.missing,
        "evictedPods": reach.evicted,
        "enteringPods": reach.entering.count,
        "leavingPods": reach.leaving.count,
        "newPods": [_newcomer(each) for each in reach.newcomers],
        "newPodsInTheEnd": [_newcomer(each) for each in reach.later],
        "workloads": [
            {
                "namespace": each.namespace,
                "name": each.workload,
                "matchedPods": each.matched,
                "movingPods": each.moving,
                "stayingPods": each.staying,
                "updatedPods": each.done,
                "missingPods": each.missing,
                "evictedPods": each.evicted,
            }
            for each in reach.shares
        ],
        "forecast": _forecast(reach.forecast) if reach.forecast is not None else None,
    }


def _newcomer(each: reviews.Newcomer) -> Json:
    return {"spec": each.spec, "images": dict(each.images), "reason": each.reason, "fault": each.fault}


def _forecast(found: forecasts.SetForecast) -> Json:
    return {
        "end": str(found.ending.end),
        "at": moments.to_seconds(found.ending.at),
        "reason": found.ending.reason,
        "message": found.ending.message,
        "waves": [
            {
                "pods": each.pods,
                "start": moments.to_seconds(each.start),
                "lastMove": moments.to_seconds(each.last_move),
                "end": moments.to_seconds(each.end),
            }
            for each in found.waves
        ],
        "held": [
            {"reason": each.reason, "message": each.message, "count": each.count, "examples": list(each.examples)}
            for each in found.held
        ],
    }


def _policy(change: reviews.PolicyChange) -> Json:
    before, after = (
        policies.rules(each.document) if each is not None else None for each in (change.before, change.after)
    )
    return {
        "name": change.name,
        "change": str(change.kind),
        "sidecarSets": list(change.sets),
        "before": list(before) if before is not None else None,
        "after": list(after) if after is not None else None,
        "rejection": change.after.rejection if change.after is not None else "",
    }
