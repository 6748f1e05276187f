"""What a reviewer should look at before a merge: decided from values, put in words elsewhere."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Iterator, Sequence

from gitsidecar.model import desires, forecasts, plans, policies, reviews, sidecarsets
from gitsidecar.planning import calendars

_TAG = re.compile(r":(?P<tag>[\w][\w.-]{0,127})$")
_FRIDAY = 4
_EVENING, _MORNING = 18, 6  # o'clock


def of_set(change: reviews.SetChange, reach: reviews.Reach | None) -> Iterator[reviews.Caution]:
    """Yield the risks of one changed set."""
    if change.kind is reviews.Kind.REFUSED or (change.after is None and change.before is None):
        return
    yield from _of_images(change, reach)
    yield from _of_strategy(change, reach)
    yield from _of_selection(change, reach)
    if reach is not None:
        yield from _of_ending(change, reach)


def of_policy(change: reviews.PolicyChange, head: desires.Desired) -> Iterator[reviews.Caution]:
    """Yield the sets of *head* that had windows by the policy as it was, and have none any more: they move any time."""
    if change.before is None or not change.before.windows:
        return
    windowed = [policy for policy in head.policies if policy.windows]
    free = tuple(
        each.name
        for each in head.sets
        if change.before.covers(each) and not any(policy.covers(each) for policy in windowed)
    )
    if free:
        yield reviews.Caution(reviews.Risk.POLICY_GONE, change.name, details=free)


def of_friday(
    change: reviews.SetChange,
    covering: Sequence[policies.RolloutPolicy],
    forecast: forecasts.SetForecast | None,
    *,
    zone: str,
    now: datetime.datetime,
) -> Iterator[reviews.Caution]:
    """Yield a caution when pods are to move on a Friday night or, without a forecast, when a window is open then."""
    if not change.images or change.after is None:
        return
    if forecast is not None:
        number = sum(_is_friday_night(move.at.astimezone(zoneinfo.ZoneInfo(zone))) for move in forecast.moves)
        if number:
            yield reviews.Caution(reviews.Risk.FRIDAY_NIGHT, change.name, number)
    elif any(each.windows for each in covering):
        start, end = _next_friday_night(now.astimezone(zoneinfo.ZoneInfo(zone)))
        verdict = calendars.judge(covering, start)
        if verdict.reason is None or (verdict.opens_at is not None and verdict.opens_at < end):
            yield reviews.Caution(reviews.Risk.FRIDAY_NIGHT, change.name)


def is_pinned(image: str) -> bool:
    """Say whether *image* names one version: a digest, or a tag other than ``latest``."""
    if "@" in image:
        return True
    found = _TAG.search(image.rpartition("/")[2])
    return found is not None and found["tag"] != "latest"


def _of_images(change: reviews.SetChange, reach: reviews.Reach | None) -> Iterator[reviews.Caution]:
    loose = tuple(each.after for each in change.images if each.after and not is_pinned(each.after))
    if loose:
        yield reviews.Caution(reviews.Risk.UNPINNED_IMAGE, change.name, details=loose)
    fields = tuple(each.path for each in change.scoped(reviews.Scope.SHAPE))
    if fields:
        pods = _held(reach, plans.HoldReason.NOT_UPGRADABLE)
        yield reviews.Caution(reviews.Risk.WAITS_FOR_RECREATION, change.name, pods, fields)


def _of_strategy(change: reviews.SetChange, reach: reviews.Reach | None) -> Iterator[reviews.Caution]:
    """Yield what the strategy makes of new images; one that changes no image brings nothing new to any pod."""
    if not change.images or change.before is None or change.after is None:
        return
    update = change.after.update
    if update.paused or update.type is sidecarsets.StrategyType.NOT_UPDATE:
        yield reviews.Caution(reviews.Risk.STOPS, change.name, details=("paused" if update.paused else "NotUpdate",))
        return
    moving = reach.moving if reach is not None else 0
    if reach is not None and moving < 2:
        return
    peak = _peak(reach)
    if 2 * peak > reach.matched if reach is not None else _is_broad(update.max_unavailable):
        yield reviews.Caution(reviews.Risk.ALL_AT_ONCE, change.name, peak, (str(update.max_unavailable),))
    if update.selector is None and not update.partition.amount:
        yield reviews.Caution(reviews.Risk.NO_CANARY, change.name, moving)


def _is_broad(share: sidecarsets.Share) -> bool:
    return share.is_percent and share.amount > 50


def _peak(reach: reviews.Reach | None) -> int:
    """Return how many pods are in flight at one time, at most; 0 where that is not known."""
    samples = reach.forecast.samples if reach is not None and reach.forecast is not None else ()
    return max((each.in_flight for each in samples), default=0)


def _of_selection(change: reviews.SetChange, reach: reviews.Reach | None) -> Iterator[reviews.Caution]:
    if change.successor_of and change.after is not None and not change.after.is_adopting:
        yield reviews.Caution(
            reviews.Risk.SUCCESSOR, change.name, reach.missing if reach is not None else 0, (change.successor_of,)
        )
    if reach is None:
        return
    if reach.leaving.count and change.after is not None:
        yield reviews.Caution(reviews.Risk.PODS_LEAVE, change.name, reach.leaving.count, reach.leaving.examples)
    if reach.entering.count:
        yield reviews.Caution(reviews.Risk.PODS_ENTER, change.name, reach.entering.count, reach.entering.examples)


def _of_ending(change: reviews.SetChange, reach: reviews.Reach) -> Iterator[reviews.Caution]:
    faults = [each.fault for each in (*reach.newcomers, *reach.later) if each.fault]
    if faults:
        yield reviews.Caution(reviews.Risk.NO_SPEC_FOR_NEW_PODS, change.name, details=tuple(dict.fromkeys(faults)))
    if reach.evicted:
        yield reviews.Caution(reviews.Risk.EVICTIONS, change.name, reach.evicted)
    if left := reach.left_over:
        yield reviews.Caution(reviews.Risk.NO_END, change.name, sum(each.count for each in left), (left[0].message,))


def _held(reach: reviews.Reach | None, reason: plans.HoldReason) -> int:
    if reach is None or reach.forecast is None:
        return 0
    return sum(each.count for each in reach.forecast.held if each.reason == reason)


def _is_friday_night(local: datetime.datetime) -> bool:
    is_evening = local.weekday() == _FRIDAY and local.hour >= _EVENING
    return is_evening or (local.weekday() == _FRIDAY + 1 and local.hour < _MORNING)


def _next_friday_night(local: datetime.datetime) -> tuple[datetime.datetime, datetime.datetime]:
    """Return begin and end of the night that is on, or comes next."""
    friday = local.date() + datetime.timedelta(days=_FRIDAY - local.weekday())
    start = datetime.datetime.combine(friday, datetime.time(_EVENING), local.tzinfo)
    end = datetime.datetime.combine(friday + datetime.timedelta(days=1), datetime.time(_MORNING), local.tzinfo)
    if end <= local:
        week = datetime.timedelta(days=7)
        start, end = start + week, end + week
    return max(start, local), end
