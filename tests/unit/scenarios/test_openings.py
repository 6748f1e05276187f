"""When pods may move again is told by the calendar's hold, and read from there for the tables that people see."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from gitsidecar.model import histories, policies
from gitsidecar.reporting import reports, wording
from tests.unit.planning import builders

_HOUR = datetime.timedelta(hours=1)
_NIGHT = policies.Window(policies.WindowType.ALLOW, "0 2 * * *", _HOUR, "Europe/Berlin")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"windows": (_NIGHT,)}, "Wed 2026-11-25 02:00 Europe/Berlin"),
        ({"freezes": (policies.Freeze("month-end; ends soon", None, builders.NOW + _HOUR),)}, "2026-11-24 13:00 UTC"),
        (
            {"windows": (_NIGHT,), "freezes": (policies.Freeze("", None, builders.NOW + _HOUR),)},
            "Wed 2026-11-25 02:00 Europe/Berlin",
        ),
        ({"freezes": (policies.Freeze("window opens never; it ends", None, None),)}, ""),
        ({}, ""),
    ],
)
def test_the_tables_say_what_the_calendar_says(fields: dict[str, Any], words: str) -> None:
    """The opening of a table is that of the hold's words, whatever a person wrote as the reason of a freeze."""
    planned = builders.plan_sets([builders.sidecar_set()], builders.fleet(3), policies=(builders.policy(**fields),))
    [report] = reports.summarise(planned, (), histories.History(), cluster="test").sets
    assert wording.opening(report) == words
