"""The last rollouts of a set, as the status branch remembers them: what came when, and to how many pods."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

from gitsidecar.model import plans, reports
from gitsidecar.reporting import moments

_MOST = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Now:
    """What a pass at *at* found of one set: so many pods *failing*, and whether its rollout is complete."""

    at: datetime.datetime
    failing: int
    is_complete: bool


def follow(
    known: Sequence[reports.Rollout], planned: plans.SetPlan, moves: Sequence[reports.Move], found: Now
) -> tuple[reports.Rollout, ...]:
    """
    Return the last rollouts, oldest first, after a pass that tells *moves*; *known* are those before it.

    One begins with the first move to a spec. Each move is told once, so each is counted once, also those that belong to
    an earlier one; the times stay as they are. What moves after the first end, as a pod that somebody has changed by
    hand, is no rollout of its own.
    """
    spec_hash, commit = planned.sidecar_set.spec_hash, planned.commit
    told = [_counted(each, moves) for each in known]
    mine = [each for each in moves if each.commit == commit]
    is_known = bool(told) and (told[-1].spec_hash, told[-1].commit) == (spec_hash, commit)
    if not is_known and mine:
        started = moments.to_seconds(min(each.at for each in mine))
        told.append(reports.Rollout(spec_hash, commit, started, pods=len(mine)))
    if (is_known or mine) and not told[-1].finished:
        told[-1] = _continued(told[-1], found)
    return tuple(told[-_MOST:])


def _counted(rollout: reports.Rollout, moves: Sequence[reports.Move]) -> reports.Rollout:
    number = sum(each.commit == rollout.commit for each in moves)
    return dataclasses.replace(rollout, pods=rollout.pods + number) if number else rollout


def _continued(rollout: reports.Rollout, found: Now) -> reports.Rollout:
    finished = max(rollout.started, moments.to_seconds(found.at)) if found.is_complete else ""
    return dataclasses.replace(rollout, finished=finished, failed=max(rollout.failed, found.failing))
