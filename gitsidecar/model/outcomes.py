"""What became of an action that was sent, or that was not sent after all."""

from __future__ import annotations

import dataclasses
import enum

from gitsidecar.model import plans


class OutcomeKind(enum.StrEnum):
    """Class an outcome by what the next pass does with the pod."""

    APPLIED = "Applied"  # the API server took the patch
    CONFLICT = "Conflict"  # 422 or a failed test: the pod is not as planned; it was read again and is re-planned
    GONE = "Gone"  # no such pod, or another one of that name
    FORBIDDEN = "Forbidden"  # RBAC or admission refuses: a person must act
    DEFERRED = "Deferred"  # 409, 429, 5xx or no answer: try again after `retry_after` seconds
    WITHDRAWN = "Withdrawn"  # not sent: a stop, lost leadership or a newer snapshot came first


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """One action's end; *message* says why in words that may be shown, *retry_after* is in seconds."""

    action: plans.Action
    kind: OutcomeKind
    message: str = ""
    retry_after: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Evicted:
    """What became of an eviction, as an `Outcome` says it of an action."""

    eviction: plans.Eviction
    kind: OutcomeKind
    message: str = ""
    retry_after: float | None = None
