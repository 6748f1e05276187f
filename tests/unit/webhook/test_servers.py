"""The HTTPS server: what it takes, what it says of it, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import io
import json
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import prometheus_client as prometheus
import pytest
import structlog

from gitsidecar import errors
from gitsidecar.telemetry import admissions
from gitsidecar.webhook import certificates, contexts, knowledge, servers
from tests.unit.webhook import passes

BUNDLE = certificates.make(("127.0.0.1",), datetime.datetime.now(datetime.UTC))
JSON = {"Content-Type": "application/json"}
MESH = passes.logtail("9", name="mesh", containers=[{"name": "web", "image": "rival:1"}])


class Served:
    """A server and a client that trusts it."""

    def __init__(self, port: int, client: aiohttp.ClientSession, registry: prometheus.CollectorRegistry) -> None:
        self.port = port
        self.url = f"https://127.0.0.1:{port}"
        self.client = client
        self._registry = registry

    async def post(self, body: Any, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Send *body* as a review, and return status and text of the answer."""
        content = io.BytesIO(body) if isinstance(body, bytes) else body  # aiohttp's client warns of large bytes
        async with self.client.post(self.url + servers.PATH, data=content, headers=headers or JSON) as answer:
            return answer.status, await answer.text()

    def count(self, result: str, reason: str) -> float | None:
        """Return how many answers of this kind were counted."""
        labels = {"result": result, "reason": reason}
        return self._registry.get_sample_value("gitsidecar_admissions_total", labels)


@contextlib.asynccontextmanager
async def _serving(
    known: knowledge.Knowledge | None = None, *, failing_closed: bool = False, address: str = "127.0.0.1:0"
) -> AsyncIterator[Served]:
    registry = prometheus.CollectorRegistry()
    async with _listening(known, registry, failing_closed=failing_closed, address=address) as port, _client() as client:
        yield Served(port, client, registry)


def _listening(
    known: knowledge.Knowledge | None = None,
    registry: prometheus.CollectorRegistry | None = None,
    *,
    failing_closed: bool = False,
    address: str = "127.0.0.1:0",
) -> contextlib.AbstractAsyncContextManager[int]:
    context = contexts.Context()
    context.swap(BUNDLE.serving)
    return servers.serving(
        address,
        context.tls,
        known or passes.knowing(passes.planned(passes.logtail())),
        is_failing_closed=failing_closed,
        own_namespace="gitsidecar",
        measured=admissions.Admissions(registry or prometheus.CollectorRegistry()),
    )


def _client() -> aiohttp.ClientSession:
    trust = ssl.create_default_context(cadata=BUNDLE.trusted.decode())
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust))


async def test_a_review_is_answered_over_tls() -> None:
    """By a client that trusts our authority only; the answer is measured."""
    async with _serving() as served:
        status, text = await served.post(passes.review())
        assert (status, json.loads(text)["response"]["allowed"]) == (200, True)
        assert served.count("injected", "Complete") == 1


async def test_an_admission_is_logged_once_with_all_there_is_to_know() -> None:
    """One line: who, what, in which spec and why in that, how long it took."""
    wanted = passes.logtail()
    async with _serving(passes.knowing(passes.planned(wanted))) as served:
        with structlog.testing.capture_logs() as lines:
            await served.post(passes.review(dryRun=True))
    [line] = lines
    assert line.pop("milliseconds") > 0
    assert line == {
        "event": "pod.admitted",
        "log_level": "info",
        "namespace": "shop",
        "pod": "web-1",
        "result": "injected",
        "reason": "Complete",
        "sets": {"logtail": f"Latest {wanted.spec_hash}: the rollout has room for it"},
        "dry_run": True,
    }


