"""The dashboard's port: what it answers, what it refuses, and the headers that keep a browser strict."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator

import aiohttp
import multidict
import pytest
import yarl

from gitsidecar import errors
from gitsidecar.dashboard import hosts, links, pages, servers, setlists, sights
from tests.unit.dashboard import documents, scenes

_PATHS = [links.SETS, "/set?name=logtail", "/set/pods?name=logtail&why=PartitionKept", "/pods?q=web", "/passes"]


class Desk:
    """A served site whose pass and trouble the test sets, and a client."""

    def __init__(self, client: aiohttp.ClientSession, port: int, memory: sights.Memory) -> None:
        self.client = client
        self.port = port
        self.memory = memory
        self.trouble = ""

    def look(self) -> sights.Sight:
        return self.memory.look(self.trouble)

    async def ask(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, str, multidict.CIMultiDictProxy[str]]:
        """Return status, text and headers of an answer; underscores in header names stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = yarl.URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        async with self.client.request(method, url, headers=named, allow_redirects=False) as answer:
            return answer.status, await answer.text(), answer.headers


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """Serve a rollout in the middle."""
    async with _opened("127.0.0.1:0") as found:
        found.memory.note(scenes.rolling())
        yield found


@pytest.mark.parametrize("path", _PATHS)
async def test_pages_are_html_behind_a_strict_policy(desk: Desk, path: str) -> None:
    """No page may run, load or be framed by anything but its own files; none sets a cookie or tells what serves it."""
    status, text, headers = await desk.ask(path)
    assert status == 200
    documents.read(text)
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(each.split(" ", 1) for each in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers
    assert headers["Server"] == "gitsidecar"


@pytest.mark.parametrize("path", ["/nowhere", "/set?name=nowhere", "/pod?name=a", "/files/../pages.py", "/files/none"])
async def test_what_is_not_there_is_a_page_with_the_same_headers(desk: Desk, path: str) -> None:
    """An old link leads to words and a way back, not to a bare error."""
    status, text, headers = await desk.ask(path)
    assert status == 404
    assert documents.read(text).one("main").one("a", href="/").text == "Go to the sets"
    assert "Content-Security-Policy" in headers


@pytest.mark.parametrize(
    "path",
    ["/files/..%2fservers.py", "/files/%2e%2e/servers.py", "/files//etc/passwd", "/..%2f..%2fetc%2fpasswd", "//x"],
)
async def test_no_path_leads_out(desk: Desk, path: str) -> None:
    """Only the files of the page are served, whatever the path says."""
    assert (await desk.ask(path))[0] == 404


@pytest.mark.parametrize("path", [links.STYLE, links.SCRIPT, links.ICON])
async def test_the_files_of_the_page_are_served(desk: Desk, path: str) -> None:
    """Style, script and icon come from the package itself, and name no other host."""
    status, text, headers = await desk.ask(path)
    assert (status, bool(text)) == (200, True)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/nowhere", links.STYLE])
async def test_it_takes_no_orders(desk: Desk, method: str, path: str) -> None:
    """Only GET and HEAD are answered, at every address."""
    status, _, headers = await desk.ask(path, method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


async def test_head_is_get_without_a_body(desk: Desk) -> None:
    """HEAD says how long the page is, and does not send it."""
    status, text, headers = await desk.ask("/", "HEAD")
    assert (status, text) == (200, "")
    assert int(headers["Content-Length"]) > 1000


async def test_a_name_that_was_pointed_at_us_gets_nothing(desk: Desk) -> None:
    """A stranger's page whose name leads here is refused before anything is looked at, on every path."""
    for path in ("/", "/nowhere", links.SCRIPT):
        status, text, _ = await desk.ask(path, Host="evil.example:8082")
        assert status == 421
        assert "logtail" not in text
    assert (await desk.ask("/", Host=f"localhost:{desk.port}"))[0] == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pods?q=" + "a" * 2000, 414),
        ("/pods?q=" + "a" * 500, 400),
        ("/set?name=logtail&page=0", 400),
        ("/set?name=logtail&page=-1", 400),
        ("/set?name=logtail&page=two", 400),
        ("/set?name=logtail&page=%D9%A1", 400),
        ("/set?name=logtail&page=9999999999999999999999", 400),
        ("/set?name=logtail&page=100000", 200),
        ("/pods?q=%00%ff%fe", 404),
        ("/?unknown=1&name=x", 200),
    ],
)
async def test_what_is_asked_for_has_limits(desk: Desk, path: str, status: int) -> None:
    """What no link of ours asks for is refused in words, and what is merely odd does no harm."""
    assert (await desk.ask(path))[0] == status


async def test_a_page_that_is_known_is_not_made_again(desk: Desk) -> None:
    """Who asks with the tag of what he has is told that it is still so, until there is a new pass or a new trouble."""
    _, _, headers = await desk.ask("/")
    tag = headers["ETag"]
    assert (await desk.ask("/", If_None_Match=tag))[:2] == (304, "")
    desk.trouble = "Git is away"
    status, text, headers = await desk.ask("/", If_None_Match=tag)
    assert (status, "Git is away" in text) == (200, True)
    tag = headers["ETag"]
    desk.memory.note(scenes.quiet(2))
    assert (await desk.ask("/", If_None_Match=tag))[0] == 200


async def test_pages_are_made_beside_the_event_loop() -> None:
    """A page of a hundred thousand pods may take its time: the daemon's loop and the planner's threads do not wait."""
    threads = set()

    def make(sight: sights.Sight, query: pages.Query) -> pages.Page:
        threads.add(threading.current_thread().name)
        return setlists.make(sight, query)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "_PAGES", {"/": make})
        async with _opened("127.0.0.1:0") as desk:
            assert [answer[0] for answer in await asyncio.gather(*(desk.ask("/") for _ in range(4)))] == [200] * 4
    assert threads == {"dashboard_0"}


async def test_too_many_at_once_are_sent_away() -> None:
    """A crowd costs no more than its number: those beyond it come back later."""
    gate = threading.Event()

    def make(sight: sights.Sight, query: pages.Query) -> pages.Page:
        assert gate.wait(30)
        return setlists.make(sight, query)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "_PAGES", {"/": make})
        async with _opened("127.0.0.1:0") as desk:
            crowd = [asyncio.create_task(desk.ask("/")) for _ in range(20)]
            done, waiting = await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
            refused = done.pop().result()
            assert (refused[0], refused[2]["Retry-After"]) == (503, "2")
            gate.set()
            statuses = [each.result()[0] for each in (await asyncio.wait(waiting | done))[0]] if waiting else []
    assert sorted({*statuses, refused[0]}) == [200, 503]
    assert statuses.count(200) == 16


async def test_an_address_that_is_taken_is_named() -> None:
    """The error names the address and the setting that holds it."""
    async with _opened("127.0.0.1:0") as desk:
        with pytest.raises(errors.StalledError, match=rf"127\.0\.0\.1:{desk.port}.*dashboard\.address"):
            async with _opened(f"127.0.0.1:{desk.port}"):
                pass  # pragma: no cover


@contextlib.asynccontextmanager
async def _opened(address: str) -> AsyncIterator[Desk]:
    memory = sights.Memory("prod")
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), connector=connector) as client:
        desk = Desk(client, 0, memory)
        async with servers.serving(address, servers.Site(desk.look, hosts.Hosts(address))) as port:
            desk.port = port
            yield desk
