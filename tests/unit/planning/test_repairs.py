"""Who is evicted for repair and who is not: owners, budget, pace, partition, earlier tries, the breaker, the words."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

import pytest

from gitsidecar.model import histories, plans, pods, policies, reports, sidecarsets
from gitsidecar.planning import attempts, candidates, explaining
from tests.unit.planning import builders

EVICT = builders.policy("repair", repair=policies.Repair.EVICT)
SECOND, MINUTE = datetime.timedelta(seconds=1), datetime.timedelta(minutes=1)
WEB = "Deployment/web"


def _bare(number: int | str = 0, *, workload: str = WEB, **fields: Any) -> pods.Pod:
    """Return a pod of the application without the sidecar."""
    app = builders.container("app", "nginx:1", index=0)
    return builders.pod(number, workload=workload, **{"containers": (app,), "marks": (), **fields})


def _set(**fields: Any) -> sidecarsets.SidecarSet:
    document = {"spec": {"injectionStrategy": fields.pop("injection", {})}}
    return builders.sidecar_set(builders.NEW, document=json.dumps(document), **fields)


def _tried(*tries: reports.Attempt, stable: str = "", **fields: Any) -> histories.History:
    specs = {stable: '{"spec":{}}'} if stable else {}
    known = histories.SetHistory(_set(**fields), 1, "4f2a9c1", stable=stable, specs=specs, attempts=tries)
    return histories.History(sets={"logtail": known})


def _try(
    name: str = "gone", *, ago: float = 60, uid: str = "", workload: str = WEB, spec: str = "", **fields: bool
) -> reports.Attempt:
    """Return an eviction of so many seconds ago; the owner's youngest pod was a second older then."""
    at = builders.NOW - datetime.timedelta(seconds=ago)
    spec_hash = spec or f"v1-{builders.NEW}"
    return reports.Attempt(
        "default", f"pod-{name}", uid or f"uid-{name}", workload, spec_hash, at, at - SECOND, **fields
    )


def _later(number: int | str, *, ago: float, **fields: Any) -> pods.Pod:
    """Return a pod that was made so many seconds ago, and has been Ready since; with the sidecar unless said so."""
    at = builders.NOW - datetime.timedelta(seconds=ago)
    made = {"created": at, "ready_since": at, "workload": WEB, **fields}
    return builders.pod(number, builders.NEW, **made)


def _plan(*found: pods.Pod, wanted: sidecarsets.SidecarSet | None = None, **context: Any) -> plans.SetPlan:
    return builders.plan_set(wanted or _set(), found, **{"policies": [EVICT], **context})


def _evicted(planned: plans.SetPlan) -> list[str]:
    return [each.pod.name.removeprefix("pod-") for each in planned.evictions]


# --- who asks for it


@pytest.mark.parametrize(
    ("said", "is_wanted"),
    [
        ((), False),
        ((None,), False),
        ((policies.Repair.OFF,), False),
        ((policies.Repair.EVICT,), True),
        ((policies.Repair.EVICT, None), True),
        ((policies.Repair.EVICT, policies.Repair.EVICT), True),
        ((policies.Repair.EVICT, policies.Repair.OFF), False),
    ],
)
def test_one_policy_asks_and_none_forbids(said: tuple[policies.Repair | None, ...], is_wanted: bool) -> None:
    """Who says nothing has no opinion; nobody saying anything means Off."""
    found = [builders.policy(f"policy-{number}", repair=each) for number, each in enumerate(said)]
    planned = _plan(_bare(), policies=found)
    assert (planned.repair.is_wanted, len(planned.evictions)) == (is_wanted, int(is_wanted))


