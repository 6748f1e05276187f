"""A forecast as the documented JSON of ``gitsidecar simulate``."""

from __future__ import annotations

from typing import Any

from gitsidecar.model import forecasts
from gitsidecar.reporting import moments, records


def to_json(found: forecasts.Forecast) -> dict[str, Any]:
    """Return the documented form; everything in order of time, sets in order of name."""
    terms = found.terms
    return {
        "start": moments.to_seconds(found.start),
        "end": moments.to_seconds(found.end),
        "isComplete": found.is_complete,
        "terms": {
            "restartSeconds": terms.restart_seconds,
            "restartSource": terms.restart_source,
            "failRate": terms.fail_rate,
            "seed": terms.seed,
            "horizonSeconds": int(terms.horizon.total_seconds()),
        },
        "sets": [_set(each) for each in found.sets],
        "rejections": [records.rejection(each) for each in records.rejections(found.found)],
    }


def _set(each: forecasts.SetForecast) -> dict[str, Any]:
    ending = each.ending
    return {
        "name": each.name,
        "end": str(ending.end),
        "endedAt": moments.to_seconds(ending.at),
        "reason": ending.reason,
        "message": ending.message,
        "failedPods": list(each.failed),
        "evictedPods": list(each.evicted),
        "windows": [_window(span) for span in each.spans],
        "waves": [_wave(wave) for wave in each.waves],
        "samples": [_sample(sample) for sample in each.samples],
        "moves": [_move(move) for move in each.moves],
    }


def _window(span: forecasts.Span) -> dict[str, Any]:
    return {
        "since": moments.to_seconds(span.since),
        "until": moments.to_seconds(span.until),
        "isOpen": span.is_open,
        "reason": "" if span.reason is None else str(span.reason),
    }


def _wave(wave: forecasts.Wave) -> dict[str, Any]:
    return {
        "number": wave.number,
        "start": moments.to_seconds(wave.start),
        "lastMove": moments.to_seconds(wave.last_move),
        "end": moments.to_seconds(wave.end),
        "pods": wave.pods,
        "workloads": [
            {"namespace": namespace, "name": name, "pods": number} for (namespace, name), number in wave.shares.items()
        ],
    }


def _sample(sample: forecasts.Sample) -> dict[str, Any]:
    return {
        "at": moments.to_seconds(sample.at),
        "matchedPods": sample.matched,
        "updatedPods": sample.updated,
        "finishedPods": sample.finished,
        "podsInFlight": sample.in_flight,
        "failingPods": sample.failing,
        "held": [{"reason": reason, "pods": number} for reason, number in sorted(sample.held.items())],
    }


def _move(move: forecasts.Move) -> dict[str, Any]:
    return {
        "at": moments.to_seconds(move.at),
        "pod": move.pod,
        "workload": move.workload,
        "arrivedAt": None if move.arrived is None else moments.to_seconds(move.arrived),
    }
