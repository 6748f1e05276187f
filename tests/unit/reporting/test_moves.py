"""Which moves a report tells, and up to when all have been told then."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.model import histories, outcomes, plans, pods, reports
from gitsidecar.reporting import files, moves
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies

_BEFORE = b.NOW - datetime.timedelta(minutes=10)
_NEVER = histories.History()
_OTHER = "0" * 40


def _known(
    until: datetime.datetime | None = _BEFORE, in_doubt: dict[str, datetime.datetime] | None = None
) -> histories.History:
    history = b.history()
    known = dataclasses.replace(history.sets["logtail"], told_until=until, in_doubt=in_doubt or {})
    return dataclasses.replace(history, sets={"logtail": known}, recorded=reports.Report("prod", ""))


def _moved(number: int, at: datetime.datetime, *, commit: str = b.REVISION, **fields: Any) -> pods.Pod:
    mark = pods.Mark("logtail", b.NEW_SPEC, "v1-00000000000000cc", commit, ("logtail",), pods.Move(at))
    return b.pod(number, b.NEW, marks=(mark,), **fields)


def _plan(*moved: pods.Pod, **fields: Any) -> plans.SetPlan:
    """Return a plan in which *moved* are finished."""
    found = b.set_plan(done=moved, **fields)
    times = [mark.move.at for pod in moved for mark in pod.marks if mark.move is not None]
    rosters = tuple(dataclasses.replace(each, last_move=max(times, default=None)) for each in found.rosters)
    return dataclasses.replace(found, rosters=rosters)


def _later(seconds: float) -> datetime.datetime:
    return _BEFORE + datetime.timedelta(seconds=seconds)


def test_moves_of_this_pass_are_told() -> None:
    """Patches that were taken are told with their commit; with them all is told up to now."""
    moving = b.set_plan(actions=[b.pod(1), b.pod(2)])
    telling = moves.find(moving, b.results(moving), _known(), b.NOW)
    assert telling == moves.Telling((b.move(1), b.move(2)), b.NOW, {})


def test_a_move_that_nobody_heard_of_is_told_late() -> None:
    """A pod whose own annotation has a later move than all that were told is told, with its own commit."""
    found = _plan(_moved(1, _later(0)), _moved(2, _later(5), commit=_OTHER), _moved(3, _later(-5)))
    telling = moves.find(found, (), _known(), b.NOW)
    assert telling == moves.Telling((b.move(2, commit=_OTHER, at=_later(5), is_late=True),), _later(5), {})


def test_late_moves_come_in_order_of_time() -> None:
    """The log tells what happened in the order in which it did."""
    found = _plan(_moved(1, _later(9)), _moved(2, _later(5)), _moved(3, _later(9)))
    told = moves.find(found, (), _known(), b.NOW).moves
    assert [each.pod for each in told] == ["shop/web-002", "shop/web-001", "shop/web-003"]


def test_no_move_leaves_the_time_as_it_is() -> None:
    """A pass without moves changes nothing that is written."""
    assert moves.find(_plan(_moved(1, _BEFORE)), (), _known(), b.NOW) == moves.Telling((), _BEFORE, {})


def test_a_move_without_an_answer_is_in_doubt_among_others() -> None:
    """It has the same time as those that were heard of, so it is named; the next pass tells it if it was made."""
    moving = b.set_plan(actions=[b.pod(1), b.pod(2)])
    taken, lost = b.results(moving)[0], b.results(moving, outcomes.OutcomeKind.DEFERRED)[1]
    telling = moves.find(moving, (taken, lost), _known(), b.NOW)
    assert telling == moves.Telling((b.move(1),), b.NOW, {"shop/web-002": b.NOW})
    then = _known(telling.until, dict(telling.in_doubt))
    found = _plan(_moved(1, b.NOW), _moved(2, b.NOW))
    assert moves.find(found, (), then, b.LATER) == moves.Telling((b.move(2, is_late=True),), b.NOW, {})


def test_a_doubt_is_over_when_the_pod_was_not_moved() -> None:
    """The pod's annotation has no move of that time: there is nothing to tell, then or later."""
    known = _known(b.NOW, {"shop/web-002": b.NOW})
    assert moves.find(_plan(_moved(2, _BEFORE)), (), known, b.LATER) == moves.Telling((), b.NOW, {})


def test_no_doubt_is_noted_where_the_time_tells_it_apart() -> None:
    """A pod whose patches fail again and again, while no other moves, changes no byte."""
    moving = b.set_plan(actions=[b.pod(1)])
    failed = b.results(moving, outcomes.OutcomeKind.DEFERRED)
    assert moves.find(moving, failed, _known(), b.NOW) == moves.Telling((), _BEFORE, {})