@pytest.mark.parametrize(
    ("policy", "update", "words"),
    [
        ({"rejection": "it was refused"}, {}, "it was refused"),
        ({"freezes": (policies.Freeze("Incident 42"),)}, {}, "Incident 42"),
        ({"windows": (policies.Window(policies.WindowType.ALLOW, "0 13 * * *", 60 * MINUTE),)}, {}, "window opens"),
        ({}, {"paused": True}, "updateStrategy.paused is true"),
        ({}, {"type": sidecarsets.StrategyType.NOT_UPDATE}, "NotUpdate"),
    ],
)
def test_what_stops_moves_stops_evictions(policy: dict[str, Any], update: dict[str, Any], words: str) -> None:
    """The words are those of the hold, and how many wait is told."""
    governing = dataclasses.replace(EVICT, **policy)
    planned = _plan(_bare(), wanted=_set(update=update), policies=[governing])
    assert (planned.evictions, planned.repair.waiting) == ((), 1)
    assert words in planned.repair.message


def test_a_missed_deadline_stops_evictions() -> None:
    """While the pods of a move don't come up nobody else is taken down."""
    live = {"container_id": "id-0", "is_ready": False, "waiting": "ImagePullBackOff"}
    stuck = builders.pod(1, builders.NEW, ready=False, move=builders.moved(ago=601), live=live)
    late = dataclasses.replace(EVICT, progress_deadline=10 * MINUTE)
    planned = _plan(stuck, _bare(), wanted=_set(max_unavailable=2), policies=[late])
    assert (planned.evictions, planned.repair.waiting) == ((), 1)
    assert "progressDeadlineSeconds" in planned.repair.message
    assert _evicted(_plan(stuck, _bare(), wanted=_set(max_unavailable=2))) == ["0"]


def test_a_closed_window_wakes_for_bare_pods() -> None:
    """The daemon comes at the opening though nobody has drifted; without repair there is nothing to come for."""
    window = policies.Window(policies.WindowType.ALLOW, "0 13 * * *", 60 * MINUTE)
    closed = builders.policy(windows=(window,))
    assert _plan(_bare(), policies=[closed, EVICT]).wakes_at == builders.NOW + 60 * MINUTE
    assert _plan(_bare(), policies=[closed]).wakes_at is None


# --- whom


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ""),
        ({"workload": "StatefulSet/db"}, ""),
        ({"workload": "DaemonSet/node-agent"}, ""),
        ({"workload": "Rollout/canary"}, ""),
        ({"ready": False}, ""),
        ({"workload": ""}, "no controller owns it"),
        ({"workload": "Job/nightly"}, "its Job"),
        ({"workload": "CronJob/nightly"}, "its CronJob"),
        ({"workload": "Node/node-1"}, "a kubelet reads from a file"),
        ({"namespace": "kube-system"}, "kube-system"),
        ({"labels": {"app": "web", "gitsidecar.io/inject": "false"}}, "keeps all sidecars out"),
        ({"containers": (builders.container("logtail"),)}, "container logtail may come from its own template"),
    ],
)
def test_only_who_comes_back_better(fields: dict[str, Any], words: str) -> None:
    """The others are told why not, and don't count among those that wait."""
    pod = _bare(**fields)
    planned = _plan(pod)
    assert len(planned.evictions) == int(not words)
    assert planned.repair.waiting == 0
    [found] = explaining.explain(plans.Plan(builders.NOW, "", (planned,)), pods.snapshot([pod]), pod).sets
    assert (words or "evicted next, as number 1 of 1: it lacks the sidecars") in found.repair


@pytest.mark.parametrize("fields", [{"is_deleting": True}, {"phase": "Succeeded"}, {"labels": {"app": "other"}}])
def test_who_does_not_count(fields: dict[str, Any]) -> None:
    """Pods that end, or are not selected, are nobody's concern."""
    assert _plan(_bare(**fields)).evictions == ()


def test_namespaces_that_the_webhook_leaves_alone() -> None:
    """A new pod there would be as bare."""
    planned = _plan(_bare(), spared=candidates.Spared(namespaces={"default"}))
    assert planned.evictions == ()
    assert "leaves the pods of namespace default alone" in planned.repair.owners["default", WEB]


