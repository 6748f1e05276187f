"""The push receiver over HTTP: whom it believes, what it passes over, and what it says of it."""

from __future__ import annotations

import asyncio
import base64
import collections
import contextlib
import datetime
import gzip
import hashlib
import hmac
import io
import json
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest
import structlog

from gitsidecar import errors
from gitsidecar.hooks import senders, servers

NOW = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)
SECRET = "correct horse battery staple"
MAIN = json.dumps({"ref": "refs/heads/main", "after": "4f2a9c1", "commits": [{"message": "hush"}]}).encode()
JSON = {"Content-Type": "application/json"}


def github(body: bytes = MAIN, secret: str = SECRET) -> dict[str, str]:
    """Return headers as GitHub sends them."""
    mac = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return {**JSON, "X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1", "X-Hub-Signature-256": f"sha256={mac}"}


def gitlab(secret: str = SECRET) -> dict[str, str]:
    """Return headers as GitLab sends them with a secret token."""
    return {**JSON, "X-Gitlab-Event": "Push Hook", "X-Gitlab-Event-UUID": "d-2", "X-Gitlab-Token": secret}


def standard(body: bytes = MAIN, key: bytes = SECRET.encode(), at: datetime.datetime = NOW) -> dict[str, str]:
    """Return headers as our notifier, or GitLab with a signing token, sends them."""
    timestamp = str(int(at.timestamp()))
    mac = hmac.digest(key, b"d-3." + timestamp.encode() + b"." + body, hashlib.sha256)
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {**JSON, "webhook-id": "d-3", "webhook-timestamp": timestamp, "webhook-signature": signature}


class Served:
    """A receiver of pushes to `main`, its secret's file, and what came of requests."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "secret"
        self.file.write_text(f"{SECRET}\n")
        self.now = NOW
        self.port = 0
        self.pushes = 0
        self.counts: collections.Counter[str] = collections.Counter()

    def receiver(self) -> servers.Receiver:
        """Return the receiver that is to be served."""

        def pushed() -> None:
            self.pushes += 1

        def counted(result: str) -> None:
            self.counts[result] += 1

        return servers.Receiver("main", self.file, pushed, counted, lambda: self.now)

    async def post(self, headers: Mapping[str, str], body: bytes = MAIN, *, method: str = "POST") -> tuple[int, str]:
        """Send a request, and return status and text of the answer."""
        url = f"http://127.0.0.1:{self.port}{servers.PATH}"
        async with (
            aiohttp.ClientSession() as client,
            client.request(method, url, data=io.BytesIO(body), headers=headers) as answer,
        ):
            return answer.status, await answer.text()


@contextlib.asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Served]:
    """Serve for the block."""
    served = Served(folder)
    async with servers.serving("127.0.0.1:0", None, served.receiver()) as served.port:
        yield served


@pytest.mark.parametrize("headers", [github(), gitlab(), standard(), github() | gitlab()])
async def test_a_push_asks_for_a_poll(headers: dict[str, str], tmp_path: Path) -> None:
    """From GitHub, GitLab and whoever signs as our notifier does; the log has its name and the ref, no more."""
    async with serving(tmp_path) as served:
        with structlog.testing.capture_logs() as lines:
            assert (await served.post(headers))[0] == 202
        assert (served.pushes, dict(served.counts)) == (1, {"accepted": 1})
    [line] = lines
    assert line.pop("delivery") in ("d-1", "d-2", "d-3")
    assert line == {"event": "hook.accepted", "log_level": "info", "ref": "refs/heads/main"}


async def test_a_key_may_be_base64(tmp_path: Path) -> None:
    """GitLab's signing tokens are: `whsec_` and the key in base64."""
    key = bytes(range(32))
    async with serving(tmp_path) as served:
        served.file.write_text("whsec_" + base64.b64encode(key).decode())
        assert (await served.post(standard(key=key)))[0] == 202
        assert (await served.post(standard()))[0] == 403


