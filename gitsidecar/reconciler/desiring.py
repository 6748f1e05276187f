"""What a pass goes by: what the source branch asks for or, where it cannot be followed, what was known last."""

from __future__ import annotations

import dataclasses

from gitsidecar import errors
from gitsidecar.manifests import keeping, trees
from gitsidecar.model import desires, files, findings, histories
from gitsidecar.reporting import histories as memories

_REMOVAL_TRAILER = ("gitsidecar-allow-removal", "true")


def desire(tree: files.Tree, history: histories.History) -> desires.Desired:
    """Return what *tree* asks for; what it lost through a fault stays as *history* has it."""
    return keeping.keep_last_good(trees.read(tree), history, may_remove=_REMOVAL_TRAILER in tree.trailers)


def stalled(desired: desires.Desired, stall: errors.StalledError) -> desires.Desired:
    """Say in the status that the source branch cannot be followed, and hold every set if that asks for it."""
    finding = findings.Finding(".", 0, 0, "", str(stall))
    sets = desired.sets
    if stall.is_halt:
        sets = tuple(dataclasses.replace(each, rejection=each.rejection or str(stall)) for each in sets)
    return dataclasses.replace(desired, sets=sets, found=tuple(sorted((*desired.found, finding))))


def remembered(history: histories.History, stall: errors.StalledError | None) -> desires.Desired:
    """Return all as last recorded, every set held: the source branch has not been read since the start."""
    assert stall is not None, "a pass without a revision is run to tell why there is none"
    sets = tuple(
        dataclasses.replace(history.sets[name].accepted, rejection=str(stall)) for name in sorted(history.sets)
    )
    found = (findings.Finding(".", 0, 0, "", str(stall)),)
    return desires.Desired("", sets, found, policies=memories.in_force(history))