def test_a_set_that_claims_the_same_container() -> None:
    """Injection would refuse both, so neither set evicts."""
    rival = builders.sidecar_set(name="other", sidecars=(sidecarsets.Sidecar("logtail", "x:1"),))
    found = builders.plan_sets([_set(), rival], [_bare()], policies=[EVICT])
    assert [planned.evictions for planned in found.sets] == [(), ()]


def test_two_sets_evict_a_pod_once() -> None:
    """The new pod gets both."""
    other = builders.sidecar_set(name="proxy")
    first, second = builders.plan_sets([_set(), other], [_bare()], policies=[EVICT]).sets
    assert (len(first.evictions), second.evictions) == (1, ())
    assert "another set" in next(iter(second.repair.resting.values()))


def test_two_sets_share_the_turns_of_an_owner() -> None:
    """Where both lack in all its pods, one pod at a time goes all the same, now and while nobody is Ready for it."""
    sets = [_set(), builders.sidecar_set(name="proxy")]
    found = builders.plan_sets(sets, map(_bare, range(3)), policies=[EVICT])
    assert [_evicted(planned) for planned in found.sets] == [["2"], []]
    words = f"pod-2 goes first: one pod of {WEB} at a time"
    assert found.sets[1].repair.owners == {("default", WEB): words}
    late = builders.plan_sets(sets, map(_bare, range(3)), policies=[EVICT], history=_tried(_try()))
    assert [_evicted(planned) for planned in late.sets] == [[], []]


def test_two_sets_share_the_tries_of_an_owner() -> None:
    """Two an hour, whichever set they are for; the plan wakes for the second set, though the first is left alone."""
    tries = [_try(f"gone-{number}", ago=600 - 60 * number) for number in range(2)]
    sets = [_set(), builders.sidecar_set(name="proxy")]
    its = dataclasses.replace(EVICT, targets=(builders.target("proxy"),))
    pods_of = [_later("bad", ago=20, marks=(), containers=()), _bare(0)]
    _, second = builders.plan_sets(sets, pods_of, policies=[its], history=_tried(*tries)).sets
    assert _evicted(second) == []
    assert "2 pods of Deployment/web were evicted within the hour" in second.repair.owners["default", WEB]
    assert second.wakes_at is not None
    _, second = builders.plan_sets(sets, pods_of, policies=[its], history=_tried(*tries), after=3000).sets
    assert len(second.evictions) == 1


@pytest.mark.parametrize(
    ("injection", "words"),
    [
        ({"paused": True}, "injectionStrategy.paused"),
        ({"revision": {"revisionName": "v1-gone"}}, "names v1-gone, which is not among"),
    ],
)
def test_a_new_pod_must_get_sidecars(injection: dict[str, Any], words: str) -> None:
    """Nobody is evicted for a spec that cannot be had."""
    planned = _plan(_bare(), wanted=_set(injection=injection))
    assert planned.evictions == ()
    assert words in " ".join([planned.repair.message, *planned.repair.resting.values()])


# --- another shape


def _misshapen(number: int, **fields: Any) -> pods.Pod:
    mark = builders.mark(builders.OLD, shape="v1-other")
    return builders.pod(number, workload=f"Deployment/web-{number}", marks=(mark,), **fields)


def test_another_shape_is_evicted_too() -> None:
    """It stays held as NotUpgradable meanwhile: every drifted pod is an action or a hold."""
    planned = _plan(_misshapen(1))
    assert builders.reasons(planned) == {"1": "NotUpgradable"}
    [eviction] = planned.evictions
    assert (eviction.is_bare, eviction.pod.name) == (False, "pod-1")
    assert eviction.message.startswith("more differs than an image (")


