"""The way to a service: one POST, the first bytes of the answer, and nothing that lasts too long or leads elsewhere."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from gitsidecar import errors
from gitsidecar.notifications import requests

FAULTS = (aiohttp.ClientError, TimeoutError, OSError, ValueError)
"""What a POST raises when there was no answer; their own words may hold the address, so `words` are told instead."""

_LIMITS = aiohttp.ClientTimeout(total=10.0, sock_connect=5.0)
_ANSWER = 4096  # bytes that are read of it
_USER_AGENT = "gitsidecar"


class Client:
    """Posts over *session*, and verifies certificates with *tls*."""

    def __init__(self, session: aiohttp.ClientSession, tls: ssl.SSLContext) -> None:
        self._session = session
        self._tls = tls

    async def post(self, request: requests.Request) -> requests.Answer:
        """Send *request* and return the answer. Raises one of `FAULTS`."""
        headers = {"User-Agent": _USER_AGENT, **request.headers}
        async with self._session.post(
            request.url, data=request.body, headers=headers, ssl=self._tls, allow_redirects=False
        ) as response:
            return requests.Answer(response.status, response.headers, await _beginning(response.content))


@contextlib.asynccontextmanager
async def opened(ca_file: Path | None) -> AsyncIterator[Client]:
    """
    Open a client for the block; it trusts *ca_file*, or what the system trusts.

    Raises StalledError when that file cannot be used.
    """
    try:
        tls = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise errors.StalledError(
            f"{ca_file} holds no certificates that can be used: put the CA there as PEM"
        ) from error
    async with aiohttp.ClientSession(
        timeout=_LIMITS,
        trust_env=False,  # a proxy from the environment would see what we send
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        connector=aiohttp.TCPConnector(limit=2, force_close=True),  # hours pass between two notices
    ) as session:
        yield Client(session, tls)


def words(fault: BaseException) -> str:
    """Say why there was no answer, without the address: Slack's is a secret as a whole."""
    match fault:
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate cannot be verified; set caFile to the CA that signed it"
        case aiohttp.ClientConnectorError(os_error=OSError() as error):
            return f"it cannot be reached ({error.strerror or type(error).__name__})"
        case TimeoutError():
            return "it has not answered in time"
        case aiohttp.InvalidURL() | ValueError():
            return "its address cannot be used"
        case _:
            return f"there was no whole answer ({type(fault).__name__})"


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    found = b""
    while len(found) < _ANSWER and (chunk := await content.read(_ANSWER - len(found))):
        found += chunk
    return found
