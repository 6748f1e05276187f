"""
Time the creation of pods on a real API server, without a webhook and with ours: ``python -m bench.webhook``.

What is asked: by how much our answer delays a pod, alone and with 16 created at once. Both kinds of pod are created in
turn in one run, in two namespaces of which the webhook is registered for one; ``dryRun``, so that nothing is stored.
The webhook runs as a process of its own, knows 3,000 pods and 50 sets, and puts three of these into each pod.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import datetime
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import aiohttp
import prometheus_client as prometheus

from bench import fleets
from gitsidecar.cluster import registrations
from gitsidecar.model import histories
from gitsidecar.planning import planner
from gitsidecar.telemetry import admissions, logs
from gitsidecar.webhook import certificates, contexts, knowledge, reviews, servers
from tests.support import apiservers

PLAIN, HOOKED = "plain", "hooked"
_HOST = "127.0.0.1"


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """So many seconds each pod took, with so many created *at_once*."""

    name: str
    at_once: int
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the milliseconds to quote."""
        return 1e3 * statistics.median(self.seconds)

    @property
    def slow(self) -> float:
        """Return the milliseconds that 95 of 100 pods stay below."""
        return 1e3 * statistics.quantiles(self.seconds, n=20)[-1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--pods", type=int, default=3_000, help="pods that the webhook knows")
    parser.add_argument("--sets", type=int, default=50, help="sets that the webhook knows")
    parser.add_argument("--rounds", type=int, default=10, help="rounds that are timed, after one that is not")
    parser.add_argument("--requests", type=int, default=96, help="pods of each kind in a round")
    parser.add_argument("--json", action="store_true", help="print JSON, all pods in it")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.serve:
        asyncio.run(_serve(_known(chosen.pods, chosen.sets)))
        return
    with apiservers.running() as server, _webhook(chosen.pods, chosen.sets) as told:
        _register(server, told)
        rows = asyncio.run(_measure(server, chosen.rounds, chosen.requests))
    rows.append(_answers(chosen.pods, chosen.sets, chosen.rounds * chosen.requests))
    print(
        json.dumps([{**dataclasses.asdict(row), "median": row.median} for row in rows]) if chosen.json else _table(rows)
    )


def _known(pods: int, sets: int) -> knowledge.Knowledge:
    fleet = fleets.build(pods, sets=sets)
    plan = planner.plan(fleet.desired, fleet.before, histories.History(), fleets.NOW)
    known = knowledge.Knowledge()
    known.note(plan, histories.History(), {name: {"kubernetes.io/metadata.name": name} for name in (PLAIN, HOOKED)})
    return known


async def _serve(known: knowledge.Knowledge) -> None:
    """Be the webhook until standard input ends."""
    logs.configure(logs.Style.JSON)
    gc.collect()
    gc.freeze()  # as the daemon does after a list
    bundle = certificates.make((_HOST,), datetime.datetime.now(datetime.UTC))
    context = contexts.Context()
    context.swap(bundle.serving)
    measured = admissions.Admissions(prometheus.CollectorRegistry())
    serving = servers.serving(
        f"{_HOST}:0", context.tls, known, is_failing_closed=True, own_namespace="gitsidecar", measured=measured
    )
    async with serving as port:
        print(json.dumps({"port": port, "trusted": bundle.trusted.decode()}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


@contextlib.contextmanager
def _webhook(pods: int, sets: int) -> Iterator[dict[str, Any]]:
    """Run the webhook as a process of its own; yield what it says of itself."""
    command = [sys.executable, "-m", "bench.webhook", "--serve", f"--pods={pods}", f"--sets={sets}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())


def _register(server: apiservers.ApiServer, told: dict[str, Any]) -> None:
    for name in (PLAIN, HOOKED):
        server.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    url = f"https://{_HOST}:{told['port']}{servers.PATH}"
    wanted = registrations.Registration(
        "gitsidecar", url, (PLAIN,), trusted=told["trusted"].encode(), failure_policy="Fail"
    )
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    server.call("POST", path, registrations.build(wanted))
    deadline = time.monotonic() + 30
    while not _is_injected(server.call("POST", _path(HOOKED), _pod(0))):
        assert time.monotonic() < deadline, "the API server does not ask the webhook"
    assert not _is_injected(server.call("POST", _path(PLAIN), _pod(0)))


def _path(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods?dryRun=All"


def _is_injected(pod: dict[str, Any]) -> bool:
    return len(pod["spec"]["containers"]) == 4


def _pod(number: int) -> dict[str, Any]:
    """Return a pod as a Deployment's controller would create it."""
    container = {
        "name": "web",
        "image": "registry.example.com/shop/web:2.11",
        "env": [{"name": f"SETTING_{index}", "value": "x" * 20} for index in range(10)],
        "ports": [{"containerPort": 8080}],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "512Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
    }
    labels = {"app": "web", "sidecars": "on", "team": "team-0", "pod-template-hash": "7f9c6b5d8"}
    metadata = {"generateName": f"web-{number}-7f9c6b5d8-", "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


async def _measure(server: apiservers.ApiServer, rounds: int, requests: int) -> list[Row]:
    headers = {"Authorization": f"Bearer {server.token()}", "Content-Type": "application/json"}
    found: dict[tuple[str, int], list[float]] = {}
    connector = aiohttp.TCPConnector(ssl=server.ssl_context(), limit=16)
    async with aiohttp.ClientSession(server.url, connector=connector, headers=headers) as client:
        for number in range(rounds + 1):
            for at_once in (1, 16):
                for namespace in (PLAIN, HOOKED):
                    seconds = await _create(client, namespace, at_once, requests)
                    found.setdefault((namespace, at_once), []).extend(seconds if number else ())
    names = {PLAIN: "no webhook", HOOKED: "gitsidecar"}
    return [Row(names[namespace], at_once, tuple(seconds)) for (namespace, at_once), seconds in found.items()]


async def _create(client: aiohttp.ClientSession, namespace: str, at_once: int, requests: int) -> list[float]:
    """Create so many pods, so many of them at once, and return how long each took."""
    bodies = iter([json.dumps(_pod(number)).encode() for number in range(requests)])
    seconds = []

    async def work() -> None:
        for body in bodies:
            began = time.perf_counter()
            async with client.post(_path(namespace), data=body) as answer:
                content = await answer.read()
            seconds.append(time.perf_counter() - began)
            assert answer.status == 201, content

    await asyncio.gather(*(work() for _ in range(at_once)))
    return seconds


def _answers(pods: int, sets: int, count: int) -> Row:
    """Time our part alone: from the bytes of a review to those of its answer."""
    reviewer = reviews.Reviewer(_known(pods, sets), is_failing_closed=True, own_namespace="gitsidecar")
    request = {"kind": {"group": "", "version": "v1", "kind": "Pod"}, "namespace": HOOKED, "operation": "CREATE"}
    head = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
    bodies = [
        json.dumps({**head, "request": {**request, "uid": str(number), "object": _pod(number)}}).encode()
        for number in range(count)
    ]
    seconds = []
    for body in bodies:
        began = time.process_time()
        reviewer.answer(body)
        seconds.append(time.process_time() - began)
    return Row("one answer, processor time", 1, tuple(seconds))


def _table(rows: Sequence[Row]) -> str:
    bare = {row.at_once: row.median for row in rows if row.name == "no webhook"}
    lines = [f"{'at once':>7}  {'what':<27}{'median ms':>10}{'95 % ms':>10}{'more ms':>9}"]
    for row in rows:
        more = f"{row.median - bare[row.at_once]:+.2f}" if row.name == "gitsidecar" else ""
        lines.append(f"{row.at_once:>7}  {row.name:<27}{row.median:>10.2f}{row.slow:>10.2f}{more:>9}".rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    main()
