"""What a pass means to do: per pod an action, a hold with its reason, or nothing left to do."""

from __future__ import annotations

import dataclasses
import datetime
import enum

from gitsidecar.model import findings, policies, pods, sidecarsets


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
    """One PATCH of one pod (DESIGN §5.9): the images to set and all marks that its annotation shall hold after."""

    pod: pods.Pod
    set_name: str
    changes: tuple[ImageChange, ...]
    marks: tuple[pods.Mark, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Hold:
    """A drifted pod that stays as it is, and why, in words that end with what releases it."""

    pod: pods.Pod
    reason: HoldReason
    message: str


@dataclasses.dataclass(frozen=True, slots=True)
class SetPlan:
    """
    One set's part of a plan.

    `matched` are all pods it counts; each drifted one is in `actions` (in sending order) or `holds` (in order of key).
    `updated` carry the latest spec, `in_flight` were moved by us and have not finished, `failing` are in flight with a
    container that cannot start. `missing` are selected but bare. `commit` is the revision that brought the spec.
    """

    sidecar_set: sidecarsets.SidecarSet
    generation: int
    commit: str
    matched: tuple[pods.Pod, ...] = ()
    updated: tuple[pods.Pod, ...] = ()
    finished: tuple[pods.Pod, ...] = ()
    ready: tuple[pods.Pod, ...] = ()
    in_flight: tuple[pods.Pod, ...] = ()
    failing: tuple[pods.Pod, ...] = ()
    missing: tuple[pods.Pod, ...] = ()
    actions: tuple[Action, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """The whole decision of one pass; sets are in order of name, and so are the policies that it obeyed."""

    now: datetime.datetime
    revision: str
    sets: tuple[SetPlan, ...] = ()
    found: tuple[findings.Finding, ...] = ()
    policies: tuple[policies.RolloutPolicy, ...] = ()
