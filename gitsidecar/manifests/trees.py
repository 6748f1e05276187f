"""All files of a revision to what it asks for."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from gitsidecar.manifests import colliding, covering, kinds, parsing, reading, refusing
from gitsidecar.model import desires, files, findings, policies, rules, sidecarsets

_RANKS = (findings.Level.ERROR, findings.Level.WARNING, findings.Level.NOTE)
_POLICY_LINE = re.compile(
    rb"""^[^#\n]*?(?<![\w.])["']?kind["']?\s*:\s*["']?RolloutPolicy\b""", re.IGNORECASE | re.MULTILINE
)
_MAX_FINDINGS = 300
"""Of one file: nobody reads more, and the status branch keeps them."""


@dataclasses.dataclass(frozen=True, slots=True)
class Survey:
    """
    What a tree asks for, and the documents that say so, in which a finding about it has its place.

    `found` is all that was found, of which `desired` has no more of a file than anybody reads.
    """

    desired: desires.Desired
    entries: tuple[reading.Entry, ...]
    found: tuple[findings.Finding, ...]


def read(tree: files.Tree) -> desires.Desired:
    """Return the sets and policies of *tree*, and all that was found: the first half of its survey."""
    return survey(tree).desired


def survey(tree: files.Tree) -> Survey:
    """
    Return the sets and policies of *tree*, and all that was found; never raises, whatever the files hold.

    A SidecarSet with an error is left out and named in `refused`; a RolloutPolicy with an error stays, as a rejection.
    When not even a name could be read, the file is `unread`, like one that is no YAML at all: any missing set or policy
    may stand in it.
    """
    entries, found, unread = _sort(tree)
    groups = _gather(entries)
    found += itertools.chain.from_iterable(entry.found for entry in entries)
    collisions = itertools.chain.from_iterable(group.collisions for group in groups)
    found += findings.by(rules.Rule.NAME_TAKEN, collisions)
    unread |= {entry.place.file for entry in entries if not entry.name}
    desired = desires.Desired(
        tree.revision,
        tuple(sorted(_sets(groups), key=lambda each: each.name)),
        refused=tuple(sorted(_refused(groups))),
        unread=tuple(sorted(unread)),
        policies=tuple(sorted((*_policies(groups), *_illegible(tree)), key=lambda each: each.name)),
    )
    found += findings.by(rules.Rule.COVERS_NOTHING, covering.check(entries, desired))
    found += findings.by(rules.Rule.COLLISION, colliding.check(entries, desired))
    return Survey(dataclasses.replace(desired, found=ordered(found)), tuple(entries), tuple(found))


def ordered(found: Iterable[findings.Finding]) -> tuple[findings.Finding, ...]:
    """Return *found* in order of place, each once, with no more of a file than anybody reads."""
    return tuple(_within_limit(sorted(set(found))))  # a set, because the faults of a list are those of each item


def _sort(tree: files.Tree) -> tuple[list[reading.Entry], list[findings.Finding], set[str]]:
    """Return the entries of all files, what was found besides, and the files that are not read for sure."""
    entries: list[reading.Entry] = []
    found = list(findings.by(rules.Rule.FILE, tree.refused))
    unread = {finding.file for finding in tree.refused}
    for file in tree.files:
        contents = parsing.read(file)
        found += findings.by(rules.Rule.FILE, contents.faults or _tell_empty(file, contents))
        if contents.faults:
            unread.add(file.path)
        for each in itertools.chain.from_iterable(map(kinds.sort, contents.documents)):
            if each.role is kinds.Role.OTHER:
                found += each.found
            else:
                entries.append(reading.read(each))
            if each.document.faults and any(finding in each.found for finding in each.document.faults):
                unread.add(file.path)
    return entries, found, unread


@dataclasses.dataclass(frozen=True, slots=True)
class _Group:
    """The entries of one kind and name, and the errors when there are several; one without a name is alone."""

    first: reading.Entry
    others: tuple[reading.Entry, ...]
    collisions: tuple[findings.Finding, ...]


def _gather(entries: Iterable[reading.Entry]) -> list[_Group]:
    groups: dict[tuple[str, str | int], list[reading.Entry]] = {}
    for index, entry in enumerate(entries):
        groups.setdefault((entry.kind, entry.name or index), []).append(entry)
    return [_Group(same[0], tuple(same[1:]), tuple(_collisions(same))) for same in groups.values()]


def _sets(groups: Iterable[_Group]) -> Iterator[sidecarsets.SidecarSet]:
    for group in groups:
        if group.first.accepted is not None and not group.others:
            yield group.first.accepted


def _refused(groups: Iterable[_Group]) -> Iterator[str]:
    for group in groups:
        if group.first.policy is None and group.first.name and (group.others or group.first.accepted is None):
            yield group.first.name


def _policies(groups: Iterable[_Group]) -> Iterator[policies.RolloutPolicy]:
    for group in groups:
        if group.first.policy is None:
            continue
        if not group.others:
            yield group.first.policy
        else:  # one stands for all of the name, and holds what any of them covers
            named = (entry.policy for entry in (group.first, *group.others) if entry.policy is not None)
            targets = itertools.chain.from_iterable(policy.targets for policy in named)
            yield refusing.refuse(group.first.name, group.first.place, targets, group.collisions)


def _illegible(tree: files.Tree) -> Iterator[policies.RolloutPolicy]:
    """Yield what stands for the policies of files that are no YAML: a freeze pushed in haste must not be lost."""
    for file in tree.files:
        lines = [file.content.count(b"\n", 0, found.end()) + 1 for found in _POLICY_LINE.finditer(file.content)]
        if lines and (faults := parsing.read(file).faults):
            for line in lines:
                yield refusing.refuse("", findings.Place(file.path, line, 1), [policies.Target()], faults)


def _within_limit(found: Iterable[findings.Finding]) -> Iterator[findings.Finding]:
    """Yield at most `_MAX_FINDINGS` of each file, errors first, and how many were left out."""
    for file, same in itertools.groupby(found, key=lambda each: each.file):
        ranked = sorted(same, key=lambda each: _RANKS.index(each.level))
        kept, rest = ranked[:_MAX_FINDINGS], ranked[_MAX_FINDINGS:]
        if rest:
            words = f"{len(rest)} more findings are left out"
            yield findings.Finding(file, 0, 0, "", words, rest[0].level, rest[0].rule)
        yield from sorted(kept)


def _tell_empty(file: files.File, contents: parsing.Reading) -> tuple[findings.Finding, ...]:
    if contents.documents:
        return ()
    return (findings.Finding(file.path, 0, 0, "", "is empty and is ignored", findings.Level.NOTE),)


def _collisions(same: Sequence[reading.Entry]) -> Iterator[findings.Finding]:
    """Yield an error at each of several documents of one kind and name: which is meant, nobody can tell."""
    for entry in same if len(same) > 1 else ():
        others = [str(each.place) for each in same[:4] if each is not entry][:3]
        more = f" and {len(same) - 1 - len(others)} more" if len(same) - 1 > len(others) else ""
        places = f"{', '.join(others)}{more}"
        message = f"{entry.name!r} is also the name of the {entry.kind} at {places}: rename or remove one"
        yield entry.finding(message)
