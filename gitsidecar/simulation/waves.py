"""The stretches in which a set's windows are open, and its moves parted into waves by them."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Iterator, Sequence

from gitsidecar.model import forecasts, policies, sidecarsets
from gitsidecar.planning import calendars


def spans(
    sidecar_set: sidecarsets.SidecarSet,
    found: Iterable[policies.RolloutPolicy],
    start: datetime.datetime,
    end: datetime.datetime,
) -> tuple[forecasts.Span, ...]:
    """Return from *start* to *end* when the policies that cover the set let pods start, and when not."""
    covering = [policy for policy in found if policy.covers(sidecar_set)]
    merged: list[forecasts.Span] = []
    for each in _stretches(covering, start, end):
        if merged and merged[-1].reason is each.reason:
            merged[-1] = forecasts.Span(merged[-1].since, each.until, each.reason)
        else:
            merged.append(each)
    return tuple(merged)


def waves(moves: Sequence[forecasts.Move], found: Sequence[forecasts.Span]) -> tuple[forecasts.Wave, ...]:
    """Part *moves*, in order of time, where a closed one of the spans *found* lies between two of them."""
    openings = [each.since for each in found if each.is_open]
    groups = itertools.groupby(moves, key=lambda move: sum(since <= move.at for since in openings))
    return tuple(_wave(number, tuple(group)) for number, (_, group) in enumerate(groups, start=1))


def _wave(number: int, moves: tuple[forecasts.Move, ...]) -> forecasts.Wave:
    last = moves[-1].at
    arrivals = (each.arrived for each in moves if each.arrived is not None)
    return forecasts.Wave(number, moves[0].at, last, max((last, *arrivals)), moves)


def _stretches(
    covering: Sequence[policies.RolloutPolicy], start: datetime.datetime, end: datetime.datetime
) -> Iterator[forecasts.Span]:
    at = start
    while at < end:
        verdict = calendars.judge(covering, at)
        until = min(verdict.changes_at or end, end)
        yield forecasts.Span(at, until, verdict.reason)
        at = until
