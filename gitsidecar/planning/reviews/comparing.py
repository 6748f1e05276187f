"""What differs between two revisions: sets, policies, and what was found in their files."""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Iterable, Iterator

from gitsidecar.model import desires, findings, histories, policies, reviews, sidecarsets
from gitsidecar.planning.reviews import edits

_PLACE = re.compile(r":\d+:\d+\b")

_Key = tuple[str, ...]


def aftermath(base: desires.Desired) -> histories.History:
    """Return what would be remembered once all that *base* asks for had come to the pods."""
    sets = {
        each.name: histories.SetHistory(
            accepted=each,
            generation=1,
            commit=base.revision,
            stable=each.spec_hash,
            specs={each.spec_hash: each.document},
        )
        for each in base.sets
    }
    return histories.History(sets, policies={each.name: each for each in base.policies if not each.rejection})


def compare(base: desires.Desired, head: desires.Desired) -> reviews.Comparison:
    """
    Return what differs; *head* is what is in force after a merge, so with the last good forms of what it lost.

    A line that moved, in a file or from one to another, is no difference.
    """
    broken = _of_level(head, findings.Level.ERROR)
    new = _new(broken, base.found)
    return reviews.Comparison(
        base.revision,
        head.revision,
        tuple(_sets(base, head)),
        tuple(_policies(base, head)),
        broken=broken,
        known=tuple(each for each in broken if each not in new),
        warned=_new(_of_level(head, findings.Level.WARNING), base.found),
    )


def _of_level(desired: desires.Desired, level: findings.Level) -> tuple[findings.Finding, ...]:
    return tuple(each for each in desired.found if each.level is level)


def _new(found: Iterable[findings.Finding], known: Iterable[findings.Finding]) -> tuple[findings.Finding, ...]:
    """Return those of *found* that *known* has not, wherever in their file they stand."""
    left = collections.Counter(_key(each) for each in known)
    new = []
    for each in found:
        if left[_key(each)] > 0:
            left[_key(each)] -= 1
        else:
            new.append(each)
    return tuple(new)


def _key(finding: findings.Finding) -> _Key:
    return finding.level, finding.file, finding.field, _PLACE.sub("", finding.message)


def _sets(base: desires.Desired, head: desires.Desired) -> Iterator[reviews.SetChange]:
    old, new = {each.name: each for each in base.sets}, {each.name: each for each in head.sets}
    gone = [each for name, each in old.items() if name not in new]
    refused = {name for name in head.refused if name not in new and name not in base.refused}
    for name in sorted(old.keys() | new.keys() | refused):
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            kind = _kind(before, after, was_refused=name in base.refused)
            successor = _predecessor(after, gone) if after is not None else ""
            images = _images(before, after) if after is not None else ()
            yield reviews.SetChange(name, kind, before, after, images, successor_of=successor)
        elif after.rejection != before.rejection:
            yield reviews.SetChange(name, reviews.Kind.REFUSED, before, after)
        elif before.document != after.document:
            found = edits.find(before, after)
            yield reviews.SetChange(name, reviews.Kind.CHANGED, before, after, _images(before, after), found)
        elif _rules(base, before) != _rules(head, after):
            yield reviews.SetChange(name, reviews.Kind.GOVERNED, before, after)


def _kind(
    before: sidecarsets.SidecarSet | None, after: sidecarsets.SidecarSet | None, *, was_refused: bool
) -> reviews.Kind:
    if after is not None:
        return reviews.Kind.MENDED if was_refused else reviews.Kind.ADDED
    return reviews.Kind.REMOVED if before is not None else reviews.Kind.REFUSED


def _rules(desired: desires.Desired, sidecar_set: sidecarsets.SidecarSet) -> list[tuple[str, str, str]]:
    """Return what governs a set: it has changed when this differs."""
    covering = (each for each in desired.policies if each.covers(sidecar_set))
    return sorted((each.name, each.document, each.rejection) for each in covering)


def _images(
    before: sidecarsets.SidecarSet | None, after: sidecarsets.SidecarSet | None
) -> tuple[reviews.ImageEdit, ...]:
    old, new = ({each.name: each.image for each in one.sidecars} if one else {} for one in (before, after))
    names = dict.fromkeys((*old, *new))
    found = (reviews.ImageEdit(name, old.get(name, ""), new.get(name, "")) for name in names)
    return tuple(each for each in found if each.before != each.after)


def _predecessor(new: sidecarsets.SidecarSet, gone: Iterable[sidecarsets.SidecarSet]) -> str:
    """Return the name of the set whose place *new* takes, if there is one."""
    return next((each.name for each in gone if _purpose(each) == _purpose(new)), "")


def _purpose(sidecar_set: sidecarsets.SidecarSet) -> tuple[object, ...]:
    names = frozenset(each.name for each in sidecar_set.sidecars)
    return sidecar_set.selector, sidecar_set.namespace_selector, names


def _policies(base: desires.Desired, head: desires.Desired) -> Iterator[reviews.PolicyChange]:
    old, new = {each.name: each for each in base.policies}, {each.name: each for each in head.policies}
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before is not None and after is not None and _content(before) == _content(after):
            continue
        covered = {*_covered(before, base), *_covered(after, head)}
        yield reviews.PolicyChange(name, _policy_kind(before, after), before, after, tuple(sorted(covered)))


def _policy_kind(before: policies.RolloutPolicy | None, after: policies.RolloutPolicy | None) -> reviews.Kind:
    if after is None:
        return reviews.Kind.REMOVED
    if after.rejection:
        return reviews.Kind.REFUSED
    return reviews.Kind.ADDED if before is None else reviews.Kind.CHANGED


def _content(policy: policies.RolloutPolicy) -> policies.RolloutPolicy:
    return dataclasses.replace(policy, place=findings.Place(""))


def _covered(policy: policies.RolloutPolicy | None, desired: desires.Desired) -> Iterator[str]:
    return (each.name for each in desired.sets if policy is not None and policy.covers(each))
