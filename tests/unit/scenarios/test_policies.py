"""RolloutPolicies in a running rollout: windows close, freezes come and go, paces and patience hold, files break."""

from __future__ import annotations

import collections
import datetime
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from gitsidecar.model import outcomes
from gitsidecar.reconciler import reconcilers
from gitsidecar.simulation import apiservers
from tests.support import benches
from tests.unit.scenarios import steps

START = benches.START  # a Tuesday, 02:00 UTC
SECOND = datetime.timedelta(seconds=1)
FILE = "calm.yaml"
BAD = "log-service/logtail:bad"


def _policy(name: str = "calm", **spec: Any) -> str:
    whole = {"apiVersion": "gitsidecar.io/v1alpha1", "kind": "RolloutPolicy", "metadata": {"name": name}, "spec": spec}
    return yaml.safe_dump(whole, sort_keys=False)


def _window(duration: str, schedule: str = "0 2 * * *", type_: str = "Allow") -> dict[str, Any]:
    return {"windows": [{"type": type_, "schedule": schedule, "duration": duration}]}


def _freeze(**times: datetime.datetime) -> dict[str, Any]:
    spelt = {{"start": "from", "end": "until"}[name]: at.isoformat() for name, at in times.items()}
    return {"freezes": [{"reason": "Incident 42", **spelt}]}


async def _bench(pods: int = 8, *, writes_in_flight: int = 20) -> benches.Bench:
    bench = benches.Bench(pods)
    bench.options = reconcilers.Options("tests", writes_in_flight=writes_in_flight)
    bench.restarted()
    await bench.start()
    return bench


def _push(bench: benches.Bench, policy: str | None, *, image: str = steps.NEW, **update: Any) -> None:
    """Push the set and the policy beside it."""
    bench.push_files({benches.FILE: steps.logtail(image, update=update), FILE: policy})


async def _live(bench: benches.Bench, seconds: float, *, is_restarting: bool = False) -> reconcilers.Pass:
    """Run passes as a daemon would, each second and whenever one is due, until so many seconds have passed."""
    end = bench.clock.now() + seconds * SECOND
    while True:
        if is_restarting:
            bench.restarted()
        done = await bench.poll_and_pass()
        left = (end - bench.clock.now()).total_seconds()
        if left <= 0:
            return done
        bench.wait(min(1.0, left, 1.0 if done.again_after is None else done.again_after))


def _times(bench: benches.Bench) -> list[float]:
    """Return when each patch was taken, in seconds from the start."""
    return [(write.at - START).total_seconds() for write in bench.cluster.ledger.writes]


def _old(bench: benches.Bench) -> int:
    return collections.Counter(steps.images(bench).values())[steps.OLD]


# --- windows and freezes


async def test_a_window_closes_in_mid_wave_and_opens_again() -> None:
    """Pods in flight finish, none starts; at the next opening, a day later, the rest goes by itself."""
    bench = await _bench()
    _push(bench, _policy(**_window("10s")), maxUnavailable=2)
    done = await _live(bench, 60)
    moved = len(_times(bench))
    assert 2 <= moved < 8
    assert max(_times(bench)) < 10
    assert steps.report(done).finished == moved
    assert steps.held(done) == {"WindowClosed": 8 - moved}
    assert f"window opens Wed 2026-11-25 02:00 UTC; it takes {8 - moved} of {8 - moved} waiting pods" in str(
        done.report
    )

    bench.wait(86_400 - 60 - 10)
    done = await bench.run_pass()
    assert done.again_after == pytest.approx(10, abs=0.01)
    bench.wait(done.again_after or 0)
    assert len((await bench.run_pass()).outcomes) == 2
    await _live(bench, 5)
    assert 86_400 <= _times(bench)[moved] < 86_400.01


