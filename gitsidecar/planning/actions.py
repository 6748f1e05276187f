"""Put an admitted pod's move into one action: the images to set and the marks that say so (DESIGN §5.9)."""

from __future__ import annotations

import dataclasses
import datetime

from gitsidecar.model import plans, pods, sidecarsets
from gitsidecar.planning import admission, flights, standings


def build(
    standing: standings.Standing, sidecar_set: sidecarsets.SidecarSet, *, commit: str, now: datetime.datetime
) -> plans.Action:
    """Return the one PATCH that brings a waiting pod to the latest spec."""
    changes = tuple(
        plans.ImageChange(live.name, live.index, live.is_native, live.image, sidecar.image)
        for sidecar, live in standing.pairs
        if live.image != sidecar.image
    )
    mark = pods.Mark(
        set_name=sidecar_set.name,
        spec_hash=sidecar_set.spec_hash,
        shape_hash=sidecar_set.shape_hash,
        commit=commit,
        containers=tuple(sorted(sidecar.name for sidecar in sidecar_set.sidecars)),
        move=_move(standing, sidecar_set, changes, now),
    )
    others = (each for each in standing.pod.marks if each.set_name != sidecar_set.name)
    marks = sorted((*others, mark), key=lambda each: each.set_name)
    return plans.Action(
        standing.pod, sidecar_set.name, changes, tuple(marks), was_counted_ready=standing.is_counted_ready
    )


def sent(action: plans.Action, now: datetime.datetime) -> plans.Action:
    """
    Return *action* as it is sent at *now*.

    It may have waited long for the API server since it was planned, and the pace counts from when the pod was moved.
    """
    marks = (
        dataclasses.replace(each, move=dataclasses.replace(each.move, at=now))
        if each.set_name == action.set_name and each.move is not None
        else each
        for each in action.marks
    )
    return dataclasses.replace(action, marks=tuple(marks))


def _move(
    standing: standings.Standing,
    sidecar_set: sidecarsets.SidecarSet,
    changes: tuple[plans.ImageChange, ...],
    now: datetime.datetime,
) -> pods.Move:
    changed = {change.container for change in changes}
    origin = {live.name: live.container_id for _, live in standing.pairs if live.name in changed}
    earlier = flights.unreplaced(standing.pod, standing.move) if standing.move is not None else ()
    mark = standing.mark
    return pods.Move(
        at=now,
        # A container that an earlier move changed and this one does not may still be on its way.
        origin=tuple(sorted({**dict(earlier), **origin}.items())),
        was_ready=admission.was_ready(standing),
        is_heal=standing.is_ours and mark is not None and mark.spec_hash == sidecar_set.spec_hash,
    )
