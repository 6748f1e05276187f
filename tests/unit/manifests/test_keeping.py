"""The last good form stays when a file is bad, and no accident removes most sets at once or opens a policy."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gitsidecar.manifests import keeping
from gitsidecar.model import desires, findings, histories, policies, selectors, sidecarsets


def _set(name: str, rejection: str = "") -> sidecarsets.SidecarSet:
    place = findings.Place(f"{name}.yaml", 3, 9)
    selector = selectors.Selector((("app", name),))
    return sidecarsets.SidecarSet(name, place, selector, (), "v1-a", "v1-b", rejection=rejection)


def _history(*names: str) -> histories.History:
    return histories.History({name: histories.SetHistory(_set(name), 1, "c1") for name in names})


def _keep(names: str, before: str, *, may_remove: bool = False, **desired: Any) -> desires.Desired:
    wanted = desires.Desired("r1", tuple(map(_set, names)), **desired)
    return keeping.keep_last_good(wanted, _history(*before), may_remove=may_remove)


def _kept(desired: desires.Desired) -> list[str]:
    return [each.name for each in desired.sets if each.rejection]


def test_nothing_missing_changes_nothing() -> None:
    """Sets that are there stay as they are, new ones too."""
    assert _keep("abc", "ab") == desires.Desired("r1", tuple(map(_set, "abc")))


def test_a_refused_set_keeps_its_last_good_form() -> None:
    """A set whose manifest was refused stays as last accepted and says where it was refused."""
    error = findings.Finding("b.yaml", 7, 3, "spec.selector", "is empty")
    desired = _keep("ac", "abc", refused=("b",), found=(error,))
    assert [each.name for each in desired.sets] == ["a", "b", "c"]
    assert desired.sets[1] == _set("b", "its manifest was refused (b.yaml:7:3); the last good form stays")
    assert desired.found == (error,)


def test_a_refused_set_without_a_past_is_left_out() -> None:
    """A set that never was accepted has no form to stay in."""
    assert _kept(_keep("a", "a", refused=("new",))) == []


def test_a_missing_set_stays_while_a_file_is_unread() -> None:
    """A set that is missing may stand in a file that could not be read, so it is kept."""
    desired = _keep("ac", "abc", unread=("x.yaml",))
    assert _kept(desired) == ["b"]
    assert desired.sets[1].rejection == (
        "it is missing while files could not be read (x.yaml); the last good form stays"
    )


@pytest.mark.parametrize(("names", "before"), [("ab", "abc"), ("ab", "abcd"), ("", "")])
def test_a_few_sets_may_go(names: str, before: str) -> None:
    """Up to half of all sets may be removed at once without a word."""
    desired = _keep(names, before)
    assert [each.name for each in desired.sets] == list(names)
    assert desired.found == ()


@pytest.mark.parametrize(("names", "before", "kept"), [("a", "abc", "bc"), ("", "a", "a"), ("x", "abc", "abc")])
def test_most_sets_do_not_go_at_once(names: str, before: str, kept: str) -> None:
    """Removing more than half keeps all of them, with one error that says how to mean it."""
    desired = _keep(names, before)
    assert _kept(desired) == list(kept)
    (error,) = desired.rejections
    assert f"{len(kept)} of {len(before)} sets would be removed at once" in error.message
    assert "'Gitsidecar-Allow-Removal: true'" in error.message
    assert all(keeping.REMOVAL_TRAILER in each.rejection for each in desired.sets if each.rejection)


def test_most_sets_go_when_the_commit_says_so() -> None:
    """The trailer in the commit's message lets any number of sets go."""
    assert _keep("", "abc", may_remove=True) == desires.Desired("r1")


def test_the_trailer_is_no_leave_to_lose_sets() -> None:
    """A refused manifest or an unread file keeps its sets even when removals are allowed."""
    assert _kept(_keep("", "abc", may_remove=True, refused=("b",))) == ["b"]
    assert _kept(_keep("", "abc", may_remove=True, unread=("x.yaml",))) == ["a", "b", "c"]


def test_sets_kept_for_a_fault_are_not_removals() -> None:
    """Only sets that would really go count towards the half."""
    desired = _keep("a", "abcd", refused=("b", "c"))
    assert _kept(desired) == ["b", "c"]
    assert not desired.rejections


def _policy(name: str, covered: str, rejection: str = "", *, document: str = "{}") -> policies.RolloutPolicy:
    place = findings.Place(f"{name}.yaml", 7, 5)
    targets = tuple(policies.Target(names=(each,)) for each in covered)
    return policies.RolloutPolicy(name, place, targets, document=document, rejection=rejection)


def _keep_policies(
    found: list[policies.RolloutPolicy], past: list[policies.RolloutPolicy], **desired: Any
) -> tuple[policies.RolloutPolicy, ...]:
    history = histories.History(policies={each.name: each for each in past})
    wanted = desires.Desired("r1", policies=tuple(found), **desired)
    return keeping.keep_last_good(wanted, history, may_remove=False).policies


def test_policies_that_are_good_stay_as_they_are() -> None:
    """What the newest revision says counts, also for a policy that was there before."""
    assert _keep_policies([_policy("a", "x"), _policy("b", "")], [_policy("a", "y")]) == (
        _policy("a", "x"),
        _policy("b", ""),
    )


def test_a_refused_policy_covers_what_it_covered() -> None:
    """The last good form stays, with its own targets and those that the refused one means, and with the rejection."""
    refused, last = _policy("a", "xz", "it was refused"), _policy("a", "xy", document='{"good":1}')
    moved = dataclasses.replace(refused, place=findings.Place("new.yaml", 1, 1))
    (kept,) = _keep_policies([moved], [last])
    assert kept == dataclasses.replace(
        _policy("a", "xyz", "it was refused", document='{"good":1}'), place=findings.Place("new.yaml", 1, 1)
    )


def test_a_refused_policy_without_a_past_holds_by_itself() -> None:
    """A policy that never was accepted holds what it seems to mean."""
    refused = _policy("a", "x", "it was refused")
    assert _keep_policies([refused], [_policy("b", "y"), refused][:1]) == (refused,)


def test_a_missing_policy_holds_while_a_file_is_unread() -> None:
    """A policy that is missing may stand in a file that could not be read, so what it covers is held."""
    kept = _keep_policies([_policy("b", "x")], [_policy("c", "z"), _policy("a", "y")], unread=("x.yaml",))
    assert [each.name for each in kept] == ["a", "b", "c"]
    assert kept[0] == _policy(
        "a",
        "y",
        "RolloutPolicy a is missing while files could not be read (x.yaml); what it covers is held until they can be",
    )


def test_a_policy_that_is_gone_is_gone() -> None:
    """Removing policies needs no leave: that is how a freeze ends."""
    assert _keep_policies([], [_policy("a", "x"), _policy("b", "y"), _policy("c", "z")]) == ()


def test_a_new_set_does_not_wait_for_an_unread_file() -> None:
    """Only what is missing is kept; a set that was read stays as it is."""
    assert _kept(_keep("ab", "a", unread=("x.yaml",))) == []
