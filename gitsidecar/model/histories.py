"""What the status branch remembers of earlier passes, so that a new process reaches the same plan."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

from gitsidecar.model import findings, policies, reports, sidecarsets


@dataclasses.dataclass(frozen=True, slots=True)
class SetHistory:
    """
    The last recorded state of one set.

    `generation` counts the distinct manifests seen, from 1. `commit` is the revision that brought `accepted`'s spec.
    `stable` is the spec hash of the last completed rollout, empty before the first. `conditions` maps a condition's
    type to (status, lastTransitionTime) as recorded. `specs` maps a spec hash to the document (`SidecarSet.document`)
    that brought it: the stable spec, the latest, and every one that a pod still ran (DESIGN §5.14). `told_until` and
    `in_doubt` say which moves have been told (`reports.SetReport`); ``None`` where that is not known. `rollouts` are
    the last ones, oldest first. `attempts` are the evictions of the last hour, and perhaps older ones.
    """

    accepted: sidecarsets.SidecarSet
    generation: int
    commit: str
    stable: str = ""
    conditions: Mapping[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    specs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    told_until: datetime.datetime | None = None
    in_doubt: Mapping[str, datetime.datetime] = dataclasses.field(default_factory=dict)
    attempts: tuple[reports.Attempt, ...] = ()
    rollouts: tuple[reports.Rollout, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class History:
    """
    All that the status branch remembers; empty before the first record.

    `policies` maps a RolloutPolicy's name to its last good form.
    `recorded` is the report as the branch tells it, without what only a commit message tells; ``None`` before the first
    record. `problems` are files of the branch that could not be read: what they said is forgotten.
    """

    sets: Mapping[str, SetHistory] = dataclasses.field(default_factory=dict)
    recorded: reports.Report | None = None
    problems: tuple[findings.Finding, ...] = ()
    policies: Mapping[str, policies.RolloutPolicy] = dataclasses.field(default_factory=dict)
