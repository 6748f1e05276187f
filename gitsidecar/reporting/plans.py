"""A plan before it is carried out: the documented JSON of ``gitsidecar plan``, and text for people (DESIGN §10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitsidecar.model import censuses, findings, plans
from gitsidecar.reporting import moments, records, texts

_HEADER = ("SET", "MATCHED", "UPDATED", "READY", "TO MOVE NOW", "HELD", "NOT UPGRADABLE", "MISSING", "SPEC")
_MOST_ACTIONS = 20
_MOST_NAMED = 3


def to_json(plan: plans.Plan) -> dict[str, Any]:
    """Return the documented form; actions in sending order, holds in order of pod."""
    return {
        "now": moments.to_seconds(plan.now),
        "sets": [_set_to_json(each) for each in plan.sets],
        "rejections": [records.rejection(each) for each in records.rejections(plan.found)],
    }


def to_text(plan: plans.Plan, *, most_actions: int = _MOST_ACTIONS) -> str:
    """Return the plan as plain text: a line per set, then what would be sent, what is held, what was refused."""
    what = f"Plan for {texts.short(plan.revision)}" if plan.revision else "Plan"  # files of a folder have no revision
    blocks = [[f"{what} at {moments.to_seconds(plan.now)}"], _overview(plan.sets)]
    for each in plan.sets:
        blocks += [_actions(each, most_actions), _holds(each), _repair(each, most_actions)]
    refused = records.rejections(plan.found)
    blocks.append(["Rejected", *(f"  {texts.one_line(str(each))}" for each in refused)] if refused else [])
    warnings = [each for each in plan.found if each.level is findings.Level.WARNING]
    blocks.append(["Warnings", *(f"  {texts.one_line(str(each))}" for each in warnings)] if warnings else [])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _set_to_json(each: plans.SetPlan) -> dict[str, Any]:
    return {
        "name": each.sidecar_set.name,
        "specHash": each.sidecar_set.spec_hash,
        "matchedPods": each.count(censuses.MATCHED),
        "updatedPods": each.count(censuses.UPDATED),
        "readyPods": each.count(censuses.READY),
        "updatedReadyPods": each.count(censuses.UPDATED_READY),
        "missingPods": each.count(censuses.MISSING),
        "notUpgradablePods": each.count(censuses.NOT_UPGRADABLE),
        "actions": [*map(_action_to_json, each.actions), *map(_eviction_to_json, each.evictions)],
        "holds": [{"pod": hold.pod.key, "reason": str(hold.reason), "message": hold.message} for hold in each.holds],
    }


def _action_to_json(action: plans.Action) -> dict[str, Any]:
    images = {change.container: change.new for change in action.changes}
    return {"pod": action.pod.key, "kind": "UpdateImages", "images": images}


def _eviction_to_json(eviction: plans.Eviction) -> dict[str, Any]:
    return {"pod": eviction.pod.key, "kind": "Evict", "reason": eviction.message}


def _overview(sets: Sequence[plans.SetPlan]) -> list[str]:
    if not sets:
        return ["No SidecarSet is in force: nothing would be moved."]
    rows: list[tuple[str, ...]] = [_HEADER]
    for each in sets:
        counts = (each.count(key) for key in (censuses.MATCHED, censuses.UPDATED, censuses.READY))
        rest = (len(each.actions), _held(each), each.count(censuses.NOT_UPGRADABLE), each.count(censuses.MISSING))
        rows.append((each.sidecar_set.name, *(str(count) for count in (*counts, *rest)), each.sidecar_set.spec_hash))
    return texts.table(rows, right=frozenset(range(1, 8)))


def _held(each: plans.SetPlan) -> int:
    return sum(len(group.members) for group in each.held)


def _actions(each: plans.SetPlan, most: int) -> list[str]:
    if not each.actions:
        return []
    rows = [(f"  {action.pod.key}", _changes(action)) for action in each.actions[:most]]
    more = len(each.actions) - most
    title = (
        f"{texts.one_line(each.sidecar_set.name)}: {texts.count(len(each.actions), 'pod')} to move now, in this order"
    )
    return [title, *_indented(rows), *([f"  and {more} more"] if more > 0 else [])]


def _changes(action: plans.Action) -> str:
    return ", ".join(f"{change.container}: {change.old} -> {change.new}" for change in action.changes)


def _holds(each: plans.SetPlan) -> list[str]:
    if not each.held:
        return []
    lines = [f"{texts.one_line(each.sidecar_set.name)}: {texts.count(_held(each), 'pod')} held"]
    for group in each.held:
        names = ", ".join(texts.one_line(pod.key) for pod in group.examples[:_MOST_NAMED])
        more = f" and {len(group.members) - _MOST_NAMED} more" if len(group.members) > _MOST_NAMED else ""
        lines += [f"  {group.reason} {len(group.members)}: {texts.one_line(group.message)}", f"    {names}{more}"]
    return lines


def _repair(each: plans.SetPlan, most: int) -> list[str]:
    """Say whom the set would evict, and why no others."""
    repair, name = each.repair, texts.one_line(each.sidecar_set.name)
    lines = []
    if each.evictions:
        rows = [(eviction.pod.key, eviction.message) for eviction in each.evictions[:most]]
        more = len(each.evictions) - most
        lines = [f"{name}: {texts.count(len(each.evictions), 'pod')} to evict for repair, after the moves"]
        lines += [*_indented(rows), *([f"  and {more} more"] if more > 0 else [])]
    if repair.waiting:
        words = repair.message or next(iter((*repair.owners.values(), *repair.resting.values())), "")
        lines.append(f"{name}: {texts.count(repair.waiting, 'pod')} to repair later: {texts.one_line(words, 600)}")
    return lines


def _indented(rows: Sequence[tuple[str, ...]]) -> list[str]:
    return [f"  {line}" for line in texts.table([tuple(cell.strip() for cell in row) for row in rows])]
