"""The dashboard's port: reads of a few fixed paths, answered from memory, behind headers that keep a browser strict."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import importlib.resources
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from aiohttp import web

from gitsidecar import errors
from gitsidecar.dashboard import hosts, links, pages, passlists, podpages, setlists, setpages, setpods, sights

Make = Callable[[sights.Sight, pages.Query], pages.Page]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PAGES: Mapping[str, Make] = {
    links.SETS: setlists.make,
    links.SET: setpages.make,
    links.SET_PODS: setpods.make,
    links.PODS: podpages.search,
    links.POD: podpages.explain,
    links.PASSES: passlists.make,
}
_FILES = {links.STYLE: "text/css", links.SCRIPT: "text/javascript", links.ICON: "image/svg+xml"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
    "Server": "gitsidecar",
}
_LONGEST_QUERY = 1024
_LONGEST_VALUE = 400
_LAST_PAGE = 100_000
_MOST_WAITING = 16


class Site:
    """
    Answers from what *look* returns.

    Pages are made one at a time in a thread of their own, so that neither the event loop nor planning waits for one.
    """

    def __init__(self, look: Callable[[], sights.Sight], known: hosts.Hosts) -> None:
        self._look = look
        self._hosts = known
        self._waiting = 0
        self._maker = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="dashboard")

    def close(self) -> None:
        """Make no other page."""
        self._maker.shutdown(wait=False, cancel_futures=True)

    def app(self) -> web.Application:
        """Return what aiohttp serves."""
        app = web.Application(middlewares=[self._guard])
        app.on_response_prepare.append(_add_headers)
        app.add_routes([web.get(path, self._page(make)) for path, make in _PAGES.items()])
        folder = importlib.resources.files("gitsidecar.dashboard") / "files"
        for path, kind in _FILES.items():
            content = (folder / path.rpartition("/")[2]).read_bytes()
            app.add_routes([web.get(path, _file(content, kind))])
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._hosts.has(request.headers.get("Host", "")):
            said = "This host name is not known here: add it to dashboard.hosts, if it is yours."
            return web.Response(status=421, text=f"{said}\n")
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, text="Only reads are answered here.\n", headers={"Allow": "GET, HEAD"})
        if len(request.rel_url.raw_query_string) > _LONGEST_QUERY:
            return web.Response(status=414, text="The query is too long.\n")
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return _answer(pages.trouble("No such page", "There is nothing at this address.", 404), self._look())

    def _page(self, make: Make) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            sight = self._look()
            query = _query(request.query)
            if query is None:
                words = "A value in the address is too long, or no number of a page."
                return _answer(pages.trouble("No such page", words, 400), sight)
            if sight.tag == _asked(request):
                return web.Response(status=304, headers={"ETag": f'"{sight.tag}"'})
            if self._waiting >= _MOST_WAITING:
                return web.Response(status=503, text="Too many ask at once.\n", headers={"Retry-After": "2"})
            return await self._made(make, sight, query)

        return answer

    async def _made(self, make: Make, sight: sights.Sight, query: pages.Query) -> web.Response:
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._maker, lambda: _answer(make(sight, query), sight, query))
        finally:
            self._waiting -= 1


@contextlib.asynccontextmanager
async def serving(address: str, site: Site) -> AsyncIterator[int]:
    """
    Serve *site* on *address* (``host:port``; port 0 takes a free one) while the block runs, and yield the port.

    Raises StalledError when the address cannot be listened on.
    """
    runner = web.AppRunner(site.app(), access_log=None, shutdown_timeout=1.0, keepalive_timeout=30.0)
    await runner.setup()
    host, _, port = address.rpartition(":")
    try:
        try:
            await web.TCPSite(runner, host.strip("[]") or None, int(port)).start()
        except OSError as error:
            message = f"cannot listen on {address}: {error.strerror}; set dashboard.address to a free one"
            raise errors.StalledError(message) from error
        found: int = runner.addresses[0][1]
        yield found
    finally:
        await runner.cleanup()
        site.close()


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _answer(page: pages.Page, sight: sights.Sight, query: pages.Query = pages.BARE) -> web.Response:
    headers = {"ETag": f'"{sight.tag}"'} if page.status == 200 else {}
    body = pages.write(page, sight, query)
    return web.Response(body=body, status=page.status, content_type="text/html", charset="utf-8", headers=headers)


def _file(content: bytes, kind: str) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=content, content_type=kind, charset="utf-8")

    return answer


def _asked(request: web.Request) -> str:
    """Return the tag that the browser has, if it has one."""
    known = request.if_none_match
    return known[0].value if known else ""


def _query(asked: Mapping[str, str]) -> pages.Query | None:
    """Return what is asked for; ``None`` for what no link of ours asks."""
    words = {key: asked.get(key, "") for key in ("name", "q", "why", "workload")}
    page = asked.get("page", "1")
    if any(len(each) > _LONGEST_VALUE for each in words.values()) or not (page.isascii() and page.isdecimal()):
        return None
    number = int(page[:10])
    return pages.Query(**words, page=number) if 1 <= number <= _LAST_PAGE else None
