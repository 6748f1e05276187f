"""A ledger of writes: what was patched how often, and how many pods were in flight at once."""

from __future__ import annotations

import collections
import dataclasses
import datetime

from gitsidecar.model import plans, pods
from gitsidecar.simulation import identities, stores


@dataclasses.dataclass(frozen=True, slots=True)
class Write:
    """One patch that the API server applied, whether or not its sender learnt of it."""

    at: datetime.datetime
    pod: str
    uid: str
    set_name: str
    was_ready: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Eviction:
    """One pod that was evicted through the port, whether or not the sender learnt of it."""

    at: datetime.datetime
    pod: str
    uid: str
    owner: str
    set_name: str


class Ledger:
    """
    Counts the writes made through the port, for laws such as "exactly one write per pod".

    A pod is in flight from a write that changes an image until every changed container has another ID (or is to run
    what it runs anyway) and the pod is Ready, or until it ends. `most_healthy_in_flight` counts those that were Ready
    before they were touched: what maxUnavailable bounds.
    """

    def __init__(self, store: stores.Store) -> None:
        self.writes: list[Write] = []
        self.evictions: list[Eviction] = []
        self.requests = 0
        self.most_in_flight = 0
        self.most_healthy_in_flight = 0
        self._origins: dict[str, dict[str, str]] = {}  # UID → container → the ID it had when it was changed
        self._healthy: set[str] = set()
        store.watchers.append(self._see)

    @property
    def in_flight(self) -> int:
        """Return how many pods are in flight now."""
        return len(self._origins)

    def writes_to(self, namespace: str, name: str) -> int:
        """Return how many writes pods of that name have had."""
        return sum(write.pod == f"{namespace}/{name}" for write in self.writes)

    def writes_by_uid(self) -> collections.Counter[str]:
        """Return how many writes each pod has had, by UID: one that came back under its old name is another pod."""
        return collections.Counter(write.uid for write in self.writes)

    def note(self, action: plans.Action, before: pods.Pod, now: datetime.datetime) -> None:
        """Note that *action* was applied to the pod whose row was *before*; call it before the row is changed."""
        self.writes.append(Write(now, before.key, before.uid, action.set_name, before.is_ready))
        changed = {change.container for change in action.changes if change.old != change.new}
        if not changed:
            return
        if before.is_ready and before.uid not in self._origins:
            self._healthy.add(before.uid)
        origins = {each.name: each.container_id for each in before.containers if each.name in changed}
        self._origins.setdefault(before.uid, {}).update(origins)
        self.most_in_flight = max(self.most_in_flight, len(self._origins))
        self.most_healthy_in_flight = max(self.most_healthy_in_flight, len(self._healthy))

    def note_eviction(self, eviction: plans.Eviction, row: pods.Pod, now: datetime.datetime) -> None:
        """Note that the pod of *row* is evicted."""
        owner = f"{row.namespace}/{row.workload}"
        self.evictions.append(Eviction(now, row.key, row.uid, owner, eviction.set_name))

    def _see(self, pod: pods.Pod, is_gone: bool) -> None:
        origins = self._origins.get(pod.uid)
        if origins is None:
            return
        has_landed = pod.is_ready and all(
            _has_landed(pod, each, origins[each.name]) for each in pod.containers if each.name in origins
        )
        if has_landed or is_gone or not pod.is_active:
            del self._origins[pod.uid]
            self._healthy.discard(pod.uid)


def _has_landed(pod: pods.Pod, container: pods.Container, origin: str) -> bool:
    if container.container_id != origin:
        return True
    # The image was changed back before the kubelet looked: it finds nothing to do.
    return pod.has_seen_spec and container.image_id == identities.image_id(container.image)
