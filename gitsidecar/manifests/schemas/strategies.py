"""`updateStrategy` and `injectionStrategy`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import pydantic

from gitsidecar.manifests import names
from gitsidecar.manifests.schemas import bases, selectors
from gitsidecar.model import sidecarsets

_PERCENT = re.compile(r"[0-9]{1,9}%")
_FORMS = "write a number of pods such as 5, or a percentage of them such as 5%"


def _read_share(value: Any) -> sidecarsets.Share:
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value <= 2**31 - 1:
            return sidecarsets.Share(value)
        raise bases.fault("must not be negative" if value < 0 else f"is more pods than there can be: {_FORMS}")
    if not isinstance(value, str):
        raise bases.fault(f"must be a share of the pods: {_FORMS}")
    if _PERCENT.fullmatch(value):
        return sidecarsets.Share(int(value[:-1]), is_percent=True)
    digits = value.strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= 9:
        number = int(digits)
        raise bases.fault(f"{value!r} is text: write {number} for {number} pods, or {number}% for a percentage")
    raise bases.fault(f"{value[:20]!r} is neither a whole number nor a whole percentage: {_FORMS}")


def _read_partition(value: Any) -> sidecarsets.Share:
    share = _read_share(value)
    if share.is_percent and share.amount > 100:
        raise bases.fault("keeps more than all pods old: write 100% to keep all, or less")
    return share


def _scatter_fault(value: str) -> str:
    return "" if value == "*" else names.value_fault(value)


_SCHEMA = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+%$"}]}
Share = Annotated[
    sidecarsets.Share, pydantic.PlainValidator(_read_share), pydantic.WithJsonSchema(_SCHEMA, mode="validation")
]
Partition = Annotated[
    sidecarsets.Share, pydantic.PlainValidator(_read_partition), pydantic.WithJsonSchema(_SCHEMA, mode="validation")
]


class OrderTerm(bases.Model):
    """One entry of `orderPriority`."""

    ordered_key: bases.LabelKey


class WeightTerm(bases.Model):
    """One entry of `weightPriority`."""

    weight: Annotated[int, pydantic.Field(ge=0, le=100)]
    match_selector: selectors.Selector


class PriorityStrategy(bases.Model):
    """`priorityStrategy`."""

    order_priority: list[OrderTerm] | None = None
    weight_priority: list[WeightTerm] | None = None


class ScatterTerm(bases.Model):
    """One entry of `scatterStrategy`; the value ``*`` stands for every value seen."""

    key: bases.LabelKey
    value: Annotated[str, bases.checked_by(_scatter_fault)]


class UpdateStrategy(bases.Model):
    """How running pods move."""

    type: Literal["RollingUpdate", "NotUpdate"] | None = None
    paused: bool | None = None
    selector: selectors.Selector | None = None
    partition: Partition | None = None
    max_unavailable: Share | None = None
    priority_strategy: PriorityStrategy | None = None
    scatter_strategy: list[ScatterTerm] | None = None


class InjectionRevision(bases.Model):
    """Which spec new pods get."""

    revision_name: bases.Text | None = None
    custom_version: bases.Text | None = None
    policy: Literal["Always", "Partial"] | None = None


class InjectionStrategy(bases.Model):
    """How new pods are given their sidecars."""

    paused: bool | None = None
    revision: InjectionRevision | None = None


class MetadataPatch(bases.Model):
    """One entry of `patchPodMetadata`."""

    annotations: dict[bases.AnnotationKey, str]
    patch_policy: Literal["Retain", "Overwrite", "MergePatchJson"] | None = None
