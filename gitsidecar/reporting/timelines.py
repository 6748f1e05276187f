"""A forecast as text for people: what happens when, a line each, and how each set ends."""

from __future__ import annotations

import bisect
import dataclasses
import datetime
from collections.abc import Iterator, Sequence

from gitsidecar.model import forecasts
from gitsidecar.reporting import moments, texts

_HEADER = ("TIME (UTC)", "SET", "UPDATED", "", "IN FLIGHT", "HELD", "WHAT HAPPENS")
_MOST_LINES = 36
_BAR = 16
_QUARTERS = (25, 50, 75)


@dataclasses.dataclass(frozen=True, slots=True)
class _Moment:
    """Something that happens to a set; *is_progress* says that only a count grows."""

    at: datetime.datetime
    set_name: str
    what: str
    is_progress: bool = False


def to_text(found: forecasts.Forecast, *, most_lines: int = _MOST_LINES) -> str:
    """Return the timeline as plain text; with more than *most_lines* lines, those in the middle are left out."""
    told = _merged(_thinned([each for part in found.sets for each in _moments(part)], most_lines))
    samples = {each.name: each.samples for each in found.sets}
    rows = [row(each.at, each.set_name, sample_at(samples[each.set_name], each.at), each.what) for each in told]
    lines = texts.table([_HEADER, *rows], right=frozenset({3, 4, 5})) if rows else []
    endings = [ending(each, found) for each in found.sets]
    return (
        "\n\n".join("\n".join(block) for block in ([heading(found)], _cut(lines, most_lines), endings) if block) + "\n"
    )


def heading(found: forecasts.Forecast) -> str:
    """Return one line that says what is forecast, and what is assumed."""
    terms = found.terms
    total = sum(each.samples[0].matched for each in found.sets)
    fails = f"{terms.fail_rate * 100:g} % of the pods fail to start" if terms.fail_rate else "no pod fails"
    what = f"{texts.count(total, 'pod')} in {texts.count(len(found.sets), 'set')}"
    restart = f"a restart takes about {terms.restart_seconds:g} s ({terms.restart_source})"
    return f"Forecast from {clock(found.start)} UTC: {what}; {restart}; {fails}"


def row(at: datetime.datetime, name: str, sample: forecasts.Sample, what: str) -> tuple[str, ...]:
    """Return a line of the table as its cells."""
    return (
        clock(at),
        name,
        texts.bar(sample.updated, sample.matched, _BAR),
        f"{sample.updated}/{sample.matched}",
        str(sample.in_flight),
        str(sample.held_pods),
        what,
    )


def sample_at(samples: Sequence[forecasts.Sample], at: datetime.datetime) -> forecasts.Sample:
    """Return the newest of *samples* at *at*; the first one before that."""
    place = bisect.bisect_right(samples, at, key=lambda each: each.at)
    return samples[max(0, place - 1)]


def ending(each: forecasts.SetForecast, found: forecasts.Forecast) -> str:
    """Return one line that says how a set ends."""
    name, end = texts.one_line(each.name), each.ending
    match end.end:
        case forecasts.End.COMPLETE if not each.moves:
            return f"{name}: {unmoved(each)}"
        case forecasts.End.COMPLETE:
            took = moments.between(found.start, end.at)
            waves = f" in {len(each.waves)} waves" if len(each.waves) > 1 else ""
            return f"{name}: complete at {clock(end.at)}, after {took}; {texts.count(len(each.moves), 'move')}{waves}"
        case forecasts.End.BLOCKED:
            return f"{name}: blocked since {clock(end.at)} ({end.reason}): {texts.one_line(end.message)}"
        case forecasts.End.UNFINISHED:
            return f"{name}: not complete at {clock(end.at)}, where the forecast ends: {texts.one_line(end.message)}"


def unmoved(each: forecasts.SetForecast) -> str:
    """Say of a set that ends complete without a move whether it has pods at all."""
    return "complete from the start" if each.samples[-1].matched else "no running pod is matched"


def clock(at: datetime.datetime) -> str:
    """Return *at* in UTC, to the second."""
    return f"{at.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S}"


def _moments(each: forecasts.SetForecast) -> Iterator[_Moment]:
    """Yield what happens to one set."""
    first = each.samples[0]
    drifted = first.matched - first.updated + sum(move.at == first.at for move in each.moves)
    yield _Moment(first.at, each.name, f"begins: {drifted} of {texts.count(first.matched, 'pod')} differ")
    for before, span in zip((None, *each.spans), each.spans, strict=False):
        is_telling = before is not None or not span.is_open
        if is_telling and span.since <= each.ending.at:
            yield _Moment(span.since, each.name, "window opens" if span.is_open else f"no window open ({span.reason})")
    for wave in each.waves:
        begins = f"wave {wave.number}: {texts.count(wave.pods, 'pod')} until {clock(wave.end)}"
        if len(each.waves) > 1 or wave.start > first.at:
            yield _Moment(wave.start, each.name, begins)
    yield from _progress(each)
    failing = next((sample for sample in each.samples if sample.failing), None)
    if failing is not None:
        yield _Moment(failing.at, each.name, "the first pod cannot start")
    end = each.ending
    yield _Moment(
        end.at, each.name, {"Complete": "complete", "Blocked": f"blocked ({end.reason})"}.get(end.end, "forecast ends")
    )


def _progress(each: forecasts.SetForecast) -> Iterator[_Moment]:
    """Yield when a quarter, a half and three quarters of the pods that move have moved."""
    for quarter in _QUARTERS if len(each.moves) > len(_QUARTERS) else ():
        move = each.moves[len(each.moves) * quarter // 100]
        yield _Moment(move.at, each.name, f"{quarter} % of the moves", is_progress=True)


def _thinned(found: list[_Moment], most: int) -> list[_Moment]:
    """Return *found* without progress where there is no room for it."""
    return found if len(found) <= most else [each for each in found if not each.is_progress]


def _merged(found: list[_Moment]) -> list[_Moment]:
    """Return *found* in order of time, what happens to a set in one second as one; progress says less than the rest."""
    merged: dict[tuple[datetime.datetime, str], list[_Moment]] = {}
    for each in sorted(found, key=lambda each: (each.at.replace(microsecond=0), each.set_name)):
        merged.setdefault((each.at.replace(microsecond=0), each.set_name), []).append(each)
    rows = []
    for (_, name), same in merged.items():
        told = [each.what for each in same if not each.is_progress] or [same[0].what]
        rows.append(_Moment(max(each.at for each in same), name, "; ".join(told)))
    return rows


def _cut(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    half = (most - 1) // 2
    return [*lines[:half], f"… {len(lines) - 2 * half} lines more: --output json has all", *lines[-half:]]
