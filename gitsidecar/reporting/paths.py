"""Where each thing lies on the status branch (DESIGN §7)."""

from __future__ import annotations

import re
import urllib.parse

STATUS = "STATUS.md"
REJECTIONS = "rejections.yaml"
SETS = "sets/"
POLICIES = "policies/"
HISTORY = "history/"
_SUFFIX = ".yaml"


def set_file(name: str) -> str:
    """Return the path of a set's file."""
    return f"{SETS}{_segment(name)}{_SUFFIX}"


def page_file(name: str) -> str:
    """Return the path of a set's page for people, beside its file."""
    return f"{SETS}{_segment(name)}.md"


def picture_file(name: str) -> str:
    """Return the path of the picture on a set's page."""
    return f"{SETS}{_segment(name)}.svg"


def policy_file(name: str) -> str:
    """Return the path of a RolloutPolicy's file."""
    return f"{POLICIES}{_segment(name)}{_SUFFIX}"


def spec_file(name: str, spec_hash: str) -> str:
    """Return the path of the document that brought a spec."""
    return f"{HISTORY}{_segment(name)}/{_segment(spec_hash)}{_SUFFIX}"


def spec_of(path: str) -> tuple[str, str] | None:
    """Return the set's name and the spec hash that *path* is for, or ``None`` if it is no file of the history."""
    found = re.fullmatch(f"{HISTORY}([^/]+)/([^/]+){re.escape(_SUFFIX)}", path)
    return (urllib.parse.unquote(found[1]), urllib.parse.unquote(found[2])) if found else None


def _segment(text: str) -> str:
    """
    Return *text* as one segment of a path.

    Names are DNS labels and hashes are letters and digits, so this changes nothing; but a path outside the managed
    folders must not come out of it whatever comes in.
    """
    quoted = urllib.parse.quote(text, safe="", errors="replace")
    return quoted if not quoted.startswith(".") else "%2E" + quoted[1:]
