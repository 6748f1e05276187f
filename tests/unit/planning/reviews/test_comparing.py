"""What differs between two revisions: kinds of change, errors that are new, and the sets that policies govern."""

from __future__ import annotations

import pytest

from gitsidecar.model import reviews
from gitsidecar.planning.reviews import comparing
from tests.support import pullrequests

Kind = reviews.Kind
_OLD, _NEW = pullrequests.sidecar_set(pullrequests.OLD), pullrequests.sidecar_set()
_BAD = pullrequests.sidecar_set(update="maxUnavailabel: 1")
_OTHER = pullrequests.sidecar_set("other:1", "other", container="other")
_POLICY = pullrequests.policy("  podsPerMinute: 3\n")


def _compare(before: pullrequests.Texts, after: pullrequests.Texts) -> reviews.Comparison:
    base = pullrequests.desired(before)
    return comparing.compare(base, pullrequests.after(base, after))


def _kinds(before: pullrequests.Texts, after: pullrequests.Texts) -> dict[str, Kind]:
    return {each.name: each.kind for each in _compare(before, after).sets}


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ({"a.yaml": _OLD}, {"a.yaml": _NEW}, {"logtail": Kind.CHANGED}),
        ({"a.yaml": _OTHER}, {"a.yaml": _OTHER, "b.yaml": _NEW}, {"logtail": Kind.ADDED}),
        ({"a.yaml": _OTHER, "b.yaml": _NEW}, {"a.yaml": _OTHER}, {"logtail": Kind.REMOVED}),
        ({"a.yaml": _NEW}, {"a.yaml": _BAD}, {"logtail": Kind.REFUSED}),
        ({}, {"a.yaml": _BAD}, {"logtail": Kind.REFUSED}),
        ({"a.yaml": _BAD}, {"a.yaml": _NEW}, {"logtail": Kind.MENDED}),
        ({"a.yaml": _BAD}, {"a.yaml": f"# again\n{_BAD}"}, {}),
        ({"a.yaml": _NEW}, {"b/c.yaml": f"# elsewhere\n{_NEW}"}, {}),
        ({"a.yaml": _NEW}, {"a.yaml": _NEW, "p.yaml": _POLICY}, {"logtail": Kind.GOVERNED}),
        ({"a.yaml": _OTHER}, {"a.yaml": _OTHER, "p.yaml": _POLICY}, {}),
    ],
)  # fmt: skip
def test_each_set_that_differs_has_a_kind(
    before: pullrequests.Texts, after: pullrequests.Texts, kinds: dict[str, Kind]
) -> None:
    """A set that stays as it is, or as refused as it was, is none of it."""
    assert _kinds(before, after) == kinds


def test_a_refused_set_stays_in_its_last_good_form() -> None:
    """What is in force after the merge is what was in force before, and says why."""
    [change] = _compare({"a.yaml": _OLD}, {"a.yaml": _BAD}).sets
    assert change.after is not None
    assert change.before is not None
    assert change.after.document == change.before.document
    assert "its manifest was refused (a.yaml:9:20)" in change.after.rejection


def test_errors_are_new_wherever_they_stand() -> None:
    """A line that moved makes no error new, a second one of the same kind in another field does."""
    twice = _BAD.replace("maxUnavailabel: 1", "maxUnavailabel: 1, pausd: true")
    found = _compare({"a.yaml": _BAD, "b.yaml": "no: ["}, {"a.yaml": f"# moved\n{twice}", "b.yaml": "\nno: ["})
    assert [each.field for each in found.new_errors] == ["spec.updateStrategy.pausd"]
    assert {each.file for each in found.known} == {"a.yaml", "b.yaml"}
    assert len(found.broken) == len(found.known) + 1


def test_collisions_are_warnings_of_the_change() -> None:
    """Two sets that may meet on a pod are warned of at both, if they were not before."""
    both = {"a.yaml": _NEW, "b.yaml": pullrequests.sidecar_set(name="second")}
    assert {each.file for each in _compare({"a.yaml": _NEW}, both).warned} == {"a.yaml", "b.yaml"}
    assert _compare(both, {**both, "a.yaml": _OLD}).warned == ()


def test_a_set_in_the_place_of_another_is_its_successor() -> None:
    """The same selector and containers under another name; of a set that stays there is no successor."""
    third = pullrequests.sidecar_set(name="third")
    changes = {
        each.name: each
        for each in _compare({"a.yaml": _OLD, "b.yaml": _OTHER}, {"a.yaml": third, "b.yaml": _OTHER}).sets
    }
    assert changes["third"].successor_of == "logtail"
    [added] = _compare({"a.yaml": _OLD}, {"a.yaml": _OLD, "b.yaml": third}).sets
    assert added.successor_of == ""


def test_policies_tell_which_sets_they_are_for() -> None:
    """Before or after; a policy that only moves in its file is as before."""
    before = {"a.yaml": _NEW, "b.yaml": _OTHER, "p.yaml": _POLICY}
    wider = pullrequests.policy("  podsPerMinute: 3\n", sets="other")
    [change] = _compare(before, {**before, "p.yaml": wider}).policies
    assert (change.name, change.kind, change.sets) == ("nights", Kind.CHANGED, ("logtail", "other"))
    assert _compare(before, {**before, "p.yaml": f"# moved\n{_POLICY}"}).policies == ()
    [gone] = _compare(before, {"a.yaml": _NEW, "b.yaml": _OTHER}).policies
    assert (gone.kind, gone.sets) == (Kind.REMOVED, ("logtail",))
    refused = pullrequests.policy("  podsPerMinute: -3\n")
    [bad] = _compare(before, {**before, "p.yaml": refused}).policies
    assert (bad.kind, bad.sets) == (Kind.REFUSED, ("logtail",))
