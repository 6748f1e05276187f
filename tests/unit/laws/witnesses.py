"""A witness of every row of the cluster as it truly is: which pods we wrote, and which of them are still under way."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable

from gitsidecar.model import pods
from gitsidecar.simulation import identities
from tests.support import benches


@dataclasses.dataclass(frozen=True, slots=True)
class Write:
    """A pod's row before one of our writes, and the mark that it brought; *row* is as it was right before."""

    at: datetime.datetime
    set_name: str
    row: pods.Pod
    mark: pods.Mark
    was_flying: bool
    """Whether an earlier move of the pod for the set was under way."""

    def __str__(self) -> str:
        move = self.mark.move
        assert move is not None
        after = f"spec {self.mark.spec_hash[:9]} at {self.at:%H:%M:%S.%f}"
        how = f"was_ready={move.was_ready}, heal={move.is_heal}"
        return f"{self.set_name} on {self.row.key} ({'Ready' if self.row.is_ready else 'not Ready'}): {after}, {how}"


@dataclasses.dataclass(slots=True)
class Flight:
    """
    A move under way: the IDs that its containers are to lose, and the pod's newest row.

    `served` says whether the pod was Ready before we touched it, `is_noted_ready` what our newest mark says of that.
    """

    served: bool
    is_noted_ready: bool
    origins: dict[str, str]
    row: pods.Pod

    @property
    def is_replaced(self) -> bool:
        """Say whether the containers that the move changed are others now, or run what they are to run anyway."""
        return all(_is_replaced(self.row, each, self.origins[each.name]) for each in self._moved())

    @property
    def is_over(self) -> bool:
        """Say whether those containers are also ready, whatever else the pod lacks."""
        return self.is_replaced and all(each.is_ready for each in self._moved())

    def _moved(self) -> list[pods.Container]:
        return [each for each in self.row.containers if each.name in self.origins]


class Witness:
    """
    Sees every row that the store takes.

    `judge` is asked for its complaints about each write, with the flights as they are right after it. `flights` maps
    (set, UID) to each move that is not over: its containers are not replaced, or the pod has not been Ready since.
    """

    def __init__(self, bench: benches.Bench, judge: Callable[[Write], list[str]]) -> None:
        self.writes: list[Write] = []
        self.complaints: list[str] = []
        self.flights: dict[tuple[str, str], Flight] = {}
        self.touched: set[str] = set()
        """UIDs of pods of which somebody else has changed the image."""
        self._clock = bench.clock
        self._judge = judge
        self._rows = {pod.uid: pod for pod in bench.cluster.snapshot().pods}
        bench.cluster.world.store.watchers.append(self._see)

    def down(self, set_name: str) -> int:
        """Return how many pods that served we have taken down for one set, and are not back yet."""
        return sum(each.served for (name, _), each in self.flights.items() if name == set_name)

    def in_lane(self, set_name: str) -> int:
        """Return how many pods that were ill we have moved for one set, and whose containers are not back yet."""
        found = (each for (name, _), each in self.flights.items() if name == set_name)
        return sum(not each.is_noted_ready and not each.is_over for each in found)

    def _see(self, pod: pods.Pod, is_gone: bool) -> None:
        before = self._rows.pop(pod.uid, None)
        if not is_gone and pod.is_active:
            self._rows[pod.uid] = pod
        for mark in pod.marks if before is not None and not is_gone else ():
            if before is not None and mark != before.mark_of(mark.set_name):
                self._note(before, mark)
        for key in [key for key in self.flights if key[1] == pod.uid]:
            flight = self.flights[key]
            flight.row = pod
            if is_gone or not pod.is_active or (pod.is_ready and flight.is_replaced):
                del self.flights[key]

    def _note(self, before: pods.Pod, mark: pods.Mark) -> None:
        assert mark.move is not None
        key = (mark.set_name, before.uid)
        known = self.flights.get(key)
        write = Write(self._clock.now(), mark.set_name, before, mark, known is not None)
        origins = {each.name: each.container_id for each in before.containers if each.name in mark.containers}
        flight = self.flights.setdefault(key, Flight(before.is_ready, mark.move.was_ready, {}, before))
        flight.origins.update(origins)
        flight.is_noted_ready = mark.move.was_ready
        self.complaints += [f"{words}: {write}" for words in self._judge(write)]
        self.writes.append(write)


def _is_replaced(pod: pods.Pod, container: pods.Container, origin: str) -> bool:
    if container.container_id not in ("", origin):
        return True
    # The image was put back before the kubelet looked: it finds nothing to do.
    return pod.has_seen_spec and container.image_id == identities.image_id(container.image)
