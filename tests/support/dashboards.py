"""The dashboard of a real daemon on a simulated cluster, in the test's own loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import datetime
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

from gitsidecar.bootstrap import dashboards
from gitsidecar.daemon import daemons
from gitsidecar.dashboard import sights
from gitsidecar.reconciler import reconcilers
from gitsidecar.settings import dashboards as settings
from gitsidecar.simulation import clocks, clusters, paces, workloads
from gitsidecar.telemetry import metrics
from tests.support import memories, waiting

NAMESPACES = ("billing", "payments-eu", "search", "shop")
BROKEN = "example.com/agent:2-rc1"
_SET = """\
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata:
  name: {name}
  annotations: {{gitsidecar.io/adopt: "true"}}
spec:
  selector:
    matchLabels: {{{name}: "yes"}}
  updateStrategy:
    maxUnavailable: {most}
    partition: {partition}
  containers:
  - name: {name}
    image: {image}
"""
_POLICY = """\
apiVersion: gitsidecar.io/v1alpha1
kind: RolloutPolicy
metadata: {name: nights}
spec:
  sidecarSets: [proxy]
  windows:
  - {type: Allow, schedule: "0 2 29 2 *", duration: 1h, timeZone: Europe/Berlin}
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """What a test plays with: the source branch, the daemon's newest pass, and where the page is."""

    source: memories.MemorySource
    memory: sights.Memory
    url: str

    async def until(self, is_so: Callable[[reconcilers.Pass], bool]) -> reconcilers.Pass:
        """Wait for a pass of which *is_so* is true, and return it."""

        def found() -> reconcilers.Pass | None:
            done = self.memory.look("").done
            return done if done is not None and is_so(done) else None

        return await waiting.until(found, what="a pass of which it is true", seconds=60)

    async def push(self, files: Mapping[str, str | None]) -> reconcilers.Pass:
        """Push *files* and wait for the first pass at that revision."""
        revision = self.source.push(files, ())
        return await self.until(lambda done: done.report.revision == revision)


def sidecar_set(name: str, version: str, *, most: str = "2%", partition: str = "0") -> str:
    """Return the manifest of the set *name*, whose image has that name too."""
    return _SET.format(name=name, image=f"example.com/{name}:{version}", most=most, partition=partition)


@contextlib.asynccontextmanager
async def opened(*, pods: int, owners: int) -> AsyncIterator[Site]:
    """Run the daemon, and serve its dashboard, on *pods* pods of so many *owners*; moved pods stay in flight."""
    clock = clocks.FastClock(1.0, datetime.datetime.now(datetime.UTC))
    hour = (3600.0, 3600.0)
    cluster = clusters.SimulatedCluster(clock, seed=7, pace=paces.Pace(readying=hour, pull_retry=hour))
    for workload in _workloads(pods, owners):
        cluster.add_workload(workload, is_running=True)
    cluster.break_image(BROKEN)
    source, memory = memories.MemorySource(), sights.Memory("production")
    with concurrent.futures.ThreadPoolExecutor(1) as git:
        world = reconcilers.World(source, memories.MemoryBranch(), cluster, clock, git)
        reconciler = reconcilers.Reconciler(world, reconcilers.Options("production"))
        pace = daemons.Pace(poll=0.2, jitter=0.0, coalesce=0.1)
        daemon = daemons.Daemon(reconciler, cluster, clock, pace, metrics.Metrics(), passed=memory.note)
        wanted = settings.Dashboard(address="127.0.0.1:0")
        async with dashboards.serving(wanted, memory, lambda: daemon.trouble) as ports:
            running = asyncio.create_task(daemon.run())
            try:
                yield Site(source, memory, f"http://127.0.0.1:{ports['dashboard']}")
            finally:
                daemon.stop()
                await running


async def roll_out(site: Site) -> None:
    """Bring three sets to where they stay: one in the middle, one that cannot start, one whose window is closed."""
    first = {f"{name}.yaml": sidecar_set(name, "1") for name in ("agent", "logtail", "proxy")}
    await site.push({**first, "nights.yaml": _POLICY})
    second = {
        "agent.yaml": sidecar_set("agent", "2-rc1", most="12"),
        "logtail.yaml": sidecar_set("logtail", "2", partition="30%"),
        "proxy.yaml": sidecar_set("proxy", "2"),
        "broken.yaml": "apiVersion: apps.kruise.io/v1beta1\nkind: SidecarSet\nmetadata: {name: broken}\n",
    }
    await site.push(second)
    await site.until(lambda done: not done.outcomes and done.report.sets[0].failing_pods == 12)


def _workloads(pods: int, owners: int) -> Iterator[workloads.Workload]:
    for number in range(owners):
        name = f"app-{number:04}"
        own = "agent" if number % 4 == 3 else "logtail"  # else moves of the one would keep pods of the other busy
        labels = {"app": name, "proxy": "yes", own: "yes"}
        images = {
            name: f"example.com/{name}:1",
            **{each: f"example.com/{each}:1" for each in ("logtail", "proxy", "agent")},
        }
        namespace = NAMESPACES[number % len(NAMESPACES)]
        yield workloads.Workload(namespace, "Deployment", name, pods // owners, labels, workloads.containers(images))
