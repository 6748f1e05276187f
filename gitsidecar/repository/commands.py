"""
Run one git command through GitPython: clean environment, own process group, time-out, bounded output.

GitPython's own time-out needs procps and can hang without it, and its object API leaves processes behind; only its
process start is used here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from gitsidecar import errors
from gitsidecar.repository import environments, pipes, remotes

OUTPUT_LIMIT = 64 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What a command left behind; *stderr* is as git wrote it and must be scrubbed before it is shown."""

    status: int
    stdout: bytes
    stderr: str


class Git:
    """Runs git for one remote; *home* is an empty folder that stands in for a user's home and working directory."""

    def __init__(self, remote: remotes.Remote, *, home: Path) -> None:
        self._remote = remote
        self._home = home
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._is_interrupted = False

    def run(
        self, *arguments: str, repository: Path | None = None, stdin: bytes = b"", limit: int = OUTPUT_LIMIT
    ) -> Answer:
        """
        Run ``git arguments…`` to its end, in *repository* or outside any, and return its answer, whatever its status.

        Raises TransientError on time-out or interruption, StalledError when git cannot be started, LimitError (of
        `pipes`) when it writes more than *limit* bytes. No process of it is left in any case.
        """
        where = () if repository is None else (f"--git-dir={repository}",)
        deadline = time.monotonic() + self._remote.timeout
        process = self._start(where + arguments, has_input=bool(stdin))
        try:
            stdout, stderr = pipes.exchange(process, stdin, deadline=deadline, limit=limit)
            self._end(process, deadline)
        except TimeoutError:
            raise errors.TransientError(
                f"git {arguments[0]} for {self._remote.url} did not finish within {self._remote.timeout:g} s and was "
                "stopped; it is tried again at the next pass. If this repeats, look at the network or raise "
                "repository.timeout"
            ) from None
        finally:
            self._kill(process)
        if self._is_interrupted:
            raise _interrupted()
        return Answer(process.returncode, stdout, stderr.decode("utf-8", "replace"))

    def interrupt(self) -> None:
        """Stop the running command and refuse all later ones; may be called from any thread, once we shut down."""
        self._is_interrupted = True
        with self._lock:
            if self._running is not None:
                pipes.signal_group(self._running, signal.SIGTERM)

    def _start(self, arguments: tuple[str, ...], *, has_input: bool) -> subprocess.Popen[bytes]:
        try:
            import git  # looks for git when it is imported: a machine without git gets words, not a traceback
        except ImportError as error:
            raise errors.StalledError("git is not installed, or not on the PATH; install git 2.39 or newer") from error
        ours = environments.variables(self._remote, home=self._home)
        command = (*environments.cleaning(os.environ, ours), git.Git.GIT_PYTHON_GIT_EXECUTABLE or "git", *arguments)
        with self._lock:
            if self._is_interrupted:
                raise _interrupted()
            try:
                started = git.Git(self._home).execute(
                    command,
                    istream=subprocess.PIPE if has_input else None,
                    as_process=True,
                    env=ours,
                    start_new_session=True,
                )
            except (OSError, git.exc.GitCommandNotFound) as error:
                raise errors.StalledError(f"cannot start git: {error.__cause__ or error}; is git installed?") from error
            process: subprocess.Popen[bytes] | None = started.proc
            assert process is not None
            started.proc = None  # from here on it is ours alone to end; GitPython's wrapper would race us
            self._running = process
            return process

    def _end(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        with self._lock:
            self._running = None  # before it is reaped: after that its number may be another process's
        pipes.end(process, deadline=deadline)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process that is still there because of an error; the error itself is on its way to the caller."""
        if process.returncode is None:
            with contextlib.suppress(TimeoutError):
                self._end(process, deadline=0.0)


def _interrupted() -> errors.TransientError:
    return errors.TransientError("Git was interrupted because gitsidecar is stopping")
