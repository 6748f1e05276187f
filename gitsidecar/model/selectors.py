"""Label selectors, as Kubernetes defines them."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping


class Operator(enum.StrEnum):
    """Name the four operators of a selector requirement."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclasses.dataclass(frozen=True, slots=True)
class Requirement:
    """One line of `matchExpressions`."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Say whether *labels* satisfy this; a missing key satisfies ``NotIn`` (as in Kubernetes)."""
        value = labels.get(self.key)
        match self.operator:
            case Operator.IN:
                return value is not None and value in self.values
            case Operator.NOT_IN:
                return value is None or value not in self.values
            case Operator.EXISTS:
                return value is not None
            case Operator.DOES_NOT_EXIST:
                return value is None


@dataclasses.dataclass(frozen=True, slots=True)
class Selector:
    """A label selector whose parts must all hold; `matchLabels` are kept as pairs in order of key."""

    labels: tuple[tuple[str, str], ...] = ()
    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether *labels* satisfy every part; an empty selector matches everything."""
        for key, value in self.labels:
            if labels.get(key) != value:
                return False
        return all(requirement.holds(labels) for requirement in self.requirements)
