"""Notices in words: as JSON for machines, as a line for people, as the few words of a commit's status."""

from __future__ import annotations

from typing import Any

from gitsidecar.model import notices
from gitsidecar.reporting import moments, records, standings, texts

Json = dict[str, Any]

_REJECTIONS = 50
"""So many are told; who needs all reads the status branch."""
_SIGNS = {
    notices.Event.STARTED: ":arrow_forward:",
    notices.Event.BLOCKED: ":raised_hand:",
    notices.Event.COMPLETED: ":white_check_mark:",
    notices.Event.FAILED: ":x:",
    notices.Event.REJECTED: ":no_entry:",
}
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKUP = str.maketrans({each: f"\u200b{each}\u200b" for each in "*_~`"})
"""Slack knows no way to escape these; between two spaces without width they begin and end nothing."""


def document(notice: notices.Notice) -> Json:
    """Return *notice* as the JSON that `generic` sends; docs/notifications.md promises its members."""
    has_set = bool(notice.set_name)
    place = notice.place
    return {
        "type": f"gitsidecar.{notice.event}",
        "timestamp": moments.to_seconds(notice.at),
        "data": {
            "cluster": notice.cluster,
            "set": notice.set_name or None,
            "commit": notice.commit or None,
            "specHash": notice.spec_hash or None,
            "reason": notice.reason,
            "message": notice.message,
            "text": sentence(notice),
            "resumed": notice.is_resumed,
            "pods": dict(notice.counts) if has_set else None,
            "source": {"file": place.file, "line": place.line, "column": place.column} if place is not None else None,
            "rejections": [records.rejection(each) for each in notice.rejections[:_REJECTIONS]],
        },
    }


def sentence(notice: notices.Notice) -> str:
    """Return *notice* in one plain line."""
    return texts.one_line(f"{_who(notice)} on {notice.cluster} {_state(notice)}: {notice.message}", 500)


def description(notice: notices.Notice, limit: int) -> str:
    """Return what a commit's status says, in at most *limit* characters; set and cluster stand beside it."""
    return texts.one_line(f"{_state(notice)}: {notice.message}", limit)


def slack(notice: notices.Notice) -> str:
    """Return *notice* as Slack's mrkdwn, in which foreign words are words and mention nobody."""
    lines = [f"{_SIGNS[notice.event]} *{_quiet(_who(notice))}* on {_quiet(notice.cluster)} {_state(notice)}"]
    lines.append(_quiet(notice.message))
    where = [f"commit {texts.short(notice.commit)}"] if notice.commit else []
    where += [_quiet(str(notice.place))] if notice.place is not None else []
    lines += [" · ".join(where)] if where else []
    return "\n".join(lines)


def _who(notice: notices.Notice) -> str:
    return texts.one_line(notice.set_name, 100) or texts.count(len(notice.rejections), "manifest error")


def _state(notice: notices.Notice) -> str:
    match notice.event:
        case notices.Event.STARTED:
            waits = f", waits ({notice.reason})" if notice.reason != standings.ROLLING_OUT else ""
            return ("resumed" if notice.is_resumed else "started") + waits
        case notices.Event.BLOCKED | notices.Event.FAILED:
            return f"{notice.event} ({notice.reason})"
        case _:
            return str(notice.event)


def _quiet(text: str) -> str:
    return texts.one_line(text).translate(_SLACK).translate(_MARKUP)
