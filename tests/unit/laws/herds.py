"""Any pods at all, in states that are reachable or not, for the laws of a single plan."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from typing import Any

from hypothesis import strategies as st

from gitsidecar.model import pods
from tests.unit.planning import builders

NOW = builders.NOW
NAMES = ("agent", "logtail", "proxy")
IMAGES = ("logtail:1", "logtail:2", "logtail:3")
_AGES = (0, 1, 10, 59, 60, 61, 299, 300, 301, 4000)
_BOTH = (True, False)


def seconds(number: float) -> datetime.timedelta:
    """Return so many seconds."""
    return datetime.timedelta(seconds=number)


def _ago(age: int) -> datetime.datetime:
    return NOW - seconds(age)


def _move(name: str, age: int, origin: str, *flags: bool) -> pods.Move:
    return pods.Move(_ago(age), ((name, origin),), *flags)


SHAPES = (builders.SHAPE, builders.SHAPE, builders.SHAPE, "v1-other")
# Whole lists to choose from, each made once: a choice costs more than an item, and a strategy still more.
_MARKS = {
    name: st.sampled_from(
        (
            *[None] * 300,
            *(builders.mark(image, name=name, shape=shape) for image in IMAGES for shape in SHAPES * 10),
            *(
                builders.mark(image, name=name, shape=shape, move=_move(name, *details))
                for image in IMAGES
                for shape in SHAPES
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
