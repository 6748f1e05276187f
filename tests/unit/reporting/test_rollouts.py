"""The memory of the last rollouts: begun by the first move, ended once, and the same for a new process."""

from __future__ import annotations

import dataclasses
import datetime

from gitsidecar.model import histories, reports
from gitsidecar.reporting import files, rollouts
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies

_MINUTE = datetime.timedelta(minutes=1)
_OTHER = "c0ffee" + b.REVISION[6:]
_BEGUN = reports.Rollout(b.NEW_SPEC, b.REVISION, "2026-11-24T02:00:00Z", pods=1)


def _found(minutes: int = 0, *, failing: int = 0, is_complete: bool = False) -> rollouts.Now:
    return rollouts.Now(b.NOW + minutes * _MINUTE, failing, is_complete)


def test_no_move_is_no_rollout() -> None:
    """A set that has moved nothing has no rollout to remember, complete or not."""
    assert rollouts.follow((), b.set_plan(), (), _found(is_complete=True)) == ()


def test_the_first_move_begins_it() -> None:
    """It begins when the eldest of the moves was made, not when the pass did."""
    moves = (b.move(2, at=b.NOW + _MINUTE), b.move(1))
    [begun] = rollouts.follow((), b.set_plan(), moves, _found(5))
    assert begun == dataclasses.replace(_BEGUN, pods=2)


def test_further_moves_are_counted_and_change_no_time() -> None:
    """Each move is told once, so that adding them up gives the pods."""
    moves = (b.move(2, at=b.NOW + _MINUTE), b.move(3, at=b.NOW + _MINUTE, is_late=True))
    assert rollouts.follow((_BEGUN,), b.set_plan(), moves, _found(5)) == (dataclasses.replace(_BEGUN, pods=3),)


def test_the_first_end_is_the_end() -> None:
    """Complete ends it; a pod that is healed later is counted, and moves no time."""
    [ended] = rollouts.follow((_BEGUN,), b.set_plan(), (), _found(5, is_complete=True))
    assert ended.finished == "2026-11-24T02:05:00Z"
    [later] = rollouts.follow((ended,), b.set_plan(), (b.move(4),), _found(500, failing=1, is_complete=True))
    assert later == dataclasses.replace(ended, pods=2)


def test_the_worst_moment_is_remembered() -> None:
    """`failed` is the most that could not start at one time, and does not shrink as they are mended."""
    [worst] = rollouts.follow((_BEGUN,), b.set_plan(), (), _found(1, failing=7))
    [mended] = rollouts.follow((worst,), b.set_plan(), (), _found(2, failing=2))
    assert (worst.failed, mended.failed) == (7, 7)


def test_a_late_move_belongs_to_its_own_spec() -> None:
    """A move to an earlier spec that is told late is counted there, and begins nothing."""
    late = b.move(9, is_late=True)
    earlier, newer = _BEGUN, dataclasses.replace(_BEGUN, spec_hash=b.OLD_SPEC, commit=_OTHER)
    plan = b.set_plan(sidecar_set=b.sidecar_set(spec=b.OLD_SPEC), commit=_OTHER)
    assert rollouts.follow((earlier, newer), plan, (late,), _found(1)) == (dataclasses.replace(earlier, pods=2), newer)


def test_going_back_is_a_rollout_of_its_own() -> None:
    """The spec of an earlier rollout that comes back with another commit begins anew."""
    plan = b.set_plan(commit=_OTHER)
    told = rollouts.follow((_BEGUN,), plan, (b.move(1, commit=_OTHER, at=b.LATER),), _found(60))
    assert told == (_BEGUN, dataclasses.replace(_BEGUN, commit=_OTHER, started="2026-11-24T03:00:00Z"))


def test_only_five_are_remembered() -> None:
    """The eldest goes when a sixth begins."""
    known = tuple(dataclasses.replace(_BEGUN, commit=str(number)) for number in range(5))
    told = rollouts.follow(known, b.set_plan(), (b.move(1),), _found())
    assert [each.commit for each in told] == ["1", "2", "3", "4", b.REVISION]


def test_a_new_process_remembers_the_same() -> None:
    """What is read back from the files is what a process that never ended knows, so a restart changes no byte."""
    moving = b.set_plan(actions=[b.pod(1), b.pod(2)])
    moved = summaries.summarise(b.plan(moving), b.results(moving), histories.History(), cluster="prod")
    read = memories.read(files.render(moved), b.restore, policies.restore)
    known = memories.recall(moved, b.restore, policies.restore)
    assert read.sets["logtail"].rollouts == known.sets["logtail"].rollouts == (dataclasses.replace(_BEGUN, pods=2),)
    done = b.plan(b.set_plan(done=[b.pod(1, b.NEW), b.pod(2, b.NEW)]), now=b.LATER)
    ends = [files.render(summaries.summarise(done, (), each, cluster="prod")) for each in (read, known)]
    assert ends[0] == ends[1]
    assert b"finished: '2026-11-24T03:00:00Z'" in ends[0]["sets/logtail.yaml"]


def test_a_damaged_entry_counts_as_not_there() -> None:
    """A time that is none is somebody's edit: the entry is left out, and the others are kept."""
    moving = b.set_plan(actions=[b.pod(1)])
    content = files.render(summaries.summarise(b.plan(moving), b.results(moving), histories.History(), cluster="prod"))
    file = content["sets/logtail.yaml"].replace(b"started: '2026", b"started: 'soon 2026")
    known = memories.read({**content, "sets/logtail.yaml": file}, b.restore, policies.restore)
    assert known.problems == ()
    assert known.sets["logtail"].rollouts == ()
