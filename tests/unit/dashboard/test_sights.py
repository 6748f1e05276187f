"""What is kept of passes: the newest as it is, and those before it in a few numbers."""

from __future__ import annotations

import dataclasses

from gitsidecar import errors
from gitsidecar.dashboard import sights
from tests.unit.dashboard import scenes


def test_before_the_first_pass_there_is_nothing() -> None:
    """There is no pass to see, and the trouble is told."""
    seen = sights.Memory("prod").look("no pass has ended yet")
    assert (seen.done, seen.passes, seen.trouble) == (None, (), "no pass has ended yet")
    assert seen.find("logtail") is None


def test_a_pass_is_kept_in_numbers() -> None:
    """How long it took, what it moved, what failed, what it held, and where it is recorded."""
    [told] = scenes.sight(scenes.rolling()).passes
    assert (told.seconds, told.moved, told.failed, told.held) == (1.25, 1, 1, 61)
    assert (told.passes, told.commit, told.failure) == (1, "b78b72f0", "")


def test_quiet_passes_in_a_row_are_told_as_one() -> None:
    """A busy cluster makes two passes a second; what happened must not be pushed out by those in which nothing did."""
    passes = scenes.sight(scenes.quiet(1), scenes.rolling(2), *map(scenes.quiet, range(3, 9))).passes
    assert [(each.passes, each.moved) for each in passes] == [(6, 0), (1, 1), (1, 0)]


def test_a_pass_that_could_not_be_recorded_is_told_alone() -> None:
    """Its failure is news, though it moved nothing."""
    failed = dataclasses.replace(scenes.quiet(2), failure=errors.TransientError("Git is away"))
    passes = scenes.sight(scenes.quiet(1), failed, scenes.quiet(3)).passes
    assert [each.failure for each in passes] == ["", "Git is away", ""]


def test_only_the_newest_plan_is_kept() -> None:
    """However many passes there were, one plan and one snapshot are held, and a bounded number of rows."""
    memory = sights.Memory("prod")
    newest = scenes.rolling()
    for _ in range(sights.REMEMBERED + 10):
        memory.note(newest)
    seen = memory.look("")
    assert seen.done is newest
    assert len(seen.passes) == sights.REMEMBERED
    assert {type(getattr(each, field.name)) for each in seen.passes for field in dataclasses.fields(each)} <= {
        *(int, str, float, type(newest.plan.now))
    }


def test_the_tag_changes_with_the_pass_and_the_trouble() -> None:
    """A browser that has a page need not be sent it again until there is something new."""
    one, other = scenes.rolling(1), scenes.rolling(2)
    tags = [scenes.sight(one).tag, scenes.sight(one).tag, scenes.sight(other).tag, scenes.sight(one, trouble="x").tag]
    assert tags[0] == tags[1]
    assert len(set(tags)) == 3
