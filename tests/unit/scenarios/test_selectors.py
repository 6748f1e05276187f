"""A set whose selector widens, narrows or moves: who joins, who is missing, and that who leaves is left alone."""

from __future__ import annotations

from tests.support import benches, sidecarsets
from tests.unit.scenarios import steps

WIDE = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]}
WEB, API = steps.labels(app="web"), steps.labels(app="api")


async def test_a_wider_selector_takes_in_more_pods_when_the_set_adopts(bench: benches.Bench) -> None:
    """Pods that hold the containers without our annotation join, move once each, and the others are not touched."""
    await _complete(bench, steps.logtail(steps.NEW, selector=WEB))
    steps.add_workload(bench, "api", 3)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, selector=WIDE, update={"maxUnavailable": 2})})
    done = await bench.settle()
    assert (steps.report(done).matched, steps.report(done).missing) == (7, 0)
    assert set(steps.images(bench).values()) == {steps.NEW}
    assert steps.writes(bench) == dict.fromkeys([*_web(), *_api()], 1)
    assert bench.cluster.ledger.most_healthy_in_flight <= 2
    assert steps.names(steps.told_moves(bench)) == sorted([*_web(), *_api()])


async def test_a_wider_selector_misses_pods_when_the_set_does_not_adopt(bench: benches.Bench) -> None:
    """They are told as missing, in the status and in the commit's message, and nothing is written to them."""
    await _complete(bench, steps.logtail(steps.NEW, selector=WEB))
    steps.add_workload(bench, "api", 3)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, selector=WIDE, is_adopting=False)})
    done = await bench.settle()
    assert (steps.report(done).matched, steps.report(done).missing) == (4, 3)
    assert set(steps.writes(bench)) == set(_web())
    assert steps.Memory(bench).status()["missingPods"] == 3
    assert "3 selected pods without the sidecars" in bench.branch.content["STATUS.md"].decode()


async def test_a_missing_pod_joins_once_the_set_adopts(bench: benches.Bench) -> None:
    """The annotation on the set is enough: the next pass counts the pods and moves them."""
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, is_adopting=False)})
    before = await bench.settle()
    assert (steps.report(before).matched, steps.report(before).missing) == (0, 4)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW)})
    done = await bench.settle()
    assert (steps.report(done).matched, steps.report(done).missing) == (4, 0)
    assert steps.writes(bench) == dict.fromkeys(_web(), 1)


async def test_a_set_that_stops_adopting_keeps_the_pods_that_it_moved(bench: benches.Bench) -> None:
    """Our annotation is on those: they are counted still; the others are missing from then on and stay as they are."""
    bench.push_files({benches.FILE: steps.logtail(steps.NEW)})
    await steps.run_until_moved(bench, 2)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, is_adopting=False)})
    done = await bench.settle()
    assert (steps.report(done).matched, steps.report(done).missing) == (2, 2)
    assert sum(steps.writes(bench).values()) == 2


async def test_a_narrower_selector_leaves_pods_as_they_are(bench: benches.Bench) -> None:
    """Pods that fall out in mid-rollout keep image and annotation; those inside go on to the end."""
    steps.add_workload(bench, "api", 4)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, selector=WIDE, update={"maxUnavailable": 2})})
    await steps.run_until_moved(bench, 4)
    before = {pod.name: pod for pod in bench.cluster.snapshot().pods}
    running = steps.images(bench)
    bench.push_files({benches.FILE: steps.logtail(steps.NEWEST, selector=WEB, update={"maxUnavailable": 2})})
    done = await bench.settle()
    after = {pod.name: pod for pod in bench.cluster.snapshot().pods}
    for name in _api(4):
        assert after[name].annotation == before[name].annotation
        assert steps.images(bench)[name] == running[name]
    assert {steps.images(bench)[name] for name in _web()} == {steps.NEWEST}
    assert (steps.report(done).matched, steps.is_complete(done)) == (4, True)


