"""One matched pod beside its set: what differs, and how far our last move of it has come."""

from __future__ import annotations

import dataclasses

from gitsidecar.model import pods, sidecarsets
from gitsidecar.planning import flights, shapes


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """
    Where one pod stands.

    `live` are the containers of the set's sidecars, in the set's order; none when the pod could not be read.
    `has_images` and `has_shape` say what agrees with the latest spec; `has_restarted` and `has_landed` are those of
    `flights` for the pod's last move, true when there is none.
    """

    pod: pods.Pod
    mark: pods.Mark | None
    live: tuple[pods.Container, ...]
    has_images: bool
    has_shape: bool
    has_restarted: bool = True
    has_landed: bool = True

    @property
    def move(self) -> pods.Move | None:
        """Return our last move of this pod for this set."""
        return self.mark.move if self.mark is not None else None

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
    def is_failing(self) -> bool:
        """Say whether it is in flight with a container that cannot start."""
        return self.move is not None and self.is_in_flight and bool(flights.trouble(self.pod, self.move))


def judge(pod: pods.Pod, sidecar_set: sidecarsets.SidecarSet) -> Standing:
    """Return where the matched *pod* stands with *sidecar_set*."""
    if pod.fault:
        return Standing(pod, None, (), has_images=False, has_shape=False)
    mark = pod.mark_of(sidecar_set.name)
    live = tuple(found for sidecar in sidecar_set.sidecars if (found := pod.container(sidecar.name)) is not None)
    move = mark.move if mark is not None else None
    return Standing(
        pod,
        mark,
        live,
        has_images=all(_has_image(pair) for pair in zip(sidecar_set.sidecars, live, strict=True)),
        has_shape=_has_shape(sidecar_set, mark, live),
        has_restarted=move is None or flights.has_restarted(pod, move),
        has_landed=move is None or flights.has_landed(pod, move),
    )


def shape_differences(standing: Standing, sidecar_set: sidecarsets.SidecarSet) -> str:
    """Name the fields, sidecar by sidecar, that keep the pod from taking the spec in place."""
    parts = []
    for sidecar, container in zip(sidecar_set.sidecars, standing.live, strict=True):
        fields = list(shapes.differences(sidecar.shape, container.shape))
        if sidecar.is_native != container.is_native:
            fields.append("containers" if container.is_native else "initContainers")
        if fields:
            parts.append(f"{sidecar.name}: {', '.join(fields)}")
    wanted = {sidecar.name for sidecar in sidecar_set.sidecars}
    carried = standing.mark.containers if standing.mark is not None else ()
    parts += [f"{name}: no longer in the set" for name in carried if name not in wanted]
    return "; ".join(parts) or "a field that the manifest no longer sets"


def _has_image(pair: tuple[sidecarsets.Sidecar, pods.Container]) -> bool:
    sidecar, container = pair
    return sidecar.image == container.image


def _has_shape(sidecar_set: sidecarsets.SidecarSet, mark: pods.Mark | None, live: tuple[pods.Container, ...]) -> bool:
    if mark is not None and mark.shape_hash == sidecar_set.shape_hash:
        return True
    if mark is not None and not sidecar_set.is_adopting:
        return False
    # The template of an adopted pod holds more than the manifest writes, before our first move and after it.
    pairs = zip(sidecar_set.sidecars, live, strict=True)
    return not any(shapes.differences(sidecar.shape, container.shape) for sidecar, container in pairs)
