"""One page as it is asked for and as it is answered, and the frame that all of them have."""

from __future__ import annotations

import dataclasses

from gitsidecar.dashboard import elements, links, pieces, sights
from gitsidecar.reporting import texts

element = elements.element


@dataclasses.dataclass(frozen=True, slots=True)
class Query:
    """What stands behind the question mark, checked; empty for what does not. *page* counts from 1."""

    name: str = ""
    q: str = ""
    why: str = ""
    workload: str = ""
    page: int = 1


BARE = Query()
"""The query of an address without one."""


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """A page's title, what stands in its main part, and how HTTP calls the answer."""

    title: str
    body: elements.Html
    status: int = 200


def trouble(title: str, message: str, status: int, *more: elements.Content) -> Page:
    """Return the page that says why there is no other."""
    back = element("p", element("a", "Go to the sets", href=links.SETS))
    return Page(title, elements.join(element("h1", title), element("p", message), *more, back), status)


def no_set(name: str) -> Page:
    """Return the page for a set that is not there."""
    return trouble("No such set", f"No SidecarSet called {texts.one_line(name)!r} is in force.", 404)


def write(page: Page, sight: sights.Sight, query: Query) -> bytes:
    """Return the whole document."""
    cluster = texts.one_line(sight.cluster)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{page.title} · {cluster} · gitsidecar"),
        element("link", rel="icon", href=links.ICON, type="image/svg+xml"),
        element("link", rel="stylesheet", href=links.STYLE),
        element("script", src=links.SCRIPT, defer=True),
    )
    body = element(
        "body",
        element("a", "Skip to the content", href="#main", class_="skip"),
        _header(cluster, page, query),
        element("main", _state(sight), page.body, id="main", tabindex="-1"),
        _footer(),
    )
    return elements.document(head, body).encode()


def _header(cluster: str, page: Page, query: Query) -> elements.Html:
    def link(words: str, to: str) -> elements.Html:
        return element("a", words, href=to, aria_current="page" if page.title == words else None)

    field = element(
        "input",
        type="search",
        id="q",
        name="q",
        value=query.q,
        maxlength=200,
        autocomplete="off",
        spellcheck="false",
        placeholder="namespace/name",
    )
    search = element(
        "form",
        element("label", "Find a pod", for_="q"),
        element("span", field, element("button", "Search", type="submit"), class_="field"),
        action=links.PODS,
        method="get",
        role="search",
    )
    home = element("a", element("strong", "gitsidecar"), " ", element("span", cluster), href=links.SETS, class_="home")
    nav = element("nav", link("Sets", links.SETS), link("Passes", links.PASSES), aria_label="Pages")
    return element("header", element("div", home, nav, search, class_="wide"))


def _state(sight: sights.Sight) -> elements.Html:
    """Say how old the picture is, and what keeps it from being newer."""
    troubles = [sight.trouble] if sight.trouble else []
    if sight.done is not None and sight.done.failure is not None:
        troubles += [] if str(sight.done.failure) in sight.trouble else [str(sight.done.failure)]
    alarms = [element("p", "Not working: ", pieces.words(each), class_="alarm", role="alert") for each in troubles]
    if sight.done is None:
        return elements.join(alarms)
    revision = sight.done.report.revision
    at = element("span", "As of ", pieces.at(sight.done.plan.now))
    source = element("span", "revision ", pieces.code(texts.short(revision)), title=revision) if revision else None
    return elements.join(alarms, element("p", at, source, class_="asof"))


def _footer() -> elements.Html:
    live = element("p", role="status", aria_live="polite", id="news", class_="unseen")
    pause = element("button", "Pause", type="button", id="pause", hidden=True)
    state = element("span", "Reload the page to see what is new.", id="live")
    return element("footer", element("div", live, element("p", state, " ", pause), class_="wide"))
