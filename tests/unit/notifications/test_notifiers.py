"""Notices on their way to a real server: in order, again when it helps, and never at anybody's expense."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import itertools
import random
import time
from pathlib import Path

import pytest
import structlog

from gitsidecar import errors
from gitsidecar.model import notices
from gitsidecar.notifications import boards, clients, interests, notifiers, outboxes, services
from gitsidecar.reporting import announcements
from gitsidecar.simulation import clocks
from gitsidecar.webhook import certificates, contexts
from tests.support import listeners
from tests.unit.notifications import telling

Reply = listeners.Reply


async def test_a_notice_is_posted_once(tmp_path: Path) -> None:
    """What was told is counted and logged, and not told again."""
    async with (
        listeners.listening() as listener,
        telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told,
    ):
        with structlog.testing.capture_logs() as lines:
            told.offer()
            await told.until(sent=1)
    assert len(listener.heard) == 1
    [line] = lines
    assert (line["event"], line["notifier"], line["notice"], line["set"], line["id"], line["tries"]) == (
        "notice.sent",
        "chat",
        "completed",
        "logtail",
        "id-1",
        1,
    )


async def test_notices_keep_their_order(tmp_path: Path) -> None:
    """One that has to be tried again holds back those after it: the last state of a commit must come last."""
    async with (
        listeners.listening() as listener,
        telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told,
    ):
        listener.replies.extend([Reply(502), Reply(502)])
        told.offer(*map(telling.numbered, range(3)))
        await told.until(sent=3)
    assert [each.headers["webhook-id"] for each in listener.heard] == ["id-0", "id-0", "id-0", "id-1", "id-2"]


@pytest.mark.parametrize(
    "reply",
    [Reply(500), Reply(503), Reply(408), Reply(429), Reply(breaks=True), Reply(403, {"Retry-After": "1"})],
    ids=lambda reply: f"{reply.status} {reply.breaks}",
)
async def test_what_passes_is_tried_again(reply: listeners.Reply, tmp_path: Path) -> None:
    """A fault of the moment is told once in the log, and the notice arrives."""
    async with (
        listeners.listening() as listener,
        telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told,
    ):
        listener.replies.extend([reply] * 3)
        with structlog.testing.capture_logs() as lines:
            told.offer()
            await told.until(sent=1)
    assert len(listener.heard) == 4
    assert [line["event"] for line in lines] == ["notice.delayed", "notice.sent"]


async def test_pauses_grow_and_are_spread(tmp_path: Path) -> None:
    """Attempts come 1, 2, 4 … seconds apart at most, and a minute at most."""
    async with (
        listeners.listening() as listener,
        telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told,
    ):
        listener.replies.extend([Reply(500)] * 9)
        told.offer()
        await told.until(sent=1)
    moments = [int(each.headers["webhook-timestamp"]) for each in listener.heard]
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
    for pause, longest in zip(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert longest / 2 - 1 <= pause <= longest


@pytest.mark.parametrize(
    ("header", "least"),
    [
        ("120", 120),
        ("Tue, 24 Nov 2026 02:02:00 GMT", 120),
        ("Tue, 24 Nov 2026 02:02:00 +99999999999999999", 0),
        ("999999", 900),
        ("soon", 0),
    ],
)
async def test_retry_after_is_obeyed(header: str, least: int, tmp_path: Path) -> None:
    """In either of its forms, for a quarter of an hour at most; nonsense counts as none."""
    async with (
        listeners.listening() as listener,
        telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told,
    ):
        listener.replies.append(Reply(429, {"Retry-After": header}))
        told.offer()
        await told.until(sent=1)
        passed = (told.clock.now() - telling.NOW).total_seconds()
    assert least <= passed <= max(1, 1.2 * least)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
async def test_a_refusal_is_told_once_and_not_repeated(status: int, tmp_path: Path) -> None:
    """Asking again would not help; the next notice is sent all the same."""
    async with (
        listeners.listening() as listener,
        telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told,
    ):
        listener.replies.append(Reply(status, body=b"no: " + telling.SECRET.encode()))
        with structlog.testing.capture_logs() as lines:
            told.offer(telling.NOTICE, telling.numbered(2))
            await told.until(failed=1, sent=1)
    assert len(listener.heard) == 2
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("notice.failed", "error"),
        ("notice.sent", "info"),
    ]
    assert lines[0]["reason"] == f"the service answered {status}"


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """Whoever answers must not send our secrets elsewhere."""
    async with (
        listeners.listening() as listener,
        listeners.listening() as other,
        telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told,
    ):
        listener.replies.append(Reply(307, {"Location": other.url}))
        with structlog.testing.capture_logs() as lines:
            told.offer()
            await told.until(failed=1)
    assert other.heard == []
    assert "a redirect, which is not followed" in lines[0]["reason"]


async def test_after_a_day_a_notice_is_given_up(tmp_path: Path) -> None:
    """Old news must not keep the new from being told: what is as old gets one attempt."""
    old = dataclasses.replace(telling.NOTICE, id="old", at=telling.NOW - datetime.timedelta(hours=23, minutes=59))
    older = dataclasses.replace(telling.NOTICE, id="older", at=telling.NOW - datetime.timedelta(hours=25))
    async with listeners.listening() as listener:
        listener.replies.extend([Reply(500)] * 20)
        async with telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told:
            told.offer(old, older)
            await told.until(failed=2)
            passed = told.clock.now() - telling.NOW
    assert datetime.timedelta(minutes=1) < passed < datetime.timedelta(minutes=3)
    names = [each.headers["webhook-id"] for each in listener.heard]
    assert (names.count("old") > 5, names.count("older")) == (True, 1)


async def test_a_full_queue_drops_the_oldest(tmp_path: Path) -> None:
    """Nothing grows without end while a service is away; what is lost is counted and logged."""
    async with listeners.listening() as listener:
        listener.replies.append(Reply(hangs=True))
        async with telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told:
            told.offer(telling.numbered(0))
            await listener.until(1)
            with structlog.testing.capture_logs() as lines:
                told.offer(*map(telling.numbered, range(1, notifiers.LONGEST_QUEUE + 4)))
            listener.close()
            await told.until(dropped=3, sent=notifiers.LONGEST_QUEUE + 1)
    assert [(line["event"], line["id"]) for line in lines] == [("notice.dropped", f"id-{each}") for each in (1, 2, 3)]
    assert [each.headers["webhook-id"] for each in listener.heard][:2] == ["id-0", "id-4"]


async def test_offering_never_waits(tmp_path: Path) -> None:
    """A server that hangs costs whoever offers nothing."""
    async with listeners.listening() as listener:
        listener.replies.append(Reply(hangs=True))
        async with telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told:
            told.offer(telling.numbered(0))
            await listener.until(1)
            began = time.perf_counter()
            told.offer(*map(telling.numbered, range(1, 50)))
            assert time.perf_counter() - began < 0.5
            listener.close()
            await told.until(sent=50)


async def test_the_end_waits_a_moment_for_what_is_left(tmp_path: Path) -> None:
    """A notice that was about to be tried again is tried at once, and those after it too."""
    async with listeners.listening() as listener:
        listener.replies.append(Reply(503))
        async with telling.telling(
            telling.generic(tmp_path, listener.url), tmp_path / "waiting.json", is_automatic=False
        ) as told:
            told.offer(*map(telling.numbered, range(3)))
            await listener.until(1)
        assert dict(told.counts) == {"sent": 3}


async def test_a_save_that_was_cut_off_brings_nothing_back(tmp_path: Path) -> None:
    """At the end what was told is crossed out, whether the save of that never began or an older one comes late."""
    file, clock = tmp_path / "waiting.json", clocks.VirtualClock(telling.NOW)
    outbox = outboxes.Outbox(file)
    assert outbox.save((telling.NOTICE,))
    async with clients.opened(None) as client:
        plan = notifiers.Plan("chat", telling.generic(tmp_path, "https://a"))
        notifier = notifiers.Notifier(
            plan, client, clock, random.Random(7), outbox=outbox, counted=lambda *_: pytest.fail("nothing was left")
        )
        notifier.leave()
    assert not file.exists()
    assert not outbox.save((telling.NOTICE,))
    assert not file.exists()


async def test_what_a_process_leaves_the_next_one_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that hangs does not hold up the end; in order, with the same ids, all is told after the next start."""
    monkeypatch.setattr(boards, "FLUSH", 0.1)
    waiting = tmp_path / "folder" / "waiting.json"
    async with listeners.listening() as listener:
        listener.replies.append(Reply(hangs=True))
        service = telling.generic(tmp_path, listener.url)
        with structlog.testing.capture_logs() as lines:
            async with telling.telling(service, waiting) as told:
                told.offer(*map(telling.numbered, range(3)))
                await listener.until(1)
                began = time.perf_counter()
            assert time.perf_counter() - began < 2
        assert dict(told.counts) == {}
        assert [(line["event"], line["waiting"]) for line in lines] == [("notices.left", 3)]
        listener.heard.clear()
        async with telling.telling(service, waiting) as told:
            await told.until(sent=3)
    assert [each.headers["webhook-id"] for each in listener.heard] == ["id-0", "id-1", "id-2"]
    assert not waiting.exists()


