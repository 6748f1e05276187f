"""The daemon's own port: what it answers, and what it says when it cannot be opened."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from gitsidecar import errors
from gitsidecar.telemetry import metrics, probes


class Health:
    """What the probes ask; both are empty while all is well."""

    def __init__(self) -> None:
        self.hung = ""
        self.trouble = ""


@pytest.mark.parametrize(("path", "field"), [("/healthz", "hung"), ("/readyz", "trouble")])
async def test_a_probe_says_ok_or_why_not(path: str, field: str) -> None:
    """200 while all is well; 503 with the words otherwise, each time as it is at that moment."""
    health = Health()
    async with _serving(health) as port, aiohttp.ClientSession() as client:
        answers = []
        for words in ("", "the token is not accepted", ""):
            setattr(health, field, words)
            async with client.get(f"http://127.0.0.1:{port}{path}") as answer:
                answers.append((answer.status, await answer.text()))
    assert answers == [(200, "ok\n"), (503, "the token is not accepted\n"), (200, "ok\n")]


async def test_liveness_does_not_ask_for_readiness() -> None:
    """A daemon that waits for Git is not ready, and is not killed for it."""
    health = Health()
    health.trouble = "the remote cannot be reached"
    async with _serving(health) as port, _get(port, "/healthz") as answer:
        assert answer.status == 200


async def test_metrics_are_served_in_prometheus_form() -> None:
    """The registry that is handed in is what is served, with the content type that says so."""
    async with _serving(Health()) as port, _get(port, "/metrics") as answer:
        text = await answer.text()
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert "gitsidecar_rejections 0.0" in text


async def test_it_takes_no_orders() -> None:
    """Only reads of known paths are answered."""
    async with _serving(Health()) as port, aiohttp.ClientSession() as client:
        async with client.post(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 405
        async with client.get(f"http://127.0.0.1:{port}/") as answer:
            assert answer.status == 404


async def test_an_address_that_is_taken_is_named() -> None:
    """The error names the address and the setting that holds it, and nothing stays open."""
    async with _serving(Health()) as port:
        with pytest.raises(errors.StalledError, match=rf"127\.0\.0\.1:{port}.*probes\.address"):
            async with _serving(Health(), f"127.0.0.1:{port}"):
                pass  # pragma: no cover


async def test_a_host_that_does_not_exist_is_named() -> None:
    """An address that is not this machine's is an error of the settings too."""
    with pytest.raises(errors.StalledError, match=r"cannot listen on 192\.0\.2\.1:0"):
        async with _serving(Health(), "192.0.2.1:0"):
            pass  # pragma: no cover


async def test_ipv6_is_written_in_brackets() -> None:
    """``[::1]:0`` is an address like any other."""
    async with _serving(Health(), "[::1]:0") as port:
        assert port > 0


@contextlib.asynccontextmanager
async def _get(port: int, path: str) -> AsyncIterator[aiohttp.ClientResponse]:
    async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}{path}") as answer:
        yield answer


def _serving(health: Health, address: str = "127.0.0.1:0") -> contextlib.AbstractAsyncContextManager[int]:
    return probes.serving(
        address,
        is_healthy=lambda: health.hung,
        is_ready=lambda: health.trouble,
        registry=metrics.Metrics().registry,
    )
