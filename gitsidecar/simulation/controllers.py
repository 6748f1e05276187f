"""The controllers of workloads: they make pods, replace those that end, and take away those that are too many."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from gitsidecar import handoff
from gitsidecar.model import pods
from gitsidecar.simulation import engines, identities, stores, workloads


class Controllers:
    """
    Keeps as many active pods as each workload asks for.

    A pod that ends or is being deleted is replaced from the workload's own template: a ReplicaSet knows nothing of
    images that were changed on its pods. A StatefulSet waits until the old name is free. *begin* is called with each
    new pod and makes it live; *end* with each that is to go. `admit` stands for what a webhook makes of a new pod.
    """

    def __init__(
        self,
        store: stores.Store,
        engine: engines.Engine,
        *,
        begin: Callable[[pods.Pod], object],
        end: Callable[[pods.Pod], object],
    ) -> None:
        self._store = store
        self._engine = engine
        self._begin = begin
        self._end = end
        self.admit: Callable[[pods.Pod], pods.Pod] = _as_it_is
        self._workloads: dict[str, workloads.Workload] = {}
        self._active: dict[str, dict[str, str]] = {}  # workload → UID → key of its active pods
        self._owners: dict[str, str] = {}  # UID → workload, until the pod is gone
        store.watchers.append(self._see)

    def add(self, workload: workloads.Workload) -> None:
        """Begin to keep up *workload*; its pods are made when `reconcile` is called or one of them goes."""
        if workload.key in self._workloads:
            raise ValueError(f"there is already a workload {workload.key}; scale it instead")
        self._workloads[workload.key] = workload
        self._active[workload.key] = {}

    @property
    def wanted(self) -> tuple[workloads.Workload, ...]:
        """Return all workloads as they are wanted now."""
        return tuple(self._workloads.values())

    def own(self, key: str, pod: pods.Pod) -> None:
        """Count *pod*, which is there already, among the pods of the workload called *key*."""
        self._owners[pod.uid] = key
        if pod.is_active:
            self._active[key][pod.uid] = pod.key

    def scale(self, key: str, replicas: int) -> None:
        """Change how many pods the workload called *key* shall have. Raises LookupError."""
        if key not in self._workloads:
            raise LookupError(f"there is no workload {key}; there are: {', '.join(sorted(self._workloads)) or 'none'}")
        self._workloads[key] = dataclasses.replace(self._workloads[key], replicas=replicas)
        self.reconcile(key)

    def has(self, key: str) -> bool:
        """Say whether there is a workload called *key*."""
        return key in self._workloads

    def reconcile(self, key: str, *, begin: Callable[[pods.Pod], object] | None = None) -> None:
        """Make the pods that the workload called *key* lacks, or end those that are too many; *begin* as above."""
        workload, active = self._workloads[key], self._active[key]
        missing = workload.replicas - len(active)
        if missing < 0:
            for pod in self._surplus(workload, -missing):
                self._end(pod)
            return
        for name in self._free_names(workload, missing):
            (begin or self._begin)(self._new_pod(workload, name))

    def _new_pod(self, workload: workloads.Workload, name: str) -> pods.Pod:
        pod = pods.Pod(
            workload.namespace,
            name,
            identities.new_uid(self._engine.random),
            workloads.labels(workload),
            workload.containers,
            workload.marks,
            workload.owner,
            phase="Pending",
            has_annotations=workload.has_annotations or bool(workload.marks),
            created=self._engine.timeline.now,
            annotation=handoff.write(workload.marks) if workload.marks else "",
        )
        pod = self.admit(pod)
        self.own(workload.key, pod)
        return pod

    def _free_names(self, workload: workloads.Workload, count: int) -> list[str]:
        prefix = workloads.prefix(workload)
        if workload.has_ordinals:
            wanted = (f"{prefix}-{ordinal}" for ordinal in range(workload.replicas))
            return [name for name in wanted if not self._is_taken(workload, name)][:count]
        names: dict[str, None] = {}  # a set would forget the order
        while len(names) < count:
            name = f"{prefix}-{workloads.suffix(self._engine.random)}"
            if not self._is_taken(workload, name):
                names[name] = None
        return list(names)

    def _is_taken(self, workload: workloads.Workload, name: str) -> bool:
        return self._store.rows.find(f"{workload.namespace}/{name}") is not None

    def _surplus(self, workload: workloads.Workload, count: int) -> list[pods.Pod]:
        """Return the pods that go first: the highest ordinals, or else those not ready and then the newest."""
        rows = [row for key in self._active[workload.key].values() if (row := self._store.rows.find(key))]
        if workload.has_ordinals:
            rows.sort(key=lambda row: workloads.ordinal(row.name), reverse=True)
        else:
            rows.sort(key=lambda row: row.key)
            rows.sort(key=_created_seconds, reverse=True)
            rows.sort(key=lambda row: row.is_ready)
        return rows[:count]

    def _see(self, pod: pods.Pod, is_gone: bool) -> None:
        key = self._owners.get(pod.uid)
        if key is None or (pod.is_active and not is_gone):
            return
        self._active[key].pop(pod.uid, None)
        if is_gone:
            del self._owners[pod.uid]
        self._engine.after(self._engine.pace.replacing, lambda: self.reconcile(key))


def _as_it_is(pod: pods.Pod) -> pods.Pod:
    """Stand for a webhook where there is none."""
    return pod


def _created_seconds(row: pods.Pod) -> float:
    return row.created.timestamp() if row.created else 0.0