async def test_a_window_that_closes_between_two_pods_of_a_batch() -> None:
    """The request in hand is not cut off, the next is not sent, and the pass that follows at once says why."""
    bench = await _bench(4, writes_in_flight=1)
    bench.cluster.inject(apiservers.Faults(latency=(5.0, 5.0)))
    _push(bench, _policy(**_window("12s")), maxUnavailable=4)
    done = await bench.poll_and_pass()
    assert _times(bench) == [5, 10, 15]
    [withdrawn] = [each for each in done.outcomes if each.kind is outcomes.OutcomeKind.WITHDRAWN]
    assert withdrawn.message == "the rollout window has closed"
    assert done.again_after is not None
    assert done.again_after < 0.01
    done = await bench.run_pass()
    assert (done.outcomes, steps.held(done)) == ((), {"WindowClosed": 1})


async def test_the_calendar_of_a_batch_is_asked_at_each_pod() -> None:
    """While the API server holds all writes off, a freeze begins: what waits for the server is not sent after it."""
    bench = await _bench(4, writes_in_flight=1)
    bench.cluster.throttle(10.0, writes=1)
    _push(bench, _policy(**_freeze(start=START + 6 * SECOND)), maxUnavailable=4)
    done = await bench.poll_and_pass()
    assert _times(bench) == []
    assert sorted(benches.kinds(done).values()) == ["Deferred", "Withdrawn", "Withdrawn", "Withdrawn"]


async def test_a_freeze_is_pushed_and_removed() -> None:
    """One file stops everything within a pass; without it the rollout goes on by itself."""
    bench = await _bench()
    _push(bench, None, maxUnavailable=2)
    await _live(bench, 10)
    frozen = len(_times(bench))
    bench.push_files({FILE: _policy(sidecarSetSelector={}, **_freeze())})
    done = await _live(bench, 120)
    assert len(_times(bench)) == frozen
    assert steps.held(done) == {"Frozen": 8 - frozen}
    assert not done.plan.sets[0].in_flight
    assert "Incident 42" in bench.branch.content["STATUS.md"].decode()
    bench.push_files({FILE: None})
    done = await steps.settle(bench)
    assert steps.is_complete(done)
    assert steps.writes(bench) == dict.fromkeys(steps.images(bench), 1)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (_freeze(end=START + 90 * SECOND), "Frozen"),
        (_freeze(start=START - SECOND, end=START + 90 * SECOND), "Frozen"),
        (_window("90s", type_="Deny"), "WindowClosed"),
        ({"windows": [_window("2h")["windows"][0], _window("90s", type_="Deny")["windows"][0]]}, "WindowClosed"),
    ],
)
async def test_a_stop_with_an_end_ends_by_itself(spec: dict[str, Any], reason: str) -> None:
    """Nothing moves until then, and at that very moment it begins."""
    bench = await _bench()
    _push(bench, _policy(**spec), maxUnavailable=2)
    done = await _live(bench, 89)
    assert (steps.held(done), _times(bench)) == ({reason: 8}, [])
    await _live(bench, 3)
    assert _times(bench)[0] == pytest.approx(90, abs=0.01)


async def test_a_new_process_keeps_a_stop() -> None:
    """Nothing of a window is in the memory of a process."""
    bench = await _bench()
    _push(bench, _policy(**_window("10s")), maxUnavailable=2)
    await _live(bench, 60, is_restarting=True)
    assert 2 <= len(_times(bench)) < 8
    assert max(_times(bench)) < 10


async def test_a_policy_alone_changes_what_holds() -> None:
    """The very next pass of the same process obeys it, whether it opens, closes, or goes, and no pod moves twice."""
    bench = await _bench()
    _push(bench, _policy(**_freeze()), maxUnavailable=2)
    assert steps.held(await bench.poll_and_pass()) == {"Frozen": 8}
    bench.push_files({FILE: _policy(podsPerMinute=1)})
    assert len((await bench.poll_and_pass()).outcomes) == 1
    bench.push_files({FILE: _policy(**_window("1h", "0 3 * * *"))})
    done = await bench.poll_and_pass()
    assert (done.outcomes, steps.held(done)) == ((), {"WindowClosed": 7})
    bench.push_files({FILE: None})
    assert steps.is_complete(await steps.settle(bench))
    assert steps.writes(bench) == dict.fromkeys(steps.images(bench), 1)


