"""Prometheus metrics: what the last pass found and what all of them did."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import prometheus_client as prometheus

from gitsidecar.model import outcomes, reports

_STATES = ("matched", "updated", "ready", "updated_ready", "finished", "in_flight", "missing", "not_upgradable")


class Metrics:
    """All metrics of one daemon, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = prometheus.CollectorRegistry()
        self._passes = self._counter("passes", "Passes by how they ended.", "result")
        self._phases = prometheus.Histogram(
            "gitsidecar_phase_seconds",
            "Duration of each phase of a pass.",
            ["phase"],
            buckets=(0.005, 0.02, 0.1, 0.5, 2, 10, 60),
            registry=self.registry,
        )
        self._outcomes = self._counter("outcomes", "Actions by set and by what became of them.", "set", "kind")
        self._evictions = self._counter(
            "evictions", "Evictions for repair by set and by what became of them.", "set", "kind"
        )
        self._pods = self._gauge("pods", "Pods by set and state, as of the last pass.", "set", "state")
        self._held = self._gauge("held_pods", "Drifted pods that stay, by set and reason.", "set", "reason")
        self._conditions = self._gauge("condition", "1 where a set's condition is true, else 0.", "set", "type")
        self._rejections = self._gauge("rejections", "Documents and files refused at the newest revision.")
        self._poll = self._gauge("last_poll_timestamp_seconds", "When the remote last answered a poll.")
        self._pass = self._gauge("last_pass_timestamp_seconds", "When the last whole pass ended.")
        self._notices = self._counter(
            "notices", "Notices by notifier and by what became of them.", "notifier", "result"
        )
        self._hooks = self._counter("hooks", "Requests to the push receiver by what became of them.", "result")

    def count_pass(self, failure: Exception | None) -> None:
        """Count a pass, by the *failure* that stopped it or kept its report from being recorded."""
        self._passes.labels("ok" if failure is None else type(failure).__name__).inc()

    def note_poll(self, now: datetime.datetime) -> None:
        """Note that the remote answered."""
        self._poll.set(now.timestamp())

    def note_pass(self, report: reports.Report, results: Iterable[outcomes.Outcome], now: datetime.datetime) -> None:
        """Note what a pass came to: it replaces what the one before did, so that a removed set leaves none behind."""
        self._pass.set(now.timestamp())
        for result in results:
            self._outcomes.labels(result.action.set_name, result.kind.value).inc()
        for gauge in (self._pods, self._held, self._conditions):
            gauge.clear()
        self._rejections.set(sum(found.level == "error" for found in report.found))
        for set_report in report.sets:
            self._note_set(set_report)

    def note_evicted(self, results: Iterable[outcomes.Evicted]) -> None:
        """Note what became of a pass's evictions."""
        for result in results:
            self._evictions.labels(result.eviction.set_name, result.kind.value).inc()

    def note_phase(self, phase: str, seconds: float) -> None:
        """Note how long one phase of a pass took."""
        self._phases.labels(phase).observe(seconds)

    def count_notice(self, notifier: str, result: str) -> None:
        """Count a notice: *result* is ``sent``, ``failed`` or ``dropped``."""
        self._notices.labels(notifier, result).inc()

    def count_hook(self, result: str) -> None:
        """Count a request to the push receiver: ``accepted``, ``passed_over``, ``refused``, ``invalid`` or ``busy``."""
        self._hooks.labels(result).inc()

    def _note_set(self, report: reports.SetReport) -> None:
        for state in _STATES:
            self._pods.labels(report.name, state).set(getattr(report, state))
        for held in report.held:
            self._held.labels(report.name, held.reason).set(held.count)
        for condition in report.conditions:
            self._conditions.labels(report.name, condition.type).set(int(condition.status))

    def _counter(self, name: str, text: str, *labels: str) -> prometheus.Counter:
        return prometheus.Counter(f"gitsidecar_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> prometheus.Gauge:
        return prometheus.Gauge(f"gitsidecar_{name}", text, labels, registry=self.registry)
