"""
The status branch read back as a report.

Anyone may have edited its files, so nothing in them is taken for granted: what identifies a set or a policy must be
whole, or it is left out with a finding; of the rest, a damaged part counts as not there.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from gitsidecar.model import findings, reports
from gitsidecar.reporting import paths, records, yamls

_T = TypeVar("_T")
_Json = Mapping[str, Any]


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
    return yamls.to_json(_mapping(yamls.load(content), "the file"))


def _set(path: str, content: bytes, documents: Mapping[str, str]) -> reports.SetReport:
    record, name = _named(path, content, paths.set_file)
    source, status = _mapping(record.get("source"), "source"), _mapping(record.get("status"), "status")
    generation = _number(status.get("observedGeneration"))
    if generation < 1:
        raise ValueError("status.observedGeneration is not a number from 1 up")
    failing = _texts(status.get("failing"))
    report = reports.SetReport(
        name=name,
        place=_place(source),
        commit=_text(source, "commit"),
        generation=generation,
        spec_hash=_text(status, "latestRevision"),
        stable=_text(status, "stable"),
        images=_images(status.get("images")),
        held=tuple(_each(status.get("held"), _held)),
        workloads=tuple(_each(status.get("workloads"), _workload)),
        rest=next(_each([status.get("otherWorkloads")], _rest), None),
        conditions=tuple(_each(status.get("conditions"), _condition)),
        forbidden=next(_each([status.get("forbidden")], _held), None),
        failing=failing,
        failing_pods=max(len(failing), _number(status.get("failingPods"))) if failing else 0,
        told_until=_moment(status.get("movesToldUntil")),
        in_doubt={
            key: at for key, each in _texts(status.get("movesInDoubt")).items() if (at := _moment(each)) is not None
        },
        rollouts=tuple(_each(status.get("rollouts"), _rollout)),
        attempts=tuple(_each(status.get("repairs"), _attempt)),
        manifest=yamls.to_json(_mapping(record.get("manifest"), "manifest")),
        rejection=next(iter(_words(status.get("rejections"))), ""),
        documents=_documents(name, _list(status.get("history")), documents),
    )
    counts: dict[str, Any] = {to: _number(status.get(key)) for key, to in records.COUNTS.items()}
    return dataclasses.replace(report, **counts)


def _policy(path: str, content: bytes) -> reports.PolicyReport:
    record, name = _named(path, content, paths.policy_file)
    status = _mapping(record.get("status"), "status")
    return reports.PolicyReport(
        name=name,
        place=_place(_mapping(record.get("source"), "source")),
        sets=tuple(_words(status.get("sidecarSets"))),
        document=yamls.to_json(_mapping(record.get("manifest"), "manifest")),
        rejection=next(iter(_words(status.get("rejections"))), ""),
    )


def _named(path: str, content: bytes, path_of: Callable[[str], str]) -> tuple[_Json, str]:
    """Return the record in a file, and the name of what it is about."""
    record = _mapping(yamls.load(content), "the file")
    name = _text(_mapping(record.get("metadata"), "metadata"), "name")
    if path != path_of(name):
        raise ValueError(f"it is about {name!r}, whose file is {path_of(name)}")
    return record, name


def _place(source: _Json) -> findings.Place:
    return findings.Place(_text(source, "file"), _number(source.get("line")), _number(source.get("column")))


def _documents(name: str, order: list[Any], documents: Mapping[str, str]) -> Mapping[str, str]:
    """Return the set's specs in the order that its file gives; ones it does not list are the oldest."""
    found = {}
    for path, document in documents.items():
        whose = paths.spec_of(path)
        if whose is not None and whose[0] == name:
            found[whose[1]] = document
    listed = [each for each in _words(order) if each in found]
    return {each: found[each] for each in (*(each for each in found if each not in listed), *listed)}


def _rejections(content: bytes) -> tuple[findings.Finding, ...]:
    return tuple(_each(_mapping(yamls.load(content), "the file").get("rejections"), _rejection))


def _rejection(each: _Json) -> findings.Finding:
    line, column = _number(each.get("line")), _number(each.get("column"))
    return findings.Finding(_text(each, "file"), line, column, _text(each, "field"), _text(each, "message"))


def _rollout(each: _Json) -> reports.Rollout:
    finished = _since(each, "finished") if each.get("finished") else ""
    pods, failed = _number(each.get("pods")), _number(each.get("failed"))
    return reports.Rollout(
        _text(each, "specHash"), _text(each, "commit"), _since(each, "started"), finished, pods, failed
    )


def _attempt(each: _Json) -> reports.Attempt:
    namespace, _, pod = _text(each, "pod").partition("/")
    at, after = _moment(each.get("at")), _moment(each.get("after"))
    if at is None or after is None:
        raise ValueError("at or after is not a time with its zone")
    return reports.Attempt(
        namespace,
        pod,
        _text(each, "uid"),
        _text(each, "workload"),
        _text(each, "specHash"),
        at,
        after,
        is_bare=each.get("bare") is True,
        is_again=each.get("again") is True,
        is_made=each.get("evicted") is True,
    )


def _since(each: _Json, key: str) -> str:
    since = _text(each, key)
    if _moment(since) is None:
        raise ValueError(f"{key} is not a time with its zone")
    return since


def _condition(each: _Json) -> reports.Condition:
    since = _since(each, "lastTransitionTime")
    status = _text(each, "status") == str(True)
    return reports.Condition(_text(each, "type"), status, _text(each, "reason"), _text(each, "message"), since)


def _moment(value: object) -> datetime.datetime | None:
    """Return the moment that *value* spells, if it does."""
    try:
        found = datetime.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _held(each: _Json) -> reports.Held:
    examples = tuple(_words(each.get("examples")))
    return reports.Held(_text(each, "reason"), _number(each.get("count")), _text(each, "message"), examples)


def _workload(each: _Json) -> reports.Workload:
    return reports.Workload(_text(each, "namespace"), _text(each, "name"), *_pods(each))


def _rest(each: _Json) -> reports.Rest:
    return reports.Rest(_number(each.get("workloads")), *_pods(each))


def _pods(each: _Json) -> tuple[int, int, int, int]:
    """Return the counts of a workload, matched, updated, ready and missing ones."""
    keys = ("matchedPods", "updatedPods", "readyPods", "missingPods")
    matched, updated, ready, missing = (_number(each.get(key)) for key in keys)
    return matched, updated, ready, missing


def _images(value: object) -> Mapping[str, Mapping[str, int]]:
    if not isinstance(value, dict):
        return {}
    return {
        container: {image: _number(count) for image, count in counts.items() if isinstance(image, str)}
        for container, counts in value.items()
        if isinstance(container, str) and isinstance(counts, dict)
    }


def _texts(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: text for key, text in value.items() if isinstance(key, str) and isinstance(text, str)}


def _each(value: object, build: Callable[[_Json], _T]) -> Iterator[_T]:
    for each in _list(value):
        try:
            yield build(_mapping(each, "an item"))
        except ValueError:
            continue  # a damaged item counts as not there


def _words(value: object) -> list[str]:
    return [each for each in _list(value) if isinstance(each, str)]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: object, what: str) -> _Json:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not a mapping")  # noqa: TRY004  # the callers expect one kind of error
    return value


def _text(mapping: _Json, key: str) -> str:
    value = mapping.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} is not text")  # noqa: TRY004  # as above
    return value


def _number(value: object) -> int:
    """Return *value* if it counts something, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
