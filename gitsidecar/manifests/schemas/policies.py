"""The RolloutPolicy: when sets may move pods, and how fast."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pydantic

from gitsidecar.manifests import schedules, times
from gitsidecar.manifests.schemas import bases, selectors, sidecarsets

_MAX_ITEMS = 100


def _read_by(read: Callable[[Any], Any]) -> pydantic.PlainValidator:
    def validate(value: Any) -> Any:
        try:
            return read(value)
        except ValueError as error:
            raise bases.fault(str(error)) from None

    return pydantic.PlainValidator(validate)


def _items_fault(value: Any) -> Any:
    if isinstance(value, list) and len(value) > _MAX_ITEMS:  # before each of them is looked at
        raise bases.fault(f"has {len(value)} items: use at most {_MAX_ITEMS}")
    return value


Duration = Annotated[
    datetime.timedelta,
    _read_by(times.duration),
    pydantic.WithJsonSchema({"type": "string", "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$"}, mode="validation"),
]
Instant = Annotated[
    datetime.datetime,
    _read_by(times.instant),
    pydantic.WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation"),
]
Schedule = Annotated[str, bases.checked_by(schedules.fault)]
TimeZone = Annotated[str, bases.checked_by(times.zone_fault)]


class Window(bases.Model):
    """One entry of `windows`."""

    type: Literal["Allow", "Deny"]
    """Allow lets pods start to move while it is open, Deny keeps them back."""

    schedule: Schedule
    """When it opens: five cron fields, e.g. `0 22 * * MON-FRI`."""

    duration: Duration
    """How long it is open, e.g. `4h` or `1h30m`."""

    time_zone: TimeZone | None = None
    """IANA time zone of the schedule, e.g. Europe/Berlin; UTC if not given."""


class Freeze(bases.Model):
    """One entry of `freezes`."""

    from_: Annotated[Instant | None, pydantic.Field(alias="from")] = None
    """When it begins, e.g. 2026-12-20T18:00:00Z; at once if not given."""

    until: Instant | None = None
    """When it ends; when it is removed if not given."""

    reason: bases.Words
    """Why; it is shown to whoever waits."""


class Targets(bases.Model):
    """The part that says which sets are meant, also read by itself from a policy that is refused."""

    sidecar_set_selector: selectors.AnySelector | None = None
    """Labels of the sets that the policy is for."""

    sidecar_sets: list[bases.Label] | None = None
    """Names of the sets that the policy is for; all sets without this and a selector."""


class Spec(Targets):
    """What is asked for."""

    windows: Annotated[list[Window] | None, pydantic.BeforeValidator(_items_fault)] = None
    """When pods may start to move; without an Allow window always."""

    freezes: Annotated[list[Freeze] | None, pydantic.BeforeValidator(_items_fault)] = None
    """Stops of all covered sets."""

    pods_per_minute: bases.Positive | None = None
    """How many pods of all covered sets may start to move within a minute."""

    min_ready_seconds: bases.Count | None = None
    """How long a moved pod is Ready before it counts as done."""

    progress_deadline_seconds: bases.Positive | None = None
    """After so long without progress nothing more starts."""

    repair: Literal["Off", "Evict"] | None = None
    """Evict lets pods that lack the sidecars be made anew, a few at a time; Off leaves them alone."""


class Manifest(bases.Model):
    """A whole document."""

    api_version: Literal["gitsidecar.io/v1alpha1"]
    kind: Literal["RolloutPolicy"]
    """RolloutPolicy: when and how fast sets may move pods."""

    metadata: sidecarsets.Metadata
    spec: Spec
