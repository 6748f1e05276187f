"""What is told after a report: each event once, none twice, and none again by a process that has just begun."""

from __future__ import annotations

import dataclasses
import json

import pytest

from gitsidecar.model import findings, histories, notices, plans, reports
from gitsidecar.reporting import files, records
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import notices as events
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies

_Reason = plans.HoldReason
_ERROR = findings.Finding("sets/logtail.yaml", 3, 1, "spec.containers", "is missing")
_OTHER = findings.Finding("sets/new.yaml", 1, 1, "", "is no YAML")


def _state(
    *, done: int = 0, fly: int = 0, hold: plans.HoldReason | None = None, spec: str = b.NEW_SPEC, rejection: str = ""
) -> plans.SetPlan:
    """Return a set of four pods: so many are finished, so many in flight, and all others held or to be moved."""
    pods = [b.pod(number, b.NEW if number < done + fly else b.OLD) for number in range(4)]
    rest = pods[done + fly :]
    return b.set_plan(
        done=pods[:done],
        flying=pods[done : done + fly],
        actions=rest if hold is None else (),
        holds=[b.hold(each, hold) for each in rest] if hold is not None else (),
        sidecar_set=b.sidecar_set(spec=spec, rejection=rejection, document=_document(spec)),
    )


def _document(spec: str) -> str:
    document = json.loads(b.sidecar_set(spec=spec).document)
    document["metadata"]["labels"] = {"team": "logs"}
    return json.dumps(document)


_COMPLETE = _state(done=4)
_MOVING = _state(done=1, fly=1)
_PAUSED = _state(done=1, hold=_Reason.PAUSED)
_CLOSED = _state(done=1, hold=_Reason.WINDOW_CLOSED)
_REWRITTEN = _state(done=1, hold=_Reason.IMAGE_REWRITTEN)
_REFUSED = _state(done=4, rejection="its manifest was refused (sets/logtail.yaml:3:1)")
_FAILING = b.set_plan(
    done=[b.pod(0, b.NEW)],
    failing=[b.pod(1, b.NEW, waiting="ErrImagePull")],
    holds=[b.hold(b.pod(2), _Reason.BUDGET_EXHAUSTED)],
)


def _history(*states: plans.SetPlan, found: tuple[findings.Finding, ...] = ()) -> histories.History:
    """Return what a process remembers that has just begun, after a report of *states* was recorded."""
    report = summaries.summarise(b.plan(*states, found=found), (), histories.History(), cluster="prod")
    return memories.read(files.render(report), b.restore, policies.restore)


def _told(
    state: plans.SetPlan, known: histories.History, *, found: tuple[findings.Finding, ...] = ()
) -> list[notices.Notice]:
    report = summaries.summarise(b.plan(state, found=found), (), known, cluster="prod")
    return list(events.find(report, known.recorded, b.NOW))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (_COMPLETE, _state(spec="v1-00000000000000dd"), ["started"]),
        (_MOVING, _COMPLETE, ["completed"]),
        (_MOVING, _PAUSED, ["blocked"]),
        (_PAUSED, _REWRITTEN, ["blocked"]),
        (_MOVING, _FAILING, ["failed"]),
        (_PAUSED, _MOVING, ["started"]),
        (_COMPLETE, _REFUSED, ["rejected"]),
        (_MOVING, _state(done=3, fly=1), []),
        (_MOVING, _CLOSED, []),
        (_REFUSED, _COMPLETE, []),
        (_COMPLETE, _COMPLETE, []),
    ],
)
def test_an_event_is_a_state_that_is_entered(before: plans.SetPlan, after: plans.SetPlan, told: list[str]) -> None:
    """Progress is none, a closed window is part of being under way, and another reason to stop is another stop."""
    assert [str(each.event) for each in _told(after, _history(before))] == told


@pytest.mark.parametrize("state", [_COMPLETE, _MOVING, _PAUSED, _CLOSED, _FAILING, _REFUSED])
def test_what_was_recorded_is_not_told_again(state: plans.SetPlan) -> None:
    """The same report twice, or another process that reads what the first has recorded: nothing happened."""
    assert _told(state, _history(state, found=(_ERROR,)), found=(_ERROR,)) == []


