"""Whether a request comes from somebody who knows the secret: GitHub's form, GitLab's two, and that of our notifier."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitsidecar import errors
from gitsidecar.notifications import secretfiles, signatures

_GITHUB, _GITLAB = "X-Hub-Signature-256", "X-Gitlab-Token"
_DELIVERIES = ("X-GitHub-Delivery", "X-Gitlab-Event-UUID", signatures.ID)
UNSIGNED = f"there is no {_GITHUB}, no {_GITLAB} and no {signatures.SIGNATURE}"


def secrets_in(file: Path) -> tuple[str, ...]:
    """
    Return the secrets in *file*; blocks for a moment.

    Raises StalledError when it cannot be read, or one of them was cut off, so that a stranger could guess it.
    """
    found = secretfiles.lines(file)
    for each in found:
        try:
            signatures.key_of(each)
        except ValueError as error:
            raise errors.StalledError(f"{file}: {error}; write it anew") from None
    return found


def is_signed(headers: Mapping[str, str]) -> bool:
    """Say whether *headers* (whose names are found in any case) claim to prove anything."""
    return any(each in headers for each in (_GITHUB, _GITLAB, signatures.SIGNATURE))


def fault(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], *, seconds: float) -> str:
    """
    Say why the sender of *body* is not believed at *seconds* (Unix time); empty if it knows one of *secrets*.

    Each proof that is there must be good: nobody gets on with a bad one by adding another.
    """
    faults = []
    if signatures.SIGNATURE in headers:
        faults.append(signatures.fault(headers, body, secrets, seconds=seconds))
    if _GITHUB in headers:
        faults.append(_github_fault(headers[_GITHUB], body, secrets))
    if _GITLAB in headers:
        faults.append(_gitlab_fault(headers[_GITLAB], secrets))
    return next((each for each in faults if each), "") if faults else UNSIGNED


def delivery(headers: Mapping[str, str]) -> str:
    """Return what the sender calls this request; empty when it does not say."""
    return next((headers[each] for each in _DELIVERIES if each in headers), "")


def _github_fault(given: str, body: bytes, secrets: Sequence[str]) -> str:
    wanted = [f"sha256={hmac.new(each.encode(), body, hashlib.sha256).hexdigest()}" for each in secrets]
    return "" if _is_one_of(given, wanted) else f"{_GITHUB} does not fit body and secret"


def _gitlab_fault(given: str, secrets: Sequence[str]) -> str:
    return "" if _is_one_of(given, secrets) else f"{_GITLAB} is not the secret"


def _is_one_of(given: str, wanted: Sequence[str]) -> bool:
    """Compare with all, in a time that tells nothing of where they differ."""
    compared = [hmac.compare_digest(given.encode("utf-8", "surrogateescape"), each.encode()) for each in wanted]
    return any(compared)
