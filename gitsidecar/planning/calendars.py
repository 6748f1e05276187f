"""
The answer of several policies as one: may pods start to move, why not, and when does that change (DESIGN §2).

All policies must allow. In each, a freeze or an open Deny window forbids, and so do its Allow windows, if it has any,
while none of them is open.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import zoneinfo
from collections.abc import Iterator, Sequence

from gitsidecar.model import plans, policies
from gitsidecar.planning import windows

_FOREVER = datetime.datetime(9000, 1, 1, tzinfo=datetime.UTC)
"""Later than anything; freezes until 9999 are without end too, and leave room to reckon."""

_STEPS = 500
_REACH = 4 * windows.HORIZON
"""How many moments a search looks at, and how far on: more than policies of people need, in a fraction of a second."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONGEST_REASON = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """
    Whether pods may start to move, and when that changes; all times are in UTC.

    `reason` is ``None`` when they may, else `FROZEN` or `WINDOW_CLOSED`, and `message` says which policy forbids and
    what releases the pods. It stays the same for as long as the state does.

    `opens_at`, when closed: the first moment that all allow; ``None`` if there is none until a person acts.
    `closes_at`: the end of the opening, of the present one or of that at `opens_at`; ``None`` if none is in sight.
    `changes_at`: until then all this stays as it is, save that a `closes_at` may come into sight; ``None`` for no
    change in sight.
    """

    reason: plans.HoldReason | None
    message: str = ""
    opens_at: datetime.datetime | None = None
    closes_at: datetime.datetime | None = None
    changes_at: datetime.datetime | None = None


def judge(covering: Sequence[policies.RolloutPolicy], now: datetime.datetime) -> Verdict:
    """Ask all policies that cover a set about *now* (aware, in any zone); their order changes nothing."""
    ordered = tuple(sorted(covering, key=lambda policy: (policy.name, str(policy.place))))
    voices = list(_voices(ordered, now.astimezone(datetime.UTC)))
    first_change = min((voice.until for voice in voices), default=_FOREVER)
    against = [voice for voice in voices if voice.is_against]
    if not against:
        closing = _closing(ordered, first_change)
        return Verdict(None, closes_at=_known(closing), changes_at=_known(closing) or _known(first_change))
    opening = _opening(ordered, _last_to_end(against))
    return Verdict(
        reason=plans.HoldReason.FROZEN if any(voice.freeze for voice in against) else plans.HoldReason.WINDOW_CLOSED,
        message=_message(against, opening),
        opens_at=_known(opening.at),
        closes_at=None if opening.at == _FOREVER else _known(_closing(ordered, opening.at)),
        changes_at=_known(first_change),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Voice:
    """
    What one freeze, one Deny window, or all Allow windows of a policy together say at a moment.

    It goes on saying so until `until` at least; one that is against is no longer so then. `window` is the Deny window,
    or the Allow window that begins next.
    """

    policy: policies.RolloutPolicy
    is_against: bool
    until: datetime.datetime
    freeze: policies.Freeze | None = None
    window: policies.Window | None = None

    @property
    def owner(self) -> str:
        return f"RolloutPolicy {self.policy.name} ({self.policy.place})"


@dataclasses.dataclass(frozen=True, slots=True)
class _Opening:
    """
    The first moment that all allow, and the last voice against before it.

    Without such a moment *at* is `_FOREVER`; the obstacle then has no end either, unless the search was given up.
    """

    at: datetime.datetime
    obstacle: _Voice


def _voices(ordered: tuple[policies.RolloutPolicy, ...], at: datetime.datetime) -> Iterator[_Voice]:
    for policy in ordered:
        for freeze in policy.freezes:
            yield _of_freeze(policy, freeze, at)
        for window in policy.windows:
            if window.type is policies.WindowType.DENY:
                state = windows.look(window, at)
                yield _Voice(policy, state.is_open, state.until or _FOREVER, window=window)
        if allows := [window for window in policy.windows if window.type is policies.WindowType.ALLOW]:
            yield _of_allows(policy, allows, at)


def _of_freeze(policy: policies.RolloutPolicy, freeze: policies.Freeze, at: datetime.datetime) -> _Voice:
    is_on = freeze.is_on(at)
    is_ahead = freeze.start is not None and at < freeze.start
    change = freeze.end if is_on else freeze.start if is_ahead else None
    return _Voice(policy, is_on, min(change or _FOREVER, _FOREVER).astimezone(datetime.UTC), freeze=freeze)


def _of_allows(policy: policies.RolloutPolicy, allows: Sequence[policies.Window], at: datetime.datetime) -> _Voice:
    states = [windows.look(window, at) for window in allows]
    ends = [state.until or _FOREVER for state in states]
    if any(state.is_open for state in states):
        return _Voice(policy, False, max(end for end, state in zip(ends, states, strict=True) if state.is_open))
    first = min(range(len(ends)), key=ends.__getitem__)
    return _Voice(policy, True, ends[first], window=allows[first])


def _last_to_end(against: Sequence[_Voice]) -> _Voice:
    return max(against, key=lambda voice: voice.until)


@functools.lru_cache(maxsize=1024)
def _opening(ordered: tuple[policies.RolloutPolicy, ...], obstacle: _Voice) -> _Opening:
    """Search for the first opening: before the end of a voice against there is none, so jump from end to end."""
    begin = obstacle.until
    for _ in range(_STEPS):
        at = obstacle.until
        if at == _FOREVER:
            return _Opening(at, obstacle)
        if at - begin > _REACH:
            break
        against = [voice for voice in _voices(ordered, at) if voice.is_against]
        if not against:
            return _Opening(at, obstacle)
        obstacle = _last_to_end(against)
    return _Opening(_FOREVER, obstacle)


@functools.lru_cache(maxsize=1024)
def _closing(ordered: tuple[policies.RolloutPolicy, ...], start: datetime.datetime) -> datetime.datetime:
    """Return the first moment from *start* on at which not all allow, `_FOREVER` if it is out of sight."""
    at = start
    for _ in range(_STEPS):
        if at == _FOREVER:
            break
        voices = list(_voices(ordered, at))
        if any(voice.is_against for voice in voices):
            return at
        at = min(voice.until for voice in voices)
    return _FOREVER


def _known(at: datetime.datetime) -> datetime.datetime | None:
    return None if at == _FOREVER else at


def _message(against: Sequence[_Voice], opening: _Opening) -> str:
    frozen = [voice for voice in against if voice.freeze]
    if not frozen:
        named = _last_to_end(against)
        where = "in a Deny window" if _is_deny(named) else "outside the windows"
        return f"{where} of {named.owner}; {_release(opening)}"
    named = _last_to_end(frozen)
    assert named.freeze is not None
    why = _line(named.freeze.reason)
    message = f"frozen by {named.owner}{why and f': {why}'}"
    if named.until == _FOREVER:
        return f"{message}; remove the freeze to release"
    message = f"{message}; ends {_clock(named.until)} UTC"
    return message if opening.at == named.until else f"{message}; {_release(opening)}"


def _release(opening: _Opening) -> str:
    obstacle = opening.obstacle
    if opening.at != _FOREVER:
        return f"window opens {_when(opening.at, obstacle.window.time_zone if obstacle.window else 'UTC')}"
    if obstacle.until != _FOREVER:
        return "no window opens: no moment is in sight at which all policies allow; let their windows meet to release"
    if obstacle.freeze:
        return f"no window opens: {obstacle.owner} has a freeze without end; remove the freeze to release"
    if _is_deny(obstacle):
        return f"no window opens: a Deny window of {obstacle.owner} stays open for over a year; change it to release"
    return f"no window opens: no schedule of {obstacle.owner} fires any more; change one to release"


def _is_deny(voice: _Voice) -> bool:
    return voice.window is not None and voice.window.type is policies.WindowType.DENY


def _when(at: datetime.datetime, zone: str) -> str:
    """Write *at* as ``Sat 2026-11-28 02:00 Europe/Berlin``, with the offset where that time comes twice."""
    local = at.astimezone(zoneinfo.ZoneInfo(zone))
    is_doubled = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{_DAYS[local.weekday()]} {_clock(local)} {zone}{f' ({local:%z})' if is_doubled else ''}"


def _clock(at: datetime.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at.second else f"{at:%Y-%m-%d %H:%M}"


def _line(text: str) -> str:
    """Return *text* as one line that does no harm where it is printed, cut to a length that is still read."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"
