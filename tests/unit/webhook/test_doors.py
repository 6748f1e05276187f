"""The door of the HTTPS server: how many get in, and who has to leave, by real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import ssl
from collections.abc import AsyncIterator

import pytest

from gitsidecar.webhook import certificates, contexts, doors

BUNDLE = certificates.make(("127.0.0.1",), datetime.datetime.now(datetime.UTC))
_MORE_THAN_SYSTEMS_KEEP = 8 << 20  # bytes, on their way back to somebody who does not fetch them
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Echo(asyncio.Protocol):
    """Sends back what comes, and tells the door of it."""

    def __init__(self, door: doors.Door) -> None:
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._door.hear(self._transport)
        self._transport.write(data)


@contextlib.asynccontextmanager
async def _opened(most: int = doors.MOST) -> AsyncIterator[int]:
    context = contexts.Context()
    context.swap(BUNDLE.serving)
    door = doors.Door(context.tls, most=most)
    async with door.opened(lambda: _Echo(door), "127.0.0.1", 0) as port:
        yield port


@contextlib.asynccontextmanager
async def _connected(port: int, *, keeps: int | None = None) -> AsyncIterator[Streams]:
    """Connect; of what is sent to us our system *keeps* so many bytes, about, while we fetch none."""
    trust = ssl.create_default_context(cadata=BUNDLE.trusted.decode())
    sock = socket.socket()
    if keeps is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, keeps)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=sock, ssl=trust, server_hostname="127.0.0.1")
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _speaks(streams: Streams) -> bool:
    """Say something, and return whether it comes back."""
    reader, writer = streams
    writer.write(b"hello")
    with contextlib.suppress(ConnectionError):
        return await reader.read(5) == b"hello"
    return False


async def test_who_connects_is_let_in() -> None:
    """And at the end of the block nobody is any more."""
    async with _opened() as port, _connected(port) as streams:
        assert await _speaks(streams)
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_who_was_silent_longest_makes_room() -> None:
    """Not who came first: an API server's connection is older than that of somebody who says nothing."""
    async with _opened(most=3) as port, contextlib.AsyncExitStack() as stack:
        first, second, third = [await stack.enter_async_context(_connected(port)) for _ in range(3)]
        assert [await _speaks(each) for each in (first, third)] == [True, True]
        fourth = await stack.enter_async_context(_connected(port))
        assert [await _speaks(each) for each in (first, third, fourth, second)] == [True, True, True, False]


async def test_who_left_takes_no_room() -> None:
    """Many may come one after the other, and the one that stays is not asked to leave."""
    async with _opened(most=2) as port, _connected(port) as stays:
        for _ in range(5):
            async with _connected(port) as streams:
                assert await _speaks(streams)
            await asyncio.sleep(0)
        assert await _speaks(stays)


async def test_many_who_say_nothing_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who did not even shake hands makes room as well, before the time for that is over."""
    monkeypatch.setattr(doors, "_HANDSHAKE", 600.0)
    async with _opened(most=3) as port:
        with contextlib.ExitStack() as stack:
            silent = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(9)]
            async with _connected(port) as streams:
                assert await _speaks(streams)
            silent[0].settimeout(5)
            assert await asyncio.to_thread(silent[0].recv, 1) == b""


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system does not end such connections")
async def test_who_takes_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is not fetched holds a connection for a moment only."""
    monkeypatch.setattr(doors, "_STUCK", 0.3)
    async with _opened() as port, _connected(port, keeps=1 << 16) as (reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(bytes(_MORE_THAN_SYSTEMS_KEEP))
        async with asyncio.timeout(20):
            with pytest.raises(ConnectionError):
                await _say_until_nobody_hears(writer)


async def _say_until_nobody_hears(writer: asyncio.StreamWriter) -> None:
    while True:
        await writer.drain()
        await asyncio.sleep(0.05)  # what was sent before is on its way through the kernel, which has no event for it
        writer.write(b"?")


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b""])
async def test_who_takes_no_handshake_is_closed(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    """What is no TLS ends a connection, as half a hello does and silence, after the time for a handshake."""
    monkeypatch.setattr(doors, "_HANDSHAKE", 0.1)
    async with _opened() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        async with asyncio.timeout(5):
            assert await _is_closed(reader)
        writer.close()


async def _is_closed(reader: asyncio.StreamReader) -> bool:
    """Read to the end: TLS may say farewell first."""
    try:
        await reader.read()
    except ConnectionResetError:
        return True
    return reader.at_eof()


async def test_an_address_that_is_taken_is_an_error() -> None:
    """Whoever asked says which."""
    async with _opened() as port:
        with pytest.raises(OSError, match="in use"):
            async with doors.Door(contexts.Context().tls).opened(asyncio.Protocol, "127.0.0.1", port):
                pass  # pragma: no cover


async def test_an_address_that_the_machine_lacks_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may stand for one of IPv6 as well, where there is none; without any other it is an error."""
    context = contexts.Context()
    context.swap(BUNDLE.serving)
    door, loop = doors.Door(context.tls), asyncio.get_running_loop()
    absent, present = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in ("192.0.2.1", "127.0.0.1")]

    async def both(*_: object, **__: object) -> list[object]:
        return found

    monkeypatch.setattr(loop, "getaddrinfo", both)
    found: list[object] = [absent, present]
    async with door.opened(lambda: _Echo(door), "webhook.example", 0) as port:
        found = [present]
        async with _connected(port) as streams:
            assert await _speaks(streams)
    found = [absent]
    with pytest.raises(OSError, match="assign requested address"):
        async with door.opened(lambda: _Echo(door), "webhook.example", 0):
            pass  # pragma: no cover