@pytest.mark.parametrize(
    ("partition", "updated", "evicted"),
    [(0, 0, 3), ("100%", 0, 0), (3, 0, 0), (2, 0, 1), (1, 0, 2), (1, 1, 2), (2, 1, 1), (3, 1, 0)],
)
def test_a_partition_keeps_shapes_too(partition: int | str, updated: int, evicted: int) -> None:
    """No more are evicted than will come back with the latest spec."""
    newer = [builders.pod(10 + number, builders.NEW) for number in range(updated)]
    wanted = _set(partition=partition, max_unavailable="100%")
    planned = _plan(*newer, *(_misshapen(number) for number in range(3)), wanted=wanted)
    assert len(planned.evictions) == evicted
    if evicted < 3:
        assert "would not get the latest spec either" in next(iter(planned.repair.resting.values()))


@pytest.mark.parametrize(("partition", "evicted"), [(0, 2), (1, 1), (2, 0)])
def test_who_has_not_come_back_yet_is_counted(partition: int, evicted: int) -> None:
    """It comes with the latest spec, and before whoever is evicted now."""
    wanted = _set(partition=partition, max_unavailable=3)
    gone = _try(workload="Deployment/gone", is_bare=False)
    planned = _plan(*(_misshapen(number) for number in range(2)), wanted=wanted, history=_tried(gone))
    assert len(planned.evictions) == evicted


def test_a_partition_is_no_matter_for_bare_pods() -> None:
    """They come back with the stable spec, which is better than none."""
    assert _evicted(_plan(_bare(), builders.pod(1), wanted=_set(partition="100%"))) == ["0"]


def test_shapes_that_a_template_brings_stay() -> None:
    """An adopted pod would come back as it is; so might one that carries a mark of a move in an adopting set."""
    differing = {"shape": '{"env":[{"name":"TZ","value":"UTC"}]}'}
    sidecar = sidecarsets.Sidecar("logtail", builders.NEW, shape='{"env":[{"name":"TZ","value":"CET"}]}')
    wanted = _set(sidecars=(sidecar,), is_adopting=True, max_unavailable=3)
    old = builders.mark(builders.OLD, shape="v1-other")
    moved = dataclasses.replace(old, move=builders.moved(ago=9999))
    found = [
        builders.pod(number, live=differing, marks=marks, workload=f"Deployment/web-{number}")
        for number, marks in enumerate([(), (old,), (moved,)])
    ]
    planned = _plan(*found, wanted=wanted)
    assert set(builders.reasons(planned).values()) == {"NotUpgradable"}
    assert _evicted(planned) == ["1"]


def test_hot_pairs_stay() -> None:
    """Only their image differs: a person upgrades them, or nobody."""
    pair = [sidecarsets.Sidecar(f"logtail-{number}", builders.NEW, pair="logtail") for number in (1, 2)]
    live = [builders.container(each.name) for each in pair]
    mark = dataclasses.replace(builders.mark(), containers=tuple(each.name for each in pair))
    pod = builders.pod(containers=tuple(live), marks=(mark,), workload=WEB)
    planned = _plan(pod, wanted=_set(sidecars=tuple(pair)))
    assert (builders.reasons(planned), planned.evictions) == ({"0": "NotUpgradable"}, ())


# --- how many, in which order


def _owners(number: int, **fields: Any) -> list[pods.Pod]:
    return [_bare(each, workload=f"Deployment/web-{each}", **fields) for each in range(number)]


@pytest.mark.parametrize(
    ("limit", "others", "evicted"),
    [
        (0, [], 0),
        (1, [], 1),
        (2, [], 2),
        ("25%", [], 2),  # of eight: five bare, three matched
        (2, ["flying"], 1),
        (2, ["flying", "flying"], 0),
        (2, ["old"], 1),  # it moves now
        (3, ["old", "flying"], 1),
        (2, ["ailing"], 2),  # it moves in a lane of its own
    ],
)
def test_the_budget_that_moves_leave(limit: int | str, others: list[str], evicted: int) -> None:
    """What moves now, or is down already by our doing, comes first."""
    kinds = {
        "flying": lambda number: builders.flying(number),
        "old": lambda number: builders.pod(number),
        "ailing": lambda number: builders.pod(number, ready=False),
    }
    matched = [kinds[each](100 + number) for number, each in enumerate(others)]
    matched += [builders.pod(200 + number, builders.NEW) for number in range(3 - len(matched))]
    planned = _plan(*matched, *_owners(5), wanted=_set(max_unavailable=limit))
    assert (len(planned.evictions), planned.repair.waiting) == (evicted, 5 - evicted)
    assert f"maxUnavailable {limit} allows" in planned.repair.message


