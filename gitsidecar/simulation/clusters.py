"""The simulated cluster behind the cluster port: a client with a watch cache, in front of a world in memory."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from gitsidecar import errors, ports
from gitsidecar.model import outcomes, plans, pods
from gitsidecar.simulation import caches, clocks, controls, paces, timelines, workloads, worlds

_HELD = "the API server asked to wait with all writes"


class SimulatedCluster(controls.Controls):
    """
    Fulfils `ports.Cluster` without a cluster, and takes the part of everything else in it (`controls.Controls`).

    On a `VirtualClock` the world moves with the clock and no task runs. On any other clock `start` brings a task that
    sleeps from event to event, and every call first catches up with the clock. Same seed, same calls at the same
    times: same rows, IDs and times.
    """

    def __init__(
        self,
        clock: ports.Clock,
        *,
        seed: int = 0,
        pace: paces.Pace | None = None,
        nodes: Sequence[str] = worlds.NODES,
        world: worlds.World | None = None,
    ) -> None:
        """Make an empty cluster, or one more client of *world*, whose own seed, pace and nodes then count."""
        if world is None:
            timeline = clock.timeline if isinstance(clock, clocks.VirtualClock) else timelines.Timeline(clock.now())
            world = worlds.World(timeline, seed=seed, pace=pace or paces.Pace(), nodes=nodes)
        super().__init__(clock, world)
        self._clock = clock
        self._is_virtual = isinstance(clock, clocks.VirtualClock)
        self._cache = caches.Cache(world)
        self._doubts: dict[str, str] = {}  # pods that a write may have changed without our hearing of it, and which
        self._free_at = world.timeline.now  # when the throttle lets writes through again

    @classmethod
    def from_snapshot(
        cls, clock: ports.Clock, snapshot: pods.Snapshot, *, seed: int = 0, pace: paces.Pace | None = None
    ) -> SimulatedCluster:
        """
        Make a cluster with the pods of *snapshot*, each living on from where its row stands.

        Their workloads are inferred (`workloads.infer`), so that a pod that is deleted is replaced.
        """
        cluster = cls(clock, seed=seed, pace=pace)
        for name, labels in sorted(snapshot.namespaces.items()):
            cluster.add_namespace(name, labels)
        for workload in workloads.infer(snapshot.pods):
            cluster.world.controllers.add(workload)
        for pod in snapshot.pods:
            cluster.add_pod(pod)
        return cluster

    def replica(self) -> SimulatedCluster:
        """Return another client of the same cluster, with a watch, a cache and a throttle of its own."""
        return SimulatedCluster(self._clock, world=self.world)

    async def start(self, changed: Callable[[], None]) -> None:
        """Begin to watch; *changed* is called whenever a row changed."""
        self.catch_up()
        if not self._is_virtual:
            self._driver.start()
        self._cache.open(changed)

    async def observe(self) -> pods.Snapshot:
        """
        Return the watch cache, with all our own writes in it.

        Raises TransientError before the first list and while the outcome of a patch cannot be known, StalledError if
        listing is forbidden.
        """
        self.catch_up()
        for key, what in self._doubts.items():
            if self.world.api.is_down:
                raise errors.TransientError(f"the outcome of {what} of {key} is not known yet: the API server is down")
            self._cache.read(key)
        self._doubts.clear()
        return self._cache.snapshot()

    def pod(self, namespace: str, name: str) -> pods.Pod | None:
        """Return the newest row of one pod from the watch cache, or ``None``."""
        self.catch_up()
        return self._cache.find(f"{namespace}/{name}")

    async def await_writes(self) -> bool:
        """Wait, a second at most, while the API server holds off all writes; say whether that is over."""
        if (held := self._held()) > 0:
            await self._clock.sleep(min(held, 1.0))
        return self._held() <= 0

    async def execute(self, action: plans.Action) -> outcomes.Outcome:
        """Send one action, after the server's latency; nothing is sent while all writes are held off."""
        if (held := self._held()) > 0:
            return outcomes.Outcome(action, outcomes.OutcomeKind.DEFERRED, _HELD, held)
        await self._lag()
        return self.execute_now(action)

    async def evict(self, eviction: plans.Eviction) -> outcomes.Evicted:
        """Evict one pod, after the server's latency; nothing is sent while all writes are held off."""
        if (held := self._held()) > 0:
            return outcomes.Evicted(eviction, outcomes.OutcomeKind.DEFERRED, _HELD, held)
        await self._lag()
        return self.evict_now(eviction)

    def evict_now(self, eviction: plans.Eviction) -> outcomes.Evicted:
        """Evict one pod without waiting for anything, as `execute_now` does."""
        self.catch_up()
        outcome = self.world.api.evict(eviction)
        is_throttled = outcome.retry_after is not None and "429" in outcome.message
        self._note(eviction.pod, "an eviction", outcome.kind, outcome.retry_after if is_throttled else None)
        return outcome

    async def _lag(self) -> None:
        latency = self.world.engine.draw(self.world.api.faults.latency)
        if latency > 0:
            await self._clock.sleep(latency)

    def execute_now(self, action: plans.Action) -> outcomes.Outcome:
        """Send one action without waiting for anything, for forecasts that move the time themselves."""
        self.catch_up()
        outcome = self.world.api.patch(action)
        self._note(action.pod, "a patch", outcome.kind, outcome.retry_after)
        return outcome

    def _note(self, pod: pods.Pod, what: str, kind: outcomes.OutcomeKind, hold_off: float | None) -> None:
        """Take in what the answer to a write says; *hold_off* are the seconds for which all writes shall wait."""
        if kind in (outcomes.OutcomeKind.APPLIED, outcomes.OutcomeKind.CONFLICT, outcomes.OutcomeKind.GONE):
            self._cache.read(pod.key)
        elif hold_off is None and not self.world.api.is_down:
            self._doubts[pod.key] = what
        if hold_off is not None:
            self._free_at = max(self._free_at, self._clock.now() + datetime.timedelta(seconds=hold_off))

    def _held(self) -> float:
        return (self._free_at - self._clock.now()).total_seconds()

    async def close(self) -> None:
        """Stop watching, and on a clock that moves by itself stop moving."""
        self._cache.close()
        await self._driver.close()

    def expire(self, seconds: float = 0.5) -> None:
        """Let this client's watch be answered with 410: it hears of nothing for *seconds*, then lists again."""
        self.catch_up()
        self._cache.lose(seconds)