# --- pace, settling, deadline


@pytest.mark.parametrize("is_restarting", [False, True])
async def test_a_pace_holds_in_any_minute_also_over_restarts(is_restarting: bool) -> None:
    """Two pods a minute and no more, and no less: the next go when the minute of the first is over."""
    bench = await _bench(6)
    _push(bench, _policy(podsPerMinute=2), maxUnavailable=6)
    await _live(bench, 30)
    bench.restarted()
    await _live(bench, 120, is_restarting=is_restarting)
    times = _times(bench)
    assert all(sum(begin <= at < begin + 60 for at in times) <= 2 for begin in times)
    assert times == pytest.approx([0, 0, 60, 60, 120, 120], abs=0.01)


async def test_a_pace_is_shared_by_the_sets_of_a_policy() -> None:
    """Two sets on pods of their own move two pods a minute between them."""
    bench = await _bench(3)
    steps.add_workload(bench, "api", 3)
    api = steps.logtail(name="api", selector=steps.labels(app="api"), update={"maxUnavailable": 3})
    bench.push_files({"api.yaml": api})
    _push(bench, _policy(podsPerMinute=2), maxUnavailable=3)
    await _live(bench, 150)
    assert _times(bench) == pytest.approx([0, 0, 60, 60, 120, 120], abs=0.01)


async def test_moved_pods_settle_before_the_next_go() -> None:
    """With a budget of one each goes when the one before has settled, and the rollout ends when the last has."""
    bench = await _bench(3)
    _push(bench, _policy(minReadySeconds=30))
    done = await _live(bench, 20)
    assert steps.held(done) == {"Settling": 1, "BudgetExhausted": 1}
    await _live(bench, 70, is_restarting=True)
    ready = sorted(pod.ready_since for pod in bench.cluster.snapshot().pods if pod.ready_since)
    settled = [(at - START).total_seconds() + 30 for at in ready]
    assert _times(bench)[1:] == pytest.approx(settled[:2], abs=0.01)
    left = settled[2] - (bench.clock.now() - START).total_seconds()
    done = await _live(bench, left - 1)
    assert (steps.report(done).finished, steps.is_complete(done)) == (2, False)
    assert steps.Memory(bench).stable() == ""
    assert steps.is_complete(await _live(bench, 2))


async def test_an_image_that_fails_while_it_settles_takes_one_budget_down() -> None:
    """The probe fails a few seconds after the pod got Ready: the rollout stops there."""
    bench = await _bench(6)
    _push(bench, _policy(minReadySeconds=60), maxUnavailable=2)
    await _live(bench, 15)
    for name in steps.writes(bench):
        bench.cluster.fail_probe("shop", name, container="logtail", seconds=100_000)
    done = await _live(bench, 300)
    assert (len(_times(bench)), steps.held(done)) == (2, {"BudgetExhausted": 4})


async def test_a_missed_deadline_holds_the_set_until_a_new_spec_cures_it() -> None:
    """Told in time, nothing starts though there is budget, other sets go on, and the cure moves all."""
    bench = await _bench(6)
    steps.add_workload(bench, "api", 2)
    bench.cluster.break_image(BAD)
    deadline = _policy(sidecarSets=["logtail"], progressDeadlineSeconds=120)
    _push(bench, deadline, image=BAD, maxUnavailable=2)
    done = await _live(bench, 119)
    assert steps.condition(done, "DeadlineExceeded") == (False, "InTime")
    done = await _live(bench, 2)
    assert steps.condition(done, "DeadlineExceeded") == (True, "Overdue")
    assert steps.held(done) == {"DeadlineExceeded": 4}
    bench.push_files({benches.FILE: steps.logtail(BAD, update={"maxUnavailable": 4})})
    api = steps.logtail(name="api", selector=steps.labels(app="api"), update={"maxUnavailable": 2})
    bench.push_files({"api.yaml": api})
    done = await _live(bench, 60, is_restarting=True)
    assert steps.is_complete(done, "api")
    assert steps.held(done) == {"DeadlineExceeded": 4}
    bench.push()
    done = await steps.settle(bench)
    assert steps.is_complete(done)
    assert steps.condition(done, "DeadlineExceeded") == (False, "InTime")


