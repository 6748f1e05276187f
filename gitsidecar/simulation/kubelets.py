"""The kubelets of all nodes: they start, restart, fail and end the containers of pods, each in its time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from gitsidecar.model import pods
from gitsidecar.simulation import engines, identities, lives, paces, stores


@dataclasses.dataclass(slots=True)
class _Run:
    """
    What a kubelet knows of a container beyond its status: the image it launched last, and how often that failed.

    `turn` counts the launches; what was due for an earlier one is void.
    """

    image: str = ""
    turn: int = 0
    failures: int = 0


class Kubelets:
    """
    All kubelets in one: give them a pod once with `adopt`, and call `notice` whenever its spec has changed.

    Images in `broken` cannot be pulled, those in `crashing` end soon after each start, and in pods whose UIDs are in
    `doomed` no image can be pulled; all three may be changed at any time and count from the next try on. `slow` maps a
    node to how many times longer everything takes there.
    """

    def __init__(self, store: stores.Store, engine: engines.Engine) -> None:
        self.broken: set[str] = set()
        self.crashing: set[str] = set()
        self.doomed: set[str] = set()
        self.slow: dict[str, float] = {}
        self._store = store
        self._engine = engine
        self._pace = engine.pace
        self._runs: dict[str, dict[str, _Run]] = {}  # by pod UID and container name
        store.watchers.append(self._forget)

    def adopt(self, pod: pods.Pod) -> None:
        """Take over the life of a stored *pod* where its row stands."""
        if pod.fault or pod.phase in lives.ENDED:
            return
        unfinished = lives.unfinished(pod)
        for each in pod.containers:
            self._run(pod, each.name).image = "" if each.name in unfinished else each.image
        if pod.is_deleting:
            self.end(pod)
        elif not pod.has_seen_spec or unfinished or not pod.node:
            self.notice(pod)

    def notice(self, pod: pods.Pod) -> None:
        """Look at *pod*'s spec a little later, and launch what differs from what runs."""
        self._after(pod, self._pace.noticing, lambda: self._look(pod))

    def end(self, pod: pods.Pod, *, grace: float | None = None) -> None:
        """Take a pod that is being deleted away, after *grace* seconds or else the time that ending takes."""
        if grace is None:
            self._after(pod, self._pace.ending, lambda: self._store.remove(pod))
        else:
            self._engine.timeline.after(grace, lambda: self._store.remove(pod))

    def relaunch(self, pod: pods.Pod, name: str) -> None:
        """Let the container called *name* end by itself and start again, on the image that the spec has now."""
        self._launch(pod, name, self._pace.restarting)

    def fail_probe(self, pod: pods.Pod, name: str, seconds: float) -> None:
        """Let a ready container fail its readiness probe for *seconds*, unless it is launched anew before."""
        row = self._living(pod)
        container = row.container(name) if row else None
        if row is not None and container is not None and container.is_ready:
            self._change(row, name, f"{name} fails its probe", is_ready=False)
            self._engine.timeline.after(seconds, self._guarded(row, name, self._ready))

    def _look(self, pod: pods.Pod) -> None:
        row = self._living(pod)
        if row is None or not row.node:
            return  # without a node nobody looks; the scheduler calls `notice` again
        if not row.has_seen_spec:
            row = self._store.put(dataclasses.replace(row, has_seen_spec=True))
        for each in row.containers:
            if self._run(row, each.name).image != each.image:
                self._launch(row, each.name, self._pace.restarting if each.container_id else self._pace.starting)

    def _launch(self, pod: pods.Pod, name: str, span: paces.Span) -> None:
        row = self._living(pod)
        container = row.container(name) if row else None
        if row is None or container is None:
            return
        run = self._run(row, name)
        run.image, run.turn, run.failures = container.image, run.turn + 1, 0
        has_run = bool(container.container_id)
        what, waiting = (f"{name} stops", "") if has_run else ("", "ContainerCreating")
        self._change(row, name, what, is_ready=False, waiting=waiting)
        self._in_turn(row, name, span, self._start)

    def _start(self, row: pods.Pod, container: pods.Container, run: _Run) -> None:
        if run.image in self.broken or row.uid in self.doomed:
            self._fail_pull(row, container, run)
            return
        self._change(
            row,
            container.name,
            f"{container.name} runs {run.image}",
            container_id=identities.new_container_id(self._engine.random),
            image_id=identities.image_id(run.image),
            restarts=container.restarts + (1 if container.container_id else 0),
            waiting="",
        )
        if run.image in self.crashing:
            self._in_turn(row, container.name, self._pace.crashing, self._crash)
        else:
            self._in_turn(row, container.name, self._pace.readying, self._ready)

    def _ready(self, row: pods.Pod, container: pods.Container, run: _Run) -> None:
        run.failures = 0
        self._change(row, container.name, f"{container.name} is ready", is_ready=True)

    def _crash(self, row: pods.Pod, container: pods.Container, run: _Run) -> None:
        run.failures += 1
        what = f"{container.name} crashes"
        self._change(row, container.name, what, is_ready=False, waiting="CrashLoopBackOff")
        self._in_turn(row, container.name, self._back_off(self._pace.crash_retry, run.failures), self._start)

    def _fail_pull(self, row: pods.Pod, container: pods.Container, run: _Run) -> None:
        """Say ``ErrImagePull`` for the first failure, ``ImagePullBackOff`` from then on, and try again."""
        run.failures += 1
        waiting = "ErrImagePull" if run.failures == 1 else "ImagePullBackOff"
        if waiting != container.waiting:
            self._change(row, container.name, f"{container.name}: {waiting}", waiting=waiting)
        self._in_turn(row, container.name, self._back_off(self._pace.pull_retry, run.failures), self._start)

    def _back_off(self, span: paces.Span, failures: int) -> paces.Span:
        factor, longest = 2.0 ** min(failures - 1, 10), self._pace.longest_wait
        return min(span[0] * factor, longest), min(span[1] * factor, longest)

    def _in_turn(self, pod: pods.Pod, name: str, span: paces.Span, step: _Step) -> None:
        self._after(pod, span, self._guarded(pod, name, step))

    def _guarded(self, pod: pods.Pod, name: str, step: _Step) -> Callable[[], None]:
        """Return an event that takes *step*, unless the container was launched anew or its pod ended by then."""
        run = self._run(pod, name)
        turn = run.turn

        def take() -> None:
            row = self._living(pod)
            container = row.container(name) if row else None
            if row is not None and container is not None and run.turn == turn:
                step(row, container, run)

        return take

    def _change(self, row: pods.Pod, name: str, what: str, **changes: Any) -> None:
        self._store.put(lives.with_container(row, self._engine.timeline.now, name, **changes), what)

    def _after(self, pod: pods.Pod, span: paces.Span, event: Callable[[], None]) -> None:
        self._engine.after(span, event, factor=self.slow.get(pod.node, 1.0))

    def _living(self, pod: pods.Pod) -> pods.Pod | None:
        row = self._store.find(pod)
        return row if row is not None and row.is_active else None

    def _run(self, pod: pods.Pod, name: str) -> _Run:
        return self._runs.setdefault(pod.uid, {}).setdefault(name, _Run())

    def _forget(self, pod: pods.Pod, is_gone: bool) -> None:
        if is_gone:
            self._runs.pop(pod.uid, None)


_Step = Callable[[pods.Pod, pods.Container, _Run], None]
