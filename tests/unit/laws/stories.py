"""What may happen in a story, as values that read well when hypothesis prints them."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from typing import Any

from hypothesis import strategies as st

from gitsidecar.simulation import apiservers
from tests.support import sidecarsets
from tests.unit.laws import asks

LOGTAIL, PROXY = "logtail", "proxy"
BROKEN, CRASHING = "log-service/logtail:broken", "log-service/logtail:crashing"
IMAGES = (sidecarsets.OLD, sidecarsets.NEW, sidecarsets.NEWEST, BROKEN, CRASHING)
ORDERS: tuple[dict[str, Any], ...] = (
    {},
    {"priorityStrategy": {"weightPriority": [{"weight": 10, "matchSelector": {"matchLabels": asks.CANARY}}]}},
    {"priorityStrategy": {"orderPriority": [{"orderedKey": "track"}]}},
    {"scatterStrategy": [{"key": "track", "value": "*"}]},
)


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """A field of a set and its new value."""

    set_name: str
    field: str
    value: Any


@dataclasses.dataclass(frozen=True, slots=True)
class Passes:
    """What follows a step: perhaps another image, and passes, each after so many seconds and with a poll or without."""

    set_name: str
    image: str
    waits: tuple[float, ...]
    polls: bool


@dataclasses.dataclass(frozen=True, slots=True)
class PolicyNews:
    """A policy for the sets called *names*, all if there is none; without *terms* it is removed."""

    name: str
    names: tuple[str, ...]
    terms: Terms | None


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """
    A policy before it is known when it is pushed.

    *windows* are types with minutes from then and minutes of duration, *freezes* minutes from then and to then.
    """

    windows: tuple[tuple[str, int, int], ...] = ()
    freezes: tuple[tuple[int | None, int | None], ...] = ()
    pace: int | None = None
    settle: int | None = None
    deadline: int | None = None
    is_refused: bool = False

    def policy(self, name: str, names: tuple[str, ...], now: datetime.datetime) -> asks.Policy:
        """Return the policy as pushed at *now*."""
        return asks.Policy(
            name,
            names,
            tuple(asks.Window(type_, now + _minutes(start), length) for type_, start, length in self.windows),
            tuple(tuple(None if each is None else now + _minutes(each) for each in freeze) for freeze in self.freezes),  # type: ignore[misc]
            self.pace,
            self.settle,
            self.deadline,
            self.is_refused,
        )


def _minutes(number: int) -> datetime.timedelta:
    return datetime.timedelta(minutes=number)


def _is_forward(start: int | None, end: int | None) -> bool:
    return start is None or end is None or start < end


_windows = st.tuples(st.sampled_from(("Allow", "Deny")), st.integers(-3, 3), st.integers(1, 5))
_FREEZES = tuple(pair for pair in itertools.product((None, *range(-2, 4)), repeat=2) if _is_forward(*pair))
_freezes = st.sampled_from(_FREEZES)
terms = st.one_of(
    st.builds(Terms, windows=st.lists(_windows, min_size=1, max_size=2).map(tuple)),
    st.builds(Terms, freezes=st.tuples(_freezes)),
    st.builds(Terms, pace=st.integers(1, 4)),
    st.builds(Terms, settle=st.sampled_from((1, 5, 40))),
    st.builds(Terms, deadline=st.sampled_from((5, 60))),
    st.builds(
        Terms,
        windows=st.lists(_windows, max_size=1).map(tuple),
        pace=st.none() | st.integers(1, 4),
        settle=st.none() | st.sampled_from((1, 5)),
        deadline=st.none() | st.just(60),
        is_refused=st.sampled_from((False, False, False, True)),
    ),
)
_set_names = st.sampled_from((LOGTAIL, LOGTAIL, PROXY))
_shares = st.sampled_from((0, 1, 2, 3, "1%", "34%", "50%", "99%", "100%"))
_FIELDS: tuple[tuple[str, st.SearchStrategy[Any]], ...] = (
    ("image", st.sampled_from(IMAGES)),
    ("image", st.sampled_from(IMAGES)),
    ("limit", _shares),
    ("partition", _shares),
    ("paused", st.booleans()),
    ("canaries", st.booleans()),
    ("is_refused", st.booleans()),
    ("type", st.sampled_from(("RollingUpdate", "NotUpdate"))),
    ("order", st.sampled_from(ORDERS)),
)
changes = st.one_of(*(st.builds(Change, _set_names, st.just(field), values) for field, values in _FIELDS))
news = st.builds(
    PolicyNews, st.sampled_from(("one", "two")), st.sampled_from(((), (), (LOGTAIL,), (PROXY,))), st.none() | terms
)
_SECONDS = (0.0, 0.3, 1.0, 3.0, 3.0, 10.0, 10.0, 31.0, 61.0, 301.0)
passes = st.builds(
    Passes,
    _set_names,
    st.sampled_from(("", *IMAGES)),
    st.lists(st.sampled_from(_SECONDS), min_size=1, max_size=4).map(tuple),
    st.sampled_from((True, True, True, False)),
)
CALM = ("image", "mend", "scale down")
"""
What may happen to pods where the watch lags: nothing that leaves a pod that is not Ready and gets well by itself. Who
moves one that is well by now, as the watch has not told yet, takes a healthy one down, and cannot know.
"""
deeds = st.sampled_from(("delete", "kill", "probe", "probe", "scale up", "crash pod", "image", "image", *CALM))
troubles = st.one_of(
    st.builds(
        apiservers.Faults,
        server_error=st.sampled_from((0.0, 0.2)),
        conflict=st.sampled_from((0.0, 0.2)),
        lost_answer=st.sampled_from((0.0, 0.2, 1.0)),
    ),
    st.tuples(st.sampled_from(("throttle", "restart", "expire")), st.sampled_from((0.5, 5.0))),
)
cuts = st.sampled_from(("die", "die", "stop", "push", "push", "unrecorded", "recorded"))
