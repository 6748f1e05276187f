"""Prometheus metrics of the admission webhook: how it answers, how fast, and whether it will go on to."""

from __future__ import annotations

from collections.abc import Callable

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
        self._end = prometheus.Gauge(
            "gitsidecar_webhook_certificate_end_timestamp_seconds",
            "When the certificate that is served ends; 0 without one.",
            registry=registry,
        )
        self._registered = prometheus.Gauge(
            "gitsidecar_webhook_registered",
            "1 where the registration was as it should be when last looked at, else 0; NaN where a person registers.",
            registry=registry,
        )

    def follow(self, end: Callable[[], float], registered: Callable[[], float]) -> None:
        """Ask *end* and *registered* at each scrape for when the certificate ends and whether we are registered."""
        self._end.set_function(end)
        self._registered.set_function(registered)

    def note(self, result: str, reason: str, seconds: float) -> None:
        """Note one answer: *result* and *reason* are names of a few kinds, never words about one pod."""
        self._answers.labels(result, reason).inc()
        self._seconds.observe(seconds)
