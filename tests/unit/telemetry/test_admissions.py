"""Metrics of the webhook: what is asked for at each scrape."""

from __future__ import annotations

import prometheus_client as prometheus

from gitsidecar.telemetry import admissions


def test_certificate_and_registration_are_as_at_the_scrape() -> None:
    """They are asked for each time, so that an old value is never shown."""
    registry = prometheus.CollectorRegistry()
    now = {"end": 0.0, "registered": 0.0}
    admissions.Admissions(registry).follow(lambda: now["end"], lambda: now["registered"])
    now.update(end=1.8e9, registered=1.0)
    assert registry.get_sample_value("gitsidecar_webhook_certificate_end_timestamp_seconds") == 1.8e9
    assert registry.get_sample_value("gitsidecar_webhook_registered") == 1.0
