"""Why a pod is where it is: the documented JSON of ``gitsidecar explain``, and text for people (DESIGN §10)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from gitsidecar.model import explanations, pods
from gitsidecar.reporting import moments, policies, records, texts

_State = explanations.State
_STATES = {
    _State.UNSELECTED: "not selected",
    _State.ENDING: "ending, and not counted any more",
    _State.NOT_COUNTED: "selected, but not counted",
    _State.MOVES_NOW: "to move now",
    _State.HELD: "held",
    _State.SETTLING: "settling",
    _State.IN_FLIGHT: "in flight",
    _State.STARTING: "up to date, but does not serve",
    _State.UP_TO_DATE: "up to date",
}
_WIDTH = 100
_LABEL = 12
_LONGEST = 2000

Row = tuple[str, str]


def to_json(explanation: explanations.Explanation) -> dict[str, Any]:
    """Return the documented form; sets and policies in order of name."""
    pod = explanation.pod
    return {
        "pod": pod.key,
        "now": moments.to_seconds(explanation.now),
        "workload": pod.workload,
        "node": pod.node,
        "phase": pod.phase,
        "isReady": pod.is_ready,
        "isEnding": not pod.is_active,
        "fault": pod.fault,
        "sets": [_set_to_json(each) for each in explanation.sets],
        "rejections": [records.rejection(each) for each in records.rejections(explanation.found)],
    }


def to_text(explanation: explanations.Explanation) -> str:
    """Return the pod in a line, then a block for each set that selects it, then a line for each that doesn't."""
    selecting = [each for each in explanation.sets if each.is_selected]
    others = [each for each in explanation.sets if not each.is_selected]
    blocks = [_heading(explanation, is_selected=bool(selecting))]
    blocks += [list(_set(each)) for each in selecting]
    blocks.append([line for each in others for line in _wrap(f"{_name(each)}: not selected: ", each.selection)])
    refused = [texts.one_line(str(each)) for each in records.rejections(explanation.found)]
    blocks.append(["Rejected", *(f"  {each}" for each in refused)] if refused else [])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _set_to_json(each: explanations.SetExplanation) -> dict[str, Any]:
    line, turn = each.line, each.turn
    return {
        "name": each.name,
        "source": str(each.place),
        "isSelected": each.is_selected,
        "selection": each.selection,
        "isCounted": each.is_counted,
        "counting": each.counting,
        "updateSelection": each.update_selection,
        "state": str(each.state),
        "reason": str(each.reason) if each.reason is not None else None,
        "message": each.message,
        "repair": each.repair,
        "turn": {"number": turn.number, "of": turn.total} if turn is not None else None,
        "podsAhead": line.ahead if line is not None else None,
        "releasingPartition": line.partition if line is not None else None,
        "movedAt": moments.to_seconds(each.moved_at) if each.moved_at is not None else None,
        "settledAt": moments.to_seconds(each.until) if each.until is not None else None,
        "running": _spec_to_json(each.running) if each.running is not None else None,
        "latest": _spec_to_json(each.latest),
        "policies": [_policy_to_json(policy) for policy in each.policies],
    }


def _spec_to_json(spec: explanations.Spec) -> dict[str, Any]:
    return {"specHash": spec.spec_hash, "commit": spec.commit, "images": dict(spec.images)}


def _policy_to_json(policy: explanations.PolicyAnswer) -> dict[str, Any]:
    return {
        "name": policy.name,
        "source": str(policy.place),
        "isOpen": policy.is_open,
        "until": moments.to_seconds(policy.until) if policy.until is not None else None,
        "message": policy.message,
        "rules": list(policies.rules(policy.document)),
    }


def _heading(explanation: explanations.Explanation, *, is_selected: bool) -> list[str]:
    pod = explanation.pod
    lines = [f"Pod {texts.one_line(pod.key)} at {moments.to_seconds(explanation.now)}", f"  {', '.join(facts(pod))}"]
    if pod.fault:
        lines += _wrap("  cannot be read: ", pod.fault)
    if not is_selected:
        lines += ["", "No SidecarSet selects this pod." if explanation.sets else "No SidecarSet is in force."]
    return lines


