"""What each set and policy comes to, in a sentence of Markdown: who moves, who does not, and when."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence

from gitsidecar.model import reviews
from gitsidecar.reporting import images, texts
from gitsidecar.reporting.reviews import figures

_Kind, _Scope = reviews.Kind, reviews.Scope
_NAMED = 4
_WHAT = {
    _Scope.SHAPE: "its containers",
    _Scope.ROLLOUT: "how it rolls out",
    _Scope.SELECTION: "which pods it selects",
    _Scope.NEW_PODS: "what else new pods get",
    _Scope.OTHER: "what touches no pod",
}


def of_set(change: reviews.SetChange, reach: reviews.Reach | None, zone: str) -> str:
    """Return the sentence about one set, with its name in front."""
    name = f"**{texts.code(change.name)}**"
    match change.kind:
        case _Kind.REMOVED:
            return f"{name} is removed: {_removal(reach)}."
        case _Kind.REFUSED:
            return f"{name} {_refusal(change)}."
    return f"{name} {_what(change)}: {_effect(reach, zone)}" if reach is not None else f"{name} {_what(change)}."


def of_policy(change: reviews.PolicyChange) -> str:
    """Return the sentence about one RolloutPolicy."""
    name, covered = f"RolloutPolicy **{texts.code(change.name)}**", listed(change.sets) or "no set"
    match change.kind:
        case _Kind.ADDED:
            return f"{name} is new, for {covered}."
        case _Kind.REMOVED:
            return f"{name} is removed; it was for {covered}."
        case _Kind.REFUSED:
            return f"{name} is refused: no pod of {covered} moves until it is mended or removed."
    return f"{name} changes, for {covered}."


def versions(edits: Sequence[reviews.ImageEdit], set_name: str) -> str:
    """Return ``0.16.16 → 0.16.18``, with the container's name where it is not the set's own, or there are several."""
    found = []
    for each in edits[:_NAMED]:
        who = "" if len(edits) == 1 and each.container == set_name else f"{texts.code(each.container)} "
        found.append(who + _version(each))
    more = f" and {len(edits) - _NAMED} more" if len(edits) > _NAMED else ""
    return ", ".join(found) + more


def listed(names: Sequence[str]) -> str:
    """Return *names* as code, a few of them and how many more."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(texts.code(each) for each in names[:_NAMED]) + more


def _version(edit: reviews.ImageEdit) -> str:
    if not edit.before or not edit.after:
        return f"{texts.code(edit.after)} (new)" if edit.after else "is taken out"
    (old_name, old), (new_name, new) = images.split(edit.before), images.split(edit.after)
    if old_name != new_name:
        return f"{texts.code(edit.before)} → {texts.code(edit.after)}"
    return f"{_short(old)} → {_short(new)}"


def _short(version: str) -> str:
    """Return a tag as it is, and a digest by its first digits."""
    tag, at, digest = version.rpartition("sha256:")
    return texts.markdown(f"{tag}{at}{digest[:12]}" if at else version)


def _what(change: reviews.SetChange) -> str:
    match change.kind:
        case _Kind.ADDED:
            return f"is new, with {listed([each.after for each in change.images])}"
        case _Kind.MENDED:
            return f"was refused, and is in force again, with {listed([each.after for each in change.images])}"
        case _Kind.GOVERNED:
            return "is as before, under other policies"
    edited = " and ".join(_WHAT[each] for each in _Scope if change.scoped(each))
    if not change.images:
        return f"changes in {edited}"
    return versions(change.images, change.name) + (f", with changes in {edited}" if edited else "")


def _refusal(change: reviews.SetChange) -> str:
    if change.after is None:
        return "is new and refused: there is no such set until its errors are mended"
    return f"stays as it is, and none of its pods moves: {texts.markdown(change.after.rejection)}"


def _removal(reach: reviews.Reach | None) -> str:
    if reach is not None and not reach.matched:
        return "no pod has its containers"
    who = figures.pods(reach.matched) if reach is not None else "its pods"
    verb = "is" if reach is not None and reach.matched == 1 else "are"
    return f"{who} {verb} no longer managed, and nothing is stripped from running pods"


def _effect(reach: reviews.Reach, zone: str) -> str:
    """Return who moves, who does not, and when."""
    parts = [_moving(reach), *_rest(reach)]
    if reach.missing:
        who = f"{figures.counted(reach.missing, 'selected pod')} {'gets' if reach.missing == 1 else 'get'}"
        parts.append(f"{who} its containers when recreated")
    return f"{'; '.join(parts)}.{_when(reach, zone)}"


def _moving(reach: reviews.Reach) -> str:
    workloads = figures.counted(sum(1 for each in reach.shares if each.moving), "workload")
    pods = figures.pods(reach.matched)
    if not reach.matched:
        return "no pod counts as its own yet"
    if reach.done == reach.matched:
        return f"its {pods} {'has' if reach.matched == 1 else 'have'} it already"
    if not reach.moving:
        return "no pod moves"
    part = "" if reach.moving == reach.matched else f"{figures.number(reach.moving)} of "
    return f"{part}{pods} in {workloads}, in place{'' if reach.evicted else ', no pod is recreated'}"


def _rest(reach: reviews.Reach) -> Iterator[str]:
    if reach.staying:
        yield f"{figures.number(reach.staying)} {'stays' if reach.staying == 1 else 'stay'} as now{_reasons(reach)}"
    if reach.evicted:
        yield f"{figures.number(reach.evicted)} {'is' if reach.evicted == 1 else 'are'} evicted, to be made anew"
    if reach.done and reach.done < reach.matched:
        yield f"{figures.number(reach.done)} {'has' if reach.done == 1 else 'have'} it already"


def _reasons(reach: reviews.Reach) -> str:
    counts: collections.Counter[str] = collections.Counter()
    for each in reach.forecast.held if reach.forecast is not None else ():
        counts[each.reason] += each.count
    if len(counts) == 1:
        return f" ({next(iter(counts))})"
    found = ", ".join(f"{reason} {figures.number(count)}" for reason, count in counts.items())
    return f" ({found})" if found else ""


def _when(reach: reviews.Reach, zone: str) -> str:
    """Return when it starts and ends; nothing where no pod moves."""
    waves = reach.forecast.waves if reach.forecast is not None else ()
    if not waves:
        return ""
    start, end = waves[0].start, figures.until(waves[-1].end)
    stop = figures.moment(end, zone, since=start)
    ends = "and not done by" if reach.left_over else "done by"
    begins = f"In {len(waves)} waves from" if len(waves) > 1 else "From"
    return f" {begins} {figures.moment(start, zone)}, {ends} {stop} ({zone or figures.UTC})."
