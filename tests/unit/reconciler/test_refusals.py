"""What rests after a write that was refused or failed, and for how long; nobody else waits for it."""

from __future__ import annotations

import itertools
from typing import Any

from gitsidecar.model import outcomes
from gitsidecar.reconciler import reconcilers
from gitsidecar.simulation import apiservers
from tests.support import benches, sidecarsets


async def test_a_set_that_may_not_write_says_the_same_in_each_pass() -> None:
    """Missing rights are reported as one fact, in one commit, however many passes find them."""
    bench = await _forbidden(pods=12, max_unavailable=12)
    first = await bench.poll_and_pass()
    assert benches.condition(first, "Blocked") == (True, "WritesForbidden")
    assert set(benches.kinds(first).values()) == {"Forbidden"}
    commits = len(bench.branch.messages)
    for _ in range(40):
        bench.wait(7)
        done = await bench.poll_and_pass()
        assert done.report.sets == first.report.sets
    assert len(bench.branch.messages) == commits


async def test_a_set_that_may_not_write_asks_seldom() -> None:
    """After the first refusals the API server is asked again once a minute, by a few pods."""
    bench = await _forbidden(pods=12, max_unavailable=12, writes_in_flight=3)
    for _ in range(61):
        await bench.poll_and_pass()
        bench.wait(2)
    assert bench.cluster.ledger.requests <= 3 * 3


async def test_a_set_moves_once_it_may_write() -> None:
    """When somebody grants the right, the set goes on within a minute."""
    bench = await _forbidden(pods=4, max_unavailable=4)
    done = await bench.poll_and_pass()
    bench.cluster.forbid_writes(False)
    assert done.again_after is not None
    assert 0 < done.again_after <= 60
    bench.wait(done.again_after)
    await bench.settle()
    assert set(bench.images().values()) == {sidecarsets.NEW}


async def test_a_set_that_moves_one_pod_at_a_time_says_so_too() -> None:
    """With maxUnavailable 1 a few pods are tried one after another; then all is as with many at once."""
    bench = await _forbidden(pods=12, max_unavailable=1)
    reports = []
    for _ in range(120):
        done = await bench.poll_and_pass()
        reports.append(done.report.sets[0])
        assert done.again_after is not None
        bench.wait(min(3.0, done.again_after))
    assert benches.condition(done, "Blocked") == (True, "WritesForbidden")
    assert {str(each.conditions) for each in reports[3:]} == {str(reports[3].conditions)}
    assert len(bench.branch.messages) <= 3
    assert bench.cluster.ledger.requests <= 3 + 6


async def test_a_small_set_that_may_not_write_is_blocked_as_well() -> None:
    """When nobody is left to try, two refusals are enough to know."""
    bench = await _forbidden(pods=2, max_unavailable=1)
    done = await _run_for(bench, 20)
    assert benches.condition(done, "Blocked") == (True, "WritesForbidden")
    commits = len(bench.branch.messages)
    await _run_for(bench, 300)
    assert len(bench.branch.messages) == commits


async def test_one_forbidden_pod_does_not_block_the_others() -> None:
    """A pod that admission refuses gives its turn to the next, also where only one may move at a time."""
    bench = await _denied("shop/web-0", "shop/web-3", pods=5, max_unavailable=1)
    done = await _run_for(bench, 120)
    assert {name for name, image in bench.images().items() if image == sidecarsets.OLD} == {"web-0", "web-3"}
    assert "admission webhook" in str((done.report.sets[0].held, done.report.sets[0].forbidden))


async def test_many_forbidden_pods_do_not_block_the_others() -> None:
    """Even when the first ones in the order are all refused, the others get their turn."""
    names = [f"shop/web-{number}" for number in range(8)]
    order = await _order(8)
    denied = [name for name in names if name.removeprefix("shop/") in order[:5]]
    bench = await _denied(*denied, pods=8, max_unavailable=2)
    await _run_for(bench, 600)
    assert {f"shop/{name}" for name, image in bench.images().items() if image == sidecarsets.OLD} == set(denied)


async def test_a_forbidden_pod_is_tried_more_and_more_seldom() -> None:
    """The rest of a refused pod doubles from a minute up, and ends when the pod is let through."""
    bench = await _denied("shop/web-0", pods=4, max_unavailable=4)
    await _run_for(bench, 30 * 60)
    tries = bench.cluster.ledger.requests - 3
    assert tries <= 2 + 30
    bench.cluster.denied.clear()
    await _run_for(bench, 120)
    assert set(bench.images().values()) == {sidecarsets.NEW}


