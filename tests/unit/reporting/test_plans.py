"""A plan is shown in the documented JSON form, and as text that fits a terminal."""

from __future__ import annotations

import datetime
import json

from gitsidecar.model import findings, plans
from gitsidecar.reporting import plans as shown
from tests.unit.reporting import builders as b
from tests.unit.reporting import goldens, scenarios

_Reason = plans.HoldReason
_FOUND = (
    findings.Finding("bad.yaml", 4, 3, "spec.selector", "is required"),
    findings.Finding("old.yaml", 1, 1, "spec.strategy", "is an older form", findings.Level.WARNING),
)


def _plan(moves: int = 2) -> plans.Plan:
    holds = [
        b.hold(b.pod(90), _Reason.NOT_UPGRADABLE, "env differs"),
        b.hold(b.pod(91), _Reason.PARTITION_KEPT, "kept"),
    ]
    state = b.set_plan(
        done=[b.pod(80, b.NEW)],
        flying=[b.pod(81, b.NEW)],
        actions=[b.pod(each) for each in reversed(range(moves))],
        holds=holds,
        missing=(b.pod(95),),
    )
    return b.plan(state, found=_FOUND)


def test_json_is_the_documented_form() -> None:
    """DESIGN §10, key by key: actions in sending order, holds by pod, the time in UTC."""
    assert json.loads(json.dumps(shown.to_json(_plan()))) == {
        "now": "2026-11-24T02:00:00Z",
        "sets": [
            {
                "name": "logtail",
                "specHash": b.NEW_SPEC,
                "matchedPods": 6,
                "updatedPods": 2,
                "readyPods": 5,
                "updatedReadyPods": 1,
                "missingPods": 1,
                "notUpgradablePods": 1,
                "actions": [
                    {"pod": "shop/web-001", "kind": "UpdateImages", "images": {"logtail": b.NEW}},
                    {"pod": "shop/web-000", "kind": "UpdateImages", "images": {"logtail": b.NEW}},
                ],
                "holds": [
                    {"pod": "shop/web-090", "reason": "NotUpgradable", "message": "env differs"},
                    {"pod": "shop/web-091", "reason": "PartitionKept", "message": "kept"},
                ],
            }
        ],
        "rejections": [
            {"file": "bad.yaml", "line": 4, "column": 3, "field": "spec.selector", "message": "is required"}
        ],
    }


def test_json_keys_are_in_the_documented_order() -> None:
    """The form is stable to the byte: keys come in the order of the documentation."""
    value = shown.to_json(_plan())
    assert list(value) == ["now", "sets", "rejections"]
    assert list(value["sets"][0])[:3] == ["name", "specHash", "matchedPods"]


def test_json_tells_time_in_utc() -> None:
    """A plan made in another zone's time says the same moment in UTC."""
    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert shown.to_json(b.plan(now=b.NOW.astimezone(zone)))["now"] == "2026-11-24T02:00:00Z"


def test_text() -> None:
    """The text is as in the golden file: a line per set, actions in sending order cut with a count, holds by reason."""
    goldens.check("plan", {"plan.txt": shown.to_text(_plan(25)).encode()})


def test_text_of_nothing() -> None:
    """A plan without sets says so."""
    assert "No SidecarSet is in force" in shown.to_text(b.plan())


def test_text_steers_no_terminal() -> None:
    """Names and messages cannot send control characters, or begin a line of their own."""
    state = b.set_plan(
        sidecar_set=b.sidecar_set(scenarios.HOSTILE),
        actions=[b.pod(1, name=scenarios.HOSTILE)],
        holds=[b.hold(b.pod(2), _Reason.PAUSED, scenarios.HOSTILE)],
    )
    text = shown.to_text(b.plan(state, found=(findings.Finding("x", 1, 1, "", scenarios.HOSTILE),)))
    assert text.replace("\n", "").isprintable()
    assert "\nGitsidecar-Pass" not in text