async def test_a_missed_deadline_ends_when_the_pods_get_ready() -> None:
    """The image becomes pullable: the pods come up, and the rollout goes on by itself."""
    bench = await _bench(6)
    bench.cluster.break_image(BAD)
    _push(bench, _policy(progressDeadlineSeconds=120), image=BAD, maxUnavailable=2)
    assert steps.held(await _live(bench, 130)) == {"DeadlineExceeded": 4}
    bench.cluster.mend_image(BAD)
    done = await steps.settle(bench)
    assert steps.is_complete(done)


# --- files that break


def _typo(text: str) -> str:
    return text.replace("podsPerMinute", "podsPerMinut")


def _no_yaml(text: str) -> str:
    return text + "]"


@pytest.mark.parametrize("damage", [_typo, _no_yaml])
@pytest.mark.parametrize("is_restarting", [False, True])
async def test_a_policy_that_breaks_stops_its_sets_until_it_is_mended(
    damage: Callable[[str], str], is_restarting: bool
) -> None:
    """Its sets are held and the fault is told; others go on; mended, the pace holds as before. So after a restart."""
    bench = await _bench(4)
    steps.add_workload(bench, "api", 2)
    good = _policy(sidecarSets=["logtail"], podsPerMinute=1)
    _push(bench, good, maxUnavailable=4)
    await _live(bench, 10)
    api = steps.logtail(name="api", selector=steps.labels(app="api"), update={"maxUnavailable": 2})
    bench.push_files({FILE: damage(good), "api.yaml": api})
    done = await _live(bench, 120, is_restarting=is_restarting)
    assert steps.held(done) == {"ManifestRejected": 3}
    assert FILE in steps.report(done).held[0].message
    assert FILE in bench.branch.content["rejections.yaml"].decode()
    assert steps.is_complete(done, "api")
    bench.push_files({FILE: good})
    await _live(bench, 30, is_restarting=is_restarting)
    assert _old(bench) == 2
    bench.push_files({FILE: None})
    assert steps.is_complete(await steps.settle(bench))


async def test_a_policy_that_is_refused_from_the_start_holds_its_sets() -> None:
    """Nobody knows when they were to move."""
    bench = await _bench()
    _push(bench, _typo(_policy(sidecarSets=["logtail"], podsPerMinute=1)), maxUnavailable=4)
    assert steps.held(await _live(bench, 30)) == {"ManifestRejected": 8}


async def test_a_pace_counts_from_when_a_pod_was_written() -> None:
    """The API server holds all writes off for 40 seconds: the minute begins then, not when the pass was planned."""
    bench = await _bench(8)
    bench.cluster.throttle(40.0, writes=1)
    _push(bench, _policy(podsPerMinute=4), maxUnavailable=8)
    await _live(bench, 130)
    times = _times(bench)
    assert len(times) == 8
    assert all(sum(begin <= at < begin + 60 for at in times) <= 4 for begin in times)


async def test_a_first_freeze_that_is_no_yaml_holds_every_set() -> None:
    """Written in haste, without quotes around a colon: nobody knows whom it was meant for, so nothing moves."""
    bench = await _bench()
    _push(bench, None, maxUnavailable=2)
    await _live(bench, 5)
    moved = len(_times(bench))
    broken = _policy(**_freeze()).replace("Incident 42", "Incident 42: nothing moves")
    bench.push_files({FILE: broken})
    assert steps.held(await _live(bench, 30)) == {"ManifestRejected": 8 - moved}
    assert steps.held(await _live(bench, 5, is_restarting=True)) == {"ManifestRejected": 8 - moved}
    bench.push_files({FILE: None})
    assert steps.is_complete(await steps.settle(bench))
