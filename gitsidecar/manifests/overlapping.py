"""
Whether two sets can meet on a pod: decided exactly, by looking for labels that satisfy the selectors of both.

Each part of a selector asks for one label, and labels do not depend on each other. So two selectors have no pod in
common if, and only if, there is a label of which they ask together what no value gives.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from gitsidecar.model import selectors, sidecarsets

_NAME_LABEL = "kubernetes.io/metadata.name"


@dataclasses.dataclass(frozen=True, slots=True)
class Demand:
    """
    What is asked of one label.

    `values` are those of which it must have one, ``None`` for any; `refused` are those that it must not have.
    """

    values: frozenset[str] | None = None
    refused: frozenset[str] = frozenset()
    must_exist: bool = False
    must_not_exist: bool = False

    def __and__(self, other: Demand) -> Demand:
        """Return what both ask for."""
        values = other.values if self.values is None else self.values
        if self.values is not None and other.values is not None:
            values = self.values & other.values
        return Demand(
            values,
            self.refused | other.refused,
            self.must_exist or other.must_exist,
            self.must_not_exist or other.must_not_exist,
        )

    @property
    def is_vain(self) -> bool:
        """Say whether no label satisfies it; of values that are not listed there are always enough."""
        if self.must_exist:
            return self.must_not_exist or (self.values is not None and not self.values - self.refused)
        return False


Demands = Mapping[str, Demand]
"""Label key → what is asked of it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reach:
    """Which pods a set can select: what it asks of their labels, and of those of their namespaces."""

    pods: Demands
    namespaces: Demands

    def listed(self) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
        """Yield the labels that must have one of some values, with these: sets that share none of them never meet."""
        for kind, demands in (("pod", self.pods), ("namespace", self.namespaces)):
            for key, demand in demands.items():
                if demand.values is not None:
                    yield (kind, key), demand.values


def reach(sidecar_set: sidecarsets.SidecarSet) -> Reach:
    """Return which pods *sidecar_set* can select."""
    named = selectors.Requirement(_NAME_LABEL, selectors.Operator.EXISTS)  # the API server labels every namespace so
    of_namespaces = sidecar_set.namespace_selector or selectors.Selector()
    whole = dataclasses.replace(of_namespaces, requirements=(*of_namespaces.requirements, named))
    return Reach(_demands(sidecar_set.selector), _demands(whole))


def vain(demands: Demands) -> str:
    """Return a label of which *demands* ask what none can be, or nothing."""
    return next((key for key, demand in demands.items() if demand.is_vain), "")


def may_meet(one: Reach, other: Reach) -> bool:
    """Say whether there can be a pod that both sets select."""
    return _agree(one.pods, other.pods) and _agree(one.namespaces, other.namespaces)


def _agree(one: Demands, other: Demands) -> bool:
    shared = one.keys() & other.keys()
    if any(_have_no_value(one[key].values, other[key].values) for key in shared):  # most are parted by this
        return False
    if vain(one) or vain(other):
        return False
    return not any((one[key] & other[key]).is_vain for key in shared)


def _have_no_value(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    return one is not None and other is not None and one.isdisjoint(other)


def _demands(selector: selectors.Selector) -> dict[str, Demand]:
    asked: dict[str, Demand] = {}
    for key, demand in _parts(selector):
        asked[key] = asked[key] & demand if key in asked else demand
    return asked


def _parts(selector: selectors.Selector) -> Iterator[tuple[str, Demand]]:
    for key, value in selector.labels:
        yield key, Demand(frozenset([value]), must_exist=True)
    for each in selector.requirements:
        match each.operator:
            case selectors.Operator.IN:
                yield each.key, Demand(frozenset(each.values), must_exist=True)
            case selectors.Operator.NOT_IN:
                yield each.key, Demand(refused=frozenset(each.values))
            case selectors.Operator.EXISTS:
                yield each.key, Demand(must_exist=True)
            case selectors.Operator.DOES_NOT_EXIST:
                yield each.key, Demand(must_not_exist=True)