async def test_several_secrets_are_valid_while_one_is_replaced(tmp_path: Path) -> None:
    """The file is read at each request, and each of its lines counts."""
    async with serving(tmp_path) as served:
        assert (await served.post(github(secret="new")))[0] == 403
        served.file.write_text(f"{SECRET}\n\nnew\n")
        for headers in (github(), github(secret="new"), gitlab("new"), standard(key=b"new")):
            assert (await served.post(headers))[0] == 202
        served.file.write_text("new\n")
        for headers in (github(), gitlab(), standard()):
            assert (await served.post(headers))[0] == 403


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (github(secret="wrong"), "X-Hub-Signature-256"),
        (github(b"{}"), "X-Hub-Signature-256"),
        ({**JSON, "X-Hub-Signature-256": "sha256="}, "X-Hub-Signature-256"),
        ({**JSON, "X-Hub-Signature-256": "ü\udcff"}, "X-Hub-Signature-256"),
        (gitlab("wrong"), "X-Gitlab-Token"),
        (gitlab(""), "X-Gitlab-Token"),
        (standard(key=b"wrong"), "does not fit"),
        (standard(b"{}"), "does not fit"),
        (standard(at=NOW - datetime.timedelta(seconds=301)), "replay"),
        (standard(at=NOW + datetime.timedelta(seconds=301)), "replay"),
        (standard() | {"webhook-timestamp": str(int(NOW.timestamp()) - 1)}, "does not fit"),
        (standard() | {"webhook-timestamp": "٣"}, "without a good"),
        (standard() | {"webhook-timestamp": "9" * 4000}, "does not fit"),
        (standard() | {"webhook-id": "other"}, "does not fit"),
        ({name: value for name, value in standard().items() if name != "webhook-id"}, "without a good"),
        (github() | gitlab("wrong"), "X-Gitlab-Token"),
        (github(secret="wrong") | gitlab(), "X-Hub-Signature-256"),
    ],
)
async def test_who_does_not_know_the_secret_is_refused(headers: dict[str, str], words: str, tmp_path: Path) -> None:
    """Nothing is asked for, and the words say which proof failed; a good proof does not make up for a bad one."""
    headers = {name: value.encode("utf-8", "surrogateescape").decode("latin-1") for name, value in headers.items()}
    async with serving(tmp_path) as served:
        status, text = await served.post(headers)
        assert (status, served.pushes, dict(served.counts)) == (403, 0, {"refused": 1})
    assert words in text
    assert SECRET not in text


async def test_within_five_minutes_clocks_may_differ(tmp_path: Path) -> None:
    """Either way."""
    async with serving(tmp_path) as served:
        for seconds in (-299, 299):
            at = NOW + datetime.timedelta(seconds=seconds)
            assert (await served.post(standard(at=at)))[0] == 202


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (JSON, MAIN, 401),
        (github(b"{") | {"Content-Type": "text/plain"}, b"{", 415),
        (github() | {"Content-Type": "application/x-www-form-urlencoded"}, MAIN, 415),
        (github(b"{"), b"{", 400),
        (github(b"[]"), b"[]", 400),
        (github(b"\xff"), b"\xff", 400),
        (github(b"[" * 100_000), b"[" * 100_000, 400),
        (github(b" " * ((1 << 20) + 1)), b" " * ((1 << 20) + 1), 413),
        (github() | {"Content-Encoding": "gzip"}, gzip.compress(b" " * ((1 << 20) + 1)), 413),
    ],
)
async def test_what_cannot_be_read_is_told(headers: dict[str, str], body: bytes, status: int, tmp_path: Path) -> None:
    """Each with its own status and words; the next push is answered."""
    async with serving(tmp_path) as served:
        found, text = await served.post(headers, body)
        assert (found, served.pushes) == (status, 0)
        assert text.strip()
        assert (await served.post(github()))[0] == 202


@pytest.mark.parametrize("size", [0, 1 << 10, (1 << 20) - len(MAIN)])
async def test_the_largest_push_is_read(size: int, tmp_path: Path) -> None:
    """1 MiB."""
    body = MAIN + b" " * size
    async with serving(tmp_path) as served:
        assert (await served.post(github(body), body))[0] == 202


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_post_is_taken(method: str, tmp_path: Path) -> None:
    """Anything else is 405, and other paths are 404."""
    async with serving(tmp_path) as served:
        assert (await served.post(github(), method=method))[0] == 405
        async with aiohttp.ClientSession() as client, client.post(f"http://127.0.0.1:{served.port}/") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    "payload",
    [
        {"ref": "refs/heads/gitsidecar/status/prod"},
        {"ref": "refs/heads/main2"},
        {"ref": "refs/tags/main"},
        {"ref": "main"},
        {"ref": ["refs/heads/main"]},
        {"zen": "Keep it logically awesome.", "hook_id": 1},
        {},
    ],
)
async def test_what_is_not_for_us_is_passed_over(payload: dict[str, object], tmp_path: Path) -> None:
    """Other branches, our own status branch above all, tags and pings are answered well, and ask for nothing."""
    body = json.dumps(payload).encode()
    async with serving(tmp_path) as served:
        assert await served.post(github(body), body) == (204, "")
        assert (served.pushes, dict(served.counts)) == (0, {"passed_over": 1})


@pytest.mark.parametrize("content", [None, b"", b"\n"])
async def test_without_a_secret_nobody_is_believed(content: bytes | None, tmp_path: Path) -> None:
    """An empty file is not an empty secret; the log says what is missing, the answer does not."""
    async with serving(tmp_path) as served:
        if content is None:
            served.file.unlink()
        else:
            served.file.write_bytes(content)
        with structlog.testing.capture_logs() as lines:
            for headers in (github(secret=""), gitlab(""), standard(key=b"")):
                status, text = await served.post(headers)
                assert (status, str(tmp_path) in text) == (503, False)
        assert served.pushes == 0
    assert lines[0]["event"] == "hook.has_no_secret"
    assert str(served.file) in lines[0]["reason"]
    assert len(lines) == 1


