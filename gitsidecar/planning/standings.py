"""One matched pod beside its set: what differs, and how far our last move of it has come."""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Collection

from gitsidecar.model import pods, sidecarsets
from gitsidecar.planning import flights, shapes


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """
    Where one pod stands.

    `pairs` are the set's sidecars, in its order, each with the pod's container of that name; those without one are
    left out. `has_images` and `has_shape` say what agrees with the latest spec. `move` is our last move of these
    containers for this set, or for one that is no set any more; `has_restarted` and `has_landed` are those of `flights`
    for it, true when there is none. `is_ours` says that no other set has moved them since.
    """

    pod: pods.Pod
    mark: pods.Mark | None
    pairs: tuple[tuple[sidecarsets.Sidecar, pods.Container], ...]
    has_images: bool
    has_shape: bool
    move: pods.Move | None = None
    has_restarted: bool = True
    has_landed: bool = True
    is_ours: bool = True

    @property
    def is_updated(self) -> bool:
        """Say whether the pod carries the latest spec, running or not."""
        return self.has_images and self.has_shape

    @property
    def is_finished(self) -> bool:
        """Say whether the latest spec runs in it and the pod is Ready."""
        return self.is_updated and self.has_restarted and self.pod.is_ready

    @property
    def is_in_flight(self) -> bool:
        """
        Say whether our last move of it is unfinished.

        A move to an earlier spec cannot finish any more; it is over when its containers serve again.
        """
        if self.move is None:
            return False
        return not (self.is_finished if self.is_updated else self.has_landed)

    @property
    def is_unavailable(self) -> bool:
        """Say whether it uses budget: taken down by us while it served, or not Ready on the latest spec."""
        if self.move is None:
            return self.is_updated and not self.pod.is_ready
        return self.move.was_ready and (self.is_in_flight or flights.is_down_since(self.pod, self.move))

    @property
    def is_in_lane(self) -> bool:
        """
        Say whether it fills the lane of ailing pods: moved while not Ready, and its containers don't serve yet.

        The pod's readiness is not asked for: one application that is down for good would close the lane for good.
        """
        return self.move is not None and not self.move.was_ready and not self.has_landed and not self.is_finished

    @property
    def is_stuck(self) -> bool:
        """
        Say whether our move to the latest spec is why the pod is not Ready.

        One that came back and failed later, or whose sidecar was replaced while it was not Ready anyway, is not our
        doing.
        """
        if self.move is None or not self.is_updated or not self.is_in_flight:
            return False
        return not self.has_restarted or (self.move.was_ready and flights.is_down_since(self.pod, self.move))

    @property
    def is_using(self) -> bool:
        """Say whether our last move of it was one that costs budget."""
        return self.move is not None and self.move.was_ready

    @property
    def is_counted_ready(self) -> bool:
        """Say whether the pod serves with what we last gave it: one in flight may still answer, on the old image."""
        return self.pod.is_ready and self.has_restarted and not self.is_in_flight

    def settles_at(self, min_ready: datetime.timedelta) -> datetime.datetime | None:
        """Return when a pod that we moved and that is finished has been Ready for *min_ready*; ``None`` for others."""
        if not min_ready or self.move is None or not self.is_finished or self.pod.ready_since is None:
            return None
        return self.pod.ready_since + min_ready

    @property
    def is_failing(self) -> bool:
        """Say whether it is in flight with a container that cannot start."""
        return self.move is not None and self.is_in_flight and bool(flights.trouble(self.pod, self.move))


def judge(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet, names: Collection[str] = frozenset()) -> Standing:
    """Return where the matched *pod* stands with *sidecar_set*; *names* are those of all sets."""
    if pod.fault:
        return Standing(pod, None, (), has_images=False, has_shape=False)
    mark = pod.mark_of(sidecar_set.name)
    pairs = tuple((each, found) for each in sidecar_set.sidecars if (found := pod.container(each.name)) is not None)
    rivals = _rivals(pod, sidecar_set)
    move = _last_move(mark, [rival for rival in rivals if rival.set_name not in names])
    has_restarted = move is None or flights.has_restarted(pod, move)
    return Standing(
        pod,
        mark,
        pairs,
        has_images=_has_images(pairs),
        has_shape=len(pairs) == len(sidecar_set.sidecars) and _has_shape(sidecar_set, mark, pairs),
        move=move,
        has_restarted=has_restarted,
        has_landed=has_restarted and (move is None or flights.serves(pod, move)),
        is_ours=not rivals or _last_move(mark, rivals) is (mark.move if mark is not None else None),
    )


def shape_differences(standing: Standing, sidecar_set: sidecarsets.SidecarSet) -> str:
    """Name the fields, sidecar by sidecar, that keep the pod from taking the spec in place."""
    parts = []
    for sidecar, container in standing.pairs:
        fields = list(shapes.differences(sidecar.shape, container.shape))
        if sidecar.is_native != container.is_native:
            fields.append("containers" if container.is_native else "initContainers")
        if fields:
            parts.append(f"{sidecar.name}: {', '.join(fields)}")
    wanted = {sidecar.name for sidecar in sidecar_set.sidecars}
    present = {sidecar.name for sidecar, _ in standing.pairs}
    parts += [f"{each.name}: not in the pod" for each in sidecar_set.sidecars if each.name not in present]
    carried = standing.mark.containers if standing.mark is not None else ()
    parts += [f"{name}: no longer in the set" for name in carried if name not in wanted]
    return "; ".join(parts) or "a field that the manifest no longer sets"


def _rivals(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet) -> list[pods.Mark]:
    """Return what other sets, or sets that were, have noted on the pod of containers that are this set's as well."""
    if len(pod.marks) < 2 and pod.mark_of(sidecar_set.name) is not None:
        return []
    ours = {sidecar.name for sidecar in sidecar_set.sidecars}
    return [mark for mark in pod.marks if mark.set_name != sidecar_set.name and ours.intersection(mark.containers)]


def _last_move(mark: pods.Mark | None, rivals: Collection[pods.Mark]) -> pods.Move | None:
    if not rivals:
        return mark.move if mark is not None else None
    moves = [each.move for each in (mark, *rivals) if each is not None and each.move is not None]
    return max(moves, key=lambda move: move.at, default=None)


def _has_images(pairs: tuple[tuple[sidecarsets.Sidecar, pods.Container], ...]) -> bool:
    if all(sidecar.image == container.image for sidecar, container in pairs):
        return True
    if not any(sidecar.pair for sidecar, _ in pairs):
        return False
    # Of a pair that was upgraded hot the other one works: which of the two has the image is no drift.
    wanted = collections.Counter((sidecar.pair or sidecar.name, sidecar.image) for sidecar, _ in pairs)
    return wanted == collections.Counter((sidecar.pair or sidecar.name, live.image) for sidecar, live in pairs)


def _has_shape(
    sidecar_set: sidecarsets.SidecarSet,
    mark: pods.Mark | None,
    pairs: tuple[tuple[sidecarsets.Sidecar, pods.Container], ...],
) -> bool:
    if mark is not None and mark.shape_hash == sidecar_set.shape_hash:
        return True
    if mark is not None and not sidecar_set.is_adopting:
        return False
    # The template of an adopted pod holds more than the manifest writes, before our first move and after it.
    return not any(shapes.differences(sidecar.shape, container.shape) for sidecar, container in pairs)