async def test_a_killed_process_loses_nothing_that_waits(tmp_path: Path) -> None:
    """What is offered stands in the file while a service is away, also during a pause; a copy is what a kill leaves."""
    waiting, left = tmp_path / "waiting.json", tmp_path / "left.json"
    async with listeners.listening() as listener:
        listener.replies.append(Reply(503))
        service = telling.generic(tmp_path, listener.url)
        async with telling.telling(service, waiting, is_automatic=False) as told:
            told.offer(telling.numbered(0))
            await listener.until(1)
            told.offer(telling.NOTICE)
            async with asyncio.timeout(5):
                while b"id-1" not in waiting.read_bytes():  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
            left.write_bytes(waiting.read_bytes())
        listener.heard.clear()
        async with telling.telling(service, left) as told:
            await told.until(sent=2)
    assert [each.headers["webhook-id"] for each in listener.heard] == ["id-0", "id-1"]
    assert listener.heard[1].json == announcements.document(telling.NOTICE)


async def test_the_end_asks_a_service_that_is_away_once(tmp_path: Path) -> None:
    """The others would fare no better."""
    async with listeners.listening() as listener:
        listener.replies.extend([Reply(503)] * 10)
        service = telling.generic(tmp_path, listener.url)
        async with telling.telling(service, tmp_path / "waiting.json", is_automatic=False) as told:
            told.offer(*map(telling.numbered, range(3)))
            await listener.until(1)
        assert (dict(told.counts), len(listener.heard)) == ({}, 2)


