"""The pods under way, as the time has made them since they were last looked at: in flight, settling, or too late."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable

from gitsidecar.model import pods
from gitsidecar.planning import governing, ledgers, standings


@dataclasses.dataclass(frozen=True, slots=True)
class Underway:
    """
    Pods that we moved and whose move is not over, each list in order of key.

    `failing` cannot start, `settling` are Ready but not for long enough, `late` are those for which the rollout has
    missed its deadline. At the first of `wakes` one of these lists differs though no pod has changed.
    """

    in_flight: tuple[standings.Standing, ...]
    failing: tuple[standings.Standing, ...]
    settling: tuple[standings.Standing, ...]
    late: tuple[standings.Standing, ...]
    wakes: tuple[datetime.datetime, ...]


def look(
    ledger: ledgers.Ledger, governance: governing.Governance, now: datetime.datetime, *, was_late: bool = False
) -> Underway:
    """
    Look at the lively pods of *ledger* at *now*; *was_late* says that the deadline had been missed before.

    Once it was, each pod in flight keeps it so: one that crashes again and again is Ready in between.
    """
    lively = sorted((each for part in ledger.digests for each in part.lively), key=lambda each: each.pod.key)
    settles = {
        each.pod.uid: at for each in lively if (at := each.settles_at(governance.min_ready)) is not None and at > now
    }
    due = _deadline(ledger, governance)
    is_behind = any(each.waiting for each in ledger.digests)
    # Who has settled since it was looked at is lively still, and under way no more.
    in_flight = tuple(each for each in lively if each.is_in_flight or each.pod.uid in settles)
    stuck = tuple(
        each
        for each in in_flight
        if due is not None
        and each.is_updated
        and (each.is_stuck or (is_behind and each.is_failing) or (was_late and each.is_using))
    )
    is_late = due is not None and due <= now
    return Underway(
        in_flight=in_flight,
        failing=tuple(each for each in lively if each.is_failing),
        settling=tuple(each for each in lively if each.pod.uid in settles),
        late=stuck if is_late else (),
        wakes=(*settles.values(), *([due] if due is not None and stuck and not is_late else [])),
    )


def _deadline(ledger: ledgers.Ledger, governance: governing.Governance) -> datetime.datetime | None:
    """
    Return when the rollout is late if it doesn't come further, ``None`` where no policy says so.

    It comes further whenever a pod is moved to the spec: while those in flight use up the budget, none is.
    """
    newest = max((each.newest for each in ledger.digests if each.newest is not None), default=None)
    policy = governance.deadline
    if newest is None or policy is None or policy.progress_deadline is None:
        return None
    return newest + policy.progress_deadline


def pods_of(found: Iterable[standings.Standing]) -> tuple[pods.Pod, ...]:
    """Return the pods of standings."""
    return tuple(each.pod for each in found)
