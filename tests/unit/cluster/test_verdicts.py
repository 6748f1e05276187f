"""Each answer to a patch is one outcome, with words that say what to do where a person must act."""

from __future__ import annotations

import dataclasses
import datetime
import json

import pytest

from gitsidecar.cluster import answers, verdicts
from gitsidecar.model import outcomes, pods
from tests.unit.cluster import rows

Kind = outcomes.OutcomeKind
FAILED_TEST = "the server rejected our request due to an error in our request"
AT = datetime.datetime(2026, 11, 24, 2, 0, 0, 250_000, tzinfo=datetime.UTC)
MOVED = dataclasses.replace(rows.MARK, move=pods.Move(AT))


def _judge(code: int, message: str = "words", retry_after: float | None = None) -> outcomes.Outcome:
    body = json.dumps({"kind": "Status", "message": message, "code": code}).encode()
    return verdicts.judge(rows.action(rows.row()), answers.Answer(code, body, retry_after))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (200, Kind.APPLIED),
        (400, Kind.FORBIDDEN),
        (401, Kind.DEFERRED),
        (403, Kind.FORBIDDEN),
        (404, Kind.GONE),
        (408, Kind.DEFERRED),
        (409, Kind.DEFERRED),
        (413, Kind.FORBIDDEN),
        (422, Kind.CONFLICT),
        (429, Kind.DEFERRED),
        (500, Kind.DEFERRED),
        (503, Kind.DEFERRED),
        (504, Kind.DEFERRED),
    ],
)
def test_the_code_gives_the_kind(code: int, kind: outcomes.OutcomeKind) -> None:
    """Whatever the server answers is one of the kinds, never an exception."""
    assert _judge(code).kind is kind


def test_a_deferral_says_when_to_come_back() -> None:
    """The server's own time counts; without one it is a second."""
    assert _judge(429, retry_after=7).retry_after == 7
    assert _judge(500).retry_after == 1


def test_an_admission_webhook_refuses_this_pod_only() -> None:
    """A webhook's denial is passed on with its words, whatever code it chose."""
    words = 'admission webhook "images.example" denied the request: no tag'
    for code in (400, 403):
        outcome = _judge(code, words)
        assert outcome.kind is Kind.FORBIDDEN
        assert "this pod" in outcome.message
        assert words in outcome.message


def test_missing_rights_are_said_the_same_for_all_pods() -> None:
    """RBAC's words come without the pod's name, and with what to grant."""
    words = 'pods "web-1" is forbidden: User "reader" cannot patch resource "pods" in API group "" in the namespace "a"'
    message = _judge(403, words).message
    assert "web-1" not in message
    assert 'User "reader" cannot patch resource "pods"' in message
    assert "grant the verb patch on pods" in message


def test_a_long_message_is_cut() -> None:
    """A webhook that sends a page of text does not fill the log."""
    assert len(_judge(403, "long\n" * 1000).message) < 400


def test_an_answer_that_is_no_status_is_passed_on_as_text() -> None:
    """A proxy in between answers with a page of its own; an empty answer has at least its code."""
    action = rows.action(rows.row())
    assert "Bad <b>gateway" in verdicts.judge(action, answers.Answer(502, b"Bad <b>gateway")).message
    assert "HTTP status 502" in verdicts.judge(action, answers.Answer(502, b"")).message
    assert verdicts.judge(action, answers.Answer(502, b"\xff[")).kind is Kind.DEFERRED


@pytest.mark.parametrize(
    ("newest", "kind", "words"),
    [
        (None, Kind.GONE, "gone"),
        (rows.row(uid="another"), Kind.GONE, "another pod"),
        (rows.row(), Kind.CONFLICT, "the server rejected our request"),
        (rows.row(containers=()), Kind.CONFLICT, "logtail is not where it was"),
        (
            rows.row(containers=(pods.Container("logtail", "logtail:9", 1),)),
            Kind.CONFLICT,
            "image of container logtail is logtail:9, not logtail:1",
        ),
    ],
)
def test_a_conflict_is_settled_by_the_newest_row(newest: pods.Pod | None, kind: object, words: str) -> None:
    """What the server only calls an error is said in words, once the pod has been read again."""
    conflict = outcomes.Outcome(rows.action(rows.row()), Kind.CONFLICT, FAILED_TEST)
    settled = verdicts.settle(conflict, newest)
    assert settled.kind is kind
    assert words in settled.message


def test_another_annotation_is_a_conflict() -> None:
    """A mark that came between the plan and the patch is named as what is in the way."""
    conflict = outcomes.Outcome(rows.action(rows.row(annotation="{}")), Kind.CONFLICT, FAILED_TEST)
    assert "sidecars has changed" in verdicts.settle(conflict, rows.row(annotation="[]")).message


@pytest.mark.parametrize(
    ("members", "is_applied"),
    [
        ({}, True),
        ({"uid": "another"}, False),
        ({"marks": ()}, False),
        ({"marks": (dataclasses.replace(MOVED, move=pods.Move(AT + datetime.timedelta(seconds=1))),)}, False),
        ({"marks": (MOVED, dataclasses.replace(MOVED, set_name="proxy"))}, True),
        ({"containers": (pods.Container("logtail", "logtail:1", 1),)}, False),
        ({"containers": (pods.Container("logtail", "logtail:2", 1, is_native=True),)}, False),
    ],
)
def test_the_mark_and_the_images_show_that_a_patch_was_applied(members: dict[str, object], is_applied: bool) -> None:
    """The mark of this very move, whose time a pod holds to the millisecond, and every new image; nothing less."""
    applied = rows.row(marks=(MOVED,), containers=(pods.Container("logtail", "logtail:2", 1),))
    mark = dataclasses.replace(MOVED, move=pods.Move(AT.replace(microsecond=250_999)))
    action = dataclasses.replace(rows.action(rows.row()), marks=(mark,))
    assert verdicts.is_applied(action, dataclasses.replace(applied, **members)) is is_applied  # type: ignore[arg-type]


def test_a_newer_version_is_a_conflict_only_without_annotations() -> None:
    """The version is tested in that one case, so only then it may be the reason."""
    bare = dataclasses.replace(rows.row(), has_annotations=False)
    conflict = outcomes.Outcome(rows.action(bare), Kind.CONFLICT, FAILED_TEST)
    assert "has changed" in verdicts.settle(conflict, rows.row(version="11")).message


def test_a_reason_that_is_not_the_pod_is_a_refusal() -> None:
    """422 with a reason, for a pod that is as planned, would come again and again: a person must act."""
    words = 'Pod "web" is invalid: spec.containers[1].image: Required value'
    conflict = outcomes.Outcome(rows.action(rows.row()), Kind.CONFLICT, words)
    settled = verdicts.settle(conflict, rows.row(version="11"))
    assert settled.kind is Kind.FORBIDDEN
    assert words in settled.message
