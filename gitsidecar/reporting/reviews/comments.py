"""
A review as the comment of a pull request: short first, long tables folded, never longer than a comment may be.

The same review gives the same text, so that a bot can keep one comment up to date; it is found by its first line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from gitsidecar.model import findings, reviews
from gitsidecar.reporting import markdowns, texts
from gitsidecar.reporting.reviews import figures, risks, sections, sentences

MARKER = "<!-- gitsidecar review -->"
_MOST = 60_000
"""Characters; GitHub takes 65,536 in a comment."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Limits:
    """How many sets, lines about things to look at, and rows of a table are written."""

    sets: int
    lines: int
    rows: int


_LIMITS = (_Limits(100, 100, 200), _Limits(50, 50, 50), _Limits(30, 30, 20), _Limits(20, 20, 5), _Limits(5, 5, 3))


def write(review: reviews.Review) -> str:
    """Return the page, with as much in it as there is room for."""
    for limits in _LIMITS:
        page = "\n".join(_page(review, limits)) + "\n"
        if len(page) <= _MOST:
            return page
    return page[: page.rindex("\n", 0, _MOST)] + "\n\nThe rest is cut.\n"


def _page(review: reviews.Review, limits: _Limits) -> Iterator[str]:
    comparison = review.comparison
    yield MARKER
    yield f"## gitsidecar: {_title(review)}"
    yield ""
    if not comparison.sets and not comparison.policies:
        yield "No SidecarSet and no RolloutPolicy differs: nothing would move because of this change."
    yield from _cut([f"- {each}" for each in _sentences(review)], limits.sets)
    if review.cautions:
        yield from ("", "### Look at this", "")
        yield from _cut([f"- {risks.sentence(each)}" for each in review.cautions], limits.lines)
    yield from _errors(comparison, limits)
    yield from _findings("New warnings", comparison.warned, limits)
    shown = [each for each in comparison.sets if sections.is_worth_it(each, review.reaches.get(each.name))]
    for each in shown[: limits.sets]:
        zone = review.zones.get(each.name, "")
        yield from sections.of_set(each, review.reaches.get(each.name), zone=zone, rows=limits.rows)
    if len(shown) > limits.sets:
        yield from ("", f"{figures.counted(len(shown) - limits.sets, 'more SidecarSet')} left out here.")
    yield from sections.of_policies(comparison.policies, rows=limits.rows)
    yield from ("", "---", "", *_footer(review))


def _title(review: reviews.Review) -> str:
    comparison = review.comparison
    errors = f", {figures.counted(len(comparison.new_errors), 'new error')}" if comparison.new_errors else ""
    if not comparison.sets and not comparison.policies:
        return f"nothing changes{errors}"
    own = [each for each in comparison.sets if each.kind is not reviews.Kind.GOVERNED]
    counts = ((len(own), "SidecarSet", "SidecarSets"), (len(comparison.policies), "RolloutPolicy", "RolloutPolicies"))
    parts = [f"{number} {one if number == 1 else many}" for number, one, many in counts if number]
    verb = "changes" if sum(number for number, _, _ in counts) == 1 else "change"
    return f"{' and '.join(parts)} {verb}{_moves(review)}{errors}"


def _moves(review: reviews.Review) -> str:
    if review.pods is None:
        return ""
    moving = sum(each.moving for each in review.reaches.values())
    evicted = sum(each.evicted for each in review.reaches.values())
    moves = f"{figures.pods(moving)} move{'s' if moving == 1 else ''}" if moving else "no pod moves"
    return f", {moves}" + (f", {figures.number(evicted)} evicted" if evicted else "")


def _sentences(review: reviews.Review) -> Iterator[str]:
    for each in review.comparison.sets:
        if each.kind is not reviews.Kind.GOVERNED or sections.is_worth_it(each, review.reaches.get(each.name)):
            yield sentences.of_set(each, review.reaches.get(each.name), review.zones.get(each.name, ""))
    for policy in review.comparison.policies:
        yield sentences.of_policy(policy)


def _errors(comparison: reviews.Comparison, limits: _Limits) -> Iterator[str]:
    if not comparison.broken:
        return
    yield from _findings("Errors that this change brings", comparison.new_errors, limits)
    if comparison.new_errors:
        yield ""
        yield (
            "If it is merged all the same, nothing is deleted: what was in force before stays in force, in its last "
            "good form, and is held, so that none of its pods moves until this is mended. All else goes on."
        )
    yield from _findings("Errors that were there before", comparison.known, limits)


def _findings(title: str, found: Sequence[findings.Finding], limits: _Limits) -> Iterator[str]:
    rows = [
        (texts.code(str(each.place)), texts.code(each.field) if each.field else "", texts.markdown(each.message))
        for each in found
    ]
    if rows:
        yield from ("", f"### {title}")
        yield from markdowns.table(("Place", "Field", "Message"), rows[: limits.lines])
        if len(rows) > limits.lines:
            yield from ("", f"and {figures.number(len(rows) - limits.lines)} more")


def _cut(lines: Sequence[str], most: int) -> Iterable[str]:
    more = len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"- and {figures.number(more)} more"]


def _footer(review: reviews.Review) -> Iterator[str]:
    comparison = review.comparison
    head, base = (texts.code(texts.short(each)) for each in (comparison.head, comparison.base))
    yield f"{head} compared with {base}, from which it parted."
    if not comparison.sets and not comparison.policies:
        return
    forecast = review.forecast
    if review.pods is None or forecast is None:
        yield (
            "No pods were given, so nothing is said about them: `gitsidecar review --pods FILE` reads what "
            "`kubectl get pods,namespaces -A -o json` prints, and `--context NAME` asks a cluster."
        )
        return
    terms = forecast.terms
    yield (
        f"{figures.pods(review.pods)} were looked at. The times are a forecast, as if it were merged at "
        f"{figures.moment(forecast.start, '')} UTC: the planner itself on a simulated cluster in which a restart "
        f"takes about {figures.seconds(terms.restart_seconds)} ({texts.markdown(terms.restart_source)}) and no pod "
        f"fails."
    )
