"""A new process goes on where the last one was, from the cluster and the status branch alone."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Sequence

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gitsidecar.model import plans
from gitsidecar.simulation import apiservers, ledgers
from tests.support import benches, sidecarsets

BROKEN = "logtail:broken"
_law = settings(max_examples=40, deadline=None, report_multiple_bugs=False, phases=[Phase.explicit, Phase.generate])


async def test_a_new_process_commits_nothing(bench: benches.Bench) -> None:
    """In every standing of a rollout a restart plans what the old process would, and has nothing to record."""
    for image, update in (
        (sidecarsets.OLD, {}),
        (sidecarsets.NEW, {"maxUnavailable": 4, "partition": "50%"}),
        (sidecarsets.NEW, {"maxUnavailable": 4, "paused": True}),
        (sidecarsets.NEW, {"maxUnavailable": 4}),
    ):
        bench.push(image, **update)
        before = await bench.settle()
        bench.restarted()
        after = await bench.poll_and_pass()
        assert after.commit == ""
        assert _decided(after.plan) == _decided(before.plan)
        assert after.report.sets == before.report.sets


async def test_a_new_process_keeps_to_the_budget_of_the_old(bench: benches.Bench) -> None:
    """Pods that the old process moved and that are in flight still count."""
    bench.push(maxUnavailable=2)
    assert len((await bench.poll_and_pass()).outcomes) == 2
    bench.restarted()
    assert (await bench.poll_and_pass()).outcomes == ()


async def test_a_new_process_knows_the_last_good_form(bench: benches.Bench) -> None:
    """A manifest that is refused when the new process starts stands at what the old one accepted."""
    bench.push(maxUnavailable=4)
    await bench.settle()
    bench.push_files({benches.FILE: "["})
    bench.restarted()
    done = await bench.poll_and_pass()
    assert [(each.name, each.matched) for each in done.report.sets] == [("logtail", 4)]
    assert done.report.sets[0].rejection


@_law
@given(st.integers(0, 5), st.lists(st.booleans(), min_size=6, max_size=14))
async def test_restarts_at_any_point_change_nothing_for_the_pods(seed: int, restarts: list[bool]) -> None:
    """However often the process is replaced, each pod is written once and the rollout ends."""
    bench = benches.Bench(5, seed=seed)
    await bench.start()
    bench.push(maxUnavailable=2)
    for restart in restarts:
        if restart:
            bench.restarted()
        await bench.poll_and_pass()
        bench.wait(2)
    done = await bench.settle()
    assert set(bench.cluster.ledger.writes_by_uid().values()) == {1}
    assert benches.condition(done, "Complete")[0]


_passes = st.sampled_from(["pass", "pass", "pass", "push", "restart"])
_ailing = st.one_of(_passes, st.sampled_from(["delete", "probe"]))
_lagging = st.one_of(_passes, st.just("expire"))
"""
Pods that get well by themselves and an API server that lags don't go together: who moves a pod that is not Ready as
far as anybody knows, and is by now, has taken a healthy one down. (Nor do lost answers and lost watches: the real
client reads such a pod again, the simulated one waits for the watch.)
"""


def _stories(steps: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, int]]]:
    return st.lists(st.tuples(steps, st.integers(0, 11)), min_size=4, max_size=16)


@_law
@given(
    st.integers(0, 3),
    st.booleans().flatmap(lambda lags: st.tuples(st.just(lags), _stories(_lagging if lags else _ailing))),
    st.integers(1, 3),
)
async def test_a_rollout_keeps_its_laws_whatever_happens(
    seed: int, story: tuple[bool, list[tuple[str, int]]], limit: int
) -> None:
    """
    With faults, restarts, lost watches and changes of the spec, no more than maxUnavailable healthy pods are in flight.

    And no pod is written twice for one spec.
    """
    lags, steps = story
    bench = benches.Bench(6, seed=seed)
    await bench.start()
    bench.cluster.break_image(BROKEN)
    faults = apiservers.Faults(server_error=0.1, conflict=0.1)
    lag = {"latency": (0.0, 0.2), "watch_lag": 0.2}
    bench.cluster.inject(dataclasses.replace(faults, **(lag if lags else {"lost_answer": 0.1})))
    bench.push(maxUnavailable=limit)
    since = 0
    for what, number in steps:
        since = len(bench.cluster.ledger.writes) if what == "push" else since
        await _step(bench, what, number, limit)
        assert bench.cluster.ledger.most_healthy_in_flight <= limit
        assert _is_once(bench.cluster.ledger.writes[since:])
    since = len(bench.cluster.ledger.writes)
    bench.push(sidecarsets.NEWEST, maxUnavailable=limit)
    await bench.settle(most=200)
    assert bench.cluster.ledger.most_healthy_in_flight <= limit
    assert set(bench.images().values()) == {sidecarsets.NEWEST}
    assert _is_once(bench.cluster.ledger.writes[since:])


def _is_once(writes: Sequence[ledgers.Write]) -> bool:
    """Say whether no pod was written twice."""
    return max(collections.Counter(write.uid for write in writes).values(), default=0) <= 1


async def _step(bench: benches.Bench, what: str, number: int, limit: int) -> None:
    found = bench.cluster.snapshot().pods
    pod = found[number % len(found)]
    match what:
        case "pass":
            await bench.poll_and_pass()
            bench.wait(number / 3)
        case "push":
            bench.push((sidecarsets.NEW, sidecarsets.OLD, BROKEN)[number % 3], maxUnavailable=limit)
        case "restart":
            bench.restarted()
        case "expire":
            bench.cluster.expire(number / 4)
        case "delete":
            bench.cluster.delete_pod(pod.namespace, pod.name)
        case "probe" if not pod.marks:  # an application that fails in a pod that we moved is counted as its own matter
            bench.cluster.fail_probe(pod.namespace, pod.name, container="app", seconds=number)


def _decided(plan: plans.Plan) -> list[object]:
    """Return a plan's actions and holds, without the pods' own rows."""
    return [
        (
            each.generation,
            each.commit,
            [action.pod.key for action in each.actions],
            [(hold.pod.key, hold.reason) for hold in each.holds],
        )
        for each in plan.sets
    ]
