"""What the status branch recorded, as a verb reads it: the history, and what it says is in force."""

from __future__ import annotations

import dataclasses

from gitsidecar.bootstrap import worlds
from gitsidecar.manifests import restoring
from gitsidecar.model import desires, histories, reports
from gitsidecar.reporting import histories as memories
from gitsidecar.settings import configs


def load(settings: configs.GitsidecarConfig) -> histories.History:
    """Return the history that the status branch tells, as of a fresh fetch."""
    content = worlds.status_branch_of(settings).load()
    return memories.read(content, restoring.restore, restoring.restore_policy)


def desired(history: histories.History, recorded: reports.Report) -> desires.Desired:
    """Return the sets and policies in force when *recorded*, the last report of *history*, was made."""
    rejections = {each.name: each.rejection for each in recorded.sets}
    known = sorted(history.sets.items())
    sets = tuple(dataclasses.replace(each.accepted, rejection=rejections[name]) for name, each in known)
    return desires.Desired(recorded.revision, sets, recorded.found, policies=memories.in_force(history))