def facts(pod: pods.Pod) -> Iterator[str]:
    """Yield what state a pod is in, whose it is and where, in a few words each."""
    yield texts.one_line(pod.phase) or "phase unknown"
    yield "Ready" if pod.is_ready else "not Ready"
    if pod.is_deleting:
        yield "being deleted"
    if pod.workload:
        yield f"of {texts.one_line(pod.workload)}"
    yield f"on {texts.one_line(pod.node)}" if pod.node else "on no node yet"


def _set(each: explanations.SetExplanation) -> Iterator[str]:
    yield f"{_name(each)}: {headline(each)}"
    for label, words in rows(each):
        yield from _wrap(f"  {label:<{_LABEL}}", words)


def headline(each: explanations.SetExplanation) -> str:
    """Return where the pod stands with a set: ``held: Paused``, ``to move now, 3 of 20``."""
    words = _STATES[each.state]
    match each.state:
        case _State.HELD:
            return f"{words}: {each.reason}"
        case _State.MOVES_NOW if each.turn is not None:
            return f"{words}, {each.turn.number} of {each.turn.total}"
        case _State.IN_FLIGHT if each.moved_at is not None:
            return f"{words} since {moments.to_seconds(each.moved_at)}"
        case _State.SETTLING if each.until is not None:
            return f"{words} until {moments.to_seconds(each.until)}"
    return words


def rows(each: explanations.SetExplanation) -> Iterator[Row]:
    """Yield a label and words about a pod and a set; what goes on with the row before has no label."""
    if each.message:
        yield "change" if each.state is _State.MOVES_NOW else "why", each.message
    if each.line is not None:
        yield "in line", _line(each.line)
    if each.repair:
        yield "repair", each.repair
    yield "selected", each.selection
    yield "counted" if each.is_counted else "not counted", each.counting
    if each.update_selection:
        yield "moves if", each.update_selection
    yield from _specs(each)
    for policy in each.policies:
        yield "policy", _policy(policy)
        yield from (("", rule) for rule in policies.rules(policy.document))


def _line(line: explanations.Line) -> str:
    ahead = f"{texts.count(line.ahead, 'pod')} ahead of it" if line.ahead else "no pod ahead of it"
    return ahead if line.partition is None else f"{ahead}; partition {line.partition} or less lets it move"


def _specs(each: explanations.SetExplanation) -> Iterator[Row]:
    moved = f", moved {moments.to_seconds(each.moved_at)}" if each.moved_at is not None else ""
    specs = [("runs", each.running, moved)] if each.running is not None else []
    for label, spec, more in (*specs, ("latest", each.latest, "")):
        images = [f"{container}: {image}" for container, image in spec.images.items()]
        yield from ((label if number == 0 else "", image) for number, image in enumerate(images))
        if spec.spec_hash:
            yield "", f"spec {spec.spec_hash}{f' since {texts.short(spec.commit)}' if spec.commit else ''}{more}"
        elif label == "runs":
            yield "", f"not annotated for this set{moved or ', and never moved'}"


def _policy(policy: explanations.PolicyAnswer) -> str:
    if not policy.is_open:
        return f"{policy.name}: {policy.message}"
    until = f"until {moments.to_seconds(policy.until)}" if policy.until is not None else "with no end in sight"
    return f"{policy.name} ({policy.place}): lets pods move, {until}"


def _name(each: explanations.SetExplanation) -> str:
    return f"{texts.one_line(each.name)} ({texts.one_line(str(each.place))})"


def _wrap(begin: str, words: str) -> list[str]:
    """Return *words* behind *begin*, folded at spaces; what goes on begins below the first word."""
    indent = " " * min(len(begin), _LABEL + 2)
    line = begin + texts.one_line(words, _LONGEST)
    return textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
