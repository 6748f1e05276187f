"""
Signed requests in the form of Standard Webhooks, which GitLab's signing tokens use too.

Three headers go with a body: ``webhook-id``, ``webhook-timestamp`` (Unix seconds), and ``webhook-signature``, which is
``v1,`` and the base64 of the HMAC-SHA256 over ``<id>.<timestamp>.<body>``; several are parted by spaces.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from gitsidecar import errors

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300
"""Seconds that a timestamp may be off: what is older may have been heard by somebody and sent again."""

_PREFIX = "whsec_"
_VERSION = "v1,"
_LEAST = 16  # bytes of a key behind the prefix: the standard asks for 24, and fewer are what was cut off


def key_of(secret: str) -> bytes:
    """Return the key of a *secret*: behind ``whsec_`` stands base64, all else is the key itself. Raises ValueError."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"the secret begins with {_PREFIX} and is not base64 behind it") from None
    if len(key) < _LEAST:
        raise ValueError(f"the secret begins with {_PREFIX} and has fewer than {_LEAST} bytes behind it")
    return key


def headers(secret: str, id_: str, seconds: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign *body*, sent at *seconds* (Unix time). Raises StalledError for an odd secret."""
    try:
        key = key_of(secret)
    except ValueError as error:
        raise errors.StalledError(f"{error}; write it anew") from None
    return {ID: id_, TIMESTAMP: str(seconds), SIGNATURE: _sign(key, id_, str(seconds), body)}


def fault(given: Mapping[str, str], body: bytes, secrets: Sequence[str], *, seconds: float) -> str:
    """Say what is wrong with the signature in the headers *given* at *seconds* (Unix time); empty if it is good."""
    id_, timestamp = given.get(ID, ""), given.get(TIMESTAMP, "")
    if not id_ or not (timestamp.isascii() and timestamp.isdecimal()):
        return f"{SIGNATURE} comes without a good {ID} and {TIMESTAMP}"
    if not any(_is_good(given[SIGNATURE], secret, id_, timestamp, body) for secret in secrets):
        return "the signature does not fit body and secret"
    is_stale = abs(int(timestamp[:20]) - seconds) > TOLERANCE
    return f"the timestamp is more than {TOLERANCE} s off: the clocks differ, or it is a replay" if is_stale else ""


def _is_good(signatures: str, secret: str, id_: str, timestamp: str, body: bytes) -> bool:
    try:
        wanted = _sign(key_of(secret), id_, timestamp, body).encode()
    except ValueError:
        return False
    compared = [hmac.compare_digest(wanted, each.encode("utf-8", "surrogateescape")) for each in signatures.split()]
    return any(compared)


def _sign(key: bytes, id_: str, timestamp: str, body: bytes) -> str:
    mac = hmac.new(key, f"{id_}.{timestamp}.".encode("utf-8", "surrogateescape") + body, hashlib.sha256)
    return _VERSION + base64.b64encode(mac.digest()).decode()
