"""What a story-teller or a test does to the simulated cluster, past the port."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from gitsidecar import handoff, ports
from gitsidecar.model import pods
from gitsidecar.simulation import apiservers, drivers, ledgers, stores, workloads, worlds


class Controls:
    """
    Plain verbs for everything that can happen to a cluster.

    Each first lets happen what is due by now. Pods and containers that are named must exist (LookupError).
    """

    def __init__(self, clock: ports.Clock, world: worlds.World) -> None:
        self.world = world
        self._driver = drivers.Driver(clock, world.timeline)

    @property
    def ledger(self) -> ledgers.Ledger:
        """Return the counts of writes and of pods in flight."""
        return self.world.api.ledger

    @property
    def events(self) -> Sequence[stores.Event]:
        """Return what has happened so far, oldest first; only the newest 100,000 are kept."""
        return self.world.store.events

    def catch_up(self) -> None:
        """Let everything happen that is due by now; a virtual clock has seen to it already."""
        self._driver.catch_up()

    def snapshot(self) -> pods.Snapshot:
        """Return the cluster as it truly is, past the watch cache."""
        self.catch_up()
        return self.world.snapshot()

    # --- what is there

    def add_namespace(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Add a namespace or change its labels; pods make theirs by themselves."""
        self.catch_up()
        self.world.store.add_namespace(name, labels or {})

    def add_workload(self, workload: workloads.Workload, *, is_running: bool = False) -> None:
        """Add *workload* with its pods: about to be scheduled, or Ready for hours and days when *is_running*."""
        self.catch_up()
        self.world.add_workload(workload, is_running=is_running)

    def add_pod(self, pod: pods.Pod) -> pods.Pod:
        """Add one pod as its row shows it, and return the row as stored: with a version, and a UID if it had none."""
        self.catch_up()
        return self.world.add_pod(pod)

    def scale(self, namespace: str, owner: str, replicas: int) -> None:
        """Change how many pods *owner* (``Kind/name``) has."""
        self.catch_up()
        self.world.controllers.scale(f"{namespace}/{owner}", replicas)

    def delete_pod(self, namespace: str, name: str, *, grace: float | None = None) -> None:
        """Delete a pod: gone after *grace* seconds, at once for 0; its workload replaces it."""
        self.world.delete(self._find(namespace, name), grace=grace)

    def end_pod(self, namespace: str, name: str, *, is_failed: bool = False) -> None:
        """Let a pod come to its end: it stays in the list, Succeeded or Failed."""
        row = self._find(namespace, name)
        phase = "Failed" if is_failed else "Succeeded"
        containers = tuple(dataclasses.replace(each, is_ready=False, waiting="") for each in row.containers)
        ended = dataclasses.replace(row, phase=phase, containers=containers, is_ready=False, ready_since=None)
        self.world.store.put(ended, phase)

    # --- kubelets

    def break_image(self, image: str) -> None:
        """Let every pull of *image* fail from now on: ``ErrImagePull``, then ``ImagePullBackOff``."""
        self.world.kubelets.broken.add(image)

    def crash_image(self, image: str) -> None:
        """Let containers of *image* end soon after each start from now on: ``CrashLoopBackOff``."""
        self.world.kubelets.crashing.add(image)

    def mend_image(self, image: str) -> None:
        """Let *image* be as any other again, from the next try on."""
        self.world.kubelets.broken.discard(image)
        self.world.kubelets.crashing.discard(image)

    def slow_node(self, node: str, factor: float) -> None:
        """Let everything on *node* take *factor* times as long from now on."""
        self.world.kubelets.slow[node] = factor

    def fail_probe(self, namespace: str, name: str, *, container: str, seconds: float) -> None:
        """Let a ready container be not ready for *seconds*, by itself."""
        self.world.kubelets.fail_probe(self._find(namespace, name, container), container, seconds)

    def kill_container(self, namespace: str, name: str, *, container: str) -> None:
        """Let a container end by itself, as for want of memory; the kubelet starts it again."""
        self.world.kubelets.relaunch(self._find(namespace, name, container), container)

    # --- changes from outside

    def set_image_from_outside(self, namespace: str, name: str, container: str, image: str) -> None:
        """Change an image as ``kubectl set image`` does: the kubelet follows, our annotation stays."""
        row = self._find(namespace, name, container)
        self.world.api.set_image(row, container, image, f"{container} set to {image}")

    def set_labels_from_outside(self, namespace: str, name: str, labels: Mapping[str, str]) -> None:
        """Give a pod exactly *labels*."""
        row = self._find(namespace, name)
        self.world.store.put(dataclasses.replace(row, labels=dict(labels)), "labels changed")

    def remove_marks_from_outside(self, namespace: str, name: str) -> None:
        """Remove every annotation of a pod, ours with them."""
        row = self._find(namespace, name)
        bare = dataclasses.replace(row, marks=(), annotation="", has_annotations=False)
        self.world.store.put(bare, "annotations removed")

    def set_marks_from_outside(self, namespace: str, name: str, marks: Sequence[pods.Mark]) -> None:
        """Let a pod carry exactly *marks*, as another gitsidecar may write them."""
        row = self._find(namespace, name)
        text = handoff.write(marks)
        marked = dataclasses.replace(row, marks=handoff.read(text), annotation=text, has_annotations=True)
        self.world.store.put(marked, "marks changed")

    def make_unreadable(self, namespace: str, name: str, fault: str) -> None:
        """Let a pod be read with *fault* from now on; empty mends it."""
        self.world.store.put(dataclasses.replace(self._find(namespace, name), fault=fault), fault or "readable again")

    # --- the API server

    def inject(self, faults: apiservers.Faults) -> None:
        """Let *faults* happen from now on, in place of those before."""
        self.catch_up()
        self.world.api.faults = faults

    def forbid_writes(self, is_forbidden: bool) -> None:
        """Answer writes with 403, or no longer."""
        self.catch_up()
        self.world.api.is_forbidding_writes = is_forbidden

    def forbid_evictions(self, is_forbidden: bool) -> None:
        """Answer evictions with 403, or no longer."""
        self.catch_up()
        self.world.api.is_forbidding_evictions = is_forbidden

    def protect(self, namespace: str, name: str, labels: Mapping[str, str], *, min_available: int) -> None:
        """Add a PodDisruptionBudget of that name, or change it: so many pods with *labels* stay Ready."""
        self.catch_up()
        self.world.api.budgets[name] = apiservers.DisruptionBudget(namespace, name, dict(labels), min_available)

    def admit(self, admit: Callable[[pods.Pod], pods.Pod]) -> None:
        """Let each pod that a controller makes from now on be what *admit* makes of it, as a webhook does."""
        self.catch_up()
        self.world.controllers.admit = admit

    def forbid_reads(self, is_forbidden: bool) -> None:
        """Answer lists with 403, or no longer; a watch that is open stays open."""
        self.catch_up()
        self.world.api.is_forbidding_reads = is_forbidden

    def throttle(self, retry_after: float | None, *, writes: int | None = None) -> None:
        """Answer the next *writes* writes, or all, with 429 and *retry_after* seconds to wait; ``None`` ends it."""
        self.catch_up()
        throttle = None if retry_after is None else apiservers.Throttle(retry_after, writes)
        self.world.api.throttle = throttle

    def rewrite_image(self, image: str, instead: str) -> None:
        """Let a webhook store *instead* whenever our patch asks for *image*; the same text ends it."""
        self.world.api.rewrites[image] = instead

    def restart(self, seconds: float = 2.0) -> None:
        """Restart the API server: no answers for *seconds*, and every watch breaks."""
        self.catch_up()
        self.world.restart_api(seconds)

    def _find(self, namespace: str, name: str, container: str = "") -> pods.Pod:
        self.catch_up()
        row = self.world.find(namespace, name)
        if container and row.container(container) is None:
            raise LookupError(f"pod {row.key} has no container {container}")
        return row
