"""The status branch's past as a diary: what its commits say, who asked for it, and the entries made of both."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

from gitsidecar.model import findings, reports


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """
    One commit of the status branch: when it was made, of which source *revision* it tells, and what it changed.

    `changed` maps the path of a managed file to its bytes, and to ``None`` where it is gone.
    """

    commit: str
    at: datetime.datetime
    revision: str
    changed: Mapping[str, bytes | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Who made a commit of the source branch, and its subject; empty where the commit cannot be had."""

    author: str = ""
    email: str = ""
    subject: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Rollout:
    """
    One spec on its way to the pods of the set *name*; times are those of `told`.

    `images` are (container, old, new) of those that changed. `state` and `message` say how it stands, or how it ended.
    """

    name: str
    told: reports.Rollout
    images: tuple[tuple[str, str, str], ...]
    state: str
    message: str = ""
    is_open: bool = False

    @property
    def started(self) -> str:
        return self.told.started

    @property
    def finished(self) -> str:
        return self.told.finished

    @property
    def commit(self) -> str:
        return self.told.commit


@dataclasses.dataclass(frozen=True, slots=True)
class Stop:
    """A time in which the set *name* did not move by a person's will, or until one acts; *commit* is where it began."""

    name: str
    state: str
    reason: str
    message: str
    commit: str
    started: str
    finished: str = ""

    @property
    def is_open(self) -> bool:
        return not self.finished


@dataclasses.dataclass(frozen=True, slots=True)
class Rejection:
    """A time in which something was refused, from *commit* on; *name* is the set whose manifest it is, if any."""

    found: findings.Finding
    commit: str
    started: str
    finished: str = ""
    name: str = ""

    @property
    def is_open(self) -> bool:
        return not self.finished


Entry = Rollout | Stop | Rejection
