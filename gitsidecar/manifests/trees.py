"""All files of a revision to what it asks for."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from gitsidecar.manifests import kinds, parsing, reading
from gitsidecar.model import desires, files, findings

_RANKS = (findings.Level.ERROR, findings.Level.WARNING, findings.Level.NOTE)
_MAX_FINDINGS = 300
"""Of one file: nobody reads more, and the status branch keeps them."""


def read(tree: files.Tree) -> desires.Desired:
    """
    Return the sets of *tree* in order of name, and all that was found; never raises, whatever the files hold.

    A document with an error is left out and its set named in `refused`. When not even its name could be read, its file
    is `unread`, like one that is no YAML at all: any missing set may stand in it.
    """
    found = list(tree.refused)
    unread = {finding.file for finding in tree.refused}
    entries: list[reading.Entry] = []
    for file in tree.files:
        contents = parsing.read(file)
        found += contents.faults or _tell_empty(file, contents)
        if contents.faults:
            unread.add(file.path)
        for each in itertools.chain.from_iterable(map(kinds.sort, contents.documents)):
            if each.role is kinds.Role.OTHER:
                found += each.found
            else:
                entries.append(reading.read(each))
            if each.document.faults and any(finding in each.found for finding in each.document.faults):
                unread.add(file.path)
    collisions = _collisions(entries)
    found += itertools.chain.from_iterable(entry.found for entry in entries)
    found += collisions
    return _desired(tree.revision, entries, found, unread)


def _desired(
    revision: str, entries: list[reading.Entry], found: Iterable[findings.Finding], unread: set[str]
) -> desires.Desired:
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.name] = counts.get(entry.name, 0) + 1
    accepted = [entry.accepted for entry in entries if entry.accepted is not None and counts[entry.name] == 1]
    names = {each.name for each in accepted}
    return desires.Desired(
        revision,
        tuple(sorted(accepted, key=lambda each: each.name)),
        tuple(_within_limit(sorted(set(found)))),  # a set, because the faults of a list are those of each item
        tuple(sorted(name for name in counts if name and name not in names)),
        tuple(sorted(unread | {entry.place.file for entry in entries if not entry.name})),
    )


def _within_limit(found: Iterable[findings.Finding]) -> Iterator[findings.Finding]:
    """Yield at most `_MAX_FINDINGS` of each file, errors first, and how many were left out."""
    for file, same in itertools.groupby(found, key=lambda each: each.file):
        ranked = sorted(same, key=lambda each: _RANKS.index(each.level))
        kept, rest = ranked[:_MAX_FINDINGS], ranked[_MAX_FINDINGS:]
        if rest:
            yield findings.Finding(file, 0, 0, "", f"{len(rest)} more findings are left out", rest[0].level)
        yield from sorted(kept)


def _tell_empty(file: files.File, contents: parsing.Reading) -> tuple[findings.Finding, ...]:
    if contents.documents:
        return ()
    return (findings.Finding(file.path, 0, 0, "", "is empty and is ignored", findings.Level.NOTE),)


def _collisions(entries: Iterable[reading.Entry]) -> list[findings.Finding]:
    """Return an error at each of several sets of one name: which of them is meant, nobody can tell."""
    by_name: dict[str, list[reading.Entry]] = {}
    for entry in entries:
        by_name.setdefault(entry.name, []).append(entry)
    found = []
    for name, same in by_name.items():
        for entry in same if name and len(same) > 1 else ():
            others = [str(each.place) for each in same[:4] if each is not entry][:3]
            more = f" and {len(same) - 1 - len(others)} more" if len(same) - 1 > len(others) else ""
            message = f"{name!r} is also the name of the SidecarSet at {', '.join(others)}{more}: rename or remove one"
            found.append(entry.finding(message))
    return found
