"""What a pass means to do: per pod an action, a hold with its reason, or nothing left to do."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import itertools
from collections.abc import Collection, Iterable, Mapping

from gitsidecar.model import censuses, findings, pods, policies, sidecarsets


class HoldReason(enum.StrEnum):
    """Name every reason why a pod that should move does not (DESIGN §5.12)."""

    PAUSED = "Paused"
    FROZEN = "Frozen"
    WINDOW_CLOSED = "WindowClosed"
    PARTITION_KEPT = "PartitionKept"
    NOT_SELECTED = "NotSelected"
    BUDGET_EXHAUSTED = "BudgetExhausted"
    PACE_LIMITED = "PaceLimited"
    SETTLING = "Settling"
    NOT_UPGRADABLE = "NotUpgradable"
    POD_BUSY = "PodBusy"
    IMAGE_REWRITTEN = "ImageRewritten"
    POD_UNREADABLE = "PodUnreadable"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    CONFLICTING_SETS = "ConflictingSets"
    MANIFEST_REJECTED = "ManifestRejected"


@dataclasses.dataclass(frozen=True, slots=True)
class ImageChange:
    """One container's image, from *old* to *new*; `index` counts in the list that `is_native` names."""

    container: str
    index: int
    is_native: bool
    old: str
    new: str


@dataclasses.dataclass(frozen=True, slots=True)
class Action:
    """
    One PATCH of one pod (DESIGN §5.9): the images to set and all marks that its annotation shall hold after.

    `was_counted_ready` says whether the pod is among the set's ready ones until then.
    """

    pod: pods.Pod
    set_name: str
    changes: tuple[ImageChange, ...]
    marks: tuple[pods.Mark, ...]
    was_counted_ready: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Eviction:
    """
    One pod to evict at `at`, so that its owner makes another one, and what is wrong with it.

    The youngest pod of its owner was made at `after`: a younger one has come for it. `is_again` says that the pod
    itself has come for one that was evicted. `noted_at` is when the eviction was noted on the status branch, ``None``
    before: only then may it be sent, because then it is not forgotten, whatever happens to this process meanwhile.
    """

    pod: pods.Pod
    set_name: str
    message: str
    at: datetime.datetime
    after: datetime.datetime
    is_bare: bool = True
    is_again: bool = False
    noted_at: datetime.datetime | None = None

    @property
    def is_noted(self) -> bool:
        """Say whether the history that was planned with knows of it."""
        return self.noted_at is not None


@dataclasses.dataclass(frozen=True, slots=True)
class Repair:
    """
    How the repair of one set stands (`policies.Repair`).

    `waiting` are so many pods that could be evicted and are not; `message` says why none of them is, or no other. Words
    for the pods of one owner (namespace, ``Kind/name``) or for one pod (by UID) come before it. `refusal` says that the
    API server forbids it, and `breaker` that the pods come back no better.
    """

    is_wanted: bool = False
    waiting: int = 0
    message: str = ""
    owners: Mapping[tuple[str, str], str] = dataclasses.field(default_factory=dict)
    resting: Mapping[str, str] = dataclasses.field(default_factory=dict)
    refusal: str = ""
    breaker: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Hold:
    """A drifted pod that stays as it is, and why, in words that end with what releases it."""

    pod: pods.Pod
    reason: HoldReason
    message: str


EXAMPLES = 5
"""So many pods are named where many share one reason."""


@dataclasses.dataclass(frozen=True, slots=True)
class HoldGroup:
    """
    The pods that stay for one reason, in the same words.

    There may be a hundred thousand, so they are reckoned only when somebody iterates over `members`; `examples` are a
    few.
    """

    reason: HoldReason
    message: str
    members: Collection[pods.Pod]
    examples: tuple[pods.Pod, ...]


_PLACES = {reason: place for place, reason in enumerate(HoldReason)}


def asking_order(reason: HoldReason, number: int, message: str) -> tuple[int, int, str]:
    """Return what sorts groups of so many held pods: as a person would ask for them, and the largest first."""
    return _PLACES[reason], -number, message