def test_one_that_is_not_ready_costs_as_much() -> None:
    """It is somebody's pod, and an eviction is no patch."""
    assert len(_plan(*_owners(5, ready=False), wanted=_set(max_unavailable=2)).evictions) == 2


def test_the_order() -> None:
    """Not Ready before Ready, the youngest first; and what comes in another order is planned in the same."""
    found = [*_owners(3), _bare("x", workload="Deployment/x", ready=False, created=builders.LONG_AGO)]
    wanted = _set(max_unavailable=4)
    assert _evicted(_plan(*found, wanted=wanted)) == ["x", "2", "1", "0"]
    assert _plan(*found, wanted=wanted) == _plan(*reversed(found), wanted=wanted)


def test_one_pod_of_an_owner_at_a_time() -> None:
    """However wide the budget is."""
    planned = _plan(*map(_bare, range(5)), wanted=_set(max_unavailable=5))
    assert _evicted(planned) == ["4"]
    assert planned.repair.owners == {("default", WEB): f"pod-4 goes first: one pod of {WEB} at a time"}


def test_an_owner_that_made_a_pod_just_now_waits() -> None:
    """Pods are dated in whole seconds: the next one could not be told from this one."""
    planned = _plan(_bare(0), _later(1, ago=3))
    assert planned.evictions == ()
    assert planned.wakes_at == builders.NOW + 2 * SECOND
    assert _evicted(_plan(_bare(0), _later(1, ago=5))) == ["0"]


@pytest.mark.parametrize(
    ("pace", "moves", "recent", "evicted"), [(3, 1, 0, 2), (1, 1, 0, 0), (3, 0, 2, 1), (2, 0, 2, 0)]
)
def test_the_pace_is_shared(pace: int, moves: int, recent: int, evicted: int) -> None:
    """Moves of this pass, and evictions of the last minute, count."""
    tries = [_try(f"gone-{number}", ago=30, workload=f"Deployment/gone-{number}") for number in range(recent)]
    back = [_later(f"back-{number}", ago=20, workload=f"Deployment/gone-{number}") for number in range(recent)]
    old = [builders.pod(100 + number) for number in range(moves)]
    limited = builders.policy("calm", pods_per_minute=pace)
    wanted = _set(max_unavailable="100%")
    planned = _plan(*back, *old, *_owners(5), wanted=wanted, policies=[EVICT, limited], history=_tried(*tries))
    assert (len(planned.actions), len(planned.evictions)) == (moves, evicted)
    assert "podsPerMinute" in planned.repair.message
    assert planned.wakes_at is not None
    assert planned.wakes_at <= builders.NOW + MINUTE


def test_the_pace_is_shared_by_sets() -> None:
    """Those that come later in the pass get what is left of it."""
    sets = [_set(), builders.sidecar_set(name="proxy")]
    limited = builders.policy("calm", pods_per_minute=1)
    found = builders.plan_sets(sets, _owners(2), policies=[EVICT, limited]).sets
    assert [len(planned.evictions) for planned in found] == [1, 0]
    assert "podsPerMinute" in found[1].repair.message


# --- what became of earlier ones


def test_a_noted_pod_goes_first() -> None:
    """A note whose pod is there was not carried out: it is no try, and still to be made."""
    planned = _plan(*map(_bare, range(3)), history=_tried(_try("0", ago=600)))
    [eviction] = planned.evictions
    assert (eviction.pod.name, eviction.noted_at) == ("pod-0", builders.NOW - 600 * SECOND)


