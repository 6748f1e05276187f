"""What a rollout will come to, if the pods behave: who moves when, in which waves, and how it ends."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
from collections.abc import Mapping

from gitsidecar.model import findings, plans, reports


class End(enum.StrEnum):
    """Say how the forecast of a set ends."""

    COMPLETE = "Complete"
    BLOCKED = "Blocked"  # nothing moves any more until a person acts
    UNFINISHED = "Unfinished"  # the horizon came first


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """
    How a set's forecast ends: *at* is when it was complete, when its last pod moved or arrived, or the horizon.

    *reason* and *message* are those that the status branch would have then (`reports.Condition`).
    """

    end: End
    at: datetime.datetime
    reason: str
    message: str


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """
    A set's counts from *at* on, as the status branch would have them after the pass of that moment.

    `held` maps a reason to a number of pods; `images` is as in `reports.SetReport`; `failing` are in flight and cannot
    start.
    """

    at: datetime.datetime
    matched: int = 0
    updated: int = 0
    finished: int = 0
    in_flight: int = 0
    failing: int = 0
    held: Mapping[str, int] = dataclasses.field(default_factory=dict)
    images: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)

    @property
    def held_pods(self) -> int:
        """Return how many pods are held, whatever the reason."""
        return sum(self.held.values())


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """
    One pod (by key) that is moved at *at*; `workload` is ``Kind/name``, empty for a pod without an owner.

    At `arrived` its new containers serve and the pod is Ready; ``None`` when that does not happen within the forecast.
    """

    at: datetime.datetime
    pod: str
    workload: str
    arrived: datetime.datetime | None = None

    @property
    def namespace(self) -> str:
        """Return the pod's namespace."""
        return self.pod.partition("/")[0]


@dataclasses.dataclass(frozen=True, slots=True)
class Wave:
    """
    Moves between which the set's windows did not close.

    `start` is the first move, `last_move` the last one, and at `end` all pods that arrive have arrived.
    """

    number: int
    start: datetime.datetime
    last_move: datetime.datetime
    end: datetime.datetime
    moves: tuple[Move, ...]

    @property
    def pods(self) -> int:
        """Return how many pods move in the wave."""
        return len(self.moves)

    @property
    def shares(self) -> Mapping[tuple[str, str], int]:
        """Return (namespace, workload) → number of pods, in order."""
        return dict(sorted(collections.Counter((each.namespace, each.workload) for each in self.moves).items()))


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """
    A stretch of the forecast in which the policies of a set let pods start, or not, and why not.

    `until` is its end, or the end of the forecast.
    """

    since: datetime.datetime
    until: datetime.datetime
    reason: plans.HoldReason | None = None

    @property
    def is_open(self) -> bool:
        """Say whether pods may start."""
        return self.reason is None


@dataclasses.dataclass(frozen=True, slots=True)
class SetForecast:
    """
    One set's part: samples, moves, waves and spans in order of time.

    There is a sample for the start and one whenever a count changed. `failed` are the pods that were moved and cannot
    start, in order of key. `held` is who is held, and why, when the set's windows are open for the last time. `evicted`
    are the pods (by key) that are evicted, in the order in which that happens.
    """

    name: str
    place: findings.Place
    ending: Ending
    samples: tuple[Sample, ...]
    moves: tuple[Move, ...] = ()
    waves: tuple[Wave, ...] = ()
    spans: tuple[Span, ...] = ()
    failed: tuple[str, ...] = ()
    held: tuple[reports.Held, ...] = ()
    evicted: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """
    What a forecast assumes: how long a restart takes (from the patch until Ready), and what goes wrong.

    `restart_source` says in words where the seconds are from. `fail_rate` is the share of pods, from 0 to 1, whose new
    container never starts. A forecast ends after `horizon` at the latest.
    """

    restart_seconds: float = 10.0
    restart_source: str = "assumed"
    fail_rate: float = 0.0
    seed: int = 1
    horizon: datetime.timedelta = datetime.timedelta(days=28)


@dataclasses.dataclass(frozen=True, slots=True)
class Forecast:
    """A whole rollout, from `start` to `end`; sets are in order of name."""

    start: datetime.datetime
    end: datetime.datetime
    terms: Terms
    sets: tuple[SetForecast, ...] = ()
    found: tuple[findings.Finding, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Say whether all sets end complete."""
        return all(each.ending.end is End.COMPLETE for each in self.sets)