@pytest.mark.parametrize("secret", ["whsec_", "whsec_aHVzaA==", "whsec_?"])
async def test_with_a_secret_that_was_cut_off_nobody_is_believed(secret: str, tmp_path: Path) -> None:
    """Anybody can sign with an empty key, and guess a short one."""
    async with serving(tmp_path) as served:
        served.file.write_text(f"{SECRET}\n{secret}\n")
        with structlog.testing.capture_logs() as lines:
            for headers in (standard(key=b""), standard(key=b"hush"), github(secret=secret), gitlab(secret), github()):
                assert (await served.post(headers))[0] == 503
        assert served.pushes == 0
    [line] = lines
    assert (line["event"], line["log_level"]) == ("hook.has_no_secret", "error")
    assert str(served.file) in line["reason"]


async def test_a_missing_secret_is_told_whoever_makes_noise(tmp_path: Path) -> None:
    """Once a minute, apart from refusals."""
    async with serving(tmp_path) as served:
        served.file.unlink()
        with structlog.testing.capture_logs() as lines:
            for _ in range(2):
                await served.post(JSON)
                await served.post(github())
            served.now += datetime.timedelta(minutes=1)
            await served.post(github())
    assert [(line["event"], line["untold"]) for line in lines] == [
        ("hook.refused", 0),
        ("hook.has_no_secret", 0),
        ("hook.has_no_secret", 1),
    ]


async def test_strangers_cannot_fill_the_log(tmp_path: Path) -> None:
    """Refusals are told once a minute, with how many were not told."""
    async with serving(tmp_path) as served:
        with structlog.testing.capture_logs() as lines:
            for _ in range(5):
                await served.post(gitlab("wrong"))
            served.now += datetime.timedelta(minutes=1)
            await served.post(gitlab("wrong"))
    assert [(line["event"], line["untold"]) for line in lines] == [("hook.refused", 0), ("hook.refused", 4)]


async def test_what_a_sender_writes_is_cleaned(tmp_path: Path) -> None:
    """A ref or a name of a delivery cannot steer a terminal or fill the log."""
    body = json.dumps({"ref": "refs/heads/\x1b[31m\n" + "x" * 500}).encode()
    async with serving(tmp_path) as served:
        with structlog.testing.capture_logs() as lines:
            await served.post({**github(body), "X-GitHub-Delivery": "d" * 500}, body)
    [line] = lines
    assert "\x1b" not in line["ref"]
    assert (len(line["ref"]), len(line["delivery"])) == (100, 100)


async def test_a_body_that_does_not_arrive_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends nothing after the head gets 408, and few may do so at the same time."""
    monkeypatch.setattr(servers, "_PATIENCE", 0.2)
    monkeypatch.setattr(servers, "_CROWD", 2)
    head = b"POST /hooks/push HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Gitlab-Token: x\r\n"
    head += b"Content-Length: 10\r\n\r\n"
    async with serving(tmp_path) as served:
        with contextlib.ExitStack() as stack:
            slow = [stack.enter_context(socket.create_connection(("127.0.0.1", served.port))) for _ in range(3)]
            for each in slow:
                each.sendall(head)
                each.settimeout(5)
            answers = await asyncio.gather(*(asyncio.to_thread(each.recv, 100) for each in slow))
        assert sorted(answer.split()[1] for answer in answers) == [b"408", b"408", b"503"]
        assert (await served.post(github()))[0] == 202


@pytest.mark.parametrize("said", [b"", b"POST /hooks/push HTTP/1.1\r\nHost: "])
async def test_a_head_that_does_not_arrive_is_not_waited_for(
    said: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever connects and says nothing, or no end of it, is let go."""
    monkeypatch.setattr(servers, "_IDLE", 0.2)
    async with serving(tmp_path) as served:
        with socket.create_connection(("127.0.0.1", served.port)) as slow:
            slow.settimeout(5)
            slow.sendall(said)
            assert await asyncio.to_thread(slow.recv, 100) == b""


async def test_an_answer_ends_the_connection(tmp_path: Path) -> None:
    """Nobody sends the next push into one that is about to be closed."""
    async with serving(tmp_path) as served, aiohttp.ClientSession() as client:
        url = f"http://127.0.0.1:{served.port}{servers.PATH}"
        async with client.post(url, data=MAIN, headers=github()) as answer:
            assert (answer.status, answer.headers["Connection"]) == (202, "close")


async def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    """The error names the address and the setting that holds it."""
    async with serving(tmp_path) as served:
        with pytest.raises(errors.StalledError, match=rf"127\.0\.0\.1:{served.port}.*hooks\.address"):
            async with servers.serving(f"127.0.0.1:{served.port}", None, served.receiver()):
                pass  # pragma: no cover


def test_comparing_needs_every_secret() -> None:
    """One good secret among others is enough, wherever it stands."""
    secrets = ("a", SECRET, "b")
    assert senders.fault(github(), MAIN, secrets, seconds=NOW.timestamp()) == ""
    assert senders.fault({}, MAIN, secrets, seconds=NOW.timestamp()) == senders.UNSIGNED
