"""Entries from recorded files: what began, what ended, and what nobody can read."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from gitsidecar.model import diaries as values
from gitsidecar.model import findings, reports
from gitsidecar.reporting import diaries, diarytexts, files
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies, scenarios

_OTHER = "c0ffee" + b.REVISION[6:]
_FIRST = reports.Rollout(b.NEW_SPEC, b.REVISION, "2026-11-24T02:00:00Z", pods=3)
_REFUSED = findings.Finding("sets/logtail.yaml", 12, 5, "spec", "is empty")


def _set(state: str = "", *, blocked: str = "", **fields: Any) -> reports.SetReport:
    """Return `logtail` as complete, or waiting for the reason *state*, or *blocked* for a reason."""
    reason, since = blocked or state or "RolledOut", "2026-11-24T01:00:00Z"
    conditions = (
        reports.Condition("Complete", not (state or blocked), reason, f"words of {reason}", since),
        reports.Condition("Blocked", bool(blocked), reason, f"words of {reason}", since),
    )
    return policies.set_report(**{"conditions": conditions, "stable": b.NEW_SPEC, **fields})


def _past(*passes: Sequence[reports.SetReport], found: Mapping[int, findings.Finding] | None = None) -> Any:
    """Return the entries of the commits that record *passes*, a minute apart; *found* maps a pass to a rejection."""
    recorded, before = [], dict[str, bytes]()
    for number, sets in enumerate(passes):
        refused = ((found or {})[number],) if number in (found or {}) else ()
        now = files.render(reports.Report("prod", b.REVISION, tuple(sets), refused))
        changed = {path: now.get(path) for path in {**before, **now} if now.get(path) != before.get(path)}
        at = b.NOW + datetime.timedelta(minutes=number)
        recorded.append(values.Recorded(str(number), at, f"revision-{number}", changed))
        before = now
    return diaries.read(recorded)


def test_a_rollout_is_told_once_as_it_ended() -> None:
    """However many commits tell of its progress, it is one entry, with its last numbers and the images of its begin."""
    ended = dataclasses.replace(_FIRST, finished="2026-11-24T02:02:00Z", pods=9, failed=2)
    old = {b.OLD_SPEC: b.sidecar_set(spec=b.OLD_SPEC).document, b.NEW_SPEC: b.sidecar_set().document}
    moving = _set("RollingOut", rollouts=(_FIRST,), stable=b.OLD_SPEC, documents=old)
    [entry] = _past([moving], [_set("RollingOut", updated=7, rollouts=(_FIRST,))], [_set(rollouts=(ended,))])
    assert entry == values.Rollout("logtail", ended, (("logtail", b.OLD, b.NEW),), "complete")
    assert diarytexts.to_text((entry,), {b.REVISION: values.Origin("Ada", "a@b", "Roll it out")}) == (
        "logtail: rollout, complete\n"
        "  what    logtail 0.16.16 -> 0.16.18\n"
        "  pods    9 moved, at most 2 could not start at one time\n"
        "  by      Ada, 4f2a9c1 Roll it out\n"
        "  time    2026-11-24T02:00:00Z to 2026-11-24T02:02:00Z, 2 min\n"
    )


def test_a_rollout_that_lasts_says_how_it_stands() -> None:
    """Its state and words are those of the set."""
    [entry] = _past([_set("RollingOut", rollouts=(_FIRST,))])
    assert (entry.is_open, entry.state, entry.message) == (True, "rolling out", "words of RollingOut")
    assert "time    since 2026-11-24T02:00:00Z" in diarytexts.to_text((entry,), {})


def test_a_rollout_that_another_spec_overtook_has_no_end() -> None:
    """It is over all the same, and the newer one changes images from its spec on."""
    other = reports.Rollout(b.OLD_SPEC, _OTHER, "2026-11-24T03:00:00Z", pods=1)
    documents = {each: b.sidecar_set(spec=each).document for each in (b.NEW_SPEC, b.OLD_SPEC)}
    newer = _set("RollingOut", spec_hash=b.OLD_SPEC, rollouts=(_FIRST, other), documents=documents)
    second, first = _past([_set("RollingOut", rollouts=(_FIRST,))], [newer])
    assert (first.state, first.is_open, first.finished) == ("another spec came first", False, "")
    assert second.images == (("logtail", b.NEW, b.OLD),)


def test_a_set_that_is_removed_ends_what_lasted() -> None:
    """Its rollout is closed, and so is its stop."""
    stop, rollout = _past([_set(blocked="Paused", rollouts=(_FIRST,), stable="")], [])
    assert isinstance(stop, values.Rollout)
    assert (stop.state, stop.is_open) == ("no longer managed", False)
    assert rollout.finished == "2026-11-24T02:01:00Z"


def test_stops_begin_and_end_with_the_commits_that_tell_of_them() -> None:
    """A pause that becomes a freeze is two stops; a closed window is none."""
    told = _past(
        [_set()],
        [_set(blocked="Paused")],
        [_set("Frozen")],
        [_set("WindowClosed")],
    )
    assert [(each.reason, each.state, each.commit, each.started[14:16], each.finished[14:16]) for each in told] == [
        ("Frozen", "waits (Frozen)", "revision-2", "02", "03"),
        ("Paused", "blocked (Paused)", "revision-1", "01", "02"),
    ]


def test_a_stop_that_was_there_before_has_its_own_time() -> None:
    """Of a stop in the first commit that is read, the condition knows since when it is."""
    [stop] = _past([_set(blocked="Paused")])
    assert (stop.started, stop.is_open) == ("2026-11-24T01:00:00Z", True)


def test_rejections_begin_and_end() -> None:
    """A rejection that stays is one entry, and it belongs to the set whose manifest it refuses."""
    spoilt = _set(rejection="was refused")
    [entry] = _past([_set()], [spoilt], [spoilt], [_set()], found={1: _REFUSED, 2: _REFUSED})
    assert entry == values.Rejection(
        _REFUSED, "revision-1", "2026-11-24T02:01:00Z", "2026-11-24T02:03:00Z", name="logtail"
    )


def test_files_that_cannot_be_read_tell_nothing_new() -> None:
    """Somebody's edit neither ends a rollout nor stops the diary."""
    whole = files.render(reports.Report("prod", b.REVISION, (_set("RollingOut", rollouts=(_FIRST,)),)))
    spoilt = {path: b"\xff[" for path in whole if path.endswith(".yaml")} | {"rejections.yaml": b"{"}
    past = [values.Recorded("1", b.NOW, "", whole), values.Recorded("2", b.LATER, "", spoilt)]
    [entry] = diaries.read(past)
    assert (entry.name, entry.is_open) == ("logtail", True)


