"""Any state at all, reachable or not: pods, sets and policies for the laws of a single plan."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st

from gitsidecar.model import desires, findings, histories, plans, pods, policies, selectors, sidecarsets
from gitsidecar.planning import planner
from tests.unit.laws import asks
from tests.unit.planning import builders

NOW = builders.NOW
NAMES = ("agent", "logtail", "proxy")
IMAGES = ("logtail:1", "logtail:2", "logtail:3")
_AGES = (0, 1, 10, 59, 60, 61, 299, 300, 301, 4000)
_BOTH = (True, False)
_partitions = st.sampled_from((0, 0, 0, 0, 0, 1, 2, 5, "1%", "34%", "50%", "99%", "100%"))
_limits = st.sampled_from((0, 1, 1, 2, 3, 5, 8, "1%", "20%", "34%", "50%", "100%", "120%"))


def seconds(number: float) -> datetime.timedelta:
    """Return so many seconds."""
    return datetime.timedelta(seconds=number)


def _ago(age: int) -> datetime.datetime:
    return NOW - seconds(age)


def _move(name: str, age: int, origin: str, was_ready: bool, is_heal: bool) -> pods.Move:
    return pods.Move(_ago(age), ((name, origin),), was_ready=was_ready, is_heal=is_heal)


_SHAPES = (builders.SHAPE, builders.SHAPE, builders.SHAPE, "v1-other")
# Whole lists to choose from, each made once: a choice costs more than an item, and a strategy still more.
_MARKS = {
    name: st.sampled_from(
        (
            *[None] * 300,
            *(builders.mark(image, name=name, shape=shape) for image in IMAGES for shape in _SHAPES * 10),
            *(
                builders.mark(image, name=name, shape=shape, move=_move(name, *details))
                for image in IMAGES
                for shape in _SHAPES
                for details in itertools.product(_AGES, ("", "a", "b"), _BOTH, (False, False, True))
            ),
        )
    )
    for name in NAMES
}
_CONTAINERS = {
    name: st.sampled_from(
        (
            None,
            *(
                builders.container(name, image, container_id=id_, is_ready=is_ready, restarts=restarts, waiting=waiting)
                for image, id_, is_ready, restarts, waiting in itertools.product(
                    IMAGES,
                    ("a", "c", "c", "c", "c"),
                    (True, True, True, False),
                    (0, 2),
                    ("", "", "", "ImagePullBackOff"),
                )
            ),
        )
    )
    for name in NAMES
}
_LIVES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    tuple(
        {
            "ready": is_ready,
            "ready_since": _ago(age) if is_ready else None,
            "unready_since": None if is_ready else _ago(age),
            "has_seen_spec": has_seen_spec,
        }
        for is_ready, age, has_seen_spec in itertools.product((True, True, False), _AGES, (*[True] * 5, False))
    )
)
_PLACES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    tuple(
        {"phase": phase, "node": node, "fault": fault, "created": created}
        for phase, node, fault, created in itertools.product(
            (*["Running"] * 7, "Pending", "Unknown", "Failed"),
            ("node-1", "node-1", ""),
            (*[""] * 11, "broken"),
            (None, _ago(60), _ago(4000)),
        )
    )
)
_LABELS = st.sampled_from(
    (*[{"app": "web", "track": "canary"}, {"app": "web", "track": "b2"}, {"app": "web"}] * 3, {"app": "db"})
)


@st.composite
def rows(draw: st.DrawFn, number: int) -> pods.Pod:
    """Return one pod, whatever its state."""
    marks = [draw(_MARKS[name]) for name in NAMES]
    containers = [each for name in NAMES if (each := draw(_CONTAINERS[name])) is not None]
    return builders.pod(
        number,
        namespace=("a", "a-b")[number % 2],
        labels=draw(_LABELS),
        containers=tuple(dataclasses.replace(each, index=index) for index, each in enumerate(containers)),
        marks=tuple(mark for mark in marks if mark is not None),
        **draw(_LIVES),
        **draw(_PLACES),
    )


_SIZES = (0, 1, 2, 5, 6, 7, 8, 8, 9, 9)
_FLEETS = {size: st.tuples(*(rows(number) for number in range(size))).map(list) for size in _SIZES}


def fleets() -> st.SearchStrategy[list[pods.Pod]]:
    """Return up to nine pods."""
    return st.sampled_from(_SIZES).flatmap(_FLEETS.__getitem__)


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
        "shape_hash": st.sampled_from(_SHAPES),
        "is_adopting": st.sampled_from((True, True, False)),
        "rejection": st.sampled_from((*[""] * 11, "refused")),
    }
)
_images = st.sampled_from(IMAGES)
_SETS = {
    name: st.builds(
        lambda image, fields, name=name: builders.sidecar_set(image, name=name, **fields), _images, _STRATEGIES
    )
    for name in NAMES
}
_MINUTES = range(-4, 5)
_WINDOWS = tuple(
    asks.Window(type_, NOW + seconds(60 * start), length)
    for type_, start, length in itertools.product(("Allow", "Deny"), _MINUTES, (1, 2, 5))
)
_FREEZES = tuple(itertools.product((None, *(NOW + seconds(60 * minutes) for minutes in _MINUTES)), repeat=2))


def _few(items: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    """Return no item, as often as one, and one or two of *items*."""
    ones = tuple((each,) for each in items)
    return ((),) * (3 * len(items)) + ones + ones + tuple(itertools.pairwise(items))


_POLICIES = {
    name: st.builds(
        asks.Policy,
        st.just(name),
        st.sampled_from(((), NAMES[:1], NAMES[1:])),
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

    def stop(self, wanted: sidecarsets.SidecarSet, now: datetime.datetime = NOW) -> str:
        """Say why no pod of a set may start at *now*, or return an empty string."""
        stops = [policy.stop(now) for policy in self.policies if policy.covers(wanted.name)]
        return next(filter(None, (wanted.rejection, "paused" if wanted.update.paused else "", *stops)), "")


_SUBSETS = tuple(names for size in (1, 2, 3) for names in itertools.combinations(NAMES, size))
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
    wanted: Wanted, found: Iterable[pods.Pod] | pods.Snapshot, now: datetime.datetime = NOW, **context: Any
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
    duration: Callable[[int | None], datetime.timedelta] = lambda number: seconds(number or 0)  # noqa: E731
    return policies.RolloutPolicy(
        policy.name,
        findings.Place(f"{policy.name}.yaml", 1, 1),
        (policies.Target(names=policy.names),),
        tuple(
            policies.Window(policies.WindowType(each.type), each.manifest()["schedule"], seconds(60 * each.minutes))
            for each in policy.windows
        ),
        tuple(policies.Freeze("a law", *each) for each in policy.freezes),
        policy.pace,
        duration(policy.settle),
        None if policy.deadline is None else duration(policy.deadline),
        rejection="refused" if policy.is_refused else "",
    )
