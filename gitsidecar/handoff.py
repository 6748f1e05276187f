"""
What one process leaves for the next on a pod: our annotation, as text and back (DESIGN §5).

The text is a contract between releases: a newer gitsidecar must read what an older one wrote and move no pod for it.
Same marks, same text, whatever order they come in.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from typing import Any

from gitsidecar.model import pods


def write(marks: Iterable[pods.Mark]) -> str:
    """Return the annotation's text for *marks*: JSON, one member per set in order of name, no spaces."""
    members = {mark.set_name: _mark_to_json(mark) for mark in sorted(marks, key=lambda mark: mark.set_name)}
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False)


def read(text: str) -> tuple[pods.Mark, ...]:
    """
    Return the marks that *text* holds, in order of set name.

    Raises ValueError, with words to show, when it is not what `write` writes; members that a newer release added are
    passed over.
    """
    try:
        members = json.loads(text)
        if not isinstance(members, dict):
            raise TypeError(f"{text[:20]!r} is not an object")
        return tuple(_mark_from_json(name, members[name]) for name in sorted(members))
    except (TypeError, KeyError, AttributeError, RecursionError, ValueError) as error:
        words = f"annotation {pods.MARK_ANNOTATION} is not what gitsidecar writes: remove it, or recreate the pod"
        raise ValueError(words) from error


def _mark_to_json(mark: pods.Mark) -> dict[str, Any]:
    member: dict[str, Any] = {
        "specHash": mark.spec_hash,
        "shapeHash": mark.shape_hash,
        "commit": mark.commit,
        "containers": list(mark.containers),
    }
    if mark.move is not None:
        member["move"] = _move_to_json(mark.move)
    return member


def _move_to_json(move: pods.Move) -> dict[str, Any]:
    at = move.at.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    member: dict[str, Any] = {"at": at, "from": dict(sorted(move.origin)), "wasReady": move.was_ready}
    if move.is_heal:
        member["heal"] = True
    return member


def _mark_from_json(name: str, member: Mapping[str, Any]) -> pods.Mark:
    move = member.get("move")
    return pods.Mark(
        set_name=name,
        spec_hash=_text(member["specHash"]),
        shape_hash=_text(member["shapeHash"]),
        commit=_text(member["commit"]),
        containers=tuple(_text(each) for each in member["containers"]),
        move=None if move is None else _move_from_json(move),
    )


def _move_from_json(member: Mapping[str, Any]) -> pods.Move:
    at = datetime.datetime.fromisoformat(_text(member["at"]))
    if at.tzinfo is None:
        raise ValueError("move.at has no time zone")
    origin = tuple((_text(name), _text(each)) for name, each in sorted(member["from"].items()))
    return pods.Move(at, origin, was_ready=member["wasReady"] is True, is_heal=member.get("heal") is True)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