def test_where_nothing_was_recorded_the_complete_is_no_news() -> None:
    """A lost status branch brings no flood of good news; what is under way or stopped is told."""
    empty = histories.History()
    assert _told(_COMPLETE, empty) == []
    assert [str(each.event) for each in _told(_MOVING, empty)] == ["started"]
    assert [str(each.event) for each in _told(_PAUSED, empty)] == ["blocked"]


def test_a_new_set_that_is_complete_is_told_of() -> None:
    """Whoever pushed it hears that there is nothing left to do."""
    assert [str(each.event) for each in _told(_COMPLETE, _history())] == ["completed"]


def test_a_notice_says_what_the_status_says() -> None:
    """Words, counts, place, labels and the commit that brought the spec come from the report."""
    [notice] = _told(_PAUSED, _history(_MOVING))
    assert (notice.set_name, notice.cluster, notice.commit, notice.at) == ("logtail", "prod", b.REVISION, b.NOW)
    assert (notice.reason, notice.labels) == ("Paused", {"team": "logs"})
    assert notice.message.startswith("1 of 4 pods updated, 3 held: ")
    assert notice.counts.keys() == {*records.COUNTS, "heldPods", "failingPods"}
    assert (notice.counts["matchedPods"], notice.counts["updatedPods"], notice.counts["heldPods"]) == (4, 1, 3)
    assert str(notice.place) == "sets/logtail.yaml:3:1"


def test_a_start_that_goes_on_is_marked() -> None:
    """The same spec after a stop is resumed; another spec begins."""
    [resumed] = _told(_MOVING, _history(_PAUSED))
    [begun] = _told(_state(spec="v1-00000000000000dd"), _history(_PAUSED))
    assert (resumed.is_resumed, begun.is_resumed) == (True, False)


def test_a_refusal_is_about_the_revision_that_was_read() -> None:
    """Its errors go with it; the rollout's own commit is another one, perhaps."""
    state = dataclasses.replace(_REFUSED, commit="0" * 40)
    known = _history(dataclasses.replace(_COMPLETE, commit="0" * 40))
    [notice] = _told(state, known, found=(_ERROR,))
    assert (notice.commit, notice.rejections) == (b.REVISION, (_ERROR,))
    assert notice.message.startswith("its manifest was refused")


def test_a_refusal_of_no_known_set_is_the_repositorys() -> None:
    """A new set whose manifest is refused has no report; all that is new is told at once, and once."""
    more = dataclasses.replace(_OTHER, line=9)
    [notice] = _told(_COMPLETE, _history(_COMPLETE), found=(_OTHER, more))
    assert (notice.set_name, notice.commit, notice.rejections) == ("", b.REVISION, (_OTHER, more))
    assert notice.message == "sets/new.yaml:1:1: error: is no YAML (and 1 more)"
    [later] = _told(_COMPLETE, _history(_COMPLETE, found=(_OTHER,)), found=(_OTHER, more))
    assert later.rejections == (more,)


def test_what_stops_every_set_is_told_once() -> None:
    """A rewritten history is one event, not one for each set."""
    words = "the branch was rewritten"
    halt = findings.Finding(".", 0, 0, "", words)
    state = _state(done=4, rejection=words)
    assert [each.set_name for each in _told(state, _history(_COMPLETE), found=(halt,))] == [""]


def test_a_set_that_is_gone_has_nothing_to_tell() -> None:
    """Its pods stay as they are, and the status branch says so."""
    known = _history(_COMPLETE)
    assert events.find(reports.Report("prod", b.REVISION), known.recorded, b.NOW) == ()


def test_an_id_is_the_same_for_a_repeat_only() -> None:
    """Who tells it again after a crash has the same id; the next time that it happens has another."""
    known = _history(_MOVING)
    [first], [repeated] = _told(_COMPLETE, known), _told(_COMPLETE, known)
    later = dataclasses.replace(b.plan(_MOVING), now=b.LATER)
    again = summaries.summarise(later, (), _history(_COMPLETE), cluster="prod")
    [next_one] = _told(_COMPLETE, memories.recall(again, b.restore, policies.restore))
    assert first.id == repeated.id != next_one.id
    assert next_one.event is notices.Event.COMPLETED


def test_a_set_without_labels_has_none() -> None:
    """The document of a set need not have any."""
    plain = b.set_plan(done=[b.pod(0, b.NEW)], sidecar_set=b.sidecar_set())
    [notice] = _told(plain, _history())
    assert notice.labels == {}
