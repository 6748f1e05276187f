"""An explanation is shown in the documented JSON form, and as plain text that fits a terminal."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

import pytest

from gitsidecar.model import explanations, findings, plans
from gitsidecar.reporting import explanations as shown
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies, scenarios

State = explanations.State
_LATEST = explanations.Spec({"logtail": b.NEW}, b.NEW_SPEC, b.REVISION)
_RUNNING = explanations.Spec({"logtail": b.OLD}, b.OLD_SPEC, "0000000aaaa")
_QUIET = explanations.PolicyAnswer(
    "quiet",
    findings.Place("policies/quiet.yaml", 3, 1),
    is_open=True,
    message="",
    until=b.LATER,
    document=policies.document(windows=[policies.WINDOW], podsPerMinute=10),
)
_WORDS = "1 in flight or not Ready, maxUnavailable 1 allows 1; released as they finish"


def _set(state: State = State.HELD, **fields: Any) -> explanations.SetExplanation:
    """Return one set's part: a pod that waits for budget, unless *fields* say otherwise."""
    values = {
        "selection": 'label app is "web"',
        "latest": _LATEST,
        "counting": "its annotation names the set",
        "reason": plans.HoldReason.BUDGET_EXHAUSTED if state is State.HELD else None,
        "message": _WORDS if state is State.HELD else "",
        "running": _RUNNING,
        "moved_at": b.NOW - datetime.timedelta(minutes=1),
        "line": explanations.Line(3) if state is State.HELD else None,
    }
    return explanations.SetExplanation(
        "logtail", findings.Place("sets/logtail.yaml", 3, 1), state, **{**values, **fields}
    )


def _explanation(*sets: explanations.SetExplanation, **fields: Any) -> explanations.Explanation:
    return explanations.Explanation(**{"now": b.NOW, "pod": b.pod(1), "sets": sets, **fields})


def test_json_is_the_documented_form() -> None:
    """Every member is there, also where there is nothing to say, and times are in UTC."""
    refused = findings.Finding("bad.yaml", 4, 3, "spec.selector", "is required")
    state = _explanation(_set(policies=(_QUIET,)), found=(refused,))
    assert json.loads(json.dumps(shown.to_json(state))) == {
        "pod": "shop/web-001",
        "now": "2026-11-24T02:00:00Z",
        "workload": "Deployment/web",
        "node": "",
        "phase": "Running",
        "isReady": True,
        "isEnding": False,
        "fault": "",
        "sets": [
            {
                "name": "logtail",
                "source": "sets/logtail.yaml:3:1",
                "isSelected": True,
                "selection": 'label app is "web"',
                "isCounted": True,
                "counting": "its annotation names the set",
                "updateSelection": "",
                "state": "Held",
                "reason": "BudgetExhausted",
                "message": _WORDS,
                "repair": "",
                "turn": None,
                "podsAhead": 3,
                "releasingPartition": None,
                "movedAt": "2026-11-24T01:59:00Z",
                "settledAt": None,
                "running": {"specHash": b.OLD_SPEC, "commit": "0000000aaaa", "images": {"logtail": b.OLD}},
                "latest": {"specHash": b.NEW_SPEC, "commit": b.REVISION, "images": {"logtail": b.NEW}},
                "policies": [
                    {
                        "name": "quiet",
                        "source": "policies/quiet.yaml:3:1",
                        "isOpen": True,
                        "until": "2026-11-24T03:00:00Z",
                        "message": "",
                        "rules": ["Deny 0 8 * * 1-5 for 10h (Europe/Berlin)", "podsPerMinute 10"],
                    }
                ],
            }
        ],
        "rejections": [
            {"file": "bad.yaml", "line": 4, "column": 3, "field": "spec.selector", "message": "is required"}
        ],
    }


def test_text() -> None:
    """The pod in two lines; then the selecting sets with the answer first; then those that don't select it."""
    other = dataclasses.replace(
        _set(State.UNSELECTED, selection='label app is "web", the set wants "db"'), name="proxy"
    )
    assert shown.to_text(_explanation(_set(policies=(_QUIET,)), other)).splitlines() == [
        "Pod shop/web-001 at 2026-11-24T02:00:00Z",
        "  Running, Ready, of Deployment/web, on no node yet",
        "",
        "logtail (sets/logtail.yaml:3:1): held: BudgetExhausted",
        f"  why         {_WORDS}",
        "  in line     3 pods ahead of it",
        '  selected    label app is "web"',
        "  counted     its annotation names the set",
        f"  runs        logtail: {b.OLD}",
        f"              spec {b.OLD_SPEC} since 0000000, moved 2026-11-24T01:59:00Z",
        f"  latest      logtail: {b.NEW}",
        f"              spec {b.NEW_SPEC} since 4f2a9c1",
        "  policy      quiet (policies/quiet.yaml:3:1): lets pods move, until 2026-11-24T03:00:00Z",
        "              Deny 0 8 * * 1-5 for 10h (Europe/Berlin)",
        "              podsPerMinute 10",
        "",
        'proxy (sets/logtail.yaml:3:1): not selected: label app is "web", the set wants "db"',
    ]