@pytest.mark.parametrize("stale", [{"ago": 3601}, {"spec": "v1-older"}])
def test_an_old_note_is_made_again(stale: dict[str, Any]) -> None:
    """After an hour, or for another spec."""
    [eviction] = _plan(_bare(0), history=_tried(_try("0", **stale))).evictions
    assert eviction.noted_at is None


@pytest.mark.parametrize(
    ("back", "is_waiting"),
    [
        ([], True),
        ([{"ready": False}], True),
        ([{"ready": False, "marks": (), "containers": ()}], True),
        ([{}], False),
        ([{"marks": (), "containers": ()}], False),
    ],
)
def test_the_next_one_waits_for_somebody_ready(back: list[dict[str, Any]], is_waiting: bool) -> None:
    """Of the same owner; and of others while the budget is used up by it."""
    found = [_later(f"back-{number}", ago=30, **fields) for number, fields in enumerate(back)]
    planned = _plan(*found, _bare(0), _bare("x", workload="Deployment/x"), history=_tried(_try()))
    assert (planned.evictions == ()) == is_waiting
    wide = _plan(
        *found, _bare(0), _bare("x", workload="Deployment/x"), wanted=_set(max_unavailable=3), history=_tried(_try())
    )
    assert ("x" in _evicted(wide), len(wide.evictions) == 1) == (True, is_waiting)


def test_who_was_there_before_has_not_come_for_it() -> None:
    """The owner's youngest pod of that time is Ready, and no answer to the eviction."""
    assert _plan(_later("youngest", ago=61), _bare(0), history=_tried(_try(ago=60))).evictions == ()
    assert _evicted(_plan(_later("younger", ago=60), _bare(0), history=_tried(_try(ago=60)))) == ["0"]


def test_an_eviction_uses_the_budget_of_moves() -> None:
    """Who was taken down by us is down, whichever way."""
    planned = _plan(builders.pod(1), history=_tried(_try()))
    assert (planned.actions, builders.reasons(planned)) == ((), {"1": "BudgetExhausted"})
    assert "1 of them evicted" in planned.holds[0].message
    assert builders.moves(_plan(builders.pod(1), history=_tried(_try(ago=601)))) == ["1"]


def test_a_pod_that_takes_its_time_to_end_is_not_lost() -> None:
    """That of a StatefulSet is not replaced before it has ended, so after ten minutes nothing is given back."""
    ending = _bare("gone", is_deleting=True)
    planned = _plan(builders.pod(1), ending, history=_tried(_try(ago=900)))
    assert builders.reasons(planned) == {"1": "BudgetExhausted"}
    lost = [_try(f"gone-{number}", ago=900, workload=f"Deployment/{number}") for number in range(3)]
    found = [_bare(f"gone-{number}", is_deleting=True, workload=f"Deployment/{number}") for number in range(3)]
    assert _plan(*found, history=_tried(*lost)).repair.breaker == ""


def test_min_ready_seconds_count() -> None:
    """The pod that came has to settle before the next goes."""
    settling = dataclasses.replace(EVICT, min_ready=60 * SECOND)
    back = _later("back", ago=30)
    planned = _plan(back, _bare(0), history=_tried(_try()), policies=[settling])
    assert (planned.evictions, planned.wakes_at) == ((), builders.NOW + 30 * SECOND)
    assert _evicted(_plan(back, _bare(0), history=_tried(_try()), policies=[settling], after=30)) == ["0"]


@pytest.mark.parametrize(
    ("tries", "good", "bad", "evicted"),
    [(1, 0, 1, 1), (2, 0, 1, 0), (2, 1, 0, 1), (2, 2, 0, 1), (5, 5, 0, 1), (5, 4, 0, 1), (5, 3, 1, 0)],
)
def test_two_tries_that_brought_nothing(tries: int, good: int, bad: int, evicted: int) -> None:
    """Evictions that brought a good pod are no tries: twenty bare pods are repaired one by one."""
    made = [_try(f"gone-{number}", ago=600 - 60 * number) for number in range(tries)]
    back = [_later(f"good-{number}", ago=20) for number in range(good)]
    back += [_later(f"bad-{number}", ago=20, marks=(), containers=()) for number in range(bad)]
    planned = _plan(*back, _bare(0), history=_tried(*made))
    assert len(planned.evictions) == evicted
    if not evicted:
        words = planned.repair.owners["default", WEB]
        assert "were evicted within the hour and none better came" in words
        assert planned.wakes_at is not None
        assert len(_plan(*back, _bare(0), history=_tried(*made), after=3600 - 540).evictions) == 1


