"""Label selectors as written."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from gitsidecar.manifests.schemas import bases


class Requirement(bases.Model):
    """One line of `matchExpressions`."""

    key: bases.LabelKey
    """Label key."""

    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """In and NotIn need values, Exists and DoesNotExist have none. NotIn is also true without the label."""

    values: list[bases.LabelValue] | None = None
    """Label values."""

    @pydantic.model_validator(mode="after")
    def _check_values(self) -> Self:
        if self.operator in ("In", "NotIn") and not self.values:
            raise bases.fault(f"needs values with the operator {self.operator}: write e.g. values: [a, b]")
        if self.operator in ("Exists", "DoesNotExist") and self.values:
            raise bases.fault(f"must have no values with the operator {self.operator}: remove them, or write In")
        return self


class AnySelector(bases.Model):
    """A label selector that may be empty, and then selects everything."""

    match_labels: dict[bases.LabelKey, bases.LabelValue] | None = None
    """Labels that are all there, with these values."""

    match_expressions: list[Requirement] | None = None
    """Conditions that are all true."""


class Selector(AnySelector):
    """A label selector that selects by something; an empty one would take in every pod of the cluster."""

    @pydantic.model_validator(mode="after")
    def _check_content(self) -> Self:
        if not self.match_labels and not self.match_expressions:
            raise bases.fault("is empty and would select everything: write e.g. {matchLabels: {app: nginx}}")
        return self