def test_hostile_words_stay_on_their_lines() -> None:
    """No name, message or subject begins a line of its own or steers the terminal."""
    report = scenarios.hostile()
    changed: dict[str, bytes | None] = dict(files.render(report))
    foreign = scenarios.HOSTILE
    entries: tuple[values.Entry, ...] = (
        *diaries.read([values.Recorded("1", b.NOW, foreign, changed)]),
        values.Rollout(foreign, _FIRST, ((foreign, foreign, ""), (foreign, "", foreign)), foreign, foreign),
        values.Stop(foreign, foreign, foreign, foreign, foreign, _FIRST.started),
    )
    origin = values.Origin(foreign, foreign, foreign)
    assert len(entries) == 3
    text = diarytexts.to_text(entries, {each.commit: origin for each in entries})
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert not [line for line in text.splitlines() if line.startswith("Gitsidecar-Pass")]


def test_choose_by_set_and_time() -> None:
    """What lasts is told whenever it began; the rest only if it was not over by then."""
    ended = dataclasses.replace(_FIRST, finished="2026-11-24T02:02:00Z")
    over = values.Rollout("logtail", ended, (), "complete")
    lasting = dataclasses.replace(over, told=_FIRST, is_open=True)
    assert diarytexts.choose((over, lasting), name="logtail", since=b.LATER) == (lasting,)
    assert diarytexts.choose((over, lasting), name="proxy", since=None) == ()
