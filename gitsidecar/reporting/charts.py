"""A forecast as a picture: pods by version over time, windows shaded, pods in flight below (SVG, see `svgs`)."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Sequence

from gitsidecar.model import forecasts
from gitsidecar.reporting import axes, svgs, texts, timelines

_WIDTH = 960.0
_LEFT, _RIGHT = 64.0, 32.0
_TOP = 56.0  # of the heading
_PLOT, _STRIP, _GAP = 150.0, 34.0, 20.0  # heights of the versions, of the pods in flight, and between them
_PANEL = 298.0
_MOST_SETS = 12
_NEW, _OLD, _OTHERS = ("s0", "s4", "s3"), ("s1", "s5"), "s1"
_FLYING, _FLYING_LINE = "s2", "mark l2"
_HALF_A_DATE = 40.0  # wide
_MOST_NAMED = 4  # versions in the legend


@dataclasses.dataclass(frozen=True, slots=True)
class _Version:
    """One image of one container, and its colour."""

    container: str
    image: str
    colour: str


def draw(found: forecasts.Forecast) -> str:
    """Return the picture; of more than twelve sets the first ones, and how many are left out."""
    shown = found.sets[:_MOST_SETS]
    children = [
        svgs.text(_title(found), (_LEFT, 26), kind="head"),
        svgs.text(_assumed(found), (_LEFT, 44), kind="soft"),
    ]
    for place, each in enumerate(shown):
        children += _panel(each, _axis(each, found.start), _TOP + place * _PANEL)
    height = _TOP + max(1, len(shown)) * _PANEL
    if rest := len(found.sets) - len(shown):
        children.append(svgs.text(f"and {texts.count(rest, 'more set')}", (_LEFT, height), kind="soft"))
        height += 24
    lines = [timelines.heading(found), *(timelines.ending(each, found) for each in found.sets)]
    return svgs.document(_WIDTH, height, children, title=_title(found), description=". ".join(lines))


def _axis(each: forecasts.SetForecast, start: datetime.datetime) -> axes.TimeAxis:
    """Return the axis of one set, to a little after the last thing that happens: each has its own, for one may wait."""
    end = max((each.ending.at, each.samples[-1].at, *(wave.end for wave in each.waves)))
    end = max(end, start + datetime.timedelta(minutes=1))
    return axes.TimeAxis(start, end + (end - start) / 40, _LEFT, _WIDTH - _LEFT - _RIGHT)


def _title(found: forecasts.Forecast) -> str:
    return f"Forecast of {texts.count(len(found.sets), 'set')} from {timelines.clock(found.start)} UTC"


def _assumed(found: forecasts.Forecast) -> str:
    terms = found.terms
    fails = f"; {terms.fail_rate * 100:g} % of the pods fail to start" if terms.fail_rate else ""
    return f"a restart takes about {terms.restart_seconds:g} s ({terms.restart_source}){fails}; all times are UTC"


def _panel(each: forecasts.SetForecast, axis: axes.TimeAxis, top: float) -> Iterator[str]:
    """Yield what one set shows, from *top* down."""
    most = max(1, *(sample.matched for sample in each.samples))
    versions = _versions(each.samples)
    plot_top = top + 52
    yield svgs.text(each.name, (_LEFT, top + 16), kind="head")
    yield svgs.text(_end(each), (_WIDTH - _RIGHT, top + 16), kind="soft", anchor="end")
    yield from _legend(each, versions, top + 38)
    yield from _areas(each.samples, versions, axis, plot_top, most)
    yield from _numbers(plot_top, _PLOT, most)
    strip_top = plot_top + _PLOT + _GAP
    flying = max(1, *(sample.in_flight for sample in each.samples))
    points = _points(each.samples, axis, lambda sample: strip_top + _STRIP * (1 - sample.in_flight / flying))
    yield svgs.path(svgs.steps(points), kind=_FLYING_LINE)
    yield from _numbers(strip_top, _STRIP, flying, is_short=True)
    yield from _shades(each.spans, axis, plot_top, strip_top + _STRIP)
    yield from _times(axis, strip_top + _STRIP)


def _end(each: forecasts.SetForecast) -> str:
    if each.ending.end is forecasts.End.COMPLETE and not each.moves:
        return timelines.unmoved(each)
    words = {
        forecasts.End.COMPLETE: "complete",
        forecasts.End.BLOCKED: f"blocked ({each.ending.reason})",
        forecasts.End.UNFINISHED: "not complete",
    }
    return f"{words[each.ending.end]} at {timelines.clock(each.ending.at)}"


def _versions(samples: Sequence[forecasts.Sample]) -> list[_Version]:
    """Return the versions of the container that changes most; those that grow come first, and have other colours."""
    first, last = samples[0], samples[-1]
    container = max(last.images, key=lambda name: _growth(first, last, name, *last.images[name]), default="")
    images = {image for each in (first, last) for image in each.images.get(container, {})}
    growth = {image: _growth(first, last, container, image) for image in images}
    is_all = last.updated == last.matched
    is_new = {
        image: number > 0 or (is_all and image in last.images.get(container, {})) for image, number in growth.items()
    }
    colours = {True: iter(_NEW), False: iter(_OLD)}
    ordered = sorted(images, key=lambda image: (not is_new[image], -growth[image], image))
    return [_Version(container, image, next(colours[is_new[image]], _OTHERS)) for image in ordered]


def _growth(first: forecasts.Sample, last: forecasts.Sample, container: str, *images: str) -> int:
    """Return by how many pods the most growing one of *images* grows."""
    before, after = first.images.get(container, {}), last.images.get(container, {})
    return max((after.get(image, 0) - before.get(image, 0) for image in images), default=0)


def _legend(each: forecasts.SetForecast, versions: Sequence[_Version], y: float) -> Iterator[str]:
    marks = [(version.colour, _short(version.image)) for version in versions[:_MOST_NAMED]]
    marks += [(_FLYING, "in flight (below)")]
    if any(not span.is_open for span in each.spans):
        marks.append(("shade", "no window open"))
    x = _LEFT
    for kind, words in marks:
        yield svgs.rectangle((x, y - 9), 10, 10, kind=kind)
        yield svgs.text(words, (x + 15, y), kind="soft")
        x += 15 + 6.6 * len(words) + 18


def _short(image: str) -> str:
    name = image.rpartition("/")[2]
    return name if len(name) <= 40 else f"{name[:39]}…"


def _areas(
    samples: Sequence[forecasts.Sample], versions: Sequence[_Version], axis: axes.TimeAxis, top: float, most: int
) -> Iterator[str]:
    """Yield the versions as stacked steps, the highest first, so that each covers the lower part of the one before."""
    bottom = svgs.number(top + _PLOT)
    for place in reversed(range(len(versions))):

        def level(sample: forecasts.Sample, below: Sequence[_Version] = versions[: place + 1]) -> float:
            count = sum(sample.images.get(each.container, {}).get(each.image, 0) for each in below)
            return top + _PLOT * (1 - count / most)

        points = _points(samples, axis, level)
        start = svgs.number(points[0][0])
        yield svgs.path(f"{svgs.steps(points)}V{bottom}H{start}Z", kind=versions[place].colour)


def _points(
    samples: Sequence[forecasts.Sample], axis: axes.TimeAxis, level: Callable[[forecasts.Sample], float]
) -> list[svgs.Point]:
    """Return the corners of a line to the end of the axis: where it has any, the highest and last of a unit."""
    columns: dict[int, list[float]] = {}
    for sample in samples:
        columns.setdefault(round(axis.place(sample.at)), []).append(level(sample))
    corners = [(float(x), y) for x, found in columns.items() for y in (min(found), found[-1])]
    return [*corners, (axis.left + axis.width, level(samples[-1]))]


def _shades(spans: Sequence[forecasts.Span], axis: axes.TimeAxis, top: float, bottom: float) -> Iterator[str]:
    for span in spans:
        if not span.is_open:
            x, until = axis.place(span.since), axis.place(span.until)
            title = f"{span.reason} until {timelines.clock(span.until)}"
            yield svgs.rectangle((x, top), until - x, bottom - top, kind="shade", title=title)


def _numbers(top: float, height: float, most: int, *, is_short: bool = False) -> Iterator[str]:
    for value in axes.height(most) if not is_short else (0, most):
        y = top + height * (1 - value / most)
        yield svgs.line((_LEFT, y), (_WIDTH - _RIGHT, y), kind="rule")
        yield svgs.text(f"{value:,}", (_LEFT - 8, y + 4), kind="soft", anchor="end")


def _times(axis: axes.TimeAxis, bottom: float) -> Iterator[str]:
    for x, words in axis.ticks():
        yield svgs.line((x, bottom), (x, bottom + 5), kind="rule")
        anchor = "middle" if x > _LEFT + _HALF_A_DATE else ""
        yield svgs.text(words, (x, bottom + 19), kind="soft", anchor=anchor)
