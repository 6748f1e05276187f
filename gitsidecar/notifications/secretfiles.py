"""Secrets in files: read at each use, so that one that was changed is taken up at once."""

from __future__ import annotations

import re
from pathlib import Path

from gitsidecar import errors

_LARGEST = 64 << 10  # bytes
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def lines(file: Path) -> tuple[str, ...]:
    """
    Return the lines of *file* that are not empty, without the space around them; blocks for a moment.

    Raises StalledError, which says nothing of what is in it, when it cannot be read, or holds no line or no text.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST)
        found = tuple(words for line in content.decode("utf-8").splitlines() if (words := line.strip()))
    except OSError as error:
        raise errors.StalledError(f"{file} cannot be read: {error.strerror}; put the secret there") from error
    except UnicodeError:
        raise errors.StalledError(f"{file} holds no text; put the secret there, alone on its line") from None
    if not found:
        raise errors.StalledError(f"{file} is empty; put the secret there, alone on its line")
    if any(_CONTROL.search(each) for each in found):
        raise errors.StalledError(f"{file} holds a control character inside a line; put the secret there as text")
    return found


def first(file: Path) -> str:
    """Return the first line of *file*. Raises as `lines`."""
    return lines(file)[0]