async def test_a_pod_whose_write_fails_rests_twice_as_long_each_time() -> None:
    """After server errors it is tried after 1, 2, 4 … seconds, up to a minute."""
    bench = benches.Bench(1)
    await bench.start()
    bench.cluster.inject(apiservers.Faults(server_error=1.0))
    bench.push()
    tried = []
    for _ in range(4 * 400):
        before = bench.cluster.ledger.requests
        await bench.poll_and_pass()
        if bench.cluster.ledger.requests > before:
            tried.append((bench.clock.now() - benches.START).total_seconds())
        bench.wait(0.25)
    gaps = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert gaps[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_failing_pod_gives_its_turn_to_the_next() -> None:
    """Before the first pod's rest is over a pass is due, in which the next pod of the order moves."""
    bench = benches.Bench(3)
    await bench.start()
    bench.push()
    bench.cluster.inject(apiservers.Faults(server_error=1.0))
    first = await bench.poll_and_pass()
    bench.cluster.inject(apiservers.Faults())
    assert first.again_after is not None
    bench.wait(first.again_after)
    second = await bench.poll_and_pass()
    assert list(benches.kinds(second).values()) == ["Applied"]
    assert list(benches.kinds(second)) != list(benches.kinds(first))
    assert benches.held(second)["PodBusy"] == 1


async def test_a_conflict_is_planned_anew_at_once() -> None:
    """After a 409 or a failed test of the patch a pass is due without a rest."""
    bench = benches.Bench(1)
    await bench.start()
    bench.push()
    bench.cluster.expire(3600)
    name = bench.cluster.snapshot().pods[0].name
    bench.cluster.set_image_from_outside("shop", name, "logtail", "other:1")
    first = await bench.poll_and_pass()
    assert set(benches.kinds(first).values()) == {"Conflict"}
    assert first.again_after is not None
    assert first.again_after <= 0.1
    bench.wait(first.again_after)
    second = await bench.poll_and_pass()
    assert set(benches.kinds(second).values()) == {"Applied"}


async def test_a_pass_and_the_next_say_the_same_of_a_resting_pod() -> None:
    """What the failing pass reports of the pod is what the next one finds, so that no commit is made of it."""
    bench = benches.Bench(1)
    await bench.start()
    bench.cluster.inject(apiservers.Faults(server_error=1.0))
    bench.push()
    one = await bench.poll_and_pass()
    other = await bench.poll_and_pass()
    assert one.report.sets[0].held == other.report.sets[0].held
    assert len(bench.branch.messages) == 1


async def test_the_server_is_heard_when_it_says_how_long_to_wait() -> None:
    """A pod that was throttled rests at least as long as Retry-After says."""
    bench = benches.Bench(1)
    await bench.start()
    bench.push()
    bench.cluster.throttle(20, writes=1)
    await bench.poll_and_pass()
    bench.wait(19)
    assert benches.kinds(await bench.run_pass()) == {}
    bench.wait(1)
    assert set(benches.kinds(await bench.run_pass()).values()) == {"Applied"}


async def test_a_new_process_tries_once_more() -> None:
    """Rests live in memory: after a restart a refused pod costs one request, and the report is the same."""
    bench = await _forbidden(pods=1, max_unavailable=1)
    done = await _run_for(bench, 5)
    requests, commits = bench.cluster.ledger.requests, len(bench.branch.messages)
    bench.restarted()
    again = await _run_for(bench, 5)
    assert bench.cluster.ledger.requests == requests + 1
    assert again.report.sets == done.report.sets
    assert len(bench.branch.messages) <= commits + 2


async def test_sets_rest_each_on_its_own() -> None:
    """A set of which all pods are refused does not keep another one from moving."""
    bench = benches.Bench(4)
    await bench.start()
    other = sidecarsets.text("app:2", name="app", container="app", maxUnavailable=4)
    bench.push_files({"app.yaml": other})
    await bench.settle()
    bench.cluster.denied = {f"shop/web-{number}" for number in range(4)}
    bench.push_files({benches.FILE: sidecarsets.text(sidecarsets.NEW, maxUnavailable=4)})
    await bench.poll_and_pass()
    bench.cluster.denied = set()
    bench.push_files({"app.yaml": sidecarsets.text("app:3", name="app", container="app", maxUnavailable=4)})
    done = await bench.poll_and_pass()
    by_set = {(each.action.set_name, each.kind) for each in done.outcomes}
    assert by_set == {("app", outcomes.OutcomeKind.APPLIED)}


async def _forbidden(pods: int, max_unavailable: int, **options: Any) -> benches.Bench:
    bench = benches.Bench(pods, **options)
    await bench.start()
    bench.cluster.forbid_writes(True)
    bench.push(maxUnavailable=max_unavailable)
    return bench


async def _denied(*keys: str, pods: int, max_unavailable: int) -> benches.Bench:
    bench = benches.Bench(pods)
    await bench.start()
    bench.cluster.denied = set(keys)
    bench.push(maxUnavailable=max_unavailable)
    return bench


async def _order(pods: int) -> list[str]:
    """Return the names of a bench's pods in the order in which they move."""
    bench = benches.Bench(pods)
    await bench.start()
    bench.push(maxUnavailable=pods)
    done = await bench.poll_and_pass()
    return [action.pod.name for action in done.plan.sets[0].actions]


async def _run_for(bench: benches.Bench, seconds: float) -> reconcilers.Pass:
    """Run a pass whenever one is due, or after three seconds as for a pod's event, for so long."""
    end = bench.clock.now().timestamp() + seconds
    while True:
        done = await bench.poll_and_pass()
        if bench.clock.now().timestamp() >= end:
            return done
        bench.wait(max(0.05, min(3.0, done.again_after or 3.0)))
