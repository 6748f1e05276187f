"""Pods: those that a search finds, and why one of them is where it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitsidecar.dashboard import elements, links, pages, pieces, searching, sights
from gitsidecar.model import explanations, pods
from gitsidecar.planning import explaining
from gitsidecar.reconciler import reconcilers
from gitsidecar.reporting import explanations as wording
from gitsidecar.reporting import texts

element = elements.element

_State = explanations.State
_KINDS = {
    _State.MOVES_NOW: "busy",
    _State.HELD: "wait",
    _State.SETTLING: "busy",
    _State.IN_FLIGHT: "busy",
    _State.STARTING: "wait",
    _State.UP_TO_DATE: "good",
}


def search(sight: sights.Sight, query: pages.Query) -> pages.Page:
    """Return the pods that have the words of *query* in their name."""
    title, wanted = "Pods", query.q.strip()
    if sight.done is None:
        return pages.trouble(title, "No pass has ended yet.", 503)
    snapshot = sight.done.snapshot
    if not wanted:
        total = sum(map(len, snapshot.chunks))
        words = f"{pieces.pods(total)} in the cluster. Write a part of namespace/name to find one."
        return pages.Page(title, elements.join(element("h1", title), element("p", words, class_="lead")))
    found, number = searching.search(snapshot, wanted, pieces.PAGE)
    if not found:
        return _nothing(snapshot, wanted)
    shown = texts.one_line(wanted)
    words = f"{pieces.pods(number)} with “{shown}” in the name"
    words += f"; the first {len(found)} are shown. A longer part finds fewer." if number > len(found) else "."
    rows = [
        (
            pieces.pod(each.key),
            pieces.code(each.workload or "none"),
            texts.one_line(each.phase) or "unknown",
            "yes" if each.is_ready else "no",
        )
        for each in found
    ]
    table = pieces.table("Pods found", pieces.columns("Pod", "Workload", "Phase", "Ready"), rows)
    body = elements.join(element("h1", title), element("p", words, class_="lead", id="summary"), table)
    return pages.Page(f"{title}: {shown}", body)


def explain(sight: sights.Sight, query: pages.Query) -> pages.Page:
    """Return why the pod that *query* names is where it is, set by set."""
    done = sight.done
    if done is None:
        return pages.trouble("No such pod", "No pass has ended yet.", 503)
    pod = explaining.find(done.snapshot, query.name)
    if pod is None:
        return _nothing(done.snapshot, query.name)
    found = explaining.explain(done.plan, done.snapshot, pod)
    selecting = [each for each in found.sets if each.is_selected]
    others = [each for each in found.sets if not each.is_selected]
    body = elements.join(
        element("p", "Pod", class_="up"),
        element("h1", element("code", texts.one_line(pod.key))),
        element("p", ", ".join(wording.facts(pod)), class_="lead", id="summary"),
        element("p", "It cannot be read: ", pieces.words(pod.fault), class_="alarm") if pod.fault else None,
        [_set(each, _sent(done, pod, each.name)) for each in selecting],
        element("p", "No SidecarSet selects this pod.") if not selecting else None,
        _containers(pod),
        _others(others),
    )
    return pages.Page(texts.one_line(pod.key), body)


def _nothing(snapshot: pods.Snapshot, wanted: str) -> pages.Page:
    near = explaining.near(snapshot, wanted)
    names = element("ul", (element("li", pieces.pod(key)) for key in near), class_="plain")
    hint = (element("p", "These have names like it:"), names) if near else None
    return pages.trouble("No such pod", f"No pod has “{texts.one_line(wanted)}” in its name.", 404, hint)


def _set(each: explanations.SetExplanation, sent: str) -> elements.Html:
    name = texts.one_line(each.name)
    badge = pieces.badge(wording.headline(each), _KINDS.get(each.state, "idle"))
    title = element("h2", element("a", name, href=links.to(links.SET, name=each.name)), badge)
    return element("section", title, pieces.facts(_rows(each, sent)), class_="stands")


def _rows(each: explanations.SetExplanation, sent: str) -> Iterator[tuple[str, elements.Content]]:
    """Yield the rows of `gitsidecar explain`, those that belong together as one."""
    if sent:
        yield "newest pass", pieces.words(sent)
    label, lines = "", list[str]()
    for name, words in wording.rows(each):
        if name and lines:
            yield label, _lines(lines)
            lines = []
        label = name or label
        lines.append(pieces.words(words))
    if lines:
        yield label, _lines(lines)


def _lines(lines: Iterable[str]) -> list[elements.Html]:
    return [element("div", each) for each in lines]


def _sent(done: reconcilers.Pass, pod: pods.Pod, name: str) -> str:
    """Say what became of the pod's action, if it had one in the newest pass."""
    for each in done.outcomes:
        if each.action.pod is pod and each.action.set_name == name:
            return f"{each.kind}: {each.message}" if each.message else f"patch {each.kind.lower()}"
    return ""


def _containers(pod: pods.Pod) -> elements.Html | None:
    if not pod.containers:
        return None
    rows = [
        (
            pieces.code(each.name),
            pieces.code(each.image),
            texts.one_line(each.waiting) or ("ready" if each.is_ready else "not ready"),
            each.restarts,
        )
        for each in pod.containers
    ]
    header = pieces.columns("Container", "Image", "State", "Restarts", numbers=["Restarts"])
    return pieces.section("Containers", pieces.table("Containers", header, rows), name="containers")


def _others(others: list[explanations.SetExplanation]) -> elements.Html | None:
    if not others:
        return None
    rows = [
        (
            element("a", texts.one_line(each.name), href=links.to(links.SET, name=each.name)),
            pieces.words(each.selection),
        )
        for each in others[: pieces.PAGE]
    ]
    title = "Sets that do not select it"
    more = len(others) - len(rows)
    rest = element("p", f"and {more:,} more") if more > 0 else None
    return pieces.section(title, pieces.table(title, pieces.columns("Set", "Why"), rows), rest, name="others")
