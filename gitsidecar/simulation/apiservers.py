"""The API server's side of a write: what it checks, what it applies, and the faults it can be told to have."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping

from gitsidecar import handoff
from gitsidecar.model import outcomes, plans, pods
from gitsidecar.simulation import engines, kubelets, ledgers, paces, stores

_BROKEN = "the connection broke before an answer came"
_BUDGET_PAUSE = 60.0  # seconds, as `cluster.evictions` makes of it


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


@dataclasses.dataclass(frozen=True, slots=True)
class DisruptionBudget:
    """A PodDisruptionBudget: so many of the namespace's pods with all *labels* shall be Ready whoever is evicted."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    min_available: int

    def covers(self, pod: pods.Pod) -> bool:
        """Say whether the budget counts *pod*."""
        return pod.namespace == self.namespace and self.labels.items() <= pod.labels.items()


@dataclasses.dataclass(frozen=True, slots=True)
class _Refusal:
    kind: outcomes.OutcomeKind
    message: str
    retry_after: float | None = None


class ApiServer:
    """
    Takes one write at a time, as the real one does: all of a JSON Patch or nothing (DESIGN §5.9), evictions by budget.

    *end* is called with a pod that is to be deleted.
    """

    def __init__(
        self,
        store: stores.Store,
        engine: engines.Engine,
        kubelets_: kubelets.Kubelets,
        end: Callable[[pods.Pod], object],
    ) -> None:
        self.ledger = ledgers.Ledger(store)
        self.faults = Faults()
        self.throttle: Throttle | None = None
        self.is_forbidding_reads = False
        self.is_forbidding_writes = False
        self.is_forbidding_evictions = False
        self.budgets: dict[str, DisruptionBudget] = {}
        self.rewrites: dict[str, str] = {}
        self.down_until: datetime.datetime | None = None
        self._store = store
        self._engine = engine
        self._kubelets = kubelets_
        self._end = end

    @property
    def is_down(self) -> bool:
        """Say whether nobody answers now."""
        return self.down_until is not None and self._engine.timeline.now < self.down_until

    def patch(self, action: plans.Action) -> outcomes.Outcome:
        """Apply *action* if the server is willing and the pod is as the action says."""
        self.ledger.requests += 1
        refusal = self._refusal(action.pod, "patch")
        if refusal is not None:
            return outcomes.Outcome(action, refusal.kind, refusal.message, refusal.retry_after)
        row = self._store.find(action.pod)
        if row is None:
            words = f"pod {action.pod.key} with UID {action.pod.uid} does not exist any more"
            return outcomes.Outcome(action, outcomes.OutcomeKind.GONE, words)
        words = _difference(row, action)
        if words:
            return outcomes.Outcome(action, outcomes.OutcomeKind.CONFLICT, words)
        self._apply(row, action)
        if self._engine.happens(self.faults.lost_answer):
            return outcomes.Outcome(action, outcomes.OutcomeKind.DEFERRED, _BROKEN)
        return outcomes.Outcome(action, outcomes.OutcomeKind.APPLIED)

    def evict(self, eviction: plans.Eviction) -> outcomes.Evicted:
        """Delete the pod of *eviction*, that very one, if the server is willing and its budgets allow it."""
        self.ledger.requests += 1
        kinds, pod = outcomes.OutcomeKind, eviction.pod
        refusal = self._refusal(pod, "evict")
        if refusal is not None:
            return outcomes.Evicted(eviction, refusal.kind, refusal.message, refusal.retry_after)
        row = self._store.find(pod)
        if row is None:
            words = f"pod {pod.key} with UID {pod.uid} does not exist any more"
            return outcomes.Evicted(eviction, kinds.GONE, words)
        if row.is_active:
            budget = self._forbidding_budget(row)
            if budget is not None:
                words = f"the PodDisruptionBudget {budget.name} allows none now"
                return outcomes.Evicted(eviction, kinds.DEFERRED, words, _BUDGET_PAUSE)
            self.ledger.note_eviction(eviction, row, self._engine.timeline.now)
            self._end(row)
        if self._engine.happens(self.faults.lost_answer):
            return outcomes.Evicted(eviction, kinds.DEFERRED, _BROKEN)
        return outcomes.Evicted(eviction, kinds.APPLIED)

    def set_image(self, row: pods.Pod, name: str, image: str, what: str) -> None:
        """Change one container's image in the spec of *row*, and let the kubelet know in its time."""
        containers = tuple(
            dataclasses.replace(each, image=image) if each.name == name else each for each in row.containers
        )
        self._store_spec(row, dataclasses.replace(row, containers=containers), what)

    def _refusal(self, pod: pods.Pod, verb: str) -> _Refusal | None:
        """Return the answer of a server that does not even look at the pod, in the order in which it would refuse."""
        kinds = outcomes.OutcomeKind
        if self.is_down:
            return _Refusal(kinds.DEFERRED, "the API server does not answer")
        throttle = self.throttle
        if throttle is not None and throttle.writes_left != 0:
            if throttle.writes_left is not None:
                throttle.writes_left -= 1
            return _Refusal(kinds.DEFERRED, "429 Too Many Requests", throttle.retry_after)
        if self.is_forbidding_writes or (self.is_forbidding_evictions and verb == "evict"):
            words = f'403 Forbidden: pods "{pod.name}" is forbidden: cannot {verb} in {pod.namespace}'
            return _Refusal(kinds.FORBIDDEN, words)
        if self._engine.happens(self.faults.server_error):
            return _Refusal(kinds.DEFERRED, "500 Internal Server Error")
        if self._engine.happens(self.faults.conflict):
            return _Refusal(kinds.DEFERRED, "409 Conflict: the pod was changed at the same time")
        return None

    def _forbidding_budget(self, row: pods.Pod) -> DisruptionBudget | None:
        """Return a budget that does not allow *row* to be evicted now; who is not Ready only goes while all is well."""
        rows = [each for each in self._store.rows.all() if each.is_active and each.is_ready]
        for budget in self.budgets.values():
            if budget.covers(row) and row.phase != "Pending":
                healthy = sum(budget.covers(each) for each in rows)
                if healthy - row.is_ready < budget.min_available:
                    return budget
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
