"""A second process that looks on: it plans from the cluster and Git alone, as after a restart, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable

from gitsidecar import ports
from gitsidecar.model import outcomes, plans, pods
from gitsidecar.reconciler import reconcilers
from tests.support import benches, memories


class Glass:
    """A cluster port that shows all that *cluster* shows, and withdraws every write."""

    def __init__(self, cluster: ports.Cluster) -> None:
        self._cluster = cluster

    async def start(self, changed: Callable[[], None]) -> None:
        """Watch nothing of its own."""

    async def observe(self) -> pods.Snapshot:
        """Return what the other observes."""
        return await self._cluster.observe()

    def pod(self, namespace: str, name: str) -> pods.Pod | None:
        """Return the other's row."""
        return self._cluster.pod(namespace, name)

    async def await_writes(self) -> bool:
        """Wait for nobody."""
        return True

    async def execute(self, action: plans.Action) -> outcomes.Outcome:
        """Send nothing."""
        return outcomes.Outcome(action, outcomes.OutcomeKind.WITHDRAWN, "only looking on")

    async def evict(self, eviction: plans.Eviction) -> outcomes.Evicted:
        """Send nothing."""
        return outcomes.Evicted(eviction, outcomes.OutcomeKind.WITHDRAWN, "only looking on")

    async def close(self) -> None:
        """Leave the other open."""


async def plan_anew(bench: benches.Bench) -> plans.Plan:
    """Return what a process that starts now would plan; neither cluster nor status branch hear of it."""
    branch = memories.MemoryBranch()
    branch.content = dict(bench.branch.content)
    world = reconcilers.World(bench.source, branch, Glass(bench.cluster), bench.clock, benches.Inline())
    process = reconcilers.Reconciler(world, bench.options)
    await process.poll()
    return (await process.run_pass("onlooker")).plan
