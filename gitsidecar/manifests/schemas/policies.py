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
    schedule: Schedule
    duration: Duration
    time_zone: TimeZone | None = None


class Freeze(bases.Model):
    """One entry of `freezes`."""

    from_: Annotated[Instant | None, pydantic.Field(alias="from")] = None
    until: Instant | None = None
    reason: bases.Words


class Targets(bases.Model):
    """The part that says which sets are meant, also read by itself from a policy that is refused."""

    sidecar_set_selector: selectors.AnySelector | None = None
    sidecar_sets: list[bases.Label] | None = None


class Spec(Targets):
    """What is asked for."""

    windows: Annotated[list[Window] | None, pydantic.BeforeValidator(_items_fault)] = None
    freezes: Annotated[list[Freeze] | None, pydantic.BeforeValidator(_items_fault)] = None
    pods_per_minute: bases.Positive | None = None
    min_ready_seconds: bases.Count | None = None
    progress_deadline_seconds: bases.Positive | None = None


class Manifest(bases.Model):
    """A whole document."""

    api_version: Literal["gitsidecar.io/v1alpha1"]
    kind: Literal["RolloutPolicy"]
    metadata: sidecarsets.Metadata
    spec: Spec
