"""
Time the creation of pods on a real API server, without a webhook and with ours: ``python -m bench.webhook``.

What is asked: by how much our answer delays a pod, alone and with 16 created at once, and whether a webhook in Go could
do with less. All kinds of pod are created in turn in one run, in namespaces of which each has one webhook or none;
``dryRun``, so that nothing is stored. Ours is a process of its own that knows 3,000 pods and 50 sets, and puts three of
these into each pod; the one in Go looks at nothing and answers with the same patch.

The last time, on 2 cores with no other work, in three runs: medians of 1.5 ms without a webhook, 3.0 to 3.1 ms with
ours, 2.8 to 3.0 ms with the one in Go. With 16 at once 8.6 to 10.7 ms without, 21.1 to 21.6 ms with ours (2.1 to 2.6
times as long), 17.1 to 20.1 ms with the one in Go (1.6 to 2.1). Of processor time a review took 340 to 370 µs with
ours, 220 to 240 µs with the one in Go; of ours the answer itself is 40 µs, or 180 µs for the first pod of its kind.
With much other work on the machine (load 8) all of it takes up to twice as long, and 16 at once up to 3.5 times as
long as without a webhook.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import itertools
import json
import statistics
import time
from collections.abc import Iterable, Sequence
from typing import Any

import aiohttp

from bench import admissions
from gitsidecar.cluster import registrations
from gitsidecar.webhook import reviews, servers
from tests.support import apiservers

PLAIN = admissions.NAMESPACES[0]
_AT_ONCE = (1, 16)


@dataclasses.dataclass(slots=True)
class Row:
    """
    The seconds that each pod took, with so many created *at_once*.

    `rounds` are the medians of the rounds, `ratios` hold each of them against that of the pods without a webhook in the
    same round. `processor` are the seconds of processor time that the webhook took for all pods.
    """

    name: str
    at_once: int
    seconds: list[float] = dataclasses.field(default_factory=list)
    rounds: list[float] = dataclasses.field(default_factory=list)
    ratios: list[float] = dataclasses.field(default_factory=list)
    processor: float = 0.0

    @property
    def median(self) -> float:
        """Return the milliseconds to quote."""
        return 1e3 * statistics.median(self.seconds)

    @property
    def best(self) -> float:
        """Return the milliseconds of the round in which the machine had the least other work."""
        return 1e3 * min(self.rounds, default=statistics.median(self.seconds))

    @property
    def slow(self) -> float:
        """Return the milliseconds that 95 of 100 pods stay below."""
        return 1e3 * statistics.quantiles(self.seconds, n=20)[-1]

    @property
    def ratio(self) -> float:
        """Return the ratio to quote."""
        return statistics.median(self.ratios)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--pods", type=int, default=3_000, help="pods that the webhook knows")
    parser.add_argument("--sets", type=int, default=50, help="sets that the webhook knows")
    parser.add_argument("--rounds", type=int, default=10, help="rounds that are timed, after one that is not")
    parser.add_argument("--requests", type=int, default=96, help="pods of each kind in a round")
    parser.add_argument("--json", action="store_true", help="print JSON, all pods in it")
    chosen = parser.parse_args(arguments)
    patch = admissions.patch(admissions.reviewer(chosen.pods, chosen.sets).answer(admissions.review(admissions.pod(0))))
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(apiservers.running())
        webhooks = (
            stack.enter_context(admissions.ours(chosen.pods, chosen.sets)),
            stack.enter_context(admissions.go(patch)),
        )
        for namespace in admissions.NAMESPACES:
            server.call("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        for webhook in webhooks:
            _register(server, webhook)
        rows = asyncio.run(_measure(server, webhooks, chosen.rounds, chosen.requests))
    reviewer, count = admissions.reviewer(chosen.pods, chosen.sets), chosen.rounds * chosen.requests
    rows.append(_answers("one answer", reviewer, [admissions.pod(each) for each in range(count)]))
    rows.append(_answers("to another kind", reviewer, [admissions.pod(0, f"{each:09}") for each in range(count)]))
    print(
        json.dumps([{**dataclasses.asdict(row), "median": row.median} for row in rows]) if chosen.json else _table(rows)
    )


def _register(server: apiservers.ApiServer, webhook: admissions.Webhook) -> None:
    url = f"https://{admissions.HOST}:{webhook.port}{servers.PATH}"
    others = [each for each in admissions.NAMESPACES if each != webhook.name]
    wanted = registrations.Registration(webhook.name, url, others, trusted=webhook.trusted, failure_policy="Fail")
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    server.call("POST", path, registrations.build(wanted))
    deadline = time.monotonic() + 30
    while not _is_injected(server.call("POST", _path(webhook.name), admissions.pod(0))):
        assert time.monotonic() < deadline, f"the API server does not ask {webhook.name}"
    assert not _is_injected(server.call("POST", _path(PLAIN), admissions.pod(0)))


def _path(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods?dryRun=All"


def _is_injected(pod: dict[str, Any]) -> bool:
    return len(pod["spec"]["containers"]) == 4


async def _measure(
    server: apiservers.ApiServer, webhooks: Sequence[admissions.Webhook], rounds: int, requests: int
) -> list[Row]:
    headers = {"Authorization": f"Bearer {server.token()}", "Content-Type": "application/json"}
    rows = {(name, at_once): Row(name, at_once) for at_once in _AT_ONCE for name in admissions.NAMESPACES}
    asked = {webhook.name: webhook for webhook in webhooks}
    connector = aiohttp.TCPConnector(ssl=server.ssl_context(), limit=max(_AT_ONCE))
    async with aiohttp.ClientSession(server.url, connector=connector, headers=headers) as client:
        for number, at_once in itertools.product(range(rounds + 1), _AT_ONCE):
            bare = 0.0
            for name in admissions.NAMESPACES:
                before = asked[name].processor if name in asked else 0.0
                seconds = await _create(client, name, at_once, requests)
                if number:  # the first round warms up
                    median = statistics.median(seconds)
                    bare = bare or median
                    row = rows[name, at_once]
                    row.seconds += seconds
                    row.rounds.append(median)
                    row.ratios.append(median / bare)
                    row.processor += asked[name].processor - before if name in asked else 0.0
    return [*rows.values()]


async def _create(client: aiohttp.ClientSession, namespace: str, at_once: int, requests: int) -> list[float]:
    """Create so many pods, so many of them at once, and return how long each took."""
    bodies = iter([json.dumps(admissions.pod(number)).encode() for number in range(requests)])
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


def _answers(name: str, reviewer: reviews.Reviewer, pods: Iterable[dict[str, Any]]) -> Row:
    """Time our part alone: from the bytes of a review to those of its answer."""
    row = Row(name, 1)
    for body in map(admissions.review, pods):
        began = time.process_time()
        reviewer.answer(body)
        row.seconds.append(time.process_time() - began)
    row.processor = sum(row.seconds)
    return row


def _table(rows: Sequence[Row]) -> str:
    bare = {row.at_once: row.best for row in rows if row.name == PLAIN}
    names = ("median ms", "95 % ms", "best ms", "more", "ratio", "CPU µs")
    head = "".join(map(str.rjust, names, (10, 10, 9, 7, 7, 8)))
    lines = [f"{'at once':>7}  {'what':<16}{head}"]
    for row in rows:
        line = f"{row.at_once:>7}  {row.name:<16}{row.median:>10.2f}{row.slow:>10.2f}{row.best:>9.2f}"
        more = f"{row.best - bare[row.at_once]:>+7.2f}{row.ratio:>7.2f}" if row.ratios and row.name != PLAIN else ""
        processor = f"{1e6 * row.processor / len(row.seconds):>8.0f}" if row.processor else ""
        lines.append(f"{line}{more:14}{processor}".rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    main()
