"""The simulated world: store, kubelets, scheduler, controllers and API server of one cluster, put together."""

from __future__ import annotations

import dataclasses
import datetime
import random
from collections.abc import Callable, Sequence

from gitsidecar import handoff
from gitsidecar.model import pods
from gitsidecar.simulation import (
    apiservers,
    controllers,
    engines,
    identities,
    kubelets,
    lives,
    paces,
    schedulers,
    stores,
    timelines,
    workloads,
)

NODES = tuple(f"node-{number:02}" for number in range(1, 11))
_AGES: paces.Span = (3_600.0, 14 * 86_400.0)  # of pods that run from the start


class World:
    """
    One cluster as it truly is, whoever looks at it; it moves when its timeline is run.

    `watch_losses` are called with a number of seconds when every watch breaks and can be opened again only after them.
    """

    def __init__(
        self, timeline: timelines.Timeline, *, seed: int, pace: paces.Pace, nodes: Sequence[str] = NODES
    ) -> None:
        self.timeline = timeline
        self.engine = engines.Engine(timeline, random.Random(seed), pace)  # noqa: S311  # chance to be repeated
        self.store = stores.Store(timeline)
        self.kubelets = kubelets.Kubelets(self.store, self.engine)
        self.api = apiservers.ApiServer(self.store, self.engine, self.kubelets, self.delete)
        self.controllers = controllers.Controllers(self.store, self.engine, begin=self._begin, end=self.delete)
        self.watch_losses: list[Callable[[float], None]] = []
        self._scheduler = schedulers.Scheduler(self.store, self.engine, nodes)

    def snapshot(self) -> pods.Snapshot:
        """Return the cluster as it is at this moment, past every cache."""
        return pods.snapshot(self.store.rows.all(), self.store.namespaces)

    def find(self, namespace: str, name: str) -> pods.Pod:
        """Return the true row of a pod. Raises LookupError."""
        row = self.store.rows.find(f"{namespace}/{name}")
        if row is None:
            raise LookupError(f"there is no pod {namespace}/{name} in the simulated cluster")
        return row

    def add_workload(self, workload: workloads.Workload, *, is_running: bool) -> None:
        """Add *workload* and its pods: all Ready for a while already when *is_running*, else about to be scheduled."""
        self.controllers.add(workload)
        self.controllers.reconcile(workload.key, begin=self._begin_grown if is_running else None)

    def add_pod(self, pod: pods.Pod) -> pods.Pod:
        """Add *pod* as it is, whatever point of its life its row shows, and let it live on from there."""
        if self.store.rows.find(pod.key) is not None:
            raise ValueError(f"there is already a pod {pod.key} in the simulated cluster")
        uid = pod.uid or identities.new_uid(self.engine.random)
        annotation = pod.annotation or (handoff.write(pod.marks) if pod.marks else "")
        row = dataclasses.replace(pod, uid=uid, created=pod.created or self.timeline.now, annotation=annotation)
        owner = f"{row.namespace}/{row.workload}"
        if self.controllers.has(owner):
            self.controllers.own(owner, row)
        return self._begin(row)

    def delete(self, pod: pods.Pod, *, grace: float | None = None) -> None:
        """Begin to delete that very pod; *grace* 0 takes it away at once, as ``kubectl delete --force`` does."""
        row = self.store.find(pod)
        if row is not None and grace == 0:
            self.store.remove(row)
        elif row is not None and not row.is_deleting:
            deleting = lives.settled(row, self.timeline.now, is_deleting=True)
            self.kubelets.end(self.store.put(deleting, "is being deleted"), grace=grace)

    def restart_api(self, seconds: float) -> None:
        """Let nobody reach the API server for *seconds*, and break every watch."""
        self.api.down_until = self.timeline.now + datetime.timedelta(seconds=seconds)
        for lose in tuple(self.watch_losses):
            lose(seconds)

    def _begin(self, pod: pods.Pod) -> pods.Pod:
        row = self.store.put(pod, "created")
        self.kubelets.adopt(row)
        if not row.node and row.is_active and not row.fault:
            self._scheduler.schedule(row, self.kubelets.notice)
        return row

    def _begin_grown(self, pod: pods.Pod) -> pods.Pod:
        age = datetime.timedelta(seconds=round(self.engine.draw(_AGES)))
        aged = dataclasses.replace(pod, created=self.timeline.now - age)
        return self._begin(lives.grown(aged, self._scheduler.next_node(), self.engine.random))
