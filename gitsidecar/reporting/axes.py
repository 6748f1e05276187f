"""Axes of time and of numbers: where the ticks are, and what stands beside them."""

from __future__ import annotations

import dataclasses
import datetime
import math

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(each * _MINUTE for each in (1, 2, 5, 10, 15, 30)),
    *(each * _HOUR for each in (1, 2, 3, 6, 12)),
    *(each * _DAY for each in (1, 2, 7, 14, 28, 91, 365)),
)
_MOST_TICKS = 6


@dataclasses.dataclass(frozen=True, slots=True)
class TimeAxis:
    """From `start` to `end` over so many units of `width` from `left` on."""

    start: datetime.datetime
    end: datetime.datetime
    left: float
    width: float

    def place(self, at: datetime.datetime) -> float:
        """Return where *at* stands; what is outside stands at the edge."""
        share = (at - self.start) / max(self.end - self.start, datetime.timedelta(seconds=1))
        return self.left + self.width * min(1.0, max(0.0, share))

    def ticks(self) -> list[tuple[float, str]]:
        """Return where ticks are, at round times in UTC, and their words: a date where the day is another one."""
        seconds = (self.end - self.start).total_seconds()
        step = next((each for each in _STEPS if seconds / each <= _MOST_TICKS), _STEPS[-1])
        first = math.ceil(self.start.timestamp() / step) * step
        found, day = [], None
        for moment in range(first, math.floor(self.end.timestamp()) + 1, step):
            at = datetime.datetime.fromtimestamp(moment, datetime.UTC)
            found.append((self.place(at), _words(at, step, is_new_day=at.date() != day)))
            day = at.date()
        return found


def height(most: int) -> tuple[int, ...]:
    """Return the numbers at which an axis up to *most* has its ticks: nothing, half of it and all, if these differ."""
    return tuple(sorted({0, most // 2, most})) if most > 1 else (0, max(1, most))


def _words(at: datetime.datetime, step: int, *, is_new_day: bool) -> str:
    date = f"{at.day} {at:%b}"
    if step >= _DAY:
        return date
    time = f"{at:%H:%M:%S}" if step < _MINUTE else f"{at:%H:%M}"
    return f"{date} {time}" if is_new_day else time