@pytest.mark.parametrize(
    "kind", [each for each in outcomes.OutcomeKind if each not in (outcomes.OutcomeKind.APPLIED, "Deferred")]
)
def test_patches_that_were_refused_are_no_moves(kind: outcomes.OutcomeKind) -> None:
    """Who was refused, gone or not sent is neither moved nor in doubt."""
    moving = b.set_plan(actions=[b.pod(1)])
    assert moves.find(moving, b.results(moving, kind), _NEVER, b.NOW) == moves.Telling((), b.NOW, {})


def test_nothing_late_is_told_where_it_is_not_known_what_was() -> None:
    """A record of an older release does not say up to when it told moves: what is new counts from now."""
    flying = _moved(1, _BEFORE)
    found = _plan(_moved(2, _BEFORE), in_flight=(flying,))
    assert moves.find(found, (), _known(None), b.NOW) == moves.Telling((), b.NOW, {})


def test_a_branch_without_a_record_tells_what_is_in_flight() -> None:
    """Finished pods may have been moved years ago; one in flight tells of the process that has just died."""
    flying = _moved(1, _BEFORE, commit=_OTHER)
    found = _plan(_moved(2, _BEFORE), in_flight=(flying,))
    [told] = moves.find(found, (), _NEVER, b.NOW).moves
    assert (told.pod, told.commit, told.is_late) == ("shop/web-001", _OTHER, True)


def test_a_set_that_comes_again_tells_only_moves_to_its_own_commit() -> None:
    """What a set of that name moved before it was removed has been told then."""
    flying = (_moved(1, _BEFORE), _moved(2, _BEFORE, commit=_OTHER))
    history = histories.History(recorded=reports.Report("prod", ""))
    [told] = moves.find(_plan(in_flight=flying), (), history, b.NOW).moves
    assert told.pod == "shop/web-001"


@pytest.mark.parametrize(("age", "is_told"), [(300, True), (-30, True), (-300, False)])
def test_a_pod_that_was_created_after_the_move_was_not_moved(age: float, *, is_told: bool) -> None:
    """Its template was copied; a clock that is a little behind the API server's is allowed for."""
    pod = _moved(1, _later(60), created=_later(60 - age))
    assert bool(moves.find(_plan(pod), (), _known(), b.NOW).moves) is is_told


def test_times_are_told_as_the_annotation_keeps_them() -> None:
    """The annotation has milliseconds: a moment that is cut differently would be told twice, or never."""
    exact = b.NOW.replace(microsecond=250_999)
    moving = b.set_plan(actions=[b.pod(1)])
    (action,) = moving.actions
    marks = tuple(dataclasses.replace(each, move=pods.Move(exact)) for each in action.marks)
    applied = outcomes.Outcome(dataclasses.replace(action, marks=marks), outcomes.OutcomeKind.APPLIED)
    telling = moves.find(moving, (applied,), _known(), exact)
    assert telling.until == b.NOW
    assert moves.find(_plan(_moved(1, b.NOW)), (), _known(telling.until), b.LATER).moves == ()


def test_a_pass_counts_what_its_time_cannot_tell_apart() -> None:
    """Where nothing was recorded yet, an unheard move of the very first pass is in doubt as well."""
    moving = b.set_plan(actions=[b.pod(1)])
    telling = moves.find(moving, b.results(moving, outcomes.OutcomeKind.DEFERRED), _NEVER, b.NOW)
    assert telling.in_doubt == {"shop/web-001": b.NOW}


def test_what_was_told_comes_back_from_the_files() -> None:
    """The time and the doubts are read back from the branch, so that a new process goes on from there."""
    moving = b.set_plan(actions=[b.pod(1), b.pod(2)])
    said = (b.results(moving)[0], b.results(moving, outcomes.OutcomeKind.DEFERRED)[1])
    report = summaries.summarise(b.plan(moving), said, _NEVER, cluster="prod")
    known = memories.read(files.render(report), b.restore, policies.restore).sets["logtail"]
    assert (known.told_until, known.in_doubt) == (b.NOW, {"shop/web-002": b.NOW})


@given(st.lists(st.integers(-3, 3), max_size=6), st.sets(st.integers(0, 5)))
def test_each_late_move_is_told_once(ages: list[int], doubts: set[int]) -> None:
    """A pass tells exactly the moves that are later or in doubt, and the next one over the same pods tells none."""
    found = _plan(*(_moved(number, _later(age)) for number, age in enumerate(ages)))
    in_doubt = {f"shop/web-{number:03}": _later(age) for number, age in enumerate(ages) if number in doubts}
    telling = moves.find(found, (), _known(_later(0), in_doubt), b.NOW)
    wanted = {number for number, age in enumerate(ages) if age > 0 or number in doubts}
    assert {each.pod for each in telling.moves} == {f"shop/web-{number:03}" for number in wanted}
    again = moves.find(found, (), _known(telling.until, dict(telling.in_doubt)), b.LATER)
    assert again == moves.Telling((), telling.until, {})