def test_the_stable_spec_is_good() -> None:
    """A full partition gives it: the pod is not bare any more."""
    stable = builders.mark("older", shape="v1-other")
    back = _later("back", ago=20, marks=(stable,))
    history = _tried(*(_try(f"gone-{number}") for number in range(2)), stable=stable.spec_hash)
    wanted = _set(partition="100%")
    assert _evicted(_plan(back, _bare(0), wanted=wanted, history=history)) == ["0"]


def test_another_shape_again_is_not_good() -> None:
    """A webhook that does not count gives the stable spec: who was evicted for his shape is no better by that."""
    stable = builders.mark("older", shape="v1-other")
    found = [_later(f"back-{number}", ago=20 + number, marks=(stable,)) for number in range(3)]
    tries = [_try(f"gone-{number}", is_bare=False) for number in range(2)]
    history, wanted = _tried(*tries, stable=stable.spec_hash), _set(partition=1, max_unavailable=2)
    planned = _plan(*found, wanted=wanted, history=history)
    assert (planned.evictions, planned.repair.breaker) == ((), "")
    assert "2 pods of Deployment/web were evicted" in planned.repair.owners["default", WEB]
    third = _try("gone-3", is_bare=False)
    assert _plan(*found, wanted=wanted, history=_tried(*tries, third, stable=stable.spec_hash)).repair.breaker


def test_a_scale_up_is_no_failure() -> None:
    """New pods beyond those for which others went get the stable spec, as they should."""
    stable = builders.mark("older", shape="v1-other")
    more = [_later(f"more-{number}", ago=20, marks=(stable,)) for number in range(4)]
    good = [_later(f"good-{number}", ago=20) for number in range(3)]
    tries = [_try(f"gone-{number}", is_bare=False) for number in range(3)]
    wanted = _set(partition=4)
    planned = _plan(*good, *more, _bare(0), wanted=wanted, history=_tried(*tries, stable=stable.spec_hash))
    assert (_evicted(planned), planned.repair.breaker) == (["0"], "")


def test_the_named_spec_is_good() -> None:
    """`injectionStrategy.revision` asks for it, whatever its shape."""
    named = builders.mark("older", shape="v1-other")
    wanted = _set(injection={"revision": {"revisionName": named.spec_hash}})
    owners = [f"Deployment/owner-{number}" for number in range(3)]
    tries = tuple(_try(f"gone-{each}", workload=each) for each in owners)
    back = [_later(f"back-{each}", ago=20, marks=(named,), workload=each) for each in owners]
    known = histories.SetHistory(wanted, 1, "4f2a9c1", specs={named.spec_hash: '{"spec":{}}'}, attempts=tries)
    planned = _plan(*back, _bare(0), wanted=wanted, history=histories.History(sets={"logtail": known}))
    assert (_evicted(planned), planned.repair.breaker) == (["0"], "")


# --- the breaker


