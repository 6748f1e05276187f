"""Several sidecars on one pod: sets that take turns or claim one container, and a native one beside a normal one."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Mapping

from gitsidecar.model import pods
from tests.support import benches, sidecarsets
from tests.unit.scenarios import steps

PROXY_OLD, PROXY_NEW = "proxy:1", "proxy:2"
PROXY_FILE = "sets/proxy.yaml"


async def test_two_sets_on_one_pod_both_finish() -> None:
    """Every pod gets both images with one write for each set, and each set keeps to its own budget."""
    bench = await _two_sidecars()
    _push_both(bench)
    done = await steps.settle(bench)
    assert steps.is_complete(done)
    assert steps.is_complete(done, "proxy")
    assert (set(steps.images(bench).values()), set(steps.images(bench, "proxy").values())) == (
        {steps.NEW},
        {PROXY_NEW},
    )
    assert collections.Counter(write.set_name for write in bench.cluster.ledger.writes) == {"logtail": 4, "proxy": 4}


async def test_two_sets_never_have_one_pod_in_flight_at_once() -> None:
    """A pod's second write comes only after the containers of the first serve again."""
    bench = await _two_sidecars()
    overlaps: list[str] = []
    bench.cluster.world.store.watchers.append(lambda pod, _: overlaps.extend(_both_under_way(pod)))
    _push_both(bench)
    await steps.settle(bench)
    assert overlaps == []


async def test_a_set_that_waits_for_another_says_so() -> None:
    """The hold, its count in the status and its message name the set that has the pod, and what releases it."""
    bench = await _two_sidecars()
    _push_both(bench)
    done = await bench.poll_and_pass()
    [busy] = [each for each in steps.report(done, "proxy").held if each.reason == "PodBusy"]
    assert busy.count == 2
    assert busy.message == "SidecarSet logtail moves the pod in this pass; released when that move finishes"
    bench.wait(1)
    done = await bench.poll_and_pass()
    words = {each.message for each in steps.report(done, "proxy").held if each.reason == "PodBusy"}
    assert words == {"SidecarSet logtail has the pod in flight; released when that move finishes"}


async def test_two_sets_are_told_apart_in_the_messages() -> None:
    """For each set the messages name every pod once, with the revision that brought its spec."""
    bench = await _two_sidecars()
    _push_both(bench)
    await steps.settle(bench)
    for name in ("logtail", "proxy"):
        assert steps.names(steps.told_moves(bench, name)) == [f"duo-{number}" for number in range(4)]


async def test_a_set_that_is_stuck_keeps_nobody_from_the_others() -> None:
    """Pods that one set cannot start are busy for the other; all others go on and are finished."""
    bench = await _two_sidecars()
    bench.cluster.break_image(steps.NEW)
    _push_both(bench, limit=1)
    for _ in range(60):
        done = await bench.poll_and_pass()
        bench.wait(3)
    assert steps.condition(done, "Blocked") == (True, "PodsFailing")
    assert steps.report(done, "proxy").finished == 3
    assert steps.held(done, "proxy") == {"PodBusy": 1}


async def test_two_sets_that_claim_one_container_move_nobody(bench: benches.Bench) -> None:
    """Both are held and blocked, each names the other with file and line, and a reader of the branch sees it."""
    bench.push_files({benches.FILE: steps.logtail(steps.NEW), "sets/copy.yaml": _copy()})
    done = await bench.settle()
    assert bench.cluster.ledger.requests == 0
    for name, other, file in (("logtail", "copy", "sets/copy.yaml"), ("copy", "logtail", benches.FILE)):
        assert steps.held(done, name) == {"ConflictingSets": 4}
        assert steps.condition(done, "Blocked", name) == (True, "ConflictingSets")
        words = f"container logtail is claimed by SidecarSet {other} ({file}:4:9) as well"
        assert words in bench.branch.messages[-1]
        assert words in steps.Memory(bench).status(name)["held"][0]["message"]


async def test_a_conflict_is_released_by_a_commit_that_takes_one_away(bench: benches.Bench) -> None:
    """When one of the two sets is gone the other moves its pods, one write each."""
    bench.push_files({benches.FILE: steps.logtail(steps.NEW), "sets/copy.yaml": _copy()})
    await bench.settle()
    bench.push_files({"sets/copy.yaml": None})
    done = await bench.settle()
    assert steps.is_complete(done)
    assert steps.writes(bench) == dict.fromkeys(steps.images(bench), 1)
    assert set(steps.images(bench).values()) == {steps.NEW}


async def test_a_conflict_is_released_by_selectors_that_part(bench: benches.Bench) -> None:
    """When each pod is selected by one of the two only, both finish."""
    steps.add_workload(bench, "api", 2)
    wide = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
    bench.push_files({benches.FILE: steps.logtail(steps.NEW), "sets/copy.yaml": _copy(selector=wide)})
    done = await steps.settle(bench)
    assert (steps.held(done), steps.held(done, "copy")) == ({"ConflictingSets": 4}, {"ConflictingSets": 4})
    assert {name: image for name, image in steps.images(bench).items() if name.startswith("api")} == {
        "api-0": steps.NEWEST,
        "api-1": steps.NEWEST,
    }
    bench.push_files({"sets/copy.yaml": _copy(selector=steps.labels(app="api"))})
    done = await steps.settle(bench)
    assert steps.is_complete(done)
    assert steps.is_complete(done, "copy")
    assert set(steps.writes(bench).values()) == {1}


