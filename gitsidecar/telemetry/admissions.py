"""Prometheus metrics of the admission webhook: how it answers, and how fast."""

from __future__ import annotations

import prometheus_client as prometheus


class Admissions:
    """The metrics of one webhook, in the *registry* that is handed in."""

    def __init__(self, registry: prometheus.CollectorRegistry) -> None:
        self._answers = prometheus.Counter(
            "gitsidecar_admissions", "Answers of the webhook.", ["result", "reason"], registry=registry
        )
        self._seconds = prometheus.Histogram(
            "gitsidecar_admission_seconds",
            "Time from a review's arrival to its answer.",
            buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1, 3),
            registry=registry,
        )

    def note(self, result: str, reason: str, seconds: float) -> None:
        """Note one answer: *result* and *reason* are names of a few kinds, never words about one pod."""
        self._answers.labels(result, reason).inc()
        self._seconds.observe(seconds)
