"""What a pass came to, counted and put in words: the one value that files, messages, metrics and the terminal read."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

from gitsidecar.model import findings


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """One condition in Kubernetes' form; *since* (RFC 3339, UTC) moves only when *status* changes."""

    type: str
    status: bool
    reason: str
    message: str
    since: str


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """The pods that one reason holds: how many, a few by name, and the words of the first."""

    reason: str
    count: int
    message: str
    examples: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Workload:
    """The pods of one owner; *name* is ``Kind/name``, or ``Pod/name`` for a pod without an owner."""

    namespace: str
    name: str
    matched: int
    updated: int
    ready: int
    missing: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Rest:
    """So many workloads that are not listed one by one, and the sums of their pods."""

    workloads: int
    matched: int
    updated: int
    ready: int
    missing: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """
    One pod (by key) that was moved, to the spec that *commit* brought; *at* is the time in its annotation.

    `is_late` says that nobody heard of it when it was made: the pod's annotation told of it afterwards.
    """

    pod: str
    commit: str
    at: datetime.datetime
    is_late: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Rollout:
    """
    How the spec that *commit* brought came to the pods; times are RFC 3339, in UTC, and move no more once written.

    The first pod was moved at `started`, and all were finished for the first time at `finished`, which is empty before
    and where another spec came first. `pods` were moved to it, `failed` is the most that could not start at one time.
    """

    spec_hash: str
    commit: str
    started: str
    finished: str = ""
    pods: int = 0
    failed: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Web:
    """What a file's path and a commit's hash are appended to, to see them in a browser; empty where nobody knows."""

    files: str = ""
    commits: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Attempt:
    """
    One pod that was noted to be evicted for repair, and perhaps was: whether it is still there tells which.

    `at` is when it was evicted, if `is_made`, or noted; `spec_hash` is that of the set's latest spec then, and
    the youngest pod of its owner was made at `after`. `is_bare` says that the pod lacked the sidecars, and `is_again`
    that it had come for one that was evicted before.
    """

    namespace: str
    pod: str
    uid: str
    workload: str
    spec_hash: str
    at: datetime.datetime
    after: datetime.datetime
    is_bare: bool = True
    is_again: bool = False
    is_made: bool = False

    @property
    def key(self) -> str:
        """Return the pod's ``namespace/name``."""
        return f"{self.namespace}/{self.pod}"

    @property
    def owner(self) -> tuple[str, str]:
        """Return namespace and ``Kind/name`` of the pod's owner."""
        return self.namespace, self.workload


@dataclasses.dataclass(frozen=True, slots=True)
class SetReport:
    """
    One set's state after a pass.

    `images` maps a container to its images and how many matched pods run each. `moves` are the patches of this pass,
    and earlier ones that nobody has heard of, and `failed` maps a pod to what went wrong with its patch; neither is
    state, so both are told in the commit message only, and so are `evicted`, the pods that this pass has evicted, each
    with what was wrong with it. `attempts` are the evictions of the last hour, and older ones until one more comes. All
    moves up to `told_until` are told, but those of `in_doubt`
    (pod → time), of which no answer came. `forbidden` are the patches that the API server refuses, said once for all
    pods. `failing` maps a moved pod to why it cannot start; of `failing_pods` it names a few, and those that it named
    before sooner than others. `rest` are the workloads that `workloads` has no room for. `rollouts` are the last ones,
    oldest first. `manifest` is the document in force and `rejection` why a newer one is refused.
    """

    name: str
    place: findings.Place
    commit: str
    generation: int
    spec_hash: str
    stable: str
    matched: int = 0
    updated: int = 0
    ready: int = 0
    updated_ready: int = 0
    finished: int = 0
    in_flight: int = 0
    missing: int = 0
    not_upgradable: int = 0
    images: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)
    held: tuple[Held, ...] = ()
    workloads: tuple[Workload, ...] = ()
    rest: Rest | None = None
    conditions: tuple[Condition, ...] = ()
    moves: tuple[Move, ...] = ()
    failed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    evicted: Mapping[str, str] = dataclasses.field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    told_until: datetime.datetime | None = None
    in_doubt: Mapping[str, datetime.datetime] = dataclasses.field(default_factory=dict)
    forbidden: Held | None = None
    failing: Mapping[str, str] = dataclasses.field(default_factory=dict)
    failing_pods: int = 0
    rollouts: tuple[Rollout, ...] = ()
    manifest: str = "{}"
    rejection: str = ""
    documents: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """
    Spec hash → document, oldest first, for the history: the latest, the stable one, those that pods still run, and
    older ones up to the set's revisionHistoryLimit.
    """

    @property
    def held_pods(self) -> int:
        """Return how many pods are held, whatever the reason."""
        return sum(held.count for held in self.held)

    @property
    def moved(self) -> tuple[str, ...]:
        """Return the keys of the pods in `moves`."""
        return tuple(dict.fromkeys(move.pod for move in self.moves))

    def condition(self, type_: str) -> Condition | None:
        """Return the condition of that type, or ``None``."""
        for condition in self.conditions:
            if condition.type == type_:
                return condition
        return None


@dataclasses.dataclass(frozen=True, slots=True)
class PolicyReport:
    """One RolloutPolicy in force: the sets it covers, the document, and why a newer one is refused, if it is."""

    name: str
    place: findings.Place
    sets: tuple[str, ...] = ()
    document: str = "{}"
    rejection: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """
    The whole of a pass: what the status branch shall say; sets and policies are in order of name.

    `web` is where people look at the source branch.
    """

    cluster: str
    revision: str
    sets: tuple[SetReport, ...] = ()
    found: tuple[findings.Finding, ...] = ()
    policies: tuple[PolicyReport, ...] = ()
    web: Web = Web()
