"""A fleet for end-to-end tests: pods on a real API server, a real remote, a person's clone, a daemon, a witness."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support import (
    apis,
    apiservers,
    audits,
    daemons,
    kubelets,
    podspecs,
    remotes,
    sidecarsets,
    waiting,
    witnesses,
    workbenches,
)

Json = dict[str, Any]


def pods(number: int, *, prefix: str = "web", labels: Mapping[str, str] | None = None) -> list[Json]:
    """Return *number* pods of an application with the sidecar ``logtail`` in their own template."""
    images = {"nginx": "nginx:1", "logtail": sidecarsets.OLD}
    return [
        podspecs.pod(f"{prefix}-{index:03}", images, labels=labels or sidecarsets.LABELS) for index in range(number)
    ]


class Fleet:
    """Everything that a story plays with. `daemon` is prepared, not started; it speaks to the cluster as *user*."""

    def __init__(
        self, api: apis.Api, nodes: kubelets.Kubelets, witness: witnesses.Witness, daemon: daemons.Daemon, *, user: str
    ) -> None:
        self.api = api
        self.nodes = nodes
        self.witness = witness
        self.daemon = daemon
        self.server = api.server
        self._user = user
        self._writes_before = len(self.server.writes(user=user))
        self.bench: workbenches.Workbench

    @property
    def writes(self) -> tuple[audits.Write, ...]:
        """Return what the daemon has written to the cluster so far, from the API server's audit log."""
        return self.server.writes(user=self._user)[self._writes_before :]

    async def push(self, files: Mapping[str, str | bytes | None], message: str = "Change the sets") -> str:
        """Commit and push as a person, and return the commit."""
        return await asyncio.to_thread(self.bench.commit, files, message)

    def status(self) -> Json:
        """Return the status of ``logtail`` as the status branch has it, or an empty one while it has none."""
        return recorded(self.bench)

    async def until_status(self, holds: Callable[[Json], bool], *, what: str) -> Json:
        """Wait until the recorded status of ``logtail`` is as *holds* says, and return it."""
        newest: Json = {}

        def wanted() -> Json | None:
            nonlocal newest
            newest = self.status()
            return newest if newest and holds(newest) else None

        return await waiting.until(wanted, what=lambda: f"{what}: {json.dumps(newest)[:2000]}", seconds=60)

    async def until_complete(self, pods: int, image: str) -> Json:
        """Wait until the status branch says that *pods* pods run *image* and all is done, and return the status."""

        def is_complete(status: Json) -> bool:
            is_complete = condition(status, "Complete")["status"] == "True"
            return is_complete and bool(status["images"] == {"logtail": {image: pods}})

        return await self.until_status(is_complete, what=f"{pods} pods on {image}, complete")

    async def until_changed(self, number: int) -> None:
        """Wait until the images of *number* pods have been changed since the witness came."""
        changes = self.witness.changes
        await waiting.until(lambda: len(changes) >= number, what=lambda: f"{number} changes, not {len(changes)}")


@contextlib.asynccontextmanager
async def gathered(
    server: apiservers.ApiServer,
    remote: remotes.Served,
    folder: Path,
    population: list[Json],
    *,
    user: str = "daemon",
    restart_seconds: float = 0.3,
) -> AsyncIterator[Fleet]:
    """Create the pods of *population*, wait until all are Ready, and keep them alive while the block runs."""
    async with (
        apis.connected(server) as api,
        kubelets.running(server, restart_seconds=restart_seconds) as nodes,
    ):
        await api.create_pods(population)
        await nodes.settle(pods=len(population))
        with daemons.prepared(folder, remote, kubeconfig=server.kubeconfig(user=user)) as daemon:
            async with witnesses.watching(api, container="logtail") as witness:
                fleet = Fleet(api, nodes, witness, daemon, user=user)
                fleet.bench = workbenches.Workbench(folder / "workbench", remote.repository)
                yield fleet


def recorded(bench: workbenches.Workbench, name: str = "logtail") -> Json:
    """Return the status of a set as the status branch has it, or an empty one while it has none."""
    file = f"sets/{name}.yaml"
    if not bench.remote_head(daemons.STATUS_BRANCH) or file not in bench.names(daemons.STATUS_BRANCH):
        return {}
    status: Json = yaml.safe_load(bench.show(daemons.STATUS_BRANCH, file))["status"]
    return status


def condition(status: Json, type_: str) -> Json:
    """Return the condition of that type."""
    (found,) = [each for each in status["conditions"] if each["type"] == type_]
    return dict(found)


def held(status: Json) -> dict[str, int]:
    """Return reason → number of pods that it holds."""
    return {each["reason"]: each["count"] for each in status["held"]}
