"""What a story asks for: sets and policies in few words, as files, and what follows, reckoned in another way."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Mapping
from typing import Any

from gitsidecar.model import pods
from tests.support import benches, sidecarsets

DAY = datetime.timedelta(days=1)
CANARY = {"track": "canary"}


@dataclasses.dataclass(frozen=True, slots=True)
class Set:
    """
    A SidecarSet of one container that is called like it.

    `canaries` says whether `updateStrategy.selector` asks for canaries only; `order` is the strategy that orders pods.
    """

    name: str
    image: str = sidecarsets.OLD
    limit: int | str = 1
    partition: int | str = 0
    paused: bool = False
    type: str = "RollingUpdate"
    canaries: bool = False
    order: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    is_refused: bool = False

    def text(self) -> str:
        """Return the manifest; a refused one has a misspelt field."""
        update: dict[str, Any] = {"maxUnavailable": self.limit, "partition": self.partition, **self.order}
        update |= {"paused": True} if self.paused else {}
        update |= {"type": self.type} if self.type != "RollingUpdate" else {}
        update |= {"selector": {"matchLabels": dict(CANARY)}} if self.canaries else {}
        spec = {
            "selector": {"matchLabels": sidecarsets.LABELS},
            "updateStrategy": update,
            "containers": [{"name": self.name, "image": self.image}],
            **({"podSelector": {}} if self.is_refused else {}),
        }
        metadata = {"name": self.name, "annotations": {"gitsidecar.io/adopt": "true"}}
        return _document("apps.kruise.io/v1beta1", "SidecarSet", metadata, spec)

    def may_be_down(self, matched: int) -> int:
        """Return how many of *matched* pods maxUnavailable allows to be down."""
        return _part(self.limit, matched)

    def may_be_updated(self, matched: int) -> int:
        """Return how many of *matched* pods the partition lets be updated."""
        keep = _part(self.partition, matched)
        if matched > 1 and keep == matched and isinstance(self.partition, str) and self.partition != "100%":
            keep -= 1
        return max(0, matched - keep)

    def wants(self, pod: pods.Pod) -> bool:
        """Say whether *pod* is one that may move."""
        return not self.canaries or all(pod.labels.get(key) == value for key, value in CANARY.items())


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """A window that begins each day at the minute of *start* (UTC) and lasts so many *minutes*, less than a day."""

    type: str
    start: datetime.datetime
    minutes: int

    def manifest(self) -> dict[str, str]:
        """Return it as a manifest spells it."""
        return {
            "type": self.type,
            "schedule": f"{self.start.minute} {self.start.hour} * * *",
            "duration": f"{self.minutes}m",
        }

    @property
    def begun(self) -> datetime.datetime:
        """Return when it opens for the first time: schedules know no seconds."""
        return self.start.replace(second=0, microsecond=0)

    @property
    def end(self) -> datetime.datetime:
        """Return when it closes for the first time."""
        return self.begun + datetime.timedelta(minutes=self.minutes)

    def is_open(self, now: datetime.datetime) -> bool:
        """Say whether it is open at *now*."""
        return (now - self.begun) % DAY < self.end - self.begun


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """A RolloutPolicy; it is for all sets, or for *names*. Freezes are pairs of from and until, both optional."""

    name: str
    names: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    freezes: tuple[tuple[datetime.datetime | None, datetime.datetime | None], ...] = ()
    pace: int | None = None
    settle: int | None = None
    deadline: int | None = None
    is_refused: bool = False

    def text(self) -> str:
        """Return the manifest; a refused one still says for which sets it is."""
        spec: dict[str, Any] = {"sidecarSets": list(self.names)} if self.names else {}
        if self.windows:
            spec["windows"] = [window.manifest() for window in self.windows]
        if self.freezes:
            spec["freezes"] = [_freeze(*each) for each in self.freezes]
        numbers = {
            "podsPerMinute": -1 if self.is_refused else self.pace,
            "minReadySeconds": self.settle,
            "progressDeadlineSeconds": self.deadline,
        }
        spec |= {key: number for key, number in numbers.items() if number is not None}
        return _document("gitsidecar.io/v1alpha1", "RolloutPolicy", {"name": self.name}, spec)

    def covers(self, name: str) -> bool:
        """Say whether it is for the set called *name*."""
        return not self.names or name in self.names

    def stop(self, now: datetime.datetime) -> str:
        """Say why nothing may start at *now*, or return an empty string."""
        if self.is_refused:
            return f"policy {self.name} is refused"
        if any((start is None or start <= now) and (end is None or now < end) for start, end in self.freezes):
            return f"policy {self.name} freezes"
        if any(window.is_open(now) for window in self.windows if window.type == "Deny"):
            return f"policy {self.name} denies"
        allows = [window for window in self.windows if window.type == "Allow"]
        if allows and not any(window.is_open(now) for window in allows):
            return f"policy {self.name} has no open window"
        return ""


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """All that one revision asks for, by name."""

    sets: Mapping[str, Set]
    policies: Mapping[str, Policy] = dataclasses.field(default_factory=dict)

    def covering(self, name: str) -> tuple[Policy, ...]:
        """Return the policies for the set called *name*."""
        return tuple(policy for policy in self.policies.values() if policy.covers(name))

    def stop(self, name: str, now: datetime.datetime) -> str:
        """Say why no pod of the set called *name* may start at *now*, or return an empty string."""
        wanted = self.sets[name]
        if wanted.is_refused:
            return f"set {name} is refused"
        if wanted.paused or wanted.type != "RollingUpdate":
            return f"set {name} is paused or {wanted.type}"
        return next((stop for policy in self.covering(name) if (stop := policy.stop(now))), "")

    def files(self) -> dict[str, str]:
        """Return the files of a revision that asks for just this."""
        found = {file(name): each.text() for name, each in self.sets.items()}
        return found | {f"policies/{name}.yaml": each.text() for name, each in self.policies.items()}


def file(name: str) -> str:
    """Return the path of the set called *name*."""
    return benches.FILE.replace("logtail", name)


def _document(version: str, kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> str:
    """Return a manifest as JSON, which is YAML, and quicker to write."""
    return json.dumps({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}, indent=1)


def _part(share: int | str, total: int) -> int:
    if isinstance(share, int):
        return share
    whole, rest = divmod(int(share.rstrip("%")) * total, 100)
    return whole + (1 if rest else 0)


def _freeze(start: datetime.datetime | None, end: datetime.datetime | None) -> dict[str, str]:
    found = {"reason": "a story asks for it"}
    found |= {"from": start.isoformat()} if start is not None else {}
    return found | ({"until": end.isoformat()} if end is not None else {})
