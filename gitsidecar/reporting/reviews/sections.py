"""The sections of a review: what differs in a set, its waves, who stays, what new pods get, and whose the pods are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from gitsidecar.model import plans, policies, reviews
from gitsidecar.reporting import markdowns, texts, yamls
from gitsidecar.reporting import policies as rules
from gitsidecar.reporting.reviews import figures, sentences

_OPEN = 10
"""So many rows of workloads are shown unfolded."""

_LONGEST = 120

_SPECS = {
    "Latest": "the new spec",
    "Stable": "the old spec",
    "Named": "the spec that injectionStrategy.revision names",
}

_COLUMNS: Mapping[str, Callable[[reviews.Share], int]] = {
    "Moves": lambda share: share.moving,
    "Stays": lambda share: share.staying,
    "Has it": lambda share: share.done,
    "Missing": lambda share: share.missing,
    "Evicted": lambda share: share.evicted,
}

_Row = markdowns.Row


def is_worth_it(change: reviews.SetChange, reach: reviews.Reach | None) -> bool:
    """Say whether there is anything to tell of a set; one under other policies has it only while pods wait."""
    if change.kind is reviews.Kind.REFUSED:
        return False
    if change.kind is reviews.Kind.GOVERNED:
        return reach is not None and (reach.matched > reach.done or reach.evicted > 0)
    return True


def of_set(change: reviews.SetChange, reach: reviews.Reach | None, *, zone: str, rows: int) -> list[str]:
    """Return the section of one set, no table of which has more than *rows*; nothing where there is nothing to tell."""
    lines = []
    if change.edits or len(change.images) > 1:
        lines += _short_table(("Field", "Before", "After"), list(_differences(change)), rows)
    if reach is not None and change.after is None:
        lines += _left(reach, rows)
    elif reach is not None:
        lines += [*_waves(reach, zone, rows), *_staying(reach, rows)]
        lines += [*_newcomers(change, reach), *_workloads(reach, rows)]
    return ["", f"### {texts.code(change.name)} in {texts.code(str(change.place))}", *lines] if lines else []


def of_policies(changes: Sequence[reviews.PolicyChange], *, rows: int) -> Iterator[str]:
    """Return the section of the policies."""
    table = [
        (texts.code(each.name), _rules(each.before), _rules(each.after), sentences.listed(each.sets) or "none")
        for each in changes
    ]
    if table:
        yield from ("", "### RolloutPolicies")
        yield from _short_table(("RolloutPolicy", "Before", "After", "Sets"), table, rows)


def _differences(change: reviews.SetChange) -> Iterator[_Row]:
    for image in change.images:
        yield f"image of {texts.code(image.container)}", _code(image.before), _code(image.after)
    for each in change.edits:
        if each.before or each.after:
            yield texts.code(each.path), _value(each.before), _value(each.after)
        else:
            yield texts.code(each.path), "differs", ""


def _code(value: str) -> str:
    return texts.code(value, _LONGEST) if value else "not set"


def _value(document: str) -> str:
    """Return a value as people write it in YAML, if it is a text or a number, and as JSON otherwise."""
    value = yamls.from_json(document) if document else ""
    return _code(value if isinstance(value, str) else document)


def _waves(reach: reviews.Reach, zone: str, rows: int) -> Iterator[str]:
    found = reach.forecast.waves if reach.forecast is not None else ()
    if len(found) < 2:
        return  # the sentence at the top says it all
    table = [
        (
            str(each.number),
            figures.number(each.pods),
            figures.moment(each.start, zone),
            figures.moment(figures.until(each.end), zone, since=each.start),
        )
        for each in found
    ]
    yield from _short_table(("Wave", "Pods", f"Starts ({zone or figures.UTC})", "Done by"), table, rows, numbers=(1,))


def _staying(reach: reviews.Reach, rows: int) -> Iterator[str]:
    held = reach.forecast.held if reach.forecast is not None else ()
    table = [
        (
            texts.markdown(each.reason),
            texts.markdown(each.message),
            markdowns.listed(each.examples[:2], each.count),
            figures.number(each.count),
        )
        for each in held
    ]
    yield from _short_table(("Does not move", "Why, and what releases it", "Which", "Pods"), table, rows, numbers=(3,))


def _newcomers(change: reviews.SetChange, reach: reviews.Reach) -> Iterator[str]:
    is_same = (
        change.before is not None and change.after is not None and change.before.spec_hash == change.after.spec_hash
    )
    held = reach.forecast.held if reach.forecast is not None else ()
    has_rival = any(each.reason == plans.HoldReason.CONFLICTING_SETS for each in held)
    if is_same or has_rival or not reach.newcomers:
        return  # where another set claims the same, a pod gets neither
    yield ""
    now, later = _choices(reach.newcomers), _choices(reach.later)
    if not later or later == now:
        yield f"**New pods** get {now}."
    else:
        yield f"**New pods** get, right after the merge, {now}; and in the end {later}."


def _choices(found: Sequence[reviews.Newcomer]) -> str:
    return " or ".join(_choice(each) for each in found[:3])


def _choice(newcomer: reviews.Newcomer) -> str:
    if newcomer.fault:
        return f"nothing ({texts.markdown(newcomer.fault)})"
    why = "" if newcomer.spec == "Latest" else f" ({texts.markdown(newcomer.reason)})"
    return _SPECS[newcomer.spec] + why


def _workloads(reach: reviews.Reach, rows: int) -> list[str]:
    """Return the workloads, those first of which most is to be told; without columns that are empty."""
    ranked = sorted(reach.shares, key=lambda each: each.done - each.matched - each.missing - each.evicted)
    columns = {
        title: count
        for title, count in _COLUMNS.items()
        if title == "Moves" or any(count(each) for each in reach.shares)
    }
    table = [
        (*_owner(each), *(figures.number(count(each)) for count in columns.values())) for each in _listed(ranked[:rows])
    ]
    return _folded(("Namespace", "Workload", *columns), table, total=len(reach.shares))


def _left(reach: reviews.Reach, rows: int) -> list[str]:
    """Return whose pods a set leaves that is no more."""
    shares = sorted((each for each in reach.shares if each.matched), key=lambda each: -each.matched)
    table = [(*_owner(each), figures.number(each.matched)) for each in _listed(shares[:rows])]
    return _folded(("Namespace", "Workload", "Pods"), table, total=len(shares))


def _listed(shares: Iterable[reviews.Share]) -> list[reviews.Share]:
    return sorted(shares, key=lambda each: (each.namespace, each.workload))


def _owner(share: reviews.Share) -> _Row:
    return texts.code(share.namespace), texts.code(share.workload)


def _folded(header: _Row, rows: Sequence[_Row], *, total: int) -> list[str]:
    """Return a table of workloads, all columns of numbers but two, folded when it is long."""
    lines = _short_table(header, rows, len(rows), numbers=tuple(range(2, len(header))), total=total)
    if total <= _OPEN:
        return lines
    summary = figures.counted(total, "workload")
    return ["", "<details>", f"<summary>{summary}</summary>", *lines, "", "</details>"]


def _short_table(
    header: _Row, rows: Sequence[_Row], most: int, *, numbers: tuple[int, ...] = (), total: int | None = None
) -> list[str]:
    """Return a table of at most so many rows, and how many are left out of *total*."""
    lines = markdowns.table(header, rows[:most], numbers=numbers)
    more = (len(rows) if total is None else total) - min(len(rows), most)
    return [*lines, "", f"and {figures.number(more)} more"] if more > 0 else lines


def _rules(policy: policies.RolloutPolicy | None) -> str:
    if policy is None:
        return "none"
    if policy.rejection:
        return texts.markdown(policy.rejection)
    return texts.markdown("; ".join(rules.rules(policy.document)), 600) or "no rule"
