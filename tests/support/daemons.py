"""The installed `gitsidecar` command as processes of their own: settings, probes, log lines, signals, exit codes."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support import processes, remotes, waiting

Json = dict[str, Any]

CLUSTER = "tests"
STATUS_BRANCH = f"gitsidecar/status/{CLUSTER}"
_GRACE = 10.0  # seconds in which SIGTERM is to be obeyed


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    status: int
    stdout: str
    stderr: str


class Settings:
    """A settings file in *folder*, written anew by each `change`; everything in it is quick, as a test wants it."""

    def __init__(self, folder: Path, remote: remotes.Served, *, kubeconfig: Path) -> None:
        self.file = folder / "gitsidecar.yaml"
        self.port = processes.free_port()
        credentials: Json = {"username": remote.username}
        if remote.token_file is not None:
            credentials["tokenFile"] = str(remote.token_file)
        self._sections: dict[str, Any] = {
            "repository": {
                "url": remote.url,
                "folder": str(folder / "mirrors"),
                "pollInterval": "300ms",
                "timeout": "30s",
                "allowInsecureHttp": True,
                "credentials": credentials,
            },
            "status": {"interval": "500ms"},
            "cluster": {"name": CLUSTER, "kubeconfig": str(kubeconfig)},
            "limits": {"coalesce": "100ms"},
            "probes": {"address": f"127.0.0.1:{self.port}"},
            "dashboard": {"enabled": False},  # its port is one for all of a machine
            "log": {"style": "json", "level": "info"},
        }
        self.change({})

    def change(self, sections: Mapping[str, Mapping[str, Any]]) -> None:
        """Lay *sections* over the settings and write the file."""
        for name, section in sections.items():
            self._sections[name] = {**self._sections.get(name, {}), **section}
        self._write()

    def put(self, name: str, value: Any) -> None:
        """Set what is no section, such as a list, and write the file."""
        self._sections[name] = value
        self._write()

    def _write(self) -> None:
        self.file.write_text(json.dumps(self._sections, indent=2))  # JSON is YAML


class Daemon:
    """`gitsidecar run` with *settings*; `log` is the log of all its processes, one after another."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.settings = settings
        self.log = folder / "daemon.log"
        self._process: processes.Process | None = None

    @property
    def process(self) -> processes.Process:
        """Return the newest process, running or not."""
        assert self._process is not None, "start comes first"
        return self._process

    def start(self) -> None:
        """Start a process; wait for what it does with `ready` or `told`."""
        arguments: list[str | Path] = [command(), "run", "--config", self.settings.file]
        self._process = processes.start("gitsidecar", arguments, log=self.log, env=environment())

    async def ready(self) -> None:
        """Wait until ``/readyz`` says that all is well."""
        await waiting.until(lambda: self.probe("/readyz") == (200, "ok"), what=self._state)

    async def unready(self, words: str) -> str:
        """Wait until ``/readyz`` says that something is wrong, in words that contain *words*, and return them."""

        def said() -> str | None:
            code, text = self.probe("/readyz")
            return text if code == 503 and words in text else None

        return await waiting.until(said, what=lambda: f"/readyz with {words!r}: {self._state()}")

    def probe(self, path: str) -> tuple[int, str]:
        """Return status and text of the daemon's answer at *path*, or 0 and the reason when there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.settings.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()

    def lines(self, event: str = "", **fields: Any) -> list[Json]:
        """Return the log's lines so far, those of *event* with *fields* alone if given; others than JSON are errors."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines(keepends=True) if self.log.exists() else ():
            if line.endswith("\n"):  # else it is still being written
                found.append(_parsed(line))
        return [each for each in found if event in ("", each["event"]) and fields.items() <= each.items()]

    async def told(self, event: str, *, since: int = 0, **fields: Any) -> Json:
        """Wait for a line of *event* with *fields*, after the first *since* lines of the log, and return it."""

        def said() -> Json | None:
            lines = self.lines()[since:]
            return next((each for each in lines if each["event"] == event and fields.items() <= each.items()), None)

        return await waiting.until(said, what=lambda: f"{event} {fields}: {self._state()}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the newest process."""
        self.process.popen.send_signal(number)

    async def stopped(self) -> int:
        """Send SIGTERM and return the exit code. Raises ``TimeoutExpired`` if it takes longer than it may."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    async def killed(self) -> None:
        """Kill the process as a power cut would."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def ended(self) -> int:
        """Wait for the end of the newest process and return its exit code."""
        return await asyncio.to_thread(self.process.popen.wait, _GRACE)

    def end(self) -> None:
        """Leave no process behind."""
        if self._process is not None:
            self._process.stop(grace=0)

    def _state(self) -> str:
        code = self.process.popen.poll()
        return f"/readyz {self.probe('/readyz')}, exit code {code}, log:\n{self.process.end_of_log(lines=8)}"


@contextlib.contextmanager
def prepared(folder: Path, remote: remotes.Served, *, kubeconfig: Path) -> Iterator[Daemon]:
    """Write settings for *remote* and the cluster of *kubeconfig*, and leave no process behind."""
    daemon = Daemon(folder, Settings(folder, remote, kubeconfig=kubeconfig))
    try:
        yield daemon
    finally:
        daemon.end()


async def run(*arguments: str | Path) -> Done:
    """Run `gitsidecar` with *arguments* to its end."""
    words = [str(each) for each in (command(), *arguments)]
    done = await asyncio.to_thread(
        subprocess.run, words, capture_output=True, text=True, env=environment(), timeout=60, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def command() -> Path:
    """Return the installed command beside the interpreter that runs the tests."""
    file = Path(sys.executable).parent / "gitsidecar"
    assert file.exists(), f"{file} is not there: `pip install -e .`, as `make test` does, puts it there"
    return file


def environment() -> dict[str, str]:
    """Return this process's environment without what would change a setting."""
    strange = ("GITSIDECAR_", "KUBECONFIG")
    return {**{key: value for key, value in os.environ.items() if not key.startswith(strange)}, "COLUMNS": "200"}


def _parsed(line: str) -> Json:
    try:
        parsed: Json = json.loads(line)
    except json.JSONDecodeError:
        raise AssertionError(f"the daemon's log holds what is no JSON: {line!r}") from None
    return parsed
