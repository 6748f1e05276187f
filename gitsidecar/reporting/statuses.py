"""STATUS.md: the state for people, read on GitHub or GitLab, perhaps at three in the morning."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

from gitsidecar.model import findings, reports
from gitsidecar.reporting import paths, policies, records, texts, wording

_MOST_WORKLOADS = 50
_MOST_FAILING = 10
_MOST_COVERED = 20
_BAR = 30

Row = tuple[str, ...]


def section(report: reports.SetReport) -> list[str]:
    """Return the lines about one set: nothing of them depends on any other."""
    return ["", *_set(report)]


def write(report: reports.Report, write_section: Callable[[reports.SetReport], Iterable[str]] = section) -> str:
    """
    Return the whole file: one sentence a set, then each set's numbers, then the policies, then what was refused.

    *write_section* stands for `section`, where a caller remembers what it gave.
    """
    lines = [f"# Sidecars on {texts.markdown(report.cluster)}", ""]
    lines += _summary(report)
    for each in report.sets:
        lines += write_section(each)
    lines += _policies(report.policies)
    lines += _findings("Rejected manifests", records.rejections(report.found))
    lines += _findings("Warnings", [each for each in report.found if each.level is findings.Level.WARNING])
    return "\n".join(lines) + "\n"


def _summary(report: reports.Report) -> list[str]:
    lines = [
        f"- **{texts.markdown(each.name)}** {texts.markdown(wording.sentence(each), 600)}." for each in report.sets
    ]
    if not report.sets:
        lines.append("- No SidecarSet is in force: nothing is moved.")
    refused = len(records.rejections(report.found))
    if refused:
        lines.append(f"- {texts.count(refused, 'error')} in the manifests: see the end of this page.")
    return lines


def _set(report: reports.SetReport) -> list[str]:
    commit = texts.code(texts.short(report.commit))
    done = f"{texts.bar(report.updated, report.matched, _BAR)}` {report.updated}/{texts.count(report.matched, 'pod')}"
    return [
        f"## {texts.markdown(report.name)}",
        "",
        f"`{done} ({texts.percent(report.updated, report.matched)}) on {commit}",
        "",
        f"Source {texts.code(str(report.place))}, generation {report.generation}, spec {texts.code(report.spec_hash)}, "
        f"stable spec {texts.code(report.stable) if report.stable else 'none yet'}.",
        *_table(("Pods", "Count"), _counts(report), numbers=1),
        *_table(("Condition", "Status", "Reason", "Since", "Message"), _conditions(report)),
        *_table(("Container", "Image", "Pods"), _images(report), numbers=1),
        *_table(("Held", "Why, and what releases it", "Examples", "Pods"), _held(report), numbers=1),
        *_table(("Cannot start", "Why"), _failing(report)),
        *_table(("Namespace", "Workload", "Progress", "Updated", "Ready", "Missing"), _workloads(report), numbers=3),
        *_unlisted(report),
    ]


def _counts(report: reports.SetReport) -> list[Row]:
    counts = {
        "matched": report.matched,
        "updated": report.updated,
        "ready": report.ready,
        "updated and ready": report.updated_ready,
        "finished": report.finished,
        "in flight": report.in_flight,
        "held": report.held_pods,
        "missing (selected, without the sidecars)": report.missing,
    }
    return [(name, str(number)) for name, number in counts.items()]


def _conditions(report: reports.SetReport) -> list[Row]:
    return [
        (
            each.type,
            str(each.status),
            texts.markdown(each.reason),
            texts.code(each.since),
            texts.markdown(each.message, 600),
        )
        for each in report.conditions
    ]


def _images(report: reports.SetReport) -> list[Row]:
    return [
        (texts.code(container), texts.code(image), str(count))
        for container, counts in report.images.items()
        for image, count in counts.items()
    ]


def _held(report: reports.SetReport) -> list[Row]:
    groups = report.held if report.forbidden is None else (*report.held, report.forbidden)
    return [
        (texts.markdown(each.reason), texts.markdown(each.message), _examples(each), str(each.count)) for each in groups
    ]


def _examples(held: reports.Held) -> str:
    more = held.count - len(held.examples)
    names = [texts.code(key) for key in held.examples]
    return ", ".join([*names, f"and {more} more"] if more > 0 else names)


def _failing(report: reports.SetReport) -> list[Row]:
    named = itertools.islice(report.failing.items(), _MOST_FAILING)
    rows: list[Row] = [(texts.code(key), texts.markdown(why)) for key, why in named]
    more = report.failing_pods - len(rows)
    return rows if more <= 0 else [*rows, (f"and {more} more", "")]


def _workloads(report: reports.SetReport) -> list[Row]:
    return [
        (
            texts.code(each.namespace),
            texts.code(each.name),
            f"`{texts.bar(each.updated, each.matched, 10)}`",
            f"{each.updated}/{each.matched}",
            f"{each.ready}/{each.matched}",
            str(each.missing),
        )
        for each in _listed(report.workloads)
    ]


def _listed(workloads: Sequence[reports.Workload]) -> Sequence[reports.Workload]:
    """Return all workloads if they are few, else those in which something is left to do, as many as fit a page."""
    if len(workloads) <= _MOST_WORKLOADS:
        return workloads
    return [each for each in workloads if each.updated < each.matched or each.missing][:_MOST_WORKLOADS]


def _unlisted(report: reports.SetReport) -> list[str]:
    more = len(report.workloads) - len(_listed(report.workloads))
    if not more:
        return []
    where = texts.code(paths.set_file(report.name))
    summed = f", and {report.rest.workloads} that are only summed up there" if report.rest is not None else ""
    return ["", f"{texts.count(more, 'more workload')} in {where}{summed}."]


def _policies(found: Sequence[reports.PolicyReport]) -> list[str]:
    if not found:
        return []
    rows = [
        (
            texts.code(each.name),
            _covered(each.sets),
            texts.markdown("; ".join(policies.rules(each.document)), 600),
            texts.code(str(each.place)),
        )
        for each in found
    ]
    refused = [
        f"- **{texts.markdown(each.name)}**: {texts.markdown(each.rejection, 600)}." for each in found if each.rejection
    ]
    header = ("RolloutPolicy", "Sets", "Windows, freezes and limits", "Source")
    return ["", "## RolloutPolicies", *_table(header, rows), *([""] if refused else []), *refused]


def _covered(sets: Sequence[str]) -> str:
    more = len(sets) - _MOST_COVERED
    names = [texts.code(each) for each in sets[:_MOST_COVERED]]
    return ", ".join([*names, f"and {more} more"] if more > 0 else names) or "none"


def _findings(title: str, found: Iterable[findings.Finding]) -> list[str]:
    rows = [(texts.code(str(each.place)), texts.code(each.field), texts.markdown(each.message)) for each in found]
    return ["", f"## {title}", *_table(("Place", "Field", "Message"), rows)] if rows else []


def _table(header: Row, rows: Sequence[Row], *, numbers: int = 0) -> list[str]:
    """Return a Markdown table, its last *numbers* columns flush right; nothing without rows."""
    if not rows:
        return []
    rule = ["---"] * (len(header) - numbers) + ["--:"] * numbers
    return ["", *(f"| {' | '.join(row)} |" for row in (header, tuple(rule), *rows))]
