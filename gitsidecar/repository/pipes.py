"""Talk to one process through its pipes, under a deadline and a limit, and end its whole process group."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from typing import IO

_CHUNK = 1 << 16
_STDERR_KEPT = 1 << 16
_GRACE = 2.0
"""Seconds that a group gets between SIGTERM and SIGKILL: git removes its lock files in them."""


class LimitError(Exception):
    """The process wrote more to its standard output than it may."""


def exchange(process: subprocess.Popen[bytes], stdin: bytes, *, deadline: float, limit: int) -> tuple[bytes, bytes]:
    """
    Write *stdin*, read standard output and error to their ends, and return both; of the error the last 64 KiB.

    *deadline* is in `time.monotonic` seconds. Raises TimeoutError when it passes, LimitError when standard output grows
    beyond *limit* bytes. The process still has to be ended.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr, pending = bytearray(), bytearray(), memoryview(stdin)
    with selectors.DefaultSelector() as selector:
        _watch(selector, process.stdout, selectors.EVENT_READ)
        _watch(selector, process.stderr, selectors.EVENT_READ)
        if process.stdin is not None:
            _watch(selector, process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for key, _ in selector.select(left):
                if key.fileobj is process.stdin:
                    pending = _write(selector, process.stdin, pending)
                else:
                    _read(selector, key, stdout if key.fileobj is process.stdout else stderr)
            if len(stdout) > limit:
                raise LimitError
            del stderr[:-_STDERR_KEPT]
    return bytes(stdout), bytes(stderr)


def end(process: subprocess.Popen[bytes], *, deadline: float) -> None:
    """
    Wait for the process until *deadline*, then end its group: SIGTERM, a moment, SIGKILL; reap it and close its pipes.

    Raises TimeoutError when it had to be killed. The leader is reaped last, so that its number, which is the group's,
    cannot meanwhile belong to someone else.
    """
    try:
        has_ended = _has_ended_by(process, deadline)
        if not has_ended:
            signal_group(process, signal.SIGTERM)
            _has_ended_by(process, time.monotonic() + _GRACE)
        signal_group(process, signal.SIGKILL)  # also whatever a git that ended by itself left running
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):  # unwritten input of a process that is gone
                    pipe.close()
        process.wait()
    if not has_ended:
        raise TimeoutError


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to the group that *process* leads; nothing happens when all of it has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter: macOS, for a group of zombies
        os.killpg(process.pid, number)


def _has_ended_by(process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait without reaping."""
    pause = 0.0005
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 2, 0.05)
    return True


def _watch(selector: selectors.BaseSelector, pipe: IO[bytes], event: int) -> None:
    os.set_blocking(pipe.fileno(), False)
    selector.register(pipe, event)


def _read(selector: selectors.BaseSelector, key: selectors.SelectorKey, into: bytearray) -> None:
    chunk = os.read(key.fd, _CHUNK)
    if chunk:
        into += chunk
    else:
        selector.unregister(key.fileobj)


def _write(selector: selectors.BaseSelector, pipe: IO[bytes], pending: memoryview) -> memoryview:
    try:
        pending = pending[os.write(pipe.fileno(), pending[:_CHUNK]) :]
    except BrokenPipeError:
        pending = pending[:0]  # it has ended; its status and error tell more than this does
    if not pending:
        selector.unregister(pipe)
        pipe.close()
    return pending
