"""The parts of a set's status, read back: rollouts, evictions, conditions, held pods, workloads, images."""

from __future__ import annotations

from collections.abc import Mapping

from gitsidecar.model import reports
from gitsidecar.reporting import values


def rollout(each: values.Json) -> reports.Rollout:
    """Return one of the last rollouts. Raises ValueError for a damaged one."""
    finished = values.since(each, "finished") if each.get("finished") else ""
    pods, failed = values.number(each.get("pods")), values.number(each.get("failed"))
    return reports.Rollout(
        values.text(each, "specHash"),
        values.text(each, "commit"),
        values.since(each, "started"),
        finished,
        pods,
        failed,
    )


def attempt(each: values.Json) -> reports.Attempt:
    """Return an eviction for repair. Raises ValueError for a damaged one."""
    namespace, _, pod = values.text(each, "pod").partition("/")
    at, after = values.moment(each.get("at")), values.moment(each.get("after"))
    if at is None or after is None:
        raise ValueError("at or after is not a time with its zone")
    return reports.Attempt(
        namespace,
        pod,
        values.text(each, "uid"),
        values.text(each, "workload"),
        values.text(each, "specHash"),
        at,
        after,
        is_bare=each.get("bare") is True,
        is_again=each.get("again") is True,
        is_made=each.get("evicted") is True,
    )


def condition(each: values.Json) -> reports.Condition:
    """Return a condition. Raises ValueError for a damaged one."""
    since = values.since(each, "lastTransitionTime")
    status = values.text(each, "status") == str(True)
    return reports.Condition(
        values.text(each, "type"), status, values.text(each, "reason"), values.text(each, "message"), since
    )


def held(each: values.Json) -> reports.Held:
    """Return the pods that one reason holds. Raises ValueError for a damaged one."""
    examples = tuple(values.words(each.get("examples")))
    return reports.Held(
        values.text(each, "reason"), values.number(each.get("count")), values.text(each, "message"), examples
    )


def workload(each: values.Json) -> reports.Workload:
    """Return the pods of one owner. Raises ValueError for a damaged one."""
    return reports.Workload(values.text(each, "namespace"), values.text(each, "name"), *_pods(each))


def rest(each: values.Json) -> reports.Rest:
    """Return the workloads that are not listed one by one. Raises ValueError for a damaged one."""
    return reports.Rest(values.number(each.get("workloads")), *_pods(each))


def images(value: object) -> Mapping[str, Mapping[str, int]]:
    """Return container → image → number of pods; what is damaged is left out."""
    if not isinstance(value, dict):
        return {}
    return {
        container: {image: values.number(count) for image, count in counts.items() if isinstance(image, str)}
        for container, counts in value.items()
        if isinstance(container, str) and isinstance(counts, dict)
    }


def _pods(each: values.Json) -> tuple[int, int, int, int]:
    """Return the counts of a workload, matched, updated, ready and missing ones."""
    keys = ("matchedPods", "updatedPods", "readyPods", "missingPods")
    matched, updated, ready, missing = (values.number(each.get(key)) for key in keys)
    return matched, updated, ready, missing
