"""RolloutPolicies that cover nothing: probably a name was misspelt, and the sets that were meant move unhindered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitsidecar.manifests import documents, names, reading
from gitsidecar.model import desires, findings

_NAMES: documents.Path = ("spec", "sidecarSets")
_SELECTOR: documents.Path = ("spec", "sidecarSetSelector")


def check(entries: Iterable[reading.Entry], desired: desires.Desired) -> Iterator[findings.Finding]:
    """Yield a warning for each name of a policy that no set of *desired* has, and for a selector that matches none."""
    if desired.unread:
        return  # what is missing may stand there
    known = {each.name for each in desired.sets}.union(desired.refused)
    for entry in entries:
        if entry.policy is not None and not entry.policy.rejection:
            yield from _check(entry, desired, known)


def _check(entry: reading.Entry, desired: desires.Desired, known: set[str]) -> Iterator[findings.Finding]:
    assert entry.policy is not None
    for target in entry.policy.targets:
        if target.selector is not None and not desired.refused and not any(map(target.covers, desired.sets)):
            message = "matches the labels of no SidecarSet in these files: label one, or name sets in sidecarSets"
            yield entry.document.finding(_SELECTOR, message, findings.Level.WARNING, at_key=True)
        if not known.issuperset(target.names):
            for index, name in enumerate(entry.document.value["spec"]["sidecarSets"]):
                if name not in known:
                    hint = names.suggestion(name, known) or "it covers nothing so far"
                    message = f"{names.shown(name)} is no SidecarSet in these files: {hint}"
                    yield entry.document.finding((*_NAMES, index), message, findings.Level.WARNING)