async def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """It is told once; what waits at the end is lost then, and that is told too."""
    (tmp_path / "file").write_text("no folder")
    async with listeners.listening() as listener:
        listener.replies.extend([Reply(200), Reply(503), Reply(503)])
        service = telling.generic(tmp_path, listener.url)
        with structlog.testing.capture_logs() as lines:
            async with telling.telling(service, tmp_path / "file" / "waiting.json", is_automatic=False) as told:
                told.offer(telling.numbered(1))
                await told.until(sent=1)
                told.offer(telling.numbered(2))
                await listener.until(2)
    assert dict(told.counts) == {"sent": 1, "dropped": 1}
    assert [line["event"] for line in lines].count("outbox.unwritable") == 1
    assert lines[-1]["event"] == "notice.dropped"


@pytest.mark.parametrize("content", [b"[", b'[{"id": 1}]', b"\xff", b"{}"])
async def test_a_damaged_file_is_forgotten(content: bytes, tmp_path: Path) -> None:
    """It is told in the log, and everything goes on."""
    waiting = tmp_path / "waiting.json"
    waiting.write_bytes(content)
    async with listeners.listening() as listener:
        with structlog.testing.capture_logs() as lines:
            async with telling.telling(telling.generic(tmp_path, listener.url), waiting) as told:
                told.offer()
                await told.until(sent=1)
    assert lines[0]["event"] == "outbox.unreadable"


async def test_nobody_there_is_said_in_words(tmp_path: Path) -> None:
    """A refused connection is a fault of the moment."""
    async with listeners.listening() as listener:
        url = listener.url
    async with telling.telling(telling.generic(tmp_path, url), tmp_path / "waiting.json", is_automatic=False) as told:
        with structlog.testing.capture_logs() as lines:
            told.offer()
            async with asyncio.timeout(5):
                while not lines:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
    assert lines[0]["event"] == "notice.delayed"
    assert lines[0]["reason"].startswith("it cannot be reached (")


