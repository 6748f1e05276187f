"""RolloutPolicies as the planner reads them: when sets may move pods, and how fast (DESIGN §2)."""

from __future__ import annotations

import dataclasses
import datetime
import enum

from gitsidecar.model import findings, selectors, sidecarsets


class WindowType(enum.StrEnum):
    """Say whether pods may start to move while a window is open, or may not."""

    ALLOW = "Allow"
    DENY = "Deny"


class Repair(enum.StrEnum):
    """Say what becomes of running pods that only a new pod in their place can put right."""

    OFF = "Off"
    EVICT = "Evict"


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """
    A stretch of time that begins whenever the cron expression `schedule` fires in `time_zone` (an IANA name).

    `duration` is elapsed time: over a change of the clocks a window of four hours still lasts four hours.
    """

    type: WindowType
    schedule: str
    duration: datetime.timedelta
    time_zone: str = "UTC"


@dataclasses.dataclass(frozen=True, slots=True)
class Freeze:
    """A stop from `start` until `end`, both aware; ``None`` stands for always, and for until it is removed."""

    reason: str
    start: datetime.datetime | None = None
    end: datetime.datetime | None = None

    def is_on(self, now: datetime.datetime) -> bool:
        """Say whether nothing may start at *now*."""
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """Which sets a policy is for: those whose labels the selector matches, those named, or all without either."""

    selector: selectors.Selector | None = None
    names: tuple[str, ...] = ()

    def covers(self, sidecar_set: sidecarsets.SidecarSet) -> bool:
        """Say whether *sidecar_set* is one of them."""
        if self.selector is not None:
            return self.selector.matches(sidecar_set.labels)
        return not self.names or sidecar_set.name in self.names


@dataclasses.dataclass(frozen=True, slots=True)
class RolloutPolicy:
    """
    One RolloutPolicy of the source branch.

    `pods_per_minute` bounds the moves of all covered sets together, ``None`` for no bound. Durations are zero and
    ``None`` where they are not asked for. `document` is the manifest as accepted, canonical JSON. `rejection` is empty,
    or says why the newest manifest is refused: the sets of all `targets` (those of the last good form, and those that
    the refused one seems to mean) are then held, because nobody knows when they were to move. `repair`
    is ``None`` where it is not written.
    """

    name: str
    place: findings.Place
    targets: tuple[Target, ...] = (Target(),)
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    pods_per_minute: int | None = None
    min_ready: datetime.timedelta = datetime.timedelta()
    progress_deadline: datetime.timedelta | None = None
    repair: Repair | None = None
    document: str = "{}"
    rejection: str = ""

    def covers(self, sidecar_set: sidecarsets.SidecarSet) -> bool:
        """Say whether the policy is for *sidecar_set*."""
        return any(target.covers(sidecar_set) for target in self.targets)
