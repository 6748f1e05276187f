"""The API server's side of a write: what it checks, what it applies, and the faults it can be told to have."""

from __future__ import annotations

import dataclasses
import datetime

from gitsidecar import handoff
from gitsidecar.model import outcomes, plans, pods
from gitsidecar.simulation import engines, kubelets, ledgers, paces, stores


@dataclasses.dataclass(frozen=True, slots=True)
class Faults:
    """
    What goes wrong by chance, each as a probability from 0 to 1, and what takes time, in seconds.

    `latency` passes before a write is applied. `watch_lag` passes between a change and its arrival in the caches.
    """

    server_error: float = 0.0  # 500, nothing applied
    conflict: float = 0.0  # 409, nothing applied
    lost_answer: float = 0.0  # applied, but the connection breaks before the answer
    latency: paces.Span = (0.0, 0.0)
    watch_lag: float = 0.0


@dataclasses.dataclass(slots=True)
class Throttle:
    """429 for the next `writes_left` writes, or for all while that is ``None``, with so many seconds to wait."""

    retry_after: float
    writes_left: int | None = None


class ApiServer:
    """Takes one action at a time, as the real one takes a JSON Patch: all of it or nothing (DESIGN §5.9)."""

    def __init__(self, store: stores.Store, engine: engines.Engine, kubelets_: kubelets.Kubelets) -> None:
        self.ledger = ledgers.Ledger(store)
        self.faults = Faults()
        self.throttle: Throttle | None = None
        self.is_forbidding_reads = False
        self.is_forbidding_writes = False
        self.rewrites: dict[str, str] = {}
        self.down_until: datetime.datetime | None = None
        self._store = store
        self._engine = engine
        self._kubelets = kubelets_

    @property
    def is_down(self) -> bool:
        """Say whether nobody answers now."""
        return self.down_until is not None and self._engine.timeline.now < self.down_until

    def patch(self, action: plans.Action) -> outcomes.Outcome:
        """Apply *action* if the server is willing and the pod is as the action says."""
        self.ledger.requests += 1
        refusal = self._refusal(action)
        if refusal is not None:
            return refusal
        row = self._store.find(action.pod)
        if row is None:
            words = f"pod {action.pod.key} with UID {action.pod.uid} does not exist any more"
            return outcomes.Outcome(action, outcomes.OutcomeKind.GONE, words)
        words = _difference(row, action)
        if words:
            return outcomes.Outcome(action, outcomes.OutcomeKind.CONFLICT, words)
        self._apply(row, action)
        if self._engine.happens(self.faults.lost_answer):
            return _deferred(action, "the connection broke before an answer came")
        return outcomes.Outcome(action, outcomes.OutcomeKind.APPLIED)

    def set_image(self, row: pods.Pod, name: str, image: str, what: str) -> None:
        """Change one container's image in the spec of *row*, and let the kubelet know in its time."""
        containers = tuple(
            dataclasses.replace(each, image=image) if each.name == name else each for each in row.containers
        )
        self._store_spec(row, dataclasses.replace(row, containers=containers), what)

    def _refusal(self, action: plans.Action) -> outcomes.Outcome | None:
        """Return the answer of a server that does not even look at the pod, in the order in which it would refuse."""
        if self.is_down:
            return _deferred(action, "the API server does not answer")
        throttle = self.throttle
        if throttle is not None and throttle.writes_left != 0:
            if throttle.writes_left is not None:
                throttle.writes_left -= 1
            return _deferred(action, "429 Too Many Requests", retry_after=throttle.retry_after)
        if self.is_forbidding_writes:
            words = f'403 Forbidden: pods "{action.pod.name}" is forbidden: cannot patch in {action.pod.namespace}'
            return outcomes.Outcome(action, outcomes.OutcomeKind.FORBIDDEN, words)
        if self._engine.happens(self.faults.server_error):
            return _deferred(action, "500 Internal Server Error")
        if self._engine.happens(self.faults.conflict):
            return _deferred(action, "409 Conflict: the pod was changed at the same time")
        return None

    def _apply(self, row: pods.Pod, action: plans.Action) -> None:
        images = {(change.is_native, change.index): change.new for change in action.changes}
        containers = tuple(
            dataclasses.replace(each, image=self.rewrites.get(image, image))
            if (image := images.get((each.is_native, each.index)))
            else each
            for each in row.containers
        )
        text = handoff.write(action.marks)
        marks = handoff.read(text)  # what a reader gets back: times to the millisecond, in order
        self.ledger.note(action, row, self._engine.timeline.now)
        changed = dataclasses.replace(row, containers=containers, marks=marks, annotation=text, has_annotations=True)
        self._store_spec(row, changed, f"patched for {action.set_name}")

    def _store_spec(self, before: pods.Pod, after: pods.Pod, what: str) -> None:
        if before.containers == after.containers:
            self._store.put(after, what)  # metadata alone: the generation stays
            return
        self._kubelets.notice(self._store.put(dataclasses.replace(after, has_seen_spec=False), what))


def _difference(row: pods.Pod, action: plans.Action) -> str:
    """Say which of the patch's tests fails on *row*, or return an empty string."""
    found = {(each.is_native, each.index): each for each in row.containers}
    for change in action.changes:
        container = found.get((change.is_native, change.index))
        field = f"spec.{'initContainers' if change.is_native else 'containers'}[{change.index}]"
        if container is None or container.name != change.container:
            return f"422: {field} of pod {row.key} is not container {change.container}"
        if container.image != change.old:
            return f"422: {field}.image of pod {row.key} is {container.image}, not {change.old}"
    if action.pod.annotation and row.annotation != action.pod.annotation:
        return f"422: annotation {pods.MARK_ANNOTATION} of pod {row.key} has changed since the pod was seen"
    return ""


def _deferred(action: plans.Action, message: str, *, retry_after: float | None = None) -> outcomes.Outcome:
    return outcomes.Outcome(action, outcomes.OutcomeKind.DEFERRED, message, retry_after)