async def test_a_narrower_selector_is_one_commit_of_the_status_branch(bench: benches.Bench) -> None:
    """The pods of workloads that left are not counted any more, and their workload is no longer listed."""
    steps.add_workload(bench, "api", 2)
    await _complete(bench, steps.logtail(steps.NEW, selector=WIDE))
    commits = len(bench.branch.messages)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, selector=WEB)})
    await bench.settle()
    assert len(bench.branch.messages) == commits + 1
    assert bench.branch.subjects[-1].startswith("logtail: 4/4 pods on ")
    assert [each["name"] for each in steps.Memory(bench).status()["workloads"]] == ["StatefulSet/web"]


async def test_a_selector_moves_to_other_pods(bench: benches.Bench) -> None:
    """In mid-rollout all pods change: those of before stay half moved, untouched from then on; the new ones move."""
    steps.add_workload(bench, "api", 3)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, selector=WEB)})
    await steps.run_until_moved(bench, 2)
    web = {name: steps.images(bench)[name] for name in _web()}
    before = steps.writes(bench)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, selector=API)})
    done = await bench.settle()
    assert {name: steps.images(bench)[name] for name in _web()} == web
    assert {name: count for name, count in steps.writes(bench).items() if name in web} == before
    assert {steps.images(bench)[name] for name in _api()} == {steps.NEW}
    assert (steps.report(done).matched, steps.is_complete(done)) == (3, True)


async def test_a_selector_that_comes_back_finishes_what_it_began(bench: benches.Bench) -> None:
    """Pods that were moved before the selector left them are updated still, and only the others are written."""
    steps.add_workload(bench, "api", 1)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, selector=WEB)})
    await steps.run_until_moved(bench, 2)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, selector=API)})
    await bench.settle()
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, selector=WEB)})
    done = await bench.settle()
    assert steps.is_complete(done)
    assert steps.writes(bench) == dict.fromkeys([*_web(), *_api(1)], 1)


async def test_a_namespace_selector_takes_namespaces_out(bench: benches.Bench) -> None:
    """Pods of namespaces that no longer count stay as they are; labels of a namespace decide, also when they change."""
    bench.cluster.add_namespace("shop", {"tier": "front"})
    bench.cluster.add_namespace("bank", {"tier": "back"})
    steps.add_workload(bench, "vault", 2, namespace="bank", labels=sidecarsets.LABELS)
    front = steps.labels(tier="front")
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, namespaceSelector=front)})
    done = await bench.settle()
    assert (steps.report(done).matched, set(steps.writes(bench))) == (4, set(_web()))
    bench.cluster.add_namespace("bank", {"tier": "front"})
    done = await bench.settle()
    assert steps.report(done).matched == 6
    assert steps.writes(bench) == dict.fromkeys([*_web(), "vault-0", "vault-1"], 1)


async def test_a_namespace_selector_added_in_mid_rollout_stops_the_others(bench: benches.Bench) -> None:
    """From that commit on no pod of another namespace is written."""
    steps.add_workload(bench, "vault", 4, namespace="bank", labels=sidecarsets.LABELS)
    bench.push_files({benches.FILE: steps.logtail(steps.NEW)})
    await steps.run_until_moved(bench, 2)
    before = {name: count for name, count in steps.writes(bench).items() if name.startswith("vault")}
    only_shop = steps.labels(**{"kubernetes.io/metadata.name": "shop"})
    bench.push_files({benches.FILE: steps.logtail(steps.NEW, namespaceSelector=only_shop)})
    done = await bench.settle()
    assert {name: count for name, count in steps.writes(bench).items() if name.startswith("vault")} == before
    assert {steps.images(bench)[name] for name in _web()} == {steps.NEW}
    assert steps.is_complete(done)


async def _complete(bench: benches.Bench, text: str) -> None:
    bench.push_files({benches.FILE: text})
    assert steps.is_complete(await bench.settle())


def _web() -> list[str]:
    return [f"web-{number}" for number in range(4)]


def _api(number: int = 3) -> list[str]:
    return [f"api-{each}" for each in range(number)]
