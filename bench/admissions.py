"""Webhooks to time, each a process of its own: ours, and the least that one in Go can be."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import datetime
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import prometheus_client as prometheus

from bench import fleets
from gitsidecar.model import histories
from gitsidecar.planning import planner
from gitsidecar.telemetry import admissions, logs
from gitsidecar.webhook import certificates, contexts, knowledge, reviews, servers

HOST = "127.0.0.1"
OURS, GO = "gitsidecar", "fixed-in-go"
NAMESPACES = ("plain", OURS, GO)
"""Namespaces by the webhook that is asked about their pods; the first has none."""

Json = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook that runs: its name, where it is, and whom its clients trust."""

    name: str
    port: int
    trusted: bytes
    pid: int

    @property
    def processor(self) -> float:
        """Return the seconds of processor time that its process has taken so far, all threads together."""
        return time.clock_gettime(
            ~self.pid << 3 | 2
        )  # the clock of another process, as clock_getcpuclockid(3) names it


@contextlib.contextmanager
def ours(pods: int, sets: int) -> Iterator[Webhook]:
    """Run gitsidecar's webhook, which knows so many pods and sets."""
    command = [sys.executable, "-m", "bench.admissions", str(pods), str(sets)]
    with _process(command) as (process, line):
        told = json.loads(line)
        yield Webhook(OURS, told["port"], told["trusted"].encode(), process.pid)


@contextlib.contextmanager
def go(patch: bytes) -> Iterator[Webhook]:
    """Build and run a webhook in Go that answers every review with *patch*."""
    bundle = certificates.make((HOST,), datetime.datetime.now(datetime.UTC))
    files = {**certificates.write(bundle), "patch": patch}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        source = Path(__file__).with_name("peer.go")
        subprocess.run(["go", "build", "-o", folder / "peer", source], check=True)
        command = [str(folder / file) for file in ("peer", "tls.crt", "tls.key", "patch")]
        with _process(command) as (process, line):
            yield Webhook(GO, int(line), bundle.trusted, process.pid)


@contextlib.contextmanager
def _process(command: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], bytes]]:
    """Run *command* while the block runs; yield it and the first line that it printed."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.terminate()


def known(pods: int, sets: int) -> knowledge.Knowledge:
    """Return what a webhook knows of so many pods and sets."""
    fleet = fleets.build(pods, sets=sets)
    plan = planner.plan(fleet.desired, fleet.before, histories.History(), fleets.NOW)
    found = knowledge.Knowledge()
    found.note(plan, histories.History(), {name: {"kubernetes.io/metadata.name": name} for name in NAMESPACES})
    return found


def reviewer(pods: int, sets: int) -> reviews.Reviewer:
    """Return who answers reviews from that."""
    return reviews.Reviewer(known(pods, sets), is_failing_closed=True, own_namespace="")


def pod(number: int, template: str = "7f9c6b5d8") -> Json:
    """Return a pod as a Deployment's controller would create it; *template* is the hash that its ReplicaSet has."""
    container = {
        "name": "web",
        "image": "registry.example.com/shop/web:2.11",
        "env": [{"name": f"SETTING_{index}", "value": "x" * 20} for index in range(10)],
        "ports": [{"containerPort": 8080}],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "512Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
    }
    labels = {"app": "web", "sidecars": "on", "team": "team-0", "pod-template-hash": template}
    metadata = {"generateName": f"web-{number}-{template}-", "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


def review(pod: Json) -> bytes:
    """Return the review about *pod*."""
    request = {
        "uid": pod["metadata"]["generateName"],
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "namespace": OURS,
        "operation": "CREATE",
        "object": pod,
    }
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).encode()


def patch(answer: reviews.Answer) -> bytes:
    """Return the patch in *answer*."""
    return base64.b64decode(json.loads(answer.body)["response"]["patch"])


async def _serve(pods: int, sets: int) -> None:
    """Be our webhook until standard input ends."""
    logs.configure(logs.Style.JSON)
    found = known(pods, sets)
    gc.collect()
    gc.freeze()  # as the daemon does after a list
    bundle = certificates.make((HOST,), datetime.datetime.now(datetime.UTC))
    context = contexts.Context()
    context.swap(bundle.serving)
    measured = admissions.Admissions(prometheus.CollectorRegistry())
    serving = servers.serving(
        f"{HOST}:0", context.tls, found, is_failing_closed=True, own_namespace="", measured=measured
    )
    async with serving as port:
        print(json.dumps({"port": port, "trusted": bundle.trusted.decode()}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(*map(int, sys.argv[1:3])))
