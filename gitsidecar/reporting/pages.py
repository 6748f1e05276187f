"""The page of one set for people: how it stands and why, its picture, its pods by reason and workload, its past."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Sequence

from gitsidecar.model import reports
from gitsidecar.reporting import images, markdowns, moments, paths, pictures, texts, wording

_MOST_WORKLOADS = 50
_MOST_FAILING = 10
_BAR = 10
_UNBROKEN = "\N{NO-BREAK SPACE}"
_COUNTS = ("Matched", "Updated", "Ready", "Finished", "In flight", "Held", "Cannot start", "Missing")
_ROLLOUTS = ("Spec of", "What", "Started", "Finished", "Took", "Pods moved", "Could not start")
_WORKLOADS = ("Namespace", "Workload", "Progress", "Updated", "Ready", "Missing")


def write(report: reports.SetReport, web: reports.Web) -> str:
    """Return the whole page; nothing of it depends on any other set."""
    picture, file = (_beside(path(report.name)) for path in (paths.picture_file, paths.set_file))
    every, machines = markdowns.link("All sets", f"../{paths.STATUS}"), markdowns.link("for machines", file)
    lines = [
        f"# {texts.markdown(report.name)}",
        "",
        f"{texts.markdown(_capital(wording.sentence(report)), 600)}.",
        "",
        f"!{markdowns.link(texts.markdown(pictures.words(report)), picture)}",
        "",
        _facts(report, web),
        *markdowns.table(_COUNTS, [_counts(report)], numbers=range(len(_COUNTS))),
        *markdowns.section("Why pods are held", _held(report)),
        *markdowns.section("Pods that cannot start", _failing(report)),
        *markdowns.section("Last rollouts", _rollouts(report, web)),
        *markdowns.section("Conditions", _conditions(report)),
        *markdowns.section("Images", _images(report)),
        *markdowns.section("Workloads", _workloads(report)),
        "",
        f"{every} · this page {machines}",
    ]
    return "\n".join(lines) + "\n"


def _beside(path: str) -> str:
    """Return *path* as this page, which is in the same folder, links to it."""
    return path.removeprefix(paths.SETS)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _facts(report: reports.SetReport, web: reports.Web) -> str:
    stable = texts.code(report.stable) if report.stable else "none yet"
    return (
        f"Source {markdowns.place(report.place, web)}, generation {report.generation}; spec "
        f"{texts.code(report.spec_hash)} of {markdowns.commit(report.commit, web)}; stable spec {stable}."
    )


def _counts(report: reports.SetReport) -> markdowns.Row:
    numbers = (report.matched, report.updated, report.ready, report.finished, report.in_flight, report.held_pods)
    return tuple(map(str, (*numbers, report.failing_pods, report.missing)))


def _held(report: reports.SetReport) -> list[str]:
    groups = report.held if report.forbidden is None else (*report.held, report.forbidden)
    rows = [
        (
            texts.markdown(each.reason),
            str(each.count),
            texts.markdown(each.message),
            markdowns.listed(each.examples, each.count),
        )
        for each in groups
    ]
    return markdowns.table(("Reason", "Pods", "Why, and what releases them", "Which"), rows, numbers=(1,))


def _failing(report: reports.SetReport) -> list[str]:
    named = itertools.islice(report.failing.items(), _MOST_FAILING)
    rows: list[markdowns.Row] = [(texts.code(key), texts.markdown(why)) for key, why in named]
    more = report.failing_pods - len(rows)
    return markdowns.table(("Pod", "Why"), rows if more <= 0 else [*rows, (f"and {more} more", "")])


def _rollouts(report: reports.SetReport, web: reports.Web) -> list[str]:
    """Return the last rollouts, newest first."""
    earlier = (None, *report.rollouts)
    rows = [_rollout(report, each, before, web) for each, before in zip(report.rollouts, earlier, strict=False)]
    return markdowns.table(_ROLLOUTS, rows[::-1], numbers=(4, 5, 6))


def _rollout(
    report: reports.SetReport, rollout: reports.Rollout, before: reports.Rollout | None, web: reports.Web
) -> markdowns.Row:
    is_last = rollout is report.rollouts[-1] and rollout.spec_hash == report.spec_hash
    end = texts.code(rollout.finished) if rollout.finished else "not yet" if is_last else "another spec came first"
    return (
        markdowns.commit(rollout.commit, web),
        "; ".join(texts.markdown(str(each)) for each in _changes(report, rollout, before)),
        texts.code(rollout.started),
        end,
        _took(rollout),
        str(rollout.pods),
        str(rollout.failed),
    )


def _changes(
    report: reports.SetReport, rollout: reports.Rollout, before: reports.Rollout | None
) -> Sequence[images.Change]:
    """Return which images a rollout changed; all that it brought where the spec before it is not kept."""
    specs = list(report.documents)  # oldest first
    place = specs.index(rollout.spec_hash) if rollout.spec_hash in specs else 0
    earlier = before.spec_hash if before is not None else specs[place - 1] if place else ""
    old, new = (images.of_document(report.documents.get(each, "{}")) for each in (earlier, rollout.spec_hash))
    return images.compare(old, new)


def _took(rollout: reports.Rollout) -> str:
    if not rollout.finished:
        return ""
    took = moments.between(*map(datetime.datetime.fromisoformat, (rollout.started, rollout.finished)))
    return took.replace(" ", _UNBROKEN)


def _workloads(report: reports.SetReport) -> list[str]:
    listed = _listed(report.workloads)
    rows = [_workload(texts.code(each.namespace), texts.code(each.name), each) for each in listed]
    chosen = set(listed)
    others = [each for each in report.workloads if each not in chosen]
    if others or report.rest is not None:
        rest = _summed(others, report.rest)
        rows.append(_workload("", texts.count(rest.workloads, "more workload"), rest))
    return markdowns.table(_WORKLOADS, rows, numbers=(3, 4, 5))


def _workload(namespace: str, name: str, found: reports.Workload | reports.Rest) -> markdowns.Row:
    return (
        namespace,
        name,
        f"`{texts.bar(found.updated, found.matched, _BAR)}`",
        f"{found.updated}/{found.matched}",
        f"{found.ready}/{found.matched}",
        str(found.missing),
    )


def _listed(workloads: Sequence[reports.Workload]) -> Sequence[reports.Workload]:
    """Return all workloads if they are few, else those in which something is left to do, as many as fit a page."""
    if len(workloads) <= _MOST_WORKLOADS:
        return workloads
    return [each for each in workloads if each.updated < each.matched or each.missing][:_MOST_WORKLOADS]


def _summed(others: Sequence[reports.Workload], rest: reports.Rest | None) -> reports.Rest:
    found: list[reports.Workload | reports.Rest] = [*others, *([rest] if rest is not None else [])]
    return reports.Rest(
        len(others) + (rest.workloads if rest is not None else 0),
        matched=sum(each.matched for each in found),
        updated=sum(each.updated for each in found),
        ready=sum(each.ready for each in found),
        missing=sum(each.missing for each in found),
    )


def _images(report: reports.SetReport) -> list[str]:
    rows = list(_image_rows(report))
    return markdowns.table(("Container", "Image", "Pods"), rows, numbers=(2,))


def _image_rows(report: reports.SetReport) -> Iterator[markdowns.Row]:
    for container, counts in report.images.items():
        for image, number in counts.items():
            yield texts.code(container), texts.code(image), str(number)


def _conditions(report: reports.SetReport) -> list[str]:
    rows = [
        (
            each.type,
            str(each.status),
            texts.markdown(each.reason),
            texts.code(each.since),
            texts.markdown(each.message, 600),
        )
        for each in report.conditions
    ]
    return markdowns.table(("Condition", "Status", "Reason", "Since", "Message"), rows)
