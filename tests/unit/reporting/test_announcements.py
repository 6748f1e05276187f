"""Notices in words, for people, for commits and for machines."""

from __future__ import annotations

import dataclasses

import pytest

from gitsidecar.model import findings, notices
from gitsidecar.reporting import announcements
from tests.unit.reporting import builders as b

NOTICE = notices.Notice(
    id="id-1",
    event=notices.Event.COMPLETED,
    at=b.NOW,
    cluster="prod",
    set_name="logtail",
    commit=b.REVISION,
    reason="RolledOut",
    message="all 4 pods on 4f2a9c1",
    spec_hash=b.NEW_SPEC,
    place=findings.Place("sets/logtail.yaml", 3, 1),
    counts={"matchedPods": 4},
)
REFUSAL = dataclasses.replace(
    NOTICE,
    event=notices.Event.REJECTED,
    set_name="",
    spec_hash="",
    place=None,
    counts={},
    message="a.yaml:1:1: error: no",
    rejections=(findings.Finding("a.yaml", 1, 1, "", "no"),),
)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "logtail on prod completed: "),
        ({"event": notices.Event.STARTED, "reason": "RollingOut"}, "logtail on prod started: "),
        (
            {"event": notices.Event.STARTED, "reason": "RollingOut", "is_resumed": True},
            "logtail on prod resumed: ",
        ),
        (
            {"event": notices.Event.STARTED, "reason": "WindowClosed"},
            "logtail on prod started, waits (WindowClosed): ",
        ),
        ({"event": notices.Event.BLOCKED, "reason": "Paused"}, "logtail on prod blocked (Paused): "),
        ({"event": notices.Event.FAILED, "reason": "PodsFailing"}, "logtail on prod failed (PodsFailing): "),
    ],
)
def test_a_line_for_people(fields: dict[str, object], words: str) -> None:
    """Who, what, where, and the condition's own message."""
    notice = dataclasses.replace(NOTICE, **fields)  # type: ignore[arg-type]
    assert announcements.sentence(notice) == words + NOTICE.message


def test_a_refusal_of_no_set_names_the_errors() -> None:
    """What has no set is counted in its place."""
    assert announcements.sentence(REFUSAL) == "1 manifest error on prod rejected: a.yaml:1:1: error: no"


def test_a_description_keeps_to_its_limit() -> None:
    """A service refuses longer ones, so they are cut, with a sign that says so."""
    long = dataclasses.replace(NOTICE, message="x" * 300)
    assert announcements.description(NOTICE, 140) == "completed: all 4 pods on 4f2a9c1"
    assert len(announcements.description(long, 140)) == 140
    assert announcements.description(long, 140).endswith("…")


def test_slack_shows_foreign_words_as_words() -> None:
    """No mention, no link, no markup and no line comes from a name or a message."""
    evil = dataclasses.replace(NOTICE, set_name="a*b", message="<!channel> & `x` _y_\n<https://evil|here>")
    shown = announcements.slack(evil)
    assert "<" not in shown
    assert "&lt;!channel&gt; &amp; \u200b`\u200bx" in shown
    assert shown.startswith(":white_check_mark: *a\u200b*\u200bb* on prod completed\n")
    assert shown.count("\n") == 2
    assert shown.endswith("commit 4f2a9c1 · sets/logtail.yaml:3:1")


def test_the_document_of_a_set() -> None:
    """All that is known, under the names that the documentation promises."""
    found = announcements.document(NOTICE)
    assert (found["type"], found["timestamp"]) == ("gitsidecar.completed", "2026-11-24T02:00:00Z")
    assert found["data"] == {
        "cluster": "prod",
        "set": "logtail",
        "commit": b.REVISION,
        "specHash": b.NEW_SPEC,
        "reason": "RolledOut",
        "message": "all 4 pods on 4f2a9c1",
        "text": "logtail on prod completed: all 4 pods on 4f2a9c1",
        "resumed": False,
        "pods": {"matchedPods": 4},
        "source": {"file": "sets/logtail.yaml", "line": 3, "column": 1},
        "rejections": [],
    }


def test_the_document_of_the_repository() -> None:
    """It has the same members; what only a set has is null."""
    data = announcements.document(dataclasses.replace(REFUSAL, commit=""))["data"]
    assert data.keys() == announcements.document(NOTICE)["data"].keys()
    assert {name for name, value in data.items() if value is None} == {"set", "commit", "specHash", "pods", "source"}
    assert data["rejections"] == [{"file": "a.yaml", "line": 1, "column": 1, "field": "", "message": "no"}]
