"""The cluster's store: the true rows, their versions, and whoever is told of changes."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import itertools
from collections.abc import Callable, Mapping

from gitsidecar.model import pods
from gitsidecar.simulation import rows, timelines

Watcher = Callable[[pods.Pod, bool], None]
"""Is called with a row as it is now and whether the pod is gone (then with its last row)."""

_EVENTS_KEPT = 100_000


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one pod, in a few words."""

    at: datetime.datetime
    pod: str
    what: str


class Store:
    """What etcd is to a cluster: every change gets the next resource version and is told to all watchers at once."""

    def __init__(self, timeline: timelines.Timeline) -> None:
        self.rows = rows.Rows()
        self.namespaces: Mapping[str, Mapping[str, str]] = {}
        self.watchers: list[Watcher] = []
        self.namespace_watchers: list[Callable[[], None]] = []
        self.events: collections.deque[Event] = collections.deque(maxlen=_EVENTS_KEPT)
        self._timeline = timeline
        self._versions = itertools.count(1000)

    def add_namespace(self, name: str, labels: Mapping[str, str]) -> None:
        """Add a namespace or change its labels; it also gets the label that Kubernetes gives all of them."""
        self.namespaces = {**self.namespaces, name: {**labels, "kubernetes.io/metadata.name": name}}
        for watcher in tuple(self.namespace_watchers):
            watcher()

    def find(self, pod: pods.Pod) -> pods.Pod | None:
        """Return the present row of that very pod, or ``None`` when it is gone or another took its name."""
        row = self.rows.find(pod.key)
        return row if row is not None and row.uid == pod.uid else None

    def put(self, pod: pods.Pod, what: str = "") -> pods.Pod:
        """Store *pod* under the next version, note *what* happened, tell everybody, and return the row as stored."""
        if pod.namespace not in self.namespaces:
            self.add_namespace(pod.namespace, {})
        row = dataclasses.replace(pod, resource_version=str(next(self._versions)))
        self.rows.put(row)
        self._tell(row, what, is_gone=False)
        return row

    def remove(self, pod: pods.Pod) -> None:
        """Take that very pod out, if it is still there."""
        row = self.find(pod)
        if row is not None:
            self.rows.remove(row.key)
            last = dataclasses.replace(row, resource_version=str(next(self._versions)))
            self._tell(last, "gone", is_gone=True)

    def _tell(self, row: pods.Pod, what: str, *, is_gone: bool) -> None:
        if what:
            self.events.append(Event(self._timeline.now, row.key, what))
        for watcher in tuple(self.watchers):
            watcher(row, is_gone)
