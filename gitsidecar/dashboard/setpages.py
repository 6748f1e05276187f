"""One set: conditions, held pods by reason with what releases them, failing pods, policies, images, workloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitsidecar.dashboard import bars, calendars, elements, links, pages, pieces, setlists, setpods, sights
from gitsidecar.model import explanations, plans, reports
from gitsidecar.planning import explaining, governing
from gitsidecar.reporting import inventories, policies, tallies, texts

element = elements.element


def make(sight: sights.Sight, query: pages.Query) -> pages.Page:
    """Return the page of the set that *query* names."""
    found = sight.find(query.name)
    if found is None:
        return pages.no_set(query.name)
    report, planned, done = found
    governed = governing.govern([planned.sidecar_set], done.plan.policies, done.plan.now)[report.name]
    title = texts.one_line(report.name)
    body = elements.join(
        element("div", element("h1", title), " ", setlists.state(report), class_="title", id="summary"),
        element("p", setlists.reason(report), class_="lead"),
        setlists.progress(report),
        calendars.window(governed),
        _held(report),
        _failing(report),
        _conditions(report),
        _workloads(report, inventories.every(tallies.census(planned, done.outcomes)), query),
        _policies(explaining.answers(done.plan, planned.sidecar_set)),
        _images(report),
        _facts(report),
    )
    return pages.Page(title, body)


def _held(report: reports.SetReport) -> elements.Html | None:
    groups = report.held if report.forbidden is None else (*report.held, report.forbidden)
    if not groups:
        return None
    rows = [
        (_reason(report.name, each), each.count, pieces.words(each.message), _examples(each.examples))
        for each in groups
    ]
    header = pieces.columns("Reason", "Pods", "Why, and what releases it", "Examples", numbers=["Pods"])
    return pieces.section("Held", pieces.table("Held pods by reason", header, rows), name="held")


def _reason(name: str, held: reports.Held) -> elements.Html:
    if held.reason not in set(plans.HoldReason):
        return pieces.whole(held.reason)
    return pieces.whole(element("a", held.reason, href=links.to(links.SET_PODS, name=name, why=held.reason)))


def _examples(keys: Iterable[str]) -> elements.Html:
    return element("ul", (element("li", pieces.pod(key)) for key in list(keys)[:3]), class_="plain")


def _failing(report: reports.SetReport) -> elements.Html | None:
    if not report.failing_pods:
        return None
    rows = [(pieces.pod(key), pieces.words(why)) for key, why in report.failing.items()]
    table = pieces.table("Pods that cannot start", pieces.columns("Pod", "Why"), rows)
    every = links.to(links.SET_PODS, name=report.name, why=setpods.CANNOT_START)
    more = report.failing_pods - len(rows)
    rest = element("p", element("a", f"and {more:,} more", href=every)) if more > 0 else None
    return pieces.section("Cannot start", table, rest, name="failing")


def _conditions(report: reports.SetReport) -> elements.Html:
    rows = [
        (
            each.type,
            str(each.status),
            pieces.whole(each.reason),
            pieces.words(each.message),
            pieces.whole(element("code", each.since)),
        )
        for each in report.conditions
    ]
    header = pieces.columns("Condition", "Status", "Reason", "Message", "Since")
    return pieces.section("Conditions", pieces.table("Conditions", header, rows), name="conditions")


def _workloads(report: reports.SetReport, every: Iterable[reports.Workload], query: pages.Query) -> elements.Html:
    """Return the workloads, those with most left to do first."""
    found = [each for each in every if query.workload in f"{each.namespace}/{each.name}"]
    found.sort(key=lambda each: each.updated - each.matched - each.missing)
    begin = (query.page - 1) * pieces.PAGE
    rows = [
        (
            pieces.code(f"{each.namespace}/{each.name}"),
            bars.small(each.updated, each.matched),
            element("span", each.updated, " of ", each.matched),
            each.ready,
            each.missing,
        )
        for each in found[begin : begin + pieces.PAGE]
    ]
    header = pieces.columns(
        "Workload", "Progress", "Updated", "Ready", "Missing", numbers=["Updated", "Ready", "Missing"]
    )
    asked = {"name": report.name, "workload": query.workload}
    return pieces.section(
        "Workloads",
        _filter(report.name, query.workload),
        pieces.table("Workloads, those with most left to do first", header, rows) if rows else element("p", "None."),
        pieces.turner(links.SET, query.page, len(found), **asked),
        name="workloads",
    )


def _filter(name: str, workload: str) -> elements.Html:
    field = element("input", type="search", id="workload", name="workload", value=workload, maxlength=200)
    return element(
        "form",
        element("input", type="hidden", name="name", value=name),
        element("label", "Only those with this in their name", for_="workload"),
        element("span", field, element("button", "Show", type="submit"), class_="field"),
        action=links.SET,
        method="get",
    )


def _policies(answers: tuple[explanations.PolicyAnswer, ...]) -> elements.Html | None:
    if not answers:
        return None
    rows = [(pieces.code(each.name), _answer(each), _rules(each), pieces.code(str(each.place))) for each in answers]
    header = pieces.columns("RolloutPolicy", "At the moment", "Windows, freezes and limits", "Source")
    return pieces.section("Policies", pieces.table("RolloutPolicies of this set", header, rows), name="policies")


def _answer(answer: explanations.PolicyAnswer) -> elements.Html:
    if not answer.is_open:
        return elements.join(pieces.words(answer.message))
    until = (" until ", pieces.at(answer.until)) if answer.until is not None else ", with no end in sight"
    return elements.join("lets pods move", until)


def _rules(answer: explanations.PolicyAnswer) -> elements.Html:
    rules = (element("li", pieces.words(each)) for each in policies.rules(answer.document))
    return element("ul", rules, class_="plain")


def _images(report: reports.SetReport) -> elements.Html | None:
    rows = [
        (pieces.code(container), pieces.code(image), number)
        for container, counts in report.images.items()
        for image, number in counts.items()
    ]
    if not rows:
        return None
    header = pieces.columns("Container", "Image", "Pods", numbers=["Pods"])
    return pieces.section("Images", pieces.table("Images by number of pods", header, rows), name="images")


def _facts(report: reports.SetReport) -> elements.Html:
    return pieces.section("More", pieces.facts(_numbers(report)), name="more")


def _numbers(report: reports.SetReport) -> Iterator[tuple[str, elements.Content]]:
    yield "Ready", report.ready
    yield "In flight", _listed(report.name, setpods.IN_FLIGHT, report.in_flight)
    yield "Held", report.held_pods
    yield "Missing: selected, without the sidecars", _listed(report.name, setpods.MISSING, report.missing)
    yield "Source", pieces.code(str(report.place))
    yield "Spec", pieces.code(report.spec_hash)
    yield "Stable spec", pieces.code(report.stable) if report.stable else "none yet"
    yield "Generation", report.generation


def _listed(name: str, why: str, number: int) -> elements.Content:
    return element("a", number, href=links.to(links.SET_PODS, name=name, why=why)) if number else 0
