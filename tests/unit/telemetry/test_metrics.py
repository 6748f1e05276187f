"""Metrics as Prometheus reads them."""

from __future__ import annotations

import pytest

from gitsidecar import errors
from gitsidecar.telemetry import metrics
from tests.support import benches, sidecarsets


@pytest.fixture
async def bench() -> benches.Bench:
    """Return four pods and a set of which one moves."""
    made = benches.Bench()
    await made.start()
    made.push(maxUnavailable=1)
    return made


async def test_counts_conditions_and_holds_are_those_of_the_report(bench: benches.Bench) -> None:
    """Each set's state is a gauge."""
    measured = await _measured(bench)
    assert _value(measured, "pods", set="logtail", state="matched") == 4
    assert _value(measured, "pods", set="logtail", state="in_flight") == 1
    assert _value(measured, "held_pods", set="logtail", reason="BudgetExhausted") == 3
    assert _value(measured, "condition", set="logtail", type="Complete") == 0
    assert _value(measured, "condition", set="logtail", type="Accepted") == 1
    assert _value(measured, "outcomes_total", set="logtail", kind="Applied") == 1
    assert _value(measured, "last_pass_timestamp_seconds") == bench.clock.now().timestamp()


async def test_what_is_gone_leaves_nothing_behind(bench: benches.Bench) -> None:
    """A set that is no longer managed, and a hold that is over, have no sample any more."""
    measured = await _measured(bench)
    bench.push_files({benches.FILE: None}, (("gitsidecar-allow-removal", "true"),))
    await _measured(bench, measured)
    assert _value(measured, "pods", set="logtail", state="matched") is None
    assert _value(measured, "held_pods", set="logtail", reason="BudgetExhausted") is None
    assert _value(measured, "outcomes_total", set="logtail", kind="Applied") == 1


async def test_rejections_are_counted(bench: benches.Bench) -> None:
    """Documents refused at the newest revision are one gauge."""
    bench.push_files({"a.yaml": "[", "b.yaml": sidecarsets.text("", name="b")})
    assert _value(await _measured(bench), "rejections") == 2


def test_passes_are_counted_by_how_they_ended() -> None:
    """A pass is ok, or has the class of the error that stopped it."""
    measured = metrics.Metrics()
    for failure in (None, None, errors.TransientError("x"), errors.StalledError("y")):
        measured.count_pass(failure)
    ends = ("ok", "TransientError", "StalledError")
    assert [_value(measured, "passes_total", result=end) for end in ends] == [2, 1, 1]


def test_phases_are_timed() -> None:
    """Each phase has a histogram of its own."""
    measured = metrics.Metrics()
    measured.note_phase("plan", 0.3)
    assert _value(measured, "phase_seconds_count", phase="plan") == 1
    assert _value(measured, "phase_seconds_bucket", phase="plan", le="0.1") == 0
    assert _value(measured, "phase_seconds_bucket", phase="plan", le="0.5") == 1


def test_notices_and_pushes_are_counted_by_what_became_of_them() -> None:
    """Notices by notifier too."""
    measured = metrics.Metrics()
    for name, result in (("chat", "sent"), ("chat", "sent"), ("chat", "dropped"), ("pager", "sent")):
        measured.count_notice(name, result)
    measured.count_hook("accepted")
    assert _value(measured, "notices_total", notifier="chat", result="sent") == 2
    assert _value(measured, "notices_total", notifier="chat", result="dropped") == 1
    assert _value(measured, "notices_total", notifier="pager", result="sent") == 1
    assert _value(measured, "hooks_total", result="accepted") == 1


async def _measured(bench: benches.Bench, measured: metrics.Metrics | None = None) -> metrics.Metrics:
    """Run a pass and note it."""
    measured = measured or metrics.Metrics()
    done = await bench.poll_and_pass()
    measured.note_pass(done.report, done.outcomes, bench.clock.now())
    return measured


def _value(measured: metrics.Metrics, name: str, **labels: str) -> float | None:
    return measured.registry.get_sample_value(f"gitsidecar_{name}", labels)