@dataclasses.dataclass(frozen=True, slots=True)
class Roster:
    """
    The pods of one chunk of the snapshot, as one set sees them, each list in order of key.

    `matched` are all pods that it counts. `updated` carry the latest spec, on `finished` it runs and they are Ready.
    `missing` are selected but bare. `last_move` is when the set's last move of any of the matched ones was made.
    """

    matched: tuple[pods.Pod, ...] = ()
    updated: tuple[pods.Pod, ...] = ()
    finished: tuple[pods.Pod, ...] = ()
    ready: tuple[pods.Pod, ...] = ()
    missing: tuple[pods.Pod, ...] = ()
    last_move: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SetPlan:
    """
    One set's part of a plan.

    Each drifted pod is in `actions` (in sending order) or in one of the `held` groups. `in_flight` were moved by us and
    have not finished; of these `failing` have a container that cannot start, `settling` are Ready but not for long
    enough, and `overdue` are why the rollout has missed its deadline. `commit` is the revision that brought the spec.
    `evictions` are of other pods, bare ones or such as are held for being NotUpgradable; they come after all moves.
    `bar` says why even new pods do not get the spec, empty when they may. At `closes_at` no pod may start any more; at
    `wakes_at` this plan differs though no pod has changed (one that the kubelet has not noticed is looked at by and
    by).
    """

    sidecar_set: sidecarsets.SidecarSet
    generation: int
    commit: str
    census: censuses.Census = dataclasses.field(default_factory=dict)
    rosters: tuple[Roster, ...] = ()
    in_flight: tuple[pods.Pod, ...] = ()
    failing: tuple[pods.Pod, ...] = ()
    settling: tuple[pods.Pod, ...] = ()
    overdue: tuple[pods.Pod, ...] = ()
    has_deadline: bool = False
    min_ready: datetime.timedelta = datetime.timedelta()
    bar: str = ""
    actions: tuple[Action, ...] = ()
    held: tuple[HoldGroup, ...] = ()
    evictions: tuple[Eviction, ...] = ()
    repair: Repair = Repair()
    closes_at: datetime.datetime | None = None
    wakes_at: datetime.datetime | None = None

    def count(self, key: censuses.Key) -> int:
        """Return how many pods the census has under *key*."""
        return self.census.get(key, 0)

    @property
    def matched(self) -> tuple[pods.Pod, ...]:
        """Return all pods that the set counts, in order of key."""
        return _in_order(roster.matched for roster in self.rosters)

    @property
    def updated(self) -> tuple[pods.Pod, ...]:
        """Return the pods that carry the latest spec, in order of key."""
        return _in_order(roster.updated for roster in self.rosters)

    @property
    def finished(self) -> tuple[pods.Pod, ...]:
        """Return the updated pods in which the spec runs, that are Ready, and have been for long enough."""
        settling = {pod.key for pod in self.settling}
        found = _in_order(roster.finished for roster in self.rosters)
        return tuple(pod for pod in found if pod.key not in settling) if settling else found

    @property
    def ready(self) -> tuple[pods.Pod, ...]:
        """Return the matched pods that are Ready with what we last gave them."""
        return _in_order(roster.ready for roster in self.rosters)

    @property
    def missing(self) -> tuple[pods.Pod, ...]:
        """Return the pods that are selected but bare."""
        return _in_order(roster.missing for roster in self.rosters)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Return one hold for each pod that stays, in order of key."""
        found = (Hold(pod, group.reason, group.message) for group in self.held for pod in group.members)
        return tuple(sorted(found, key=lambda hold: hold.pod.key))


def _in_order(lists: Iterable[tuple[pods.Pod, ...]]) -> tuple[pods.Pod, ...]:
    return tuple(sorted(itertools.chain.from_iterable(lists), key=lambda pod: pod.key))


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """The whole decision of one pass; sets are in order of name, and so are the policies that it obeyed."""

    now: datetime.datetime
    revision: str
    sets: tuple[SetPlan, ...] = ()
    found: tuple[findings.Finding, ...] = ()
    policies: tuple[policies.RolloutPolicy, ...] = ()
