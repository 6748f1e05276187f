"""The diary as `gitsidecar log` prints it: a block an entry for people, or JSON for machines."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gitsidecar.model import diaries
from gitsidecar.reporting import images, moments, records, texts

_ABSENT = diaries.Origin()

Origins = Mapping[str, diaries.Origin]


def choose(
    entries: Iterable[diaries.Entry], *, name: str | None, since: datetime.datetime | None
) -> tuple[diaries.Entry, ...]:
    """Return the entries of the set *name*, or of all, that were not over before *since*."""
    wanted = (each for each in entries if name is None or each.name == name)
    return tuple(each for each in wanted if since is None or each.is_open or _end(each) >= since)


def to_text(entries: Sequence[diaries.Entry], origins: Origins) -> str:
    """Return one block for each entry, with an empty line between two."""
    return "\n\n".join("\n".join(_block(each, origins)) for each in entries) + "\n" if entries else ""


def to_json(entries: Iterable[diaries.Entry], origins: Origins) -> dict[str, Any]:
    """Return the entries as they are documented for machines."""
    return {"entries": [_entry(each, origins.get(each.commit, _ABSENT)) for each in entries]}


def _end(entry: diaries.Entry) -> datetime.datetime:
    return datetime.datetime.fromisoformat(entry.finished or entry.started)


def _block(entry: diaries.Entry, origins: Origins) -> Iterator[str]:
    """Yield the lines of one entry: what it is, then a word and its value a line."""
    title, facts = _told(entry)
    yield texts.one_line(title)
    pairs = {**facts, "by": _who(entry.commit, origins.get(entry.commit, _ABSENT)), "time": _time(entry)}
    for word, value in pairs.items():
        if value:
            yield f"  {word:<6}  {texts.one_line(value, 600)}"


def _told(entry: diaries.Entry) -> tuple[str, dict[str, str]]:
    match entry:
        case diaries.Rollout():
            changed = "; ".join(str(images.Change(*each)) for each in entry.images)
            return f"{entry.name}: rollout, {entry.state}", {
                "what": changed or f"spec {entry.told.spec_hash}",
                "pods": _pods(entry),
                "now": entry.message,
            }
        case diaries.Stop():
            return f"{entry.name}: {entry.state}", {"why": entry.message}
        case diaries.Rejection():
            return f"{entry.found.place}: refused", {
                "why": f"{entry.found.field}: {entry.found.message}" if entry.found.field else entry.found.message
            }


def _pods(entry: diaries.Rollout) -> str:
    failed = f", at most {entry.told.failed} could not start at one time" if entry.told.failed else ""
    return f"{entry.told.pods} moved{failed}"


def _who(commit: str, origin: diaries.Origin) -> str:
    """Return author, commit and subject; the commit alone where it cannot be had."""
    if not origin.author:
        return texts.short(commit) if commit else ""
    return f"{origin.author}, {texts.short(commit)} {origin.subject}"


def _time(entry: diaries.Entry) -> str:
    started = datetime.datetime.fromisoformat(entry.started)
    if entry.finished:
        took = moments.between(started, datetime.datetime.fromisoformat(entry.finished))
        return f"{entry.started} to {entry.finished}, {took}"
    return f"since {entry.started}" if entry.is_open else f"from {entry.started}, not finished"


def _entry(entry: diaries.Entry, origin: diaries.Origin) -> dict[str, Any]:
    return {
        **_members(entry),
        "commit": entry.commit,
        "author": origin.author,
        "email": origin.email,
        "subject": origin.subject,
        "started": entry.started,
        "finished": entry.finished,
        "isOpen": entry.is_open,
    }


def _members(entry: diaries.Entry) -> dict[str, Any]:
    match entry:
        case diaries.Rollout():
            changes = [{"container": container, "old": old, "new": new} for container, old, new in entry.images]
            return {
                "kind": "Rollout",
                "set": entry.name,
                "state": entry.state,
                "message": entry.message,
                "specHash": entry.told.spec_hash,
                "changes": changes,
                "pods": entry.told.pods,
                "failed": entry.told.failed,
            }
        case diaries.Stop():
            told = {"state": entry.state, "message": entry.message, "reason": entry.reason}
            return {"kind": "Stop", "set": entry.name, **told}
        case diaries.Rejection():
            return {"kind": "Rejection", "set": entry.name, **records.rejection(entry.found)}
