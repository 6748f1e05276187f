"""
The status branch read back as a report.

Anyone may have edited its files, so nothing in them is taken for granted: what identifies a set or a policy must be
whole, or it is left out with a finding; of the rest, a damaged part counts as not there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from gitsidecar.model import findings, reports
from gitsidecar.reporting import parts, paths, records, values, yamls

_T = TypeVar("_T")


def read(content: Mapping[str, bytes]) -> tuple[reports.Report, tuple[findings.Finding, ...]]:
    """
    Return the report that the status branch's files tell, and what could not be read, as warnings.

    What only a commit message tells (revision, cluster, moves, failed) is empty. Never raises for any content.
    """
    problems: list[findings.Finding] = []
    documents = dict(_attempt_each(content, _is_spec, lambda path: _document(content[path]), problems))
    found = dict(_attempt_each(content, _is_set, lambda path: _set(path, content[path], documents), problems))
    policies = dict(_attempt_each(content, _is_policy, lambda path: _policy(path, content[path]), problems))
    refused = dict(_attempt_each(content, _is_rejections, lambda path: _rejections(content[path]), problems))
    report = reports.Report(
        cluster="",
        revision="",
        sets=tuple(sorted(found.values(), key=lambda each: each.name)),
        found=refused.get(paths.REJECTIONS, ()),
        policies=tuple(sorted(policies.values(), key=lambda each: each.name)),
    )
    return report, tuple(problems)


def warn(path: str, error: Exception) -> findings.Finding:
    """Return the finding for a file that cannot be used."""
    message = f"this file of the status branch is passed over: {error}; the next record writes it anew"
    return findings.Finding(path, 0, 0, "", message, findings.Level.WARNING)


def _attempt_each(
    content: Mapping[str, bytes],
    is_meant: Callable[[str], bool],
    build: Callable[[str], _T],
    problems: list[findings.Finding],
) -> Iterator[tuple[str, _T]]:
    for path in sorted(filter(is_meant, content)):
        try:
            yield path, build(path)
        except ValueError as error:
            problems.append(warn(path, error))


def _is_set(path: str) -> bool:
    return path.startswith(paths.SETS) and path.endswith(".yaml")


def _is_policy(path: str) -> bool:
    return path.startswith(paths.POLICIES) and path.endswith(".yaml")


def _is_spec(path: str) -> bool:
    return paths.spec_of(path) is not None


def _is_rejections(path: str) -> bool:
    return path == paths.REJECTIONS


def _document(content: bytes) -> str:
    return yamls.to_json(values.mapping(yamls.load(content), "the file"))


def _set(path: str, content: bytes, documents: Mapping[str, str]) -> reports.SetReport:
    record, name = _named(path, content, paths.set_file)
    source, status = values.mapping(record.get("source"), "source"), values.mapping(record.get("status"), "status")
    generation = values.number(status.get("observedGeneration"))
    if generation < 1:
        raise ValueError("status.observedGeneration is not a number from 1 up")
    failing = values.texts(status.get("failing"))
    report = reports.SetReport(
        name=name,
        place=_place(source),
        commit=values.text(source, "commit"),
        generation=generation,
        spec_hash=values.text(status, "latestRevision"),
        stable=values.text(status, "stable"),
        images=parts.images(status.get("images")),
        held=tuple(values.each_of(status.get("held"), parts.held)),
        workloads=tuple(values.each_of(status.get("workloads"), parts.workload)),
        rest=next(values.each_of([status.get("otherWorkloads")], parts.rest), None),
        conditions=tuple(values.each_of(status.get("conditions"), parts.condition)),
        forbidden=next(values.each_of([status.get("forbidden")], parts.held), None),
        failing=failing,
        failing_pods=max(len(failing), values.number(status.get("failingPods"))) if failing else 0,
        told_until=values.moment(status.get("movesToldUntil")),
        in_doubt={
            key: at
            for key, each in values.texts(status.get("movesInDoubt")).items()
            if (at := values.moment(each)) is not None
        },
        rollouts=tuple(values.each_of(status.get("rollouts"), parts.rollout)),
        attempts=tuple(values.each_of(status.get("repairs"), parts.attempt)),
        manifest=yamls.to_json(values.mapping(record.get("manifest"), "manifest")),
        rejection=next(iter(values.words(status.get("rejections"))), ""),
        documents=_documents(name, values.sequence(status.get("history")), documents),
    )
    counts: dict[str, Any] = {to: values.number(status.get(key)) for key, to in records.COUNTS.items()}
    return dataclasses.replace(report, **counts)


def _policy(path: str, content: bytes) -> reports.PolicyReport:
    record, name = _named(path, content, paths.policy_file)
    status = values.mapping(record.get("status"), "status")
    return reports.PolicyReport(
        name=name,
        place=_place(values.mapping(record.get("source"), "source")),
        sets=tuple(values.words(status.get("sidecarSets"))),
        document=yamls.to_json(values.mapping(record.get("manifest"), "manifest")),
        rejection=next(iter(values.words(status.get("rejections"))), ""),
    )


def _named(path: str, content: bytes, path_of: Callable[[str], str]) -> tuple[values.Json, str]:
    """Return the record in a file, and the name of what it is about."""
    record = values.mapping(yamls.load(content), "the file")
    name = values.text(values.mapping(record.get("metadata"), "metadata"), "name")
    if path != path_of(name):
        raise ValueError(f"it is about {name!r}, whose file is {path_of(name)}")
    return record, name


def _place(source: values.Json) -> findings.Place:
    return findings.Place(
        values.text(source, "file"), values.number(source.get("line")), values.number(source.get("column"))
    )


def _documents(name: str, order: list[Any], documents: Mapping[str, str]) -> Mapping[str, str]:
    """Return the set's specs in the order that its file gives; ones it does not list are the oldest."""
    found = {}
    for path, document in documents.items():
        whose = paths.spec_of(path)
        if whose is not None and whose[0] == name:
            found[whose[1]] = document
    listed = [each for each in values.words(order) if each in found]
    return {each: found[each] for each in (*(each for each in found if each not in listed), *listed)}


def _rejections(content: bytes) -> tuple[findings.Finding, ...]:
    return tuple(values.each_of(values.mapping(yamls.load(content), "the file").get("rejections"), _rejection))


def _rejection(each: values.Json) -> findings.Finding:
    line, column = values.number(each.get("line")), values.number(each.get("column"))
    return findings.Finding(
        values.text(each, "file"), line, column, values.text(each, "field"), values.text(each, "message")
    )
