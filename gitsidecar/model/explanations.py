"""Why one pod is where it is: what `gitsidecar explain` says, before it is text or JSON."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping

from gitsidecar.model import findings, plans, pods


class State(enum.StrEnum):
    """Name every state that a pod can be in for one set; the words come from `reporting`."""

    UNSELECTED = "Unselected"
    ENDING = "Ending"
    NOT_COUNTED = "NotCounted"
    MOVES_NOW = "MovesNow"
    HELD = "Held"
    SETTLING = "Settling"
    IN_FLIGHT = "InFlight"
    STARTING = "Starting"
    UP_TO_DATE = "UpToDate"


@dataclasses.dataclass(frozen=True, slots=True)
class Spec:
    """
    A spec of a set, by container → image, and the revision that brought it.

    Hash and commit are empty for what no annotation of ours tells: a pod that was adopted and never moved.
    """

    images: Mapping[str, str]
    spec_hash: str = ""
    commit: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Turn:
    """Which of the pods that move now the pod is, from 1."""

    number: int
    total: int


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """
    The place of a pod that the numbers hold: so many held pods of its set go before it.

    `partition` is the highest number of pods that, kept old by the set's partition, would let it go; ``None`` when it
    isn't the partition that holds it.
    """

    ahead: int
    partition: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """
    What one covering RolloutPolicy says by itself: may pods start, why not, and until when (``None``: no end in sight).

    `document` is the manifest as accepted.
    """

    name: str
    place: findings.Place
    is_open: bool
    message: str
    until: datetime.datetime | None
    document: str = "{}"


@dataclasses.dataclass(frozen=True, slots=True)
class SetExplanation:
    """
    Where the pod stands with one set.

    `selection` says which labels select the pod or don't, `counting` why a selected pod counts or doesn't, and
    `update_selection` the same of `updateStrategy.selector`, empty without one. `repair` says when a pod that only
    another one in its place can put right is evicted, or why not, and is empty for all others. `message` says why a pod
    that counts is in its `state`: for a held one in the plan's own words, with the plan's `reason`. `until` is when a
    settling pod has settled. `running` is ``None`` for a pod that the set does not count, or that could not be read.
    """

    name: str
    place: findings.Place
    state: State
    selection: str
    latest: Spec
    counting: str = ""
    update_selection: str = ""
    reason: plans.HoldReason | None = None
    message: str = ""
    repair: str = ""
    running: Spec | None = None
    moved_at: datetime.datetime | None = None
    until: datetime.datetime | None = None
    turn: Turn | None = None
    line: Line | None = None
    policies: tuple[PolicyAnswer, ...] = ()

    @property
    def is_selected(self) -> bool:
        """Say whether the set's selectors match the pod."""
        return self.state is not State.UNSELECTED

    @property
    def is_counted(self) -> bool:
        """Say whether the pod is one of the set's matched pods."""
        return self.state not in (State.UNSELECTED, State.ENDING, State.NOT_COUNTED)


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """One pod beside every set, in order of name, as planned at `now`."""

    now: datetime.datetime
    pod: pods.Pod
    sets: tuple[SetExplanation, ...] = ()
    found: tuple[findings.Finding, ...] = ()
