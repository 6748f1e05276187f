"""What people are told: one event of one set, or of the repository as a whole, between two reports."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping

from gitsidecar.model import findings


class Event(enum.StrEnum):
    """Name what may happen to a set: it enters one of four states, or its manifest is refused."""

    STARTED = "started"
    BLOCKED = "blocked"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"


@dataclasses.dataclass(frozen=True, slots=True)
class Notice:
    """
    One event, in words and numbers.

    `set_name` is empty where manifests were refused that are no known set's. `commit` is the revision that it is about:
    the one that brought the set's spec or, for a rejection, the one that was read; empty when that is not known.
    `is_resumed` says of a start that the same spec had begun before. `counts` has the status branch's keys. `id` is the
    same for the same event told twice, and differs between any two others.
    """

    id: str
    event: Event
    at: datetime.datetime
    cluster: str
    set_name: str
    commit: str
    reason: str
    message: str
    is_resumed: bool = False
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    spec_hash: str = ""
    place: findings.Place | None = None
    counts: Mapping[str, int] = dataclasses.field(default_factory=dict)
    rejections: tuple[findings.Finding, ...] = ()
