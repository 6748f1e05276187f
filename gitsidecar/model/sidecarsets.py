"""SidecarSets as the planner reads them: valid, defaulted, hashed."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping

from gitsidecar.model import findings, selectors

ADOPT_ANNOTATION = "gitsidecar.io/adopt"
"""On a SidecarSet, ``"true"`` also takes in pods that hold all its containers by name (DESIGN §5.15)."""


class StrategyType(enum.StrEnum):
    """Say whether running pods are moved at all."""

    ROLLING_UPDATE = "RollingUpdate"
    NOT_UPDATE = "NotUpdate"


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """A number of pods, or a percentage of them (``5`` or ``"5%"`` in a manifest)."""

    amount: int
    is_percent: bool = False

    def of(self, total: int) -> int:
        """Return the number of pods out of *total*, percentages rounded up (reference §5.4)."""
        return -(-self.amount * total // 100) if self.is_percent else self.amount

    def __str__(self) -> str:
        return f"{self.amount}%" if self.is_percent else str(self.amount)


@dataclasses.dataclass(frozen=True, slots=True)
class Weight:
    """One term of `priorityStrategy.weightPriority`: what a pod's priority gains when the selector matches it."""

    weight: int
    selector: selectors.Selector


@dataclasses.dataclass(frozen=True, slots=True)
class Priority:
    """`priorityStrategy`: pods with more weight go first or, where no weights are given, those with the first key."""

    weights: tuple[Weight, ...] = ()
    keys: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Scatter:
    """One term of `scatterStrategy`; the value ``*`` stands for one term for each value that matched pods have."""

    key: str
    value: str


@dataclasses.dataclass(frozen=True, slots=True)
class UpdateStrategy:
    """How running pods move: `spec.updateStrategy` with its defaults filled in."""

    type: StrategyType = StrategyType.ROLLING_UPDATE
    paused: bool = False
    selector: selectors.Selector | None = None
    partition: Share = Share(0)
    max_unavailable: Share = Share(1)
    priority: Priority | None = None
    scatter: tuple[Scatter, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Sidecar:
    """
    A container that the set keeps up to date: one of `containers`, or a native sidecar of `initContainers`.

    `shape` is canonical JSON (sorted keys, no spaces) of the core/v1 fields as written, without name and image.

    A container with HotUpgrade is two of these, as it is in a pod: one with the image and one with the empty image.
    `pair` is then what the set calls it, and empty otherwise.
    """

    name: str
    image: str
    is_native: bool = False
    shape: str = "{}"
    pair: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class SidecarSet:
    """
    One valid SidecarSet of the source branch.

    `document` is the whole manifest as accepted, canonical JSON in v1beta1 form: what the status branch keeps as the
    last good form. `rejection` is empty, or says why this last good form stands in for a manifest that was refused.
    """

    name: str
    place: findings.Place
    selector: selectors.Selector
    sidecars: tuple[Sidecar, ...]
    spec_hash: str
    shape_hash: str
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    namespace_selector: selectors.Selector | None = None
    update: UpdateStrategy = UpdateStrategy()
    is_adopting: bool = False
    revision_history_limit: int = 10
    document: str = "{}"
    rejection: str = ""
