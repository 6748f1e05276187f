"""`gitsidecar status --watch` through a pipe, on a real status branch that changes while it looks."""

from __future__ import annotations

import fcntl
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import benches, remotes, sidecarsets, workbenches

Open = Callable[..., workbenches.Workbench]
_BRANCH = "gitsidecar/status/default"
_PATIENCE = 60.0


class Watched:
    """A `gitsidecar status --watch` that runs, and what it prints, line by line."""

    def __init__(self, config: Path) -> None:
        program = "from gitsidecar.cli import main; main.main()"
        arguments = ["status", "--recorded", "--watch", "--interval", "0.1", "--config", str(config)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def line_with(self, words: str) -> str:
        """Return the next line with *words*; what comes before it is dropped."""
        while words not in (line := self._lines.get(timeout=_PATIENCE)):
            pass
        return line

    def interrupt(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_PATIENCE)

    def rest(self) -> list[str]:
        """Return the lines that were not asked for, once it has ended."""
        self._reader.join(_PATIENCE)
        return [self._lines.get() for _ in range(self._lines.qsize())]

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        self._reader.join(_PATIENCE)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line)


@pytest.fixture
def watched(file_remote: remotes.Served, tmp_path: Path) -> Iterator[Watched]:
    """Watch the status branch of the remote."""
    config = tmp_path / "gitsidecar.yaml"
    config.write_text(json.dumps({"repository": {"url": file_remote.url, "folder": str(tmp_path / "mirrors")}}))
    found = Watched(config)
    yield found
    found.end()


async def test_each_change_is_a_block(watched: Watched, file_remote: remotes.Served, open_workbench: Open) -> None:
    """Before the first record that is said once; then each record is shown once, and Ctrl-C ends with 130."""
    watched.line_with(f"{_BRANCH} is empty")
    bench, desk = benches.Bench(4), open_workbench(file_remote, _BRANCH)
    await bench.start()
    bench.push(maxUnavailable=1, partition=3)
    await bench.settle()
    desk.commit(dict(bench.branch.content))
    assert "blocked (PartitionKept)" in watched.line_with("logtail ")
    bench.push(sidecarsets.NEW, maxUnavailable=4)
    await bench.settle()
    desk.commit(dict(bench.branch.content))
    assert "complete" in watched.line_with("logtail ")
    assert watched.interrupt() == 130
    assert [line for line in watched.rest() if line.strip()] == ["interrupted\n"]


async def test_a_remote_that_is_away_is_waited_for(
    watched: Watched, file_remote: remotes.Served, open_workbench: Open
) -> None:
    """What may pass does not end the watch: it is said, and the next change is shown."""
    watched.line_with("is empty")
    bench, desk = benches.Bench(4), open_workbench(file_remote, _BRANCH)
    await bench.start()
    bench.push(maxUnavailable=4)
    await bench.settle()
    desk.commit(dict(bench.branch.content))
    watched.line_with("complete")
    lock = (file_remote.repository.parent.parent / "mirrors" / "status" / "lock").open()
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        watched.line_with("another gitsidecar process is using the folder")
    bench.push(sidecarsets.OLD, maxUnavailable=4, paused=True)
    await bench.settle()
    desk.commit(dict(bench.branch.content))
    assert "blocked (Paused)" in watched.line_with("logtail ")
