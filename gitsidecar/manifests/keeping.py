"""Keeping sets and policies at their last good form: a bad file, or an empty repository, must not end what runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from gitsidecar.manifests import refusing
from gitsidecar.model import desires, findings, histories, policies, sidecarsets

REMOVAL_TRAILER = "Gitsidecar-Allow-Removal: true"
"""What a commit's message must say when more than half of all sets disappear at once (DESIGN §8)."""

_ALL_FILES = "."


def keep_last_good(desired: desires.Desired, history: histories.History, *, may_remove: bool) -> desires.Desired:
    """
    Return *desired* with the sets of *history* that it lost through a fault, each as last accepted and saying why.

    A set is kept when its manifest was refused, and when it is missing while some file could not be read. When more
    than half of all sets would disappear at once, they are kept as well, unless *may_remove* (`REMOVAL_TRAILER`).

    Policies are kept for the same faults, with a rejection that holds what they cover; any number may be removed.
    """
    present = {each.name for each in desired.sets}
    missing = sorted(history.sets.keys() - present)
    reasons = {name: _fault(history.sets[name].accepted, desired) for name in missing}
    removed = [name for name in missing if not reasons[name]]
    found = desired.found
    if len(removed) * 2 > len(history.sets) and not may_remove:
        reason = f"{len(removed)} of {len(history.sets)} sets would be removed at once without '{REMOVAL_TRAILER}'"
        reasons.update(dict.fromkeys(removed, f"{reason}; the last good form stays"))
        found = tuple(sorted((*found, _removal_error(removed, len(history.sets)))))
    kept = [
        dataclasses.replace(history.sets[name].accepted, rejection=reason) for name, reason in reasons.items() if reason
    ]
    sets = tuple(sorted((*desired.sets, *kept), key=lambda each: each.name))
    return dataclasses.replace(desired, sets=sets, found=found, policies=_keep_policies(desired, history.policies))


def _keep_policies(
    desired: desires.Desired, past: Mapping[str, policies.RolloutPolicy]
) -> tuple[policies.RolloutPolicy, ...]:
    present = {each.name for each in desired.policies}
    missing = [last for name, last in past.items() if name not in present]
    kept = [
        refusing.join(each, past[each.name]) if each.rejection and each.name in past else each
        for each in desired.policies
    ]
    for file in {each.place.file for each in kept if refusing.is_nameless(each)}:
        nameless = [each for each in kept if refusing.is_nameless(each) and each.place.file == file]
        if len(nameless) <= sum(last.place.file == file for last in missing):
            kept = [each for each in kept if each not in nameless]  # they are those that are missing from the file
    if desired.unread:
        kept += [refusing.miss(last, desired.unread) for last in missing]
    return tuple(sorted(kept, key=lambda each: each.name))


def _fault(last: sidecarsets.SidecarSet, desired: desires.Desired) -> str:
    """Say which fault may be why the set accepted *last* is missing, or nothing when it was removed."""
    if last.name in desired.refused:
        errors = [str(each.place) for each in desired.rejections if each.file == last.place.file]
        return f"its manifest was refused{refusing.listed(errors)}; the last good form stays"
    if desired.unread:
        return f"it is missing while files could not be read{refusing.listed(desired.unread)}; the last good form stays"
    return ""


def _removal_error(removed: list[str], total: int) -> findings.Finding:
    message = (
        f"{len(removed)} of {total} sets would be removed at once and are kept{refusing.listed(removed)}: "
        f"put them back, or add '{REMOVAL_TRAILER}' to the commit's message"
    )
    return findings.Finding(_ALL_FILES, 0, 0, "", message)
