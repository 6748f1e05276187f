"""STATUS.md: the state of all sets for people, read on GitHub or GitLab, perhaps at three in the morning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gitsidecar.model import findings, reports
from gitsidecar.reporting import conditions, markdowns, paths, policies, records, texts, wording

_MOST_COVERED = 20
_BAR = 10
_UNBROKEN = "\N{NO-BREAK SPACE}"
_HEADER = ("Set", "State", "Updated", "Held", "Cannot start", "Since", "Spec of")
_NUMBERS = ("Held", "Cannot start")


def write(report: reports.Report) -> str:
    """Return the whole page: a row and a sentence a set, then the policies, then what was refused."""
    refused = records.rejections(report.found)
    warnings = [each for each in report.found if each.level is findings.Level.WARNING]
    lines = [
        f"# Sidecars on {texts.markdown(report.cluster)}",
        "",
        _summary(report.sets, len(refused)),
        *_sets(report),
        *_sentences("Needs a person", filter(_needs_a_person, report.sets)),
        *_sentences("On its way", filter(_is_on_its_way, report.sets)),
        *_sentences("Complete", filter(_is_fine, report.sets)),
        *_policies(report),
        *_findings("Rejected manifests", refused, report.web),
        *_findings("Warnings", warnings, report.web),
    ]
    return "\n".join(lines) + "\n"


def _summary(sets: Sequence[reports.SetReport], refused: int) -> str:
    """Return the state of everything in one line."""
    if not sets:
        words = "No SidecarSet is in force: nothing is moved"
    else:
        waiting, moving = sum(map(_needs_a_person, sets)), sum(map(_is_on_its_way, sets))
        parts = [f"**{waiting} {'needs' if waiting == 1 else 'need'} a person**"] if waiting else []
        parts += [f"{moving} on {'its' if moving == 1 else 'their'} way"] if moving else []
        complete = len(sets) - waiting - moving
        parts += [f"{complete} complete"] if complete else []
        words = f"{texts.count(len(sets), 'set')}: {', '.join(parts)}"
    more = f"; {texts.count(refused, 'error')} in [the manifests](#rejected-manifests)" if refused else ""
    return f"{words}{more}."


def _needs_a_person(report: reports.SetReport) -> bool:
    blocked = report.condition(conditions.BLOCKED)
    return bool(report.rejection) or blocked is None or blocked.status


def _is_fine(report: reports.SetReport) -> bool:
    complete = report.condition(conditions.COMPLETE)
    return complete is not None and complete.status and not _needs_a_person(report)


def _is_on_its_way(report: reports.SetReport) -> bool:
    return not _needs_a_person(report) and not _is_fine(report)


def _sets(report: reports.Report) -> list[str]:
    """Return the table of sets; the column of windows is there only while a set waits for one."""
    openings = [wording.opening(each) for each in report.sets]
    header = (*_HEADER[:2], "Next window", *_HEADER[2:]) if any(openings) else _HEADER
    rows = [
        tuple(_cells(each, opening, report.web)[title] for title in header)
        for each, opening in zip(report.sets, openings, strict=True)
    ]
    return markdowns.table(header, rows, numbers=map(header.index, _NUMBERS))


def _cells(report: reports.SetReport, opening: str, web: reports.Web) -> dict[str, str]:
    """Return the cell of each column."""
    chief = wording.chief(report)
    refused = ", manifest refused" if report.rejection else ""
    bar = texts.bar(report.updated, report.matched, _BAR)
    return {
        "Set": markdowns.link(texts.markdown(report.name), paths.page_file(report.name)),
        "State": texts.markdown(wording.state(report)) + refused,
        "Next window": texts.markdown(opening),
        "Updated": f"`{bar}`{_UNBROKEN}{report.updated}/{report.matched}",
        "Held": str(report.held_pods),
        "Cannot start": str(report.failing_pods),
        "Since": texts.code(chief.since) if chief is not None else "",
        "Spec of": markdowns.commit(report.commit, web),
    }


def _sentences(title: str, sets: Iterable[reports.SetReport]) -> list[str]:
    words = [
        f"- **{markdowns.link(texts.markdown(each.name), paths.page_file(each.name))}** "
        f"{texts.markdown(wording.sentence(each), 600)}."
        for each in sets
    ]
    return markdowns.section(title, ["", *words] if words else [])


def _policies(report: reports.Report) -> list[str]:
    rows = [
        (
            texts.code(each.name),
            markdowns.listed(each.sets[:_MOST_COVERED], len(each.sets)) or "none",
            texts.markdown("; ".join(policies.rules(each.document)), 600),
            markdowns.place(each.place, report.web),
        )
        for each in report.policies
    ]
    refused = [
        f"- **{texts.markdown(each.name)}**: {texts.markdown(each.rejection, 600)}."
        for each in report.policies
        if each.rejection
    ]
    header = ("RolloutPolicy", "Sets", "Windows, freezes and limits", "Source")
    return markdowns.section("RolloutPolicies", [*markdowns.table(header, rows), *([""] if refused else []), *refused])


def _findings(title: str, found: Iterable[findings.Finding], web: reports.Web) -> list[str]:
    rows = [(markdowns.place(each.place, web), texts.code(each.field), texts.markdown(each.message)) for each in found]
    return markdowns.section(title, markdowns.table(("Place", "Field", "Message"), rows))