@pytest.mark.parametrize(
    ("state", "fields", "words"),
    [
        (State.ENDING, {}, "ending, and not counted any more"),
        (State.NOT_COUNTED, {}, "selected, but not counted"),
        (State.MOVES_NOW, {"turn": explanations.Turn(2, 5)}, "to move now, 2 of 5"),
        (State.SETTLING, {"until": b.LATER}, "settling until 2026-11-24T03:00:00Z"),
        (State.IN_FLIGHT, {"moved_at": b.NOW}, "in flight since 2026-11-24T02:00:00Z"),
        (State.STARTING, {}, "up to date, but does not serve"),
        (State.UP_TO_DATE, {}, "up to date"),
    ],
)
def test_each_state_has_its_words(state: State, fields: dict[str, Any], words: str) -> None:
    """The first line of a set's block ends with them."""
    text = shown.to_text(_explanation(_set(state, **fields)))
    assert f"\nlogtail (sets/logtail.yaml:3:1): {words}\n" in text


def test_every_state_is_in_json_by_its_name() -> None:
    """Scripts read the state, whatever the words for people are."""
    assert [shown.to_json(_explanation(_set(state)))["sets"][0]["state"] for state in State] == [*map(str, State)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (explanations.Line(0), "no pod ahead of it"),
        (explanations.Line(1), "1 pod ahead of it"),
        (explanations.Line(46, 3), "46 pods ahead of it; partition 3 or less lets it move"),
    ],
)
def test_the_place_in_line(line: explanations.Line, words: str) -> None:
    """How many go before it and, for one that a partition keeps, how low the partition must be."""
    assert f"  in line     {words}\n" in shown.to_text(_explanation(_set(line=line)))


def test_a_pod_without_an_annotation_says_so() -> None:
    """An adopted pod has no spec of ours; one of a renamed set was moved all the same."""
    running = explanations.Spec({"logtail": b.OLD})
    assert "not annotated for this set, and never moved\n" in shown.to_text(
        _explanation(_set(running=running, moved_at=None))
    )
    moved = shown.to_text(_explanation(_set(running=running)))
    assert "not annotated for this set, moved 2026-11-24T01:59:00Z\n" in moved


def test_a_pod_that_no_set_selects_is_said() -> None:
    """First that, then of each set which label is not as it wants."""
    text = shown.to_text(_explanation(_set(State.UNSELECTED, selection="label app is missing")))
    assert text.splitlines()[2:] == [
        "",
        "No SidecarSet selects this pod.",
        "",
        "logtail (sets/logtail.yaml:3:1): not selected: label app is missing",
    ]
    assert "No SidecarSet is in force." in shown.to_text(_explanation())


def test_a_pod_that_cannot_be_read_says_why() -> None:
    """Its fault stands at the top, whether or not a set selects it."""
    text = shown.to_text(_explanation(pod=b.pod(1, fault="the annotation is no JSON", is_deleting=True)))
    assert "  cannot be read: the annotation is no JSON\n" in text
    assert "being deleted" in text


def test_a_closed_policy_says_what_opens_it() -> None:
    """The calendar's own words follow the name."""
    closed = dataclasses.replace(
        _QUIET, is_open=False, message="in a Deny window; window opens Tue 18:00 Europe/Berlin"
    )
    text = shown.to_text(_explanation(_set(policies=(closed,))))
    assert "  policy      quiet: in a Deny window; window opens Tue 18:00 Europe/Berlin\n" in text


def test_long_words_are_folded() -> None:
    """No line is longer than 100 characters if its words aren't, and none of the message is lost."""
    message = "word " * 120 + "end"
    text = shown.to_text(_explanation(_set(message=message)))
    assert max(map(len, text.splitlines())) <= 100
    assert " ".join(text.split()).count("word") == 120


def test_text_steers_no_terminal() -> None:
    """Names, labels and messages cannot send control characters, or begin a line of their own."""
    hostile = scenarios.HOSTILE
    answer = dataclasses.replace(_QUIET, name=hostile, message=hostile, is_open=False)
    spec = explanations.Spec({hostile: hostile}, hostile, hostile)
    words: dict[str, Any] = {"selection": hostile, "counting": hostile, "message": hostile, "update_selection": hostile}
    state = _set(**words, running=spec, latest=spec, policies=(answer,))
    pod = b.pod(1, name=hostile, workload=hostile, node=hostile, phase=hostile, fault=hostile)
    bad = dataclasses.replace(state, name=hostile, place=findings.Place(hostile))
    refused = findings.Finding(hostile, 1, 1, "", hostile)
    text = shown.to_text(_explanation(bad, pod=pod, found=(refused,)))
    assert text.replace("\n", "").isprintable()
    assert "\nGitsidecar-Pass" not in text
