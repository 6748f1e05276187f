"""Plans as plain values: what two of them must agree in, however they were made."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

from gitsidecar.model import plans, pods


def values(plan: plans.Plan, *, with_history: bool = True) -> dict[str, dict[str, Any]]:
    """
    Return set name → all that its plan says, without objects that are equal by identity only.

    *with_history* includes what comes from the status branch: the generation, and the revision that brought the spec.
    """
    return {each.sidecar_set.name: _of_set(each, with_history=with_history) for each in plan.sets}


def difference(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> str:
    """Say in what two plans' values differ, or return an empty string."""
    found = [
        f"{name}.{field}: {fields[field]!r} and {other.get(name, {}).get(field)!r}"
        for name, fields in one.items()
        for field in fields
        if fields[field] != other.get(name, {}).get(field)
    ]
    found += [f"{name} is in the other only" for name in other.keys() - one.keys()]
    return "\n".join(found)


def rearranged(snapshot: pods.Snapshot, chance: random.Random) -> Iterator[tuple[str, pods.Snapshot]]:
    """Yield the same pods in other orders and chunks, each with words that say in which."""
    rows = list(snapshot.pods)
    mixed = chance.sample(rows, len(rows))
    yield "shuffled", pods.snapshot(mixed, snapshot.namespaces)
    yield "in one chunk", pods.Snapshot((snapshot.pods,), snapshot.namespaces)
    chunks = (tuple(row for row in rows if pods.chunk_of(row.key, 7) == place) for place in range(7))
    yield "in seven chunks", pods.Snapshot(tuple(chunks), snapshot.namespaces)


def _of_set(planned: plans.SetPlan, *, with_history: bool) -> dict[str, Any]:
    lists = ("matched", "updated", "finished", "ready", "missing", "in_flight", "failing", "settling", "overdue")
    found: dict[str, Any] = {name: [pod.key for pod in getattr(planned, name)] for name in lists}
    found["actions"] = [_of_action(action, with_history=with_history) for action in planned.actions]
    found["holds"] = [(hold.pod.key, hold.reason.value, hold.message) for hold in planned.holds]
    found["held"] = [
        (each.reason.value, each.message, len(each.members), [pod.key for pod in each.examples])
        for each in planned.held
    ]
    found["census"] = dict(planned.census)
    for name in ("has_deadline", "closes_at", "wakes_at", *(("generation", "commit") if with_history else ())):
        found[name] = getattr(planned, name)
    return found


def _of_action(action: plans.Action, *, with_history: bool) -> tuple[Any, ...]:
    marks = action.marks
    if not with_history:
        marks = tuple(
            dataclasses.replace(mark, commit="") if mark.set_name == action.set_name else mark for mark in marks
        )
    return (action.pod.key, action.set_name, action.changes, marks, action.was_counted_ready)