async def test_a_conflict_that_comes_in_mid_rollout_stops_both(bench: benches.Bench) -> None:
    """Pods in flight finish, no pod is written by either set from then on."""
    bench.push()
    await steps.run_until_moved(bench, 2)
    bench.push_files({"sets/copy.yaml": _copy()})
    done = await steps.settle(bench)
    assert sum(steps.writes(bench).values()) == 2
    assert (steps.held(done), steps.held(done, "copy")) == ({"ConflictingSets": 4}, {"ConflictingSets": 4})


async def test_a_native_sidecar_moves_beside_a_normal_one() -> None:
    """One write changes both images, in initContainers and in containers, and the pod is finished when both run."""
    bench = benches.Bench(0)
    natives = {"setup": "setup:1", "proxy": PROXY_OLD}
    steps.add_workload(
        bench, "duo", 4, images={**steps.APP, "logtail": steps.OLD}, natives=natives, labels=sidecarsets.LABELS
    )
    await bench.start()
    text = steps.manifest({"logtail": steps.NEW}, natives={"proxy": PROXY_NEW})
    bench.push_files({benches.FILE: text})
    done = await steps.settle(bench)
    assert steps.is_complete(done)
    assert set(steps.images(bench).values()) == {steps.NEW}
    assert set(steps.images(bench, "proxy").values()) == {PROXY_NEW}
    assert set(steps.images(bench, "setup").values()) == {"setup:1"}
    assert set(steps.writes(bench).values()) == {1}
    assert steps.Memory(bench).status()["images"] == {"logtail": {steps.NEW: 4}, "proxy": {PROXY_NEW: 4}}


async def test_only_the_native_sidecar_of_a_set_changes() -> None:
    """Its container restarts and no other, and the budget holds while it does."""
    bench = benches.Bench(0)
    steps.add_workload(bench, "duo", 3, natives={"proxy": PROXY_OLD}, labels=sidecarsets.LABELS)
    await bench.start()
    before = _ids(bench)
    bench.push_files({benches.FILE: steps.manifest({"logtail": steps.OLD}, natives={"proxy": PROXY_NEW})})
    await steps.settle(bench)
    assert {key for key, id_ in _ids(bench).items() if id_ != before[key]} == {
        (f"duo-{number}", "proxy") for number in range(3)
    }
    assert bench.cluster.ledger.most_healthy_in_flight == 1


async def test_a_native_sidecar_is_not_taken_for_a_normal_one() -> None:
    """A set that asks for a container where the adopted pod has a native sidecar does not count the pod."""
    bench = benches.Bench(0)
    steps.add_workload(bench, "duo", 2, images=steps.APP, natives={"logtail": steps.OLD}, labels=sidecarsets.LABELS)
    await bench.start()
    bench.push()
    done = await steps.settle(bench)
    assert (steps.report(done).matched, steps.report(done).missing, steps.writes(bench)) == (0, 2, {})


async def _two_sidecars() -> benches.Bench:
    bench = benches.Bench(0)
    steps.add_workload(
        bench, "duo", 4, images={**steps.APP, "logtail": steps.OLD, "proxy": PROXY_OLD}, labels=sidecarsets.LABELS
    )
    await bench.start()
    return bench


def _push_both(bench: benches.Bench, *, limit: int = 2) -> None:
    logtail = steps.logtail(steps.NEW, update={"maxUnavailable": limit})
    proxy = sidecarsets.text(PROXY_NEW, "proxy", container="proxy", maxUnavailable=limit)
    bench.push_files({benches.FILE: logtail, PROXY_FILE: proxy})


def _copy(selector: Mapping[str, object] | None = None) -> str:
    return steps.manifest({"logtail": steps.NEWEST}, name="copy", selector=selector or steps.labels(app="web"))


def _both_under_way(pod: pods.Pod) -> list[str]:
    """Return the pod if the moves of two sets on it have not restarted their containers yet."""
    under_way = [
        mark.set_name
        for mark in pod.marks
        if mark.move is not None and any(_runs_as(pod, name, origin) for name, origin in mark.move.origin)
    ]
    return [pod.key for _ in itertools.pairwise(under_way)]


def _runs_as(pod: pods.Pod, name: str, origin: str) -> bool:
    container = pod.container(name)
    return container is not None and container.container_id == origin


def _ids(bench: benches.Bench) -> dict[tuple[str, str], str]:
    return {
        (pod.name, container.name): container.container_id
        for pod in bench.cluster.snapshot().pods
        for container in pod.containers
    }


async def test_both_sets_say_that_they_conflict(bench: benches.Bench) -> None:
    """A set whose rollout is complete does not say Complete only, while another claims its container."""
    bench.push()
    await bench.settle()
    bench.push_files({"sets/copy.yaml": steps.manifest({"logtail": steps.NEWEST}, name="copy")})
    done = await bench.settle()
    assert "copy" in str(steps.report(done).held) + str(steps.report(done).conditions)


async def test_both_sets_say_that_they_conflict_with_one_image(bench: benches.Bench) -> None:
    """Two sets that claim one container with the same image are told before the next push blocks both."""
    bench.push()
    await bench.settle()
    bench.push_files({"sets/copy.yaml": steps.manifest({"logtail": steps.NEW}, name="copy")})
    done = await bench.settle()
    assert "claimed" in str(done.report)
