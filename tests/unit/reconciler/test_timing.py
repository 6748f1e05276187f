"""When a pass has to come although nothing has changed in the cluster."""

from __future__ import annotations

import datetime

import pytest

from gitsidecar.model import findings, plans, reports
from gitsidecar.reconciler import timing

_QUIET = plans.Plan(datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC), "")


@pytest.mark.parametrize(("failing", "seconds"), [({}, None), ({"shop/web-1": "logtail: CrashLoopBackOff"}, 60.0)])
def test_a_pod_that_crashed_is_looked_at_again(failing: dict[str, str], seconds: float | None) -> None:
    """That it runs again is believed after five minutes, and no event comes then: a pass a minute asks."""
    report = reports.SetReport("logtail", findings.Place("a.yaml"), "", 1, "v1-a", "", failing=failing)
    assert timing.heartbeat(_QUIET, reports.Report("prod", "", (report,))) == seconds
