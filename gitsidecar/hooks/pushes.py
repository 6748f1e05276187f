"""What a payload says was pushed: GitHub, GitLab and Gitea all name the ref in one place."""

from __future__ import annotations

import json


def ref_of(body: bytes) -> str:
    """Return the ref that *body* (JSON) says was pushed, empty for another event. Raises ValueError for no object."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise ValueError("the body is no JSON object")  # noqa: TRY004  # what a sender wrote is a value, not a type
    ref = payload.get("ref")
    return ref if isinstance(ref, str) else ""