@pytest.mark.parametrize(
    ("bad", "again", "lost", "is_open"),
    [(2, 0, 0, False), (3, 0, 0, True), (2, 1, 0, True), (1, 2, 0, True), (0, 0, 2, False), (0, 0, 3, True)],
)
def test_three_failures_open_the_breaker(bad: int, again: int, lost: int, is_open: bool) -> None:
    """Pods that came back bare, such as were evicted again, and evictions that nobody came back from."""
    owners = [f"Deployment/owner-{number}" for number in range(bad + lost)]
    tries = [_try(f"gone-{owner[-1]}", ago=900, workload=owner) for owner in owners]
    back = [_later(f"bad-{each}", ago=800, workload=each, marks=(), containers=()) for each in owners[:bad]]
    tries += [_try(f"again-{number}", ago=880, workload=owners[0], is_again=True) for number in range(again)]
    planned = _plan(*back, _bare("x", workload="Deployment/x"), history=_tried(*tries))
    assert bool(planned.repair.breaker) == is_open
    assert ("x" in _evicted(planned) or bool(planned.evictions)) != is_open
    if is_open:
        assert "look whether the webhook answers" in planned.repair.message
        later = _plan(*back, _bare("x", workload="Deployment/x"), history=_tried(*tries), after=3600 - 880)
        assert not later.repair.breaker
    other = [dataclasses.replace(each, spec_hash="v1-older") for each in tries]
    assert not _plan(*back, _bare("x"), history=_tried(*other)).repair.breaker


def test_good_pods_close_it() -> None:
    """Whoever made them."""
    tries = [_try(f"gone-{number}", workload=f"Deployment/owner-{number}") for number in range(3)]
    back = [_later(f"good-{number}", ago=20, workload=f"Deployment/owner-{number}") for number in range(3)]
    planned = _plan(*back, _bare(0), history=_tried(*tries))
    assert (_evicted(planned), planned.repair.breaker) == (["0"], "")


# --- rests, and the same plan again


def test_rests_are_obeyed() -> None:
    """A pod that a budget keeps gives its turn to another owner's; a set that may not evict says why."""
    found = [_bare(0), _bare("x", workload="Deployment/x")]
    spared = candidates.Spared(pods={"uid-x": "the PodDisruptionBudget x allows none now"})
    assert _evicted(_plan(*found, spared=spared)) == ["0"]
    refused = candidates.Spared(sets={"logtail"}, refusals={"logtail": "evicting pods is forbidden"})
    planned = _plan(*found, spared=refused)
    assert (planned.evictions, planned.repair.refusal) == ((), "evicting pods is forbidden")
    assert _plan(builders.pod(1), spared=refused).repair.refusal == ""
    silent = _plan(*found, spared=candidates.Spared(silence="the webhook is not registered yet"))
    assert (silent.evictions, silent.repair.message) == (
        (),
        "a new pod might come back bare: the webhook is not registered yet",
    )


def test_a_new_process_plans_the_same() -> None:
    """From pods and the branch alone, whatever a process before has kept in memory."""
    history = _tried(_try("gone"), _try("0", ago=30))
    found = [_later("back", ago=20), *map(_bare, range(3)), *(builders.pod(number) for number in (7, 8))]
    assert _plan(*found, history=history) == _plan(*found, history=history)
    assert attempts.TRIES == 2


def test_off_is_said_of_a_bare_pod() -> None:
    """Without any policy, or with one that says Off."""
    pod = _bare()
    planned = _plan(pod, policies=[])
    [found] = explaining.explain(plans.Plan(builders.NOW, "", (planned,)), pods.snapshot([pod]), pod).sets
    assert found.repair == "repair is Off: it comes injected when it is recreated"


def test_a_noted_pod_that_cannot_go_blocks_nobody() -> None:
    """It was labelled to stay bare meanwhile: the next one of its owner is noted instead."""
    opted_out = _bare(0, labels={"app": "web", "gitsidecar.io/inject": "false"})
    assert _evicted(_plan(opted_out, _bare(1), history=_tried(_try("0", ago=600)))) == ["1"]
    resting = candidates.Spared(pods={"uid-0": "the PodDisruptionBudget web allows none now"})
    planned = _plan(_bare(0), _bare(1), history=_tried(_try("0", ago=600)), spared=resting)
    assert (planned.evictions, planned.repair.owners) == (
        (),
        {("default", WEB): f"pod-0 goes first: one pod of {WEB} at a time"},
    )
