"""The moved pods that cannot start, in words and in a list that stay the same from one attempt to the next."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping

from gitsidecar.model import plans, pods
from gitsidecar.reporting import texts

_CRASHES = "CrashLoopBackOff"
_PROVEN = datetime.timedelta(minutes=5)
"""The kubelet's longest pause between two attempts: who has run for as long is over it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Failures:
    """Pods by key, in order, and why they cannot start; those `on_trial` run at the moment, as they did before."""

    words: Mapping[str, str]
    on_trial: frozenset[str]


def find(plan: plans.SetPlan, was_failing: Mapping[str, str], now: datetime.datetime) -> Failures:
    """
    Return the pods that cannot start; *was_failing* are those of the last report.

    CrashLoopBackOff comes and goes with every attempt, and a pod without a readiness probe is Ready while one lasts. So
    one that crashed is failing until it has proved itself.
    """
    names = [sidecar.name for sidecar in plan.sidecar_set.sidecars]
    found = {pod.key: _fault(pod, names) for pod in plan.failing}
    on_trial = set()
    for pod in _moved(plan, was_failing.keys() - found.keys()):
        words = was_failing[pod.key]
        if not _serves(pod, names):
            found[pod.key] = words
        elif words.endswith(_CRASHES) and not _is_proven(pod, now):
            found[pod.key] = words
            on_trial.add(pod.key)
    return Failures(dict(sorted(found.items())), frozenset(on_trial))


def _moved(plan: plans.SetPlan, keys: Collection[str]) -> Iterator[pods.Pod]:
    """Yield the matched pods of *keys* that we have moved: one of the same name may have taken a pod's place."""
    in_flight = {pod.key: pod for pod in plan.in_flight if pod.key in keys} if keys else {}
    yield from in_flight.values()
    if not keys - in_flight.keys():
        return  # all pods are looked through only for one that was failing and isn't in flight
    for pod in (pod for roster in plan.rosters if roster.last_move is not None for pod in roster.matched):
        mark = pod.mark_of(plan.sidecar_set.name)
        if mark is not None and mark.move is not None and pod.key in keys and pod.key not in in_flight:
            yield pod


def _serves(pod: pods.Pod, names: Iterable[str]) -> bool:
    return all(container.is_ready for name in names if (container := pod.container(name)) is not None)


def _is_proven(pod: pods.Pod, now: datetime.datetime) -> bool:
    """
    Say whether a pod whose sidecars are ready has not crashed of late.

    Where the pod has not been Ready for longer than that, its application is down, and says nothing of the sidecars.
    """
    since = pod.ready_since if pod.is_ready else pod.unready_since
    return since is None or since <= now - _PROVEN


def _fault(pod: pods.Pod, names: Iterable[str]) -> str:
    """Return which of the sidecars does not start, and the kubelet's reason, as words that stay the same."""
    for name in names:
        container = pod.container(name)
        if container is not None and container.trouble:
            return texts.one_line(f"{name}: {container.trouble}")
    return "does not start"
