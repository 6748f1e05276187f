"""Any sets and policies at all, and the plans that they make of pods (`herds`)."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from gitsidecar.model import desires, findings, histories, plans, pods, policies, selectors, sidecarsets
from gitsidecar.planning import planner
from tests.unit.laws import asks, herds
from tests.unit.planning import builders

_partitions = st.sampled_from((0, 0, 0, 0, 0, 1, 2, 5, "1%", "34%", "50%", "99%", "100%"))
_limits = st.sampled_from((0, 1, 1, 2, 3, 5, 8, "1%", "20%", "34%", "50%", "100%", "120%"))
_orders = st.sampled_from(
    (
        {},
        {},
        {"priority": sidecarsets.Priority(keys=("track",))},
        {"priority": sidecarsets.Priority(weights=(sidecarsets.Weight(5, builders.labelled(track="canary")),))},
        {"scatter": (sidecarsets.Scatter("track", "*"),)},
    )
)


_STRATEGIES = st.fixed_dictionaries(
    {
        "partition": _partitions,
        "max_unavailable": _limits,
        "update": st.builds(
            lambda paused, order, selector: {"paused": paused, **order, **selector},
            st.sampled_from((*[False] * 9, True)),
            _orders,
            st.sampled_from((*[{}] * 5, {"selector": builders.labelled(track="canary")})),
        ),
        "selector": st.sampled_from((builders.labelled(app="web"), selectors.Selector())),
        "shape_hash": st.sampled_from(herds.SHAPES),
        "is_adopting": st.sampled_from((True, True, False)),
        "rejection": st.sampled_from((*[""] * 11, "refused")),
    }
)
_images = st.sampled_from(herds.IMAGES)
_SETS = {
    name: st.builds(
        lambda image, fields, name=name: builders.sidecar_set(image, name=name, **fields), _images, _STRATEGIES
    )
    for name in herds.NAMES
}
_MINUTES = range(-4, 5)
_WINDOWS = tuple(
    asks.Window(type_, herds.NOW + herds.seconds(60 * start), length)
    for type_, start, length in itertools.product(("Allow", "Deny"), _MINUTES, (1, 2, 5))
)
_FREEZES = tuple(
    itertools.product((None, *(herds.NOW + herds.seconds(60 * minutes) for minutes in _MINUTES)), repeat=2)
)


def _few(items: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    """Return no item, as often as one, and one or two of *items*."""
    ones = tuple((each,) for each in items)
    return ((),) * (3 * len(items)) + ones + ones + tuple(itertools.pairwise(items))


_POLICIES = {
    name: st.builds(
        asks.Policy,
        st.just(name),
        st.sampled_from(((), herds.NAMES[:1], herds.NAMES[1:])),
        st.sampled_from(_few(_WINDOWS)),
        st.sampled_from(_few(_FREEZES)),
        st.sampled_from((None, 1, 2, 3, 5)),
        st.sampled_from((None, None, 1, 30, 300)),
        st.sampled_from((None, None, 20, 100, 400)),
        st.sampled_from((*[False] * 5, True)),
    )
    for name in ("one", "two")
}


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """All that is asked for."""

    sets: tuple[sidecarsets.SidecarSet, ...]
    policies: tuple[asks.Policy, ...] = ()

    def desired(self) -> desires.Desired:
        """Return it as the manifests would be read."""
        return desires.Desired(builders.REVISION, self.sets, policies=tuple(map(_read, self.policies)))

    def stop(self, wanted: sidecarsets.SidecarSet, now: datetime.datetime = herds.NOW) -> str:
        """Say why no pod of a set may start at *now*, or return an empty string."""
        stops = [policy.stop(now) for policy in self.policies if policy.covers(wanted.name)]
        return next(filter(None, (wanted.rejection, "paused" if wanted.update.paused else "", *stops)), "")


_SUBSETS = tuple(names for size in (1, 2, 3) for names in itertools.combinations(herds.NAMES, size))
_WISHES = st.builds(
    Wanted,
    st.sampled_from(_SUBSETS).flatmap(lambda names: st.tuples(*(_SETS[name] for name in names))),
    st.sampled_from(((), ("one",), ("one",), ("one", "two"))).flatmap(
        lambda names: st.tuples(*(_POLICIES[name] for name in names))
    ),
)


def wishes() -> st.SearchStrategy[Wanted]:
    """Return a few sets, and no, one or two policies."""
    return _WISHES


def plan(
    wanted: Wanted, found: Iterable[pods.Pod] | pods.Snapshot, now: datetime.datetime = herds.NOW, **context: Any
) -> plans.Plan:
    """Plan as a process that has just begun, or with a memory."""
    snapshot = found if isinstance(found, pods.Snapshot) else pods.snapshot(found)
    return planner.plan(wanted.desired(), snapshot, histories.History(), now, **context)


def written(found: Iterable[pods.Pod], applied: Iterable[plans.Action]) -> list[pods.Pod]:
    """Return the pods *found* as they are right after the API server has taken the actions *applied*."""
    by_key = {action.pod.key: action for action in applied}
    return [_written(pod, by_key[pod.key]) if pod.key in by_key else pod for pod in found]


def _written(pod: pods.Pod, action: plans.Action) -> pods.Pod:
    images = {change.container: change.new for change in action.changes}
    containers = tuple(dataclasses.replace(each, image=images.get(each.name, each.image)) for each in pod.containers)
    return dataclasses.replace(pod, containers=containers, marks=action.marks, has_seen_spec=False)


def _read(policy: asks.Policy) -> policies.RolloutPolicy:
    kind = policies.WindowType
    return policies.RolloutPolicy(
        policy.name,
        findings.Place(f"{policy.name}.yaml", 1, 1),
        (policies.Target(names=policy.names),),
        tuple(
            policies.Window(kind(each.type), each.manifest()["schedule"], each.end - each.begun)
            for each in policy.windows
        ),
        tuple(policies.Freeze("a law", *each) for each in policy.freezes),
        policy.pace,
        herds.seconds(policy.settle or 0),
        None if policy.deadline is None else herds.seconds(policy.deadline),
        rejection="refused" if policy.is_refused else "",
    )