async def test_a_refusal_is_logged_with_its_words() -> None:
    """Whoever looks into the log finds what the person at the terminal was told."""
    known = passes.knowing(passes.planned(MESH))
    async with _serving(known, failing_closed=True) as served:
        with structlog.testing.capture_logs() as lines:
            await served.post(passes.review())
        assert served.count("refused", "ConflictingSets") == 1
    [line] = lines
    assert (line["event"], line["log_level"], line["sets"]) == ("pod.refused", "warning", {})
    assert line["message"].startswith("SidecarSet mesh (mesh.yaml:1:1): ConflictingSets: ")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "reason"),
    [
        (b"hello", "application/json", 400, "NotAReview"),
        (b"{}", "text/plain", 415, "NotJson"),
        (b" " * (3 * 1024 * 1024 + 1), "application/json", 413, "TooLarge"),
    ],
)
async def test_what_is_no_review_gets_a_4xx_with_words(
    body: bytes, content_type: str, status: int, reason: str
) -> None:
    """It is counted, logged once, and the next review on the same connection is answered."""
    async with _serving() as served:
        with structlog.testing.capture_logs() as lines:
            found, text = await served.post(body, {"Content-Type": content_type})
        assert (found, served.count("invalid", reason)) == (status, 1)
        assert [(line["event"], line["message"]) for line in lines] == [("review.invalid", f"{reason}: {text.strip()}")]
        assert (await served.post(passes.review()))[0] == 200


async def test_the_largest_review_is_read() -> None:
    """3 MiB are what the API server takes of one object at most."""
    body = passes.review()
    async with _serving() as served:
        assert (await served.post(body + b" " * (3 * 1024 * 1024 - len(body))))[0] == 200


async def test_a_body_that_does_not_arrive_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody ties a connection up for ever."""
    monkeypatch.setattr(servers, "_PATIENCE", 0.05)

    async def forever() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with _serving() as served:
        assert (await served.post(forever()))[0] == 408


@pytest.mark.parametrize("begun", [b"", b"POST /mutate HTTP/1.1\r\nHost: a\r\n"])
async def test_a_head_that_does_not_arrive_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    """A connection on which nothing comes, or half a head, is closed."""
    monkeypatch.setattr(servers, "_IDLE", 0.05)
    async with _listening() as port:
        trust = ssl.create_default_context(cadata=BUNDLE.trusted.decode())
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
        writer.write(begun)
        assert await reader.read() == b""
        writer.close()


async def test_liveness_is_served_and_nothing_else() -> None:
    """A probe by a kubelet needs no more than `/healthz`."""
    async with _serving() as served:
        for method, path, status in (("GET", "/healthz", 200), ("GET", "/mutate", 405), ("GET", "/", 404)):
            async with served.client.request(method, served.url + path) as answer:
                assert answer.status == status


async def test_requests_under_way_are_answered_before_the_end() -> None:
    """Whoever was connected when SIGTERM came gets an answer, and nobody gets in any more."""
    body, has_begun, go_on = passes.review(), asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        has_begun.set()  # the server has asked for the body
        await go_on.wait()
        yield body

    stack = contextlib.AsyncExitStack()
    port = await stack.enter_async_context(_listening())
    async with _client() as client:
        asked = asyncio.create_task(_post(client, port, slowly()))
        await has_begun.wait()
        closing = asyncio.create_task(stack.aclose())
        while await _is_open(port):
            pass
        go_on.set()
        assert await asked == 200
        await closing


async def _is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    return True


async def _post(client: aiohttp.ClientSession, port: int, body: AsyncIterator[bytes]) -> int:
    url = f"https://127.0.0.1:{port}{servers.PATH}"
    async with client.post(url, data=body, headers=JSON, expect100=True) as answer:
        return answer.status


async def test_an_address_that_is_taken_is_named() -> None:
    """The error names the address and the setting that holds it."""
    async with _serving() as served:
        with pytest.raises(errors.StalledError, match=rf"127\.0\.0\.1:{served.port}.*webhook\.address"):
            async with _serving(address=f"127.0.0.1:{served.port}"):
                pass  # pragma: no cover
