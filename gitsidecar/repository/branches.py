"""Names of branches: what Git allows, checked before a name becomes part of a command."""

from __future__ import annotations

import re

from gitsidecar import errors

_BAD = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)")


def check_name(branch: str) -> str:
    """Return *branch* as it is; raise StalledError when Git allows no branch of that name."""
    if not branch or branch[0] in "-./" or branch[-1] in "./" or branch == "@" or _BAD.search(branch):
        raise errors.StalledError(f"{branch!r} cannot be the name of a Git branch; write it as in `git branch --list`")
    if branch.startswith("refs/"):
        raise errors.StalledError(f"write the branch {branch!r} without refs/heads/ in front")
    return branch


def ref_of(branch: str) -> str:
    """Return the full name of *branch* on the remote."""
    return f"refs/heads/{branch}"