async def test_certificates_are_verified(tmp_path: Path) -> None:
    """A server is told only where the CA of the settings, or the system's, has signed for it."""
    bundle = certificates.make(("127.0.0.1",), datetime.datetime.now(datetime.UTC))
    context = contexts.Context()
    context.swap(bundle.serving)
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(bundle.trusted)
    async with listeners.listening(context.tls) as listener:
        service = telling.generic(tmp_path, listener.url)
        async with telling.telling(service, tmp_path / "waiting.json", ca_file=ca_file) as told:
            told.offer()
            await told.until(sent=1)
        with structlog.testing.capture_logs() as lines:
            async with telling.telling(service, tmp_path / "waiting.json", is_automatic=False) as told:
                told.offer()
        assert len(listener.heard) == 1
    assert [line["event"] for line in lines] == ["notice.delayed", "notices.left"]
    assert "set caFile" in lines[0]["reason"]


async def test_a_ca_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """It is told at the start."""
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "nowhere.pem"):
        with pytest.raises(errors.StalledError, match=name):
            async with telling.telling(
                telling.generic(tmp_path, "https://a"), tmp_path / "waiting.json", ca_file=tmp_path / name
            ):
                pass  # pragma: no cover


async def test_a_secret_is_read_at_each_use(tmp_path: Path) -> None:
    """A file that comes late, or is changed, is taken up without a restart."""
    async with listeners.listening() as listener:
        service = telling.generic(tmp_path, listener.url)
        service.secret_file.unlink()
        async with telling.telling(service, tmp_path / "waiting.json", is_automatic=False) as told:
            with structlog.testing.capture_logs() as lines:
                told.offer()
                async with asyncio.timeout(5):
                    while not lines:  # noqa: ASYNC110
                        await asyncio.sleep(0.005)
            assert "cannot be read" in lines[0]["reason"]
            telling.secret(tmp_path)
            told.clock.advance(1)
            await told.until(sent=1)


async def test_the_environments_proxy_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would see what we send, and hold a token that is not meant for it."""
    async with listeners.listening() as proxy, listeners.listening() as listener:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told:
            told.offer()
            await told.until(sent=1)
        assert (len(listener.heard), proxy.heard) == (1, [])


async def test_an_endless_answer_is_not_read(tmp_path: Path) -> None:
    """The first bytes are enough to know what it means."""
    async with (
        listeners.listening() as listener,
        telling.telling(telling.generic(tmp_path, listener.url), tmp_path / "waiting.json") as told,
    ):
        listener.replies.append(Reply(200, body=b"x" * (16 << 20)))
        told.offer()
        await told.until(sent=1)


@pytest.mark.parametrize(
    ("interest", "is_wanted"),
    [
        (interests.Interest(), True),
        (interests.Interest(events=frozenset({notices.Event.FAILED})), False),
        (interests.Interest(names=frozenset({"logtail"})), True),
        (interests.Interest(names=frozenset({"proxy"})), False),
    ],
)
async def test_only_what_is_wanted_is_told(interest: interests.Interest, is_wanted: bool, tmp_path: Path) -> None:
    """By event and by name; labels are a selector's matter."""
    assert interest.wants(telling.NOTICE) is is_wanted
    refusal = dataclasses.replace(telling.NOTICE, event=notices.Event.REJECTED, set_name="", labels={})
    assert interest.wants(refusal) is (notices.Event.REJECTED in interest.events)


async def test_an_address_is_never_in_the_log(tmp_path: Path) -> None:
    """Slack's is a secret as a whole: neither a good nor a bad one is shown."""
    with structlog.testing.capture_logs() as lines:
        for address in ("http://127.0.0.1:1/services/T0/B0/hush", "http://[hush", "https://", "hush"):
            service = services.Slack(telling.secret(tmp_path, address), may_be_plain=True)
            async with telling.telling(service, tmp_path / "waiting.json", is_automatic=False) as told:
                told.offer()
            (tmp_path / "waiting.json").unlink()
    assert "hush" not in repr(lines)
    assert "hush" not in repr(service.request) + repr(service)
