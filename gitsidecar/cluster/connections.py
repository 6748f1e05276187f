"""The way to the API server: requests with whole answers, watches by line, a client that is rebuilt when needed."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import urllib.parse
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from kubernetes.aio import client, config
from kubernetes.aio.client import rest

from gitsidecar import errors
from gitsidecar.cluster import answers, configurations

FAULTS = (aiohttp.ClientError, TimeoutError, OSError, config.ConfigException)
"""What a request raises when there was no whole answer."""

UNSENT = (aiohttp.ClientConnectorError,)
"""Those of the faults that say that the request never left: the server cannot have acted on it."""

UNTRUSTED = (aiohttp.ClientSSLError,)
"""Those of the faults that say that certificates do not fit: ours or theirs may have been renewed."""

_USER_AGENT = "gitsidecar"
_CONNECT_TIMEOUT = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class Body:
    """What a request sends, and its media type: a whole object unless said otherwise. It may hold a Secret."""

    content: Any = dataclasses.field(repr=False)
    kind: str = "application/json"


JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
"""A PATCH with those fields of an object that are ours (server-side apply)."""


class Connection:
    """The API server that *target* names. `refresh` opens it, and may be called at any time, in mid-request too."""

    def __init__(self, target: configurations.Target, *, request_timeout: float = 30.0) -> None:
        self.target = target
        self._limits = aiohttp.ClientTimeout(total=request_timeout, sock_connect=_CONNECT_TIMEOUT)
        self._identity: tuple[object, ...] = ()
        self._client: _Client | None = None
        self._refreshing = asyncio.Lock()

    @property
    def host(self) -> str:
        """Return the address of the API server, or an empty string before the first `refresh`."""
        return "" if self._client is None else self._client.configuration.host

    async def refresh(self) -> None:
        """
        Read configuration, token and certificates again, and build a new client if it would be another one.

        Requests under way end on the old client. Raises StalledError when the configuration cannot be used.
        """
        async with self._refreshing:
            configuration = await configurations.load(self.target)
            identity = configurations.identity(configuration)
            if self._client is not None and identity == self._identity:
                self._client.configuration.api_key = configuration.api_key
                return
            replaced, self._client, self._identity = self._client, _build(configuration, self.target), identity
            if replaced is not None:
                await replaced.retire()

    async def close(self) -> None:
        """Close all connections, also those in use."""
        if self._client is not None:
            await self._client.close()

    async def request(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Body | None = None
    ) -> answers.Answer:
        """Send one request and return the whole answer. Raises one of `FAULTS`."""
        request = _Request(method, path, params or {}, self._limits, body)
        async with self._opened().sent(request) as response:
            return await _whole(response)

    @contextlib.asynccontextmanager
    async def watch(
        self, path: str, params: Mapping[str, str], *, silence: float
    ) -> AsyncIterator[AsyncIterator[bytes] | answers.Answer]:
        """
        Open a watch for the block: an iterator over its lines, or the answer that refused it.

        *silence* is in seconds: a server that says nothing for so long ends the watch. Raises one of `FAULTS`.
        """
        limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT, sock_read=silence)
        request = _Request("GET", path, {**params, "watch": "true"}, limits)
        async with self._opened().sent(request) as response:
            yield _lines(response.content) if response.status == 200 else await _whole(response)

    def _opened(self) -> _Client:
        if self._client is None:
            raise errors.BugError("a request before the connection was opened")
        return self._client


@dataclasses.dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    params: Mapping[str, str]
    limits: aiohttp.ClientTimeout
    body: Body | None = None

    @property
    def target(self) -> str:
        return f"{self.path}?{urllib.parse.urlencode(self.params)}" if self.params else self.path

    @property
    def headers(self) -> dict[str, str]:
        kind = "application/json" if self.body is None else self.body.kind
        return {"User-Agent": _USER_AGENT, "Accept": "application/json", "Content-Type": kind}


class _Client:
    """The library's transport with its configuration; closed at once, or when its last request has ended."""

    def __init__(self, configuration: client.Configuration) -> None:
        self.configuration = configuration
        self._transport: Any = rest.RESTClientObject(configuration)
        self._users = 0
        self._is_retired = False

    @contextlib.asynccontextmanager
    async def sent(self, request: _Request) -> AsyncIterator[aiohttp.ClientResponse]:
        self._users += 1
        try:
            answer = await self._transport.request(
                request.method,
                self.configuration.host + request.target,
                headers={**request.headers, **await self._credentials()},
                body=None if request.body is None else request.body.content,
                _request_timeout=request.limits,
            )
            response: aiohttp.ClientResponse = answer.response
            try:
                yield response
            finally:
                response.close()  # gives the connection back when the answer was read to its end
        finally:
            self._users -= 1
            if self._is_retired and not self._users:
                await self.close()

    async def _credentials(self) -> dict[str, str]:
        settings: Any = await self.configuration.auth_settings()  # reads a projected token again
        return {each["key"]: each["value"] for each in settings.values()}

    async def retire(self) -> None:
        self._is_retired = True
        if not self._users:
            await self.close()

    async def close(self) -> None:
        await self._transport.close()


def _build(configuration: client.Configuration, target: configurations.Target) -> _Client:
    try:
        return _Client(configuration)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise errors.StalledError(
            f"{target} cannot be used: its certificates cannot be read ({error}); check certificate-authority, "
            "client-certificate and client-key"
        ) from error


async def _whole(response: aiohttp.ClientResponse) -> answers.Answer:
    return answers.Answer(response.status, await response.read(), _retry_after(response.headers.get("Retry-After")))


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Yield whole lines, however long: a pod may be larger than any line limit of a stream reader."""
    rest_of_line = bytearray()
    async for chunk in content.iter_any():
        head, *tail = chunk.split(b"\n")
        rest_of_line += head
        for part in tail:
            yield bytes(rest_of_line)
            rest_of_line = bytearray(part)
        await asyncio.sleep(0)  # a reader that always has data would not let anyone else run


def _retry_after(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header; API servers do not use its other form, a date."""
    return float(header) if header and header.isdecimal() else None
