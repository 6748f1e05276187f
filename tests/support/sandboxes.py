"""A process namespace with mounts of its own: all that runs in it ends at once, and nothing it mounted is left."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
from collections.abc import Sequence
from pathlib import Path

from tests.support import processes, tiers

# containerd's shims put their sockets under /run and kubelet puts links under /var/log, whatever they are told.
_HIDDEN = ("/run", "/var/log")


class Sandbox:
    """
    A PID and a mount namespace around a first process, and whatever is started in them later.

    Containers outlive those who start them: shims leave their parents on purpose. But no process leaves its PID
    namespace, and when the first process of one dies, the kernel kills all others. It dies with the test process.
    """

    def __init__(self, name: str, command: Sequence[str | Path], *, log: Path) -> None:
        mounts = " && ".join(f"mount -t tmpfs tmpfs {folder}" for folder in _HIDDEN)
        words = shlex.join(str(word) for word in command)
        # The shell stays, as process 1: it takes care of the shims, which lose their parents.
        script = f'{mounts} && {{ {words} & wait "$!"; }}'
        unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", script]
        self.process = processes.start(name, unshare, log=log, env=_environment())
        self.first_pid = 0
        self._sent_in: list[processes.Process] = []
        processes.wait_until(self._has_first, what="a PID namespace", timeout=10, watched=[self.process])

    def start(self, name: str, command: Sequence[str | Path], *, log: Path) -> processes.Process:
        """Start *command* in the namespaces too."""
        nsenter = ["nsenter", "--target", str(self.first_pid), "--mount", "--pid", *command]
        process = processes.start(name, nsenter, log=log, env=_environment())
        self._sent_in.append(process)
        return process

    def pids(self) -> frozenset[int]:
        """Return the processes in the namespaces, those of containers too, and the ones that stand for them outside."""
        tops = [self.process.popen.pid, *(each.popen.pid for each in self._sent_in)]
        return frozenset(pid for top in tops for pid in _descendants(top))

    def stop(self) -> None:
        """Kill everything in the namespaces; it is gone when this returns."""
        if self.process.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.first_pid, signal.SIGKILL)
        self.process.popen.wait(30)  # `unshare` ends when its child has, and that waits for all others
        for each in self._sent_in:
            each.stop(grace=0)

    def _has_first(self) -> bool:
        for pid in _children(self.process.popen.pid):
            self.first_pid = pid
        return self.first_pid != 0


def _descendants(pid: int) -> list[int]:
    return [pid, *(each for child in _children(pid) for each in _descendants(child))]


def _children(pid: int) -> list[int]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": tiers.SEARCH_PATH}
