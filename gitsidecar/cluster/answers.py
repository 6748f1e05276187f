"""What an API server answers, read from bytes: statuses, pages of a list, events of a watch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import msgspec

_LONGEST_MESSAGE = 300  # characters; an admission webhook may send a page


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer; *retry_after* is in seconds, when the server named a time."""

    code: int
    body: bytes
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.code < 300

    @property
    def message(self) -> str:
        """Return the server's own words, on one line and cut short."""
        try:
            words = _statuses.decode(self.body).message
        except (msgspec.DecodeError, UnicodeError):
            words = self.body.decode(errors="replace")  # a proxy, or priority and fairness, which answers in plain text
        return cut(words) or f"HTTP status {self.code}"

    @property
    def causes(self) -> Mapping[str, str]:
        """Return the reasons that the server gives besides its words, each with words of its own."""
        try:
            details = _statuses.decode(self.body).details
        except (msgspec.DecodeError, UnicodeError):
            return {}
        return {each.reason: each.message for each in (details.causes if details is not None else None) or ()}


class Cause(msgspec.Struct):
    """One reason of several, and its words."""

    reason: str = ""
    message: str = ""


class Details(msgspec.Struct):
    """What a Status tells besides its words."""

    causes: list[Cause] | None = None


class Status(msgspec.Struct):
    """A Status object, as far as it is read."""

    message: str = ""
    code: int = 0
    details: Details | None = None


class PageMetadata(msgspec.Struct):
    """Where a list goes on, and what it is a list of."""

    version: str = msgspec.field(default="", name="resourceVersion")
    onward: str = msgspec.field(default="", name="continue")


class Page(msgspec.Struct):
    """One page of a list; the items stay raw."""

    metadata: PageMetadata
    items: list[msgspec.Raw] | None = None


class Event(msgspec.Struct):
    """One line of a watch; the object stays raw."""

    type: str
    object: msgspec.Raw


class _Bookmark(msgspec.Struct):
    metadata: PageMetadata


_statuses = msgspec.json.Decoder(Status)
_pages = msgspec.json.Decoder(Page)
_events = msgspec.json.Decoder(Event)
_bookmarks = msgspec.json.Decoder(_Bookmark)


def read_page(body: bytes) -> Page:
    """Return one page of a list. Raises ValueError."""
    return _pages.decode(body)


def read_event(line: bytes | bytearray | memoryview) -> Event:
    """Return one event of a watch. Raises ValueError."""
    return _events.decode(line)


def read_status(raw: msgspec.Raw) -> Status:
    """Return the Status object of an ERROR event. Raises ValueError."""
    return _statuses.decode(raw)


def read_version(raw: msgspec.Raw) -> str:
    """Return the resource version of any object. Raises ValueError."""
    return _bookmarks.decode(raw).metadata.version


def cut(words: str) -> str:
    """Return *words* on one line and no longer than a person reads."""
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"
