"""Takes connections for an HTTPS server: no more than it can hold, and none that is slow to say what it wants."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import operator
import socket
import ssl
import weakref
from collections.abc import AsyncIterator, Callable

MOST = 500
"""Connections at once: more than API servers need, and with 0.3 MiB each no more than a small container holds."""

Protocol = Callable[[], asyncio.Protocol]

_HANDSHAKE = 3.0  # seconds; by then an API server has given up the review that it connects for
_STUCK = 10.0  # seconds for the other side to take what is sent to it
_PAUSE = 1.0  # seconds until a system that had no more files is asked again
_ABSENT = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)
_WAITING = 128  # connections that the system keeps until they are taken


class Door:
    """
    Lets connections in after a handshake by *tls*; at most *most* at once.

    When it is full, whoever has been silent longest makes room: many who connect and say nothing keep nobody out.
    """

    def __init__(self, tls: ssl.SSLContext, *, most: int = MOST) -> None:
        self._tls = tls
        self._most = most
        self._greetings: set[asyncio.Task[None]] = set()
        self._greeted: dict[socket.socket, float] = {}
        self._heard: weakref.WeakKeyDictionary[asyncio.Transport, float] = weakref.WeakKeyDictionary()

    @contextlib.asynccontextmanager
    async def opened(self, protocol: Protocol, host: str | None, port: int) -> AsyncIterator[int]:
        """
        Take connections to *protocol* while the block runs, and yield the port.

        Raises OSError when the address is taken.
        """
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(each) async for each in _listening(host, port)]
            tasks = [asyncio.create_task(self._take(each, protocol)) for each in sockets]
            try:
                yield sockets[0].getsockname()[1]
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                for connection in self._greeted:
                    _end(connection)
                await asyncio.gather(*self._greetings)

    def hear(self, transport: asyncio.Transport) -> None:
        """Note that something was said on *transport*."""
        self._heard[transport] = asyncio.get_running_loop().time()

    async def _take(self, listening: socket.socket, protocol: Protocol) -> None:
        while True:
            await _knock(listening)
            try:
                connection, _ = listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                continue
            except OSError:
                await asyncio.sleep(_PAUSE)
                continue
            self._make_room()
            self._greeted[connection] = asyncio.get_running_loop().time()
            task = asyncio.create_task(self._greet(connection, protocol))
            self._greetings.add(task)
            task.add_done_callback(self._greetings.discard)

    def _make_room(self) -> None:
        """Let the one go who has been silent longest, unless there is room."""
        present: list[tuple[asyncio.Transport | socket.socket, float]] = [
            *((each, since) for each, since in self._heard.items() if not each.is_closing()),
            *self._greeted.items(),
        ]
        if len(present) < self._most:
            return
        silent, _ = min(present, key=operator.itemgetter(1))
        if isinstance(silent, socket.socket):
            del self._greeted[silent]
            _end(silent)
        else:
            silent.abort()

    async def _greet(self, connection: socket.socket, protocol: Protocol) -> None:
        connection.setblocking(False)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1e3 * _STUCK))
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                protocol,
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=_HANDSHAKE,
                ssl_shutdown_timeout=_HANDSHAKE,
            )
        except OSError:  # too slow, or no client of ours; asyncio has closed it
            return
        finally:
            self._greeted.pop(connection, None)
        self.hear(transport)


async def _listening(host: str | None, port: int) -> AsyncIterator[socket.socket]:
    """Listen on all addresses that *host* stands for and that this machine has: many have no IPv6."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    lacking: list[OSError] = []
    for family, _, _, _, address in found:
        try:
            listening = socket.create_server(address, family=family, backlog=_WAITING)
        except OSError as error:
            if error.errno not in _ABSENT:
                raise
            lacking.append(error)
            continue
        listening.setblocking(False)
        yield listening
    if len(lacking) == len(found):
        raise lacking[-1]


async def _knock(listening: socket.socket) -> None:
    """Wait until somebody wants to connect; `sock_accept` may lose a connection when it is cancelled."""
    loop, knocked = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(listening, knocked.set)
    try:
        await knocked.wait()
    finally:
        loop.remove_reader(listening)


def _end(connection: socket.socket) -> None:
    """Let a handshake end as if the other side had gone."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
