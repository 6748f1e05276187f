"""
The message of a record's commit: what `git log` of the status branch tells an auditor (DESIGN §7).

Names and words come from outside. Each is made one line, and every line of the body that holds one is indented, so that
none can pass for a line of ours, least of all for a trailer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitsidecar.model import histories, reports
from gitsidecar.reporting import changes, conditions, policies, standings, texts

_SUBJECT = 72
_NAMED = 20
_COVERED = 10  # they share a line
_SHORTEST_NAME = 12
_POLICY = "RolloutPolicy "


def write(report: reports.Report, history: histories.History, *, pass_id: str) -> str:
    """Return the message of the commit that records *report* after what *history* recorded."""
    found = changes.compare(report, history)
    blocks = [
        *(block for change in found.sets for block in _body(change)),
        _block("RolloutPolicies:", [line for change in found.policies for line in _policy_lines(change)]),
        _block("Rejected:", [str(each) for each in found.rejected]),
        _block("No longer rejected:", [str(each) for each in found.accepted]),
    ]
    trailers = (
        f"Gitsidecar-Revision: {_value(report.revision)}\n"
        f"Gitsidecar-Cluster: {_value(report.cluster)}\n"
        f"Gitsidecar-Pass: {_value(pass_id)}\n"
    )
    subject = _subject(found, is_first=history.recorded is None)
    return "\n\n".join([subject, *(block for block in blocks if block), trailers])


def _subject(found: changes.Changes, *, is_first: bool) -> str:
    """Return the chief change in one line, and how many others there are."""
    has_policy_news = any(each.is_transition for each in found.policies)
    if has_policy_news and not any(each.is_transition for each in found.sets):
        return _policies_subject(found.policies)
    if not found.sets:
        idle = "No SidecarSets yet" if is_first else "Write the status anew"
        return _rejections_subject(found) or _policies_subject(found.policies) or idle
    ranked = sorted(found.sets, key=_rank)
    news = ", manifest changed" if ranked[0].is_manifest_only else _repaired(ranked[0])
    what = _state(ranked[0]) + news + _others(ranked)
    # Git takes a line that begins with dashes for the end of a message, and one with # for a comment.
    return f"{texts.one_line(ranked[0].name, _room(what)).lstrip('-#') or '?'}{what}"


def _repaired(change: changes.Change) -> str:
    """Say how many pods were evicted, or are to be, where that is all the news."""
    report = change.now
    if report is None or report.moves or change.conditions:
        return ""
    if report.evicted:
        return f", {len(report.evicted)} evicted"
    return f", {len(change.noted)} to evict" if change.noted else ""


def _policies_subject(found: Sequence[changes.PolicyChange]) -> str:
    """Return the chief change of policies: a refusal stops sets, so it comes before the others."""
    if not found:
        return ""
    ranked = sorted(found, key=lambda each: (each.now is None or not each.now.rejection, not each.is_transition))
    what = f" {_policy_state(ranked[0])}{_others(ranked)}"
    return f"{_POLICY}{texts.one_line(ranked[0].name, _room(_POLICY + what))}{what}"


def _others(ranked: Sequence[object]) -> str:
    return f" and {len(ranked) - 1} more" if len(ranked) > 1 else ""


def _room(rest: str) -> int:
    """Return how long a name may be in a subject that holds *rest* too."""
    return max(_SHORTEST_NAME, _SUBJECT - len(rest))


def _rejections_subject(found: changes.Changes) -> str:
    if found.rejected:
        first = found.rejected[0].place
        where = "" if str(first) == "." else f", first in {first}"  # the repository as a whole has no name
        words = f"{texts.count(len(found.rejected), 'manifest error')}{where}"
        return texts.one_line(words, _SUBJECT)
    if found.accepted:
        return f"{texts.count(len(found.accepted), 'manifest error')} put right"
    return ""


def _rank(change: changes.Change) -> tuple[bool, bool, int, str]:
    """Order the changes of one commit: a set that has just been blocked first, then news, then the most pods moved."""
    has_blocked = any(now.type == conditions.BLOCKED and now.status for now, _ in change.conditions)
    return (not has_blocked, not change.is_transition, -len(change.now.moves) if change.now else 0, change.name)


def _state(change: changes.Change) -> str:
    """Return the subject's words after the set's name."""
    report = change.now
    if report is None:
        return ": no longer managed"
    pods = f": {report.updated}/{texts.count(report.matched, 'pod')} on {texts.short(report.commit)}"
    complete, blocked = report.condition(conditions.COMPLETE), report.condition(conditions.BLOCKED)
    if complete is not None and complete.status:
        return f"{pods}, complete" if report.matched else ": no pods"
    reason = complete.reason if complete is not None else ""
    is_a_hold = any(held.reason == reason for held in report.held)
    if not is_a_hold and blocked is not None and blocked.status:
        return f"{pods}, blocked ({blocked.reason})"
    if report.held:
        return f"{pods}, {report.held_pods} held ({reason if is_a_hold else standings.chief(report.held)})"
    return f"{pods}, {report.in_flight} in flight"


def _policy_state(change: changes.PolicyChange) -> str:
    """Return the subject's words after the policy's name."""
    now, before = change.now, change.before
    if now is None:
        return "is gone"
    if now.rejection:
        return "is refused"
    if before is not None and not before.rejection:
        if now.document != before.document:
            return "changed"
        if now.sets == before.sets:
            return "has another place"
    return f"is in force for {texts.count(len(now.sets), 'set')}"


def _policy_lines(change: changes.PolicyChange) -> list[str]:
    """Return what became of one policy, and all that it asks for if it does so from now on."""
    name, now = texts.one_line(change.name), change.now
    told = f"{name} {_policy_state(change)}"
    if now is None or not change.is_transition:
        return [told if now is None else f"{told}: {now.place}"]
    covered = f"{name} is for {', '.join(_cut(now.sets, _COVERED)) or 'no set'}"
    if now.rejection:
        return [f"{name}: {now.rejection}", covered]
    return [told, covered, *(f"{name}: {rule}" for rule in policies.rules(now.document))]


def _body(change: changes.Change) -> list[str]:
    name, report = texts.one_line(change.name), change.now
    if report is None:
        return [_block("No longer managed:", [f"{name}: its pods stay as they are"])]
    failed = [f"{key}: {words}" for key, words in report.failed.items()]
    refused = report.forbidden
    words = [f"{texts.count(refused.count, 'pod')}: {refused.message}"] if refused is not None else []
    manifest = f"{name} generation {report.generation} ({report.place})"
    return [
        _block("Manifest:", [manifest] if change.has_other_manifest else []),
        *_moved(name, report.moves),
        _evicted(name, report.evicted),
        _noted(name, change.noted),
        _block("Failed:", [name, *_cut(failed)]) if failed else "",
        _block("Forbidden:", [name, *words]) if words else "",
        _block("Conditions:", [f"{name} {_moved_condition(now, was)}" for now, was in change.conditions]),
    ]


def _moved(name: str, moves: Sequence[reports.Move]) -> list[str]:
    """Return a block for each spec that pods were moved to; none is cut, because this is the audit trail."""
    found: dict[tuple[bool, str], list[str]] = {}
    for move in moves:
        found.setdefault((move.is_late, move.commit), []).append(move.pod)
    return [
        _block(
            f"Moved {texts.count(len(its), 'pod')}{' earlier' if is_late else ''} to:",
            [f"{name} {texts.short(commit)}", *its],
        )
        for (is_late, commit), its in found.items()
    ]


def _evicted(name: str, evicted: Mapping[str, str]) -> str:
    lines = [f"{key}: {words}" for key, words in evicted.items()]
    return _block(f"Evicted {texts.count(len(lines), 'pod')} for repair:", [name, *lines]) if lines else ""


def _noted(name: str, found: Sequence[reports.Attempt]) -> str:
    """Say which pods are to be evicted next: that is told before it is done."""
    lines = [f"{each.key} of {each.workload}" for each in found]
    return _block(f"To evict {texts.count(len(lines), 'pod')} for repair:", [name, *lines]) if lines else ""


def _moved_condition(now: reports.Condition, was: reports.Condition | None) -> str:
    came_from = f"{was.status} -> " if was is not None and was.status != now.status else ""
    return f"{now.type}: {came_from}{now.status} ({now.reason}): {now.message}"


def _cut(lines: Sequence[str], most: int = _NAMED) -> list[str]:
    more = len(lines) - most
    return [*lines[:most], f"and {more} more"] if more > 0 else list(lines)


def _block(title: str, lines: Sequence[str]) -> str:
    """Return *title* with *lines* under it, each on one line of its own and indented; nothing without lines."""
    return "\n".join([title, *(f"  {texts.one_line(line)}" for line in lines)]) if lines else ""


def _value(text: str) -> str:
    return texts.one_line(text) or "unknown"
