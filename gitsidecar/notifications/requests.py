"""One request and what its answer means: sent, to be sent again, or refused."""

from __future__ import annotations

import dataclasses
import datetime
import email.utils
import enum
from collections.abc import Mapping

_PASSING = (408, 425, 429)
_LONGEST_WAIT = 900.0  # seconds that a service may ask us to wait


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """
    One POST. All of it may hold secrets, so none of it is shown.

    An answer of 400 that has *repeated* in it says that the service knew already.
    """

    url: str = dataclasses.field(repr=False)
    headers: Mapping[str, str] = dataclasses.field(repr=False)
    body: bytes = dataclasses.field(repr=False)
    repeated: bytes = b""


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers, the first bytes of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = dataclasses.field(repr=False)


class Kind(enum.Enum):
    """Name what may become of a request."""

    SENT = enum.auto()
    AGAIN = enum.auto()
    REFUSED = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What became of a request, why in words without secrets, and for how many seconds to wait at least."""

    kind: Kind
    words: str = ""
    wait: float = 0.0


def judge(request: Request, answer: Answer, now: datetime.datetime) -> Result:
    """Return what *answer* means. The body is not told: nobody knows what a server repeats in it."""
    status = answer.status
    if 200 <= status < 300:
        return Result(Kind.SENT)
    if status == 400 and request.repeated and request.repeated in answer.body:
        return Result(Kind.SENT, "it was told already")
    wait = _retry_after(answer.headers.get("Retry-After", ""), now)
    words = f"the service answered {status}"
    if status >= 500 or status in _PASSING or (status == 403 and wait is not None):  # GitHub's second form of 429
        return Result(Kind.AGAIN, words, wait or 0.0)
    if 300 <= status < 400:
        words = f"the service answered {status}, a redirect, which is not followed: set the address that it leads to"
    return Result(Kind.REFUSED, words)


def _retry_after(header: str, now: datetime.datetime) -> float | None:
    """Return the seconds of a Retry-After header, in either of its forms; ``None`` without one."""
    if header.isascii() and header.isdecimal():
        return min(float(header[:9]), _LONGEST_WAIT)
    try:
        at = email.utils.parsedate_to_datetime(header)
        at = at if at.tzinfo is not None else at.replace(tzinfo=datetime.UTC)
        return min(max(0.0, (at - now).total_seconds()), _LONGEST_WAIT)
    except (TypeError, ValueError, OverflowError):  # the last for a zone that is days off
        return None
