"""Processes that the tests start: on a free port, with a log file, and never outliving the test process."""

from __future__ import annotations

import concurrent.futures
import ctypes
import dataclasses
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Below the range from which Linux takes the ports of outgoing connections. A server that is restarted on its own port
# would otherwise now and then find it taken by a client, even by one that is trying to reach that very server.
_PORTS = range(20_000, 32_000)
_PR_SET_PDEATHSIG = 1

# To the kernel the parent is the thread that starts a process: what a worker thread starts is killed as soon as that
# thread ends. This one stays as long as the interpreter, so that tests may start processes from any thread.
_SPAWNER = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="spawner")


class StartError(Exception):
    """A process of the tests that did not come up; the message holds the end of its log."""


@dataclasses.dataclass(slots=True)
class Process:
    """One running process. Its standard output and error are in *log*."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def stop(self, *, grace: float = 5.0) -> None:
        """End the process: SIGTERM, and SIGKILL after *grace* seconds (at once if *grace* is 0)."""
        if self.is_running:
            self.popen.send_signal(signal.SIGTERM if grace else signal.SIGKILL)
        try:
            self.popen.wait(grace or 5.0)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(5.0)

    def end_of_log(self, *, lines: int = 15) -> str:
        """Return the last *lines* lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def start(name: str, command: Sequence[str | Path], *, log: Path, env: Mapping[str, str] | None = None) -> Process:
    """Start *command*, appending its output to *log*. The kernel kills it when the test process dies."""
    with log.open("ab") as output:
        popen = _SPAWNER.submit(
            subprocess.Popen,
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(os.environ if env is None else env),
            preexec_fn=_die_with_parent,  # a prctl only: no lock, no allocation
        ).result()
    return Process(name, popen, log)


def wait_until(
    is_ready: Callable[[], bool], *, what: str, timeout: float, watched: Sequence[Process] = (), pause: float = 0.05
) -> None:
    """
    Ask *is_ready* again and again until it says so.

    Raises ``StartError`` with the end of the logs when *timeout* seconds have passed, or as soon as one of the
    *watched* processes has ended.
    """
    deadline = time.monotonic() + timeout
    while not is_ready():
        for process in watched:
            if not process.is_running:
                raise StartError(f"{process.name} ended with {process.popen.returncode}:\n{process.end_of_log()}")
        if time.monotonic() > deadline:
            logs = "\n".join(f"--- {process.name}\n{process.end_of_log()}" for process in watched)
            raise StartError(f"{what}: not after {timeout:g} s\n{logs}")
        time.sleep(pause)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nobody listens."""
    for port in random.sample(_PORTS, k=200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise StartError(f"no free port on 127.0.0.1 among 200 tried in {_PORTS.start}-{_PORTS.stop}")


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
