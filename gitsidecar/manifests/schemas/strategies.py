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
    """Label key; pods with a greater number at the end of its value go first, and before them pods without any key."""


class WeightTerm(bases.Model):
    """One entry of `weightPriority`."""

    weight: Annotated[int, pydantic.Field(ge=0, le=100)]
    """What a pod's priority gains, 0 to 100."""

    match_selector: selectors.Selector
    """Labels of the pods that gain it."""


class PriorityStrategy(bases.Model):
    """`priorityStrategy`."""

    order_priority: list[OrderTerm] | None = None
    """Keys of labels; the first decides, then the next."""

    weight_priority: list[WeightTerm] | None = None
    """Weights by label; pods with the highest sum go first."""


class ScatterTerm(bases.Model):
    """One entry of `scatterStrategy`; the value ``*`` stands for every value seen."""

    key: bases.LabelKey
    """Label key."""

    value: Annotated[str, bases.checked_by(_scatter_fault)]
    """Label value whose pods are spread over the rollout; `*` for each value there is."""


class UpdateStrategy(bases.Model):
    """How running pods move."""

    type: Literal["RollingUpdate", "NotUpdate"] | None = None
    """RollingUpdate moves running pods, NotUpdate leaves them alone; RollingUpdate if not given."""

    paused: bool | None = None
    """True stops the rollout; pods in flight finish."""

    selector: selectors.Selector | None = None
    """Labels of the pods that may move: a canary. Not together with partition."""

    partition: Partition | None = None
    """How many matched pods stay old, as a number or a percentage; 0 if not given."""

    max_unavailable: Share | None = None
    """How many matched pods may be unavailable at once by our doing, as a number or a percentage; 1 if not given."""

    priority_strategy: PriorityStrategy | None = None
    """Which pods go first."""

    scatter_strategy: list[ScatterTerm] | None = None
    """Which pods are spread over the whole rollout."""


class InjectionRevision(bases.Model):
    """Which spec new pods get."""

    revision_name: bases.Text | None = None
    """Spec hash, of those that `history/` on the status branch lists."""

    custom_version: bases.Text | None = None
    """Custom version; the newest spec that has it counts."""

    policy: Literal["Always", "Partial"] | None = None
    """Always: all new pods get it. Partial: but for those for which the rollout has room, which get the latest."""


class InjectionStrategy(bases.Model):
    """How new pods are given their sidecars."""

    paused: bool | None = None
    """True injects nothing into new pods; running ones still move."""

    revision: InjectionRevision | None = None
    """The spec for new pods, in place of the one that the rollout is at."""


class MetadataPatch(bases.Model):
    """One entry of `patchPodMetadata`."""

    annotations: dict[bases.AnnotationKey, str]
    """Annotations by key."""

    patch_policy: Literal["Retain", "Overwrite", "MergePatchJson"] | None = None
    """What becomes of a value that is there: Retain (the default), Overwrite, or MergePatchJson of JSON objects."""
