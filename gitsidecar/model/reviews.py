"""What a change of the source branch comes to: what differs, whom it reaches, what to look at before it is merged."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping

from gitsidecar.model import findings, forecasts, plans, policies, reports, sidecarsets


class Scope(enum.StrEnum):
    """Say what a field of a SidecarSet bears on."""

    SHAPE = "Shape"  # the containers: a running pod takes it up when it is recreated
    ROLLOUT = "Rollout"  # how running pods move
    SELECTION = "Selection"  # which pods are meant
    NEW_PODS = "NewPods"  # what only new pods get
    OTHER = "Other"


@dataclasses.dataclass(frozen=True, slots=True)
class Edit:
    """
    One field that differs: *before* and *after* are JSON, empty where it is not set.

    Both are empty for what goes into pods: it may be a secret. A path names the items of lists:
    ``spec.containers[logtail].env[TZ].value``.
    """

    path: str
    before: str
    after: str
    scope: Scope


@dataclasses.dataclass(frozen=True, slots=True)
class ImageEdit:
    """One container's image; empty *before* for a new container, empty *after* for one that is taken out."""

    container: str
    before: str
    after: str


class Kind(enum.StrEnum):
    """Say what becomes of a set, or of a policy."""

    ADDED = "Added"
    CHANGED = "Changed"
    REMOVED = "Removed"
    REFUSED = "Refused"  # its manifest has an error at the head: what was in force stays, and is held
    MENDED = "Mended"  # its manifest had an error at the base, and what was in force until now is not known
    GOVERNED = "Governed"  # a set that is as before, under a policy that is not


@dataclasses.dataclass(frozen=True, slots=True)
class SetChange:
    """
    One set that differs; *before* is ``None`` when it is new, *after* when it is gone.

    *after* is what is in force after the merge: of a refused set the last good form, if there is one. `successor_of`
    names a set that is gone and selected the same pods for the same containers.
    """

    name: str
    kind: Kind
    before: sidecarsets.SidecarSet | None = None
    after: sidecarsets.SidecarSet | None = None
    images: tuple[ImageEdit, ...] = ()
    edits: tuple[Edit, ...] = ()
    successor_of: str = ""

    def scoped(self, scope: Scope) -> tuple[Edit, ...]:
        """Return the edits of that scope."""
        return tuple(each for each in self.edits if each.scope is scope)

    @property
    def place(self) -> findings.Place:
        """Return where the set is written, or was."""
        known = self.after or self.before
        return known.place if known is not None else findings.Place("")


@dataclasses.dataclass(frozen=True, slots=True)
class PolicyChange:
    """One RolloutPolicy that differs; `sets` are those that it covers before or after, in order of name."""

    name: str
    kind: Kind
    before: policies.RolloutPolicy | None = None
    after: policies.RolloutPolicy | None = None
    sets: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """
    All that differs between two revisions; sets and policies are in order of name.

    `broken` are the errors of the head, and `known` those of them that the base has as well. `warned` are the warnings
    that the base has not.
    """

    base: str
    head: str
    sets: tuple[SetChange, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    broken: tuple[findings.Finding, ...] = ()
    known: tuple[findings.Finding, ...] = ()
    warned: tuple[findings.Finding, ...] = ()

    @property
    def new_errors(self) -> tuple[findings.Finding, ...]:
        """Return the errors that the head brings."""
        return tuple(each for each in self.broken if each not in self.known)


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """
    The pods of one workload: of those `matched`, `moving` will change in place, `done` carry the spec, `staying` stay.

    `missing` are selected but bare, and stay so until they are recreated. `evicted` are those of either kind that are
    evicted, so that their owner makes new ones.
    """

    namespace: str
    workload: str
    matched: int
    moving: int
    staying: int
    done: int
    missing: int
    evicted: int


@dataclasses.dataclass(frozen=True, slots=True)
class Crowd:
    """So many pods, and a few of them by key."""

    count: int = 0
    examples: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Newcomer:
    """What new pods get at one moment: `spec` is Latest, Stable or Named, `images` what that comes to by container."""

    spec: str
    images: Mapping[str, str]
    reason: str
    fault: str = ""


PASSING = frozenset(
    {
        plans.HoldReason.FROZEN,
        plans.HoldReason.WINDOW_CLOSED,
        plans.HoldReason.BUDGET_EXHAUSTED,
        plans.HoldReason.PACE_LIMITED,
        plans.HoldReason.SETTLING,
        plans.HoldReason.POD_BUSY,
        plans.HoldReason.DEADLINE_EXCEEDED,
    }
)
"""Reasons that nobody asked for to last: who is held by one when a forecast ends was meant to move, and did not."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reach:
    """
    Whom one set reaches, of the pods at hand; `shares` are in order of namespace and workload.

    `entering` are pods that the set selects from now on, `leaving` those that it does not any more. `newcomers` is what
    new pods get right after the merge, each once, and `later` when the forecast has ended.
    """

    name: str
    shares: tuple[Share, ...] = ()
    entering: Crowd = Crowd()
    leaving: Crowd = Crowd()
    newcomers: tuple[Newcomer, ...] = ()
    later: tuple[Newcomer, ...] = ()
    forecast: forecasts.SetForecast | None = None

    @property
    def matched(self) -> int:
        return sum(each.matched for each in self.shares)

    @property
    def moving(self) -> int:
        return sum(each.moving for each in self.shares)

    @property
    def done(self) -> int:
        return sum(each.done for each in self.shares)

    @property
    def missing(self) -> int:
        return sum(each.missing for each in self.shares)

    @property
    def staying(self) -> int:
        return sum(each.staying for each in self.shares)

    @property
    def evicted(self) -> int:
        return sum(each.evicted for each in self.shares)

    @property
    def left_over(self) -> tuple[reports.Held, ...]:
        """Return those that were meant to move, and did not before the forecast ended."""
        held = self.forecast.held if self.forecast is not None else ()
        return tuple(each for each in held if each.reason in PASSING)


class Risk(enum.StrEnum):
    """Name what a reviewer should look at."""

    ALL_AT_ONCE = "AllAtOnce"
    NO_CANARY = "NoCanary"
    UNPINNED_IMAGE = "UnpinnedImage"
    WAITS_FOR_RECREATION = "WaitsForRecreation"
    PODS_LEAVE = "PodsLeave"
    PODS_ENTER = "PodsEnter"
    SUCCESSOR = "Successor"
    COLLISION = "Collision"
    EVICTIONS = "Evictions"
    STOPS = "Stops"
    NO_END = "NoEnd"
    NO_SPEC_FOR_NEW_PODS = "NoSpecForNewPods"
    POLICY_GONE = "PolicyGone"
    FRIDAY_NIGHT = "FridayNight"


@dataclasses.dataclass(frozen=True, slots=True)
class Caution:
    """
    One risk of one set, or of one policy: *name* says of which.

    *pods* is how many it is about, 0 where that is not known, and *details* are names that belong to it: images,
    fields, sets, or moments.
    """

    risk: Risk
    name: str
    pods: int = 0
    details: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Review:
    """
    A whole review; `reaches` are of the sets in force after the merge that change, and of those that are removed.

    Without pods there are no reaches and no forecast. `zones` maps a set to the time zone of its windows, if that is
    one.
    """

    now: datetime.datetime
    comparison: Comparison
    cautions: tuple[Caution, ...] = ()
    reaches: Mapping[str, Reach] = dataclasses.field(default_factory=dict)
    pods: int | None = None
    forecast: forecasts.Forecast | None = None
    zones: Mapping[str, str] = dataclasses.field(default_factory=dict)
