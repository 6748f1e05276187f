"""A pod is explained as the plan decides about it, in the plan's words, with the labels and numbers behind them."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitsidecar.model import desires, explanations, findings, histories, plans, pods, policies, selectors, sidecarsets
from gitsidecar.planning import explaining, planner
from tests.unit.planning import builders

State = explanations.State
CANARY = {"selector": builders.labelled(canary="yes")}
HEALED = (builders.mark(builders.NEW, move=builders.moved(heal=True)),)
NIGHTS = policies.Window(policies.WindowType.ALLOW, "0 2 * * *", datetime.timedelta(hours=4), "Europe/Berlin")

_law = settings(max_examples=60, deadline=None)  # the machine of a busy CI is slow now and then


def policy(name: str = "nights", **fields: Any) -> policies.RolloutPolicy:
    """Return a policy for all sets."""
    return policies.RolloutPolicy(name, findings.Place(f"{name}.yaml", 1, 1), **fields)


def planned(
    sets: Iterable[sidecarsets.SidecarSet], snapshot: pods.Snapshot, asked: Iterable[policies.RolloutPolicy] = ()
) -> plans.Plan:
    """Plan *sets*, obeying the policies *asked*."""
    desired = desires.Desired(builders.REVISION, tuple(sets), policies=tuple(asked))
    return planner.plan(desired, snapshot, histories.History(), builders.NOW)


def explain(
    wanted: sidecarsets.SidecarSet,
    found: pods.Pod,
    others: Iterable[pods.Pod] = (),
    *,
    asked: Iterable[policies.RolloutPolicy] = (),
    namespaces: Mapping[str, Mapping[str, str]] | None = None,
) -> explanations.SetExplanation:
    """Explain *found*, one pod among *others*, for one set."""
    snapshot = pods.snapshot([found, *others], namespaces)
    [explained] = explaining.explain(planned([wanted], snapshot, asked), snapshot, found).sets
    return explained


_ENTRIES: list[tuple[str, dict[str, Any], pods.Pod, State, str]] = [
    ("done", {}, builders.pod(1, builders.NEW), State.UP_TO_DATE, ""),
    ("another label", {}, builders.pod(1, labels={"app": "api"}), State.UNSELECTED, ""),
    ("being deleted", {}, builders.pod(1, is_deleting=True), State.ENDING, ""),
    ("ended", {}, builders.pod(1, phase="Succeeded"), State.ENDING, ""),
    ("bare", {}, builders.pod(1, marks=()), State.NOT_COUNTED, ""),
    ("drifted", {}, builders.pod(1), State.MOVES_NOW, "logtail: logtail:0.16.16 -> logtail:0.16.18"),
    ("adopted", {"is_adopting": True}, builders.pod(1, marks=()), State.MOVES_NOW, "logtail: logtail:0.16.16 -> "),
    ("moved", {}, builders.flying(1), State.IN_FLIGHT, "the kubelet has not restarted logtail yet"),
    ("bad image", {}, builders.flying(1, waiting="ErrImagePull"), State.IN_FLIGHT, "logtail ImagePullBackOff: it cann"),
    ("slow", {}, builders.flying(1, container_id="id-1"), State.IN_FLIGHT, "restarted, and not ready yet"),
    ("new pod", {}, builders.pod(1, builders.NEW, ready=False), State.STARTING, "the pod is not Ready"),
    ("unreadable", {}, builders.pod(1, fault="its annotation is no JSON"), State.HELD, "its annotation is no JSON"),
    ("refused", {"rejection": "logtail.yaml:3:1: no"}, builders.pod(1), State.HELD, "logtail.yaml:3:1: no"),
    ("paused", {"update": {"paused": True}}, builders.pod(1), State.HELD, "updateStrategy.paused is true"),
    ("canaries only", {"update": CANARY}, builders.pod(1), State.HELD, "updateStrategy.selector does not match"),
    ("another shape", {"shape_hash": "v1-x"}, builders.pod(1), State.HELD, "only an image can change"),
    ("rewritten", {}, builders.pod(1, marks=HEALED), State.HELD, "someone changes the image after us"),
    ("kept", {"partition": 1}, builders.pod(1), State.HELD, "partition 1 keeps 1 of 1 pods old"),
    ("no budget", {"max_unavailable": 0}, builders.pod(1), State.HELD, "maxUnavailable 0 lets no healthy pod move"),
]


@pytest.mark.parametrize(
    ("wanted", "found", "state", "words"), [row[1:] for row in _ENTRIES], ids=next(zip(*_ENTRIES, strict=True))
)
def test_the_states(wanted: dict[str, Any], found: pods.Pod, state: State, words: str) -> None:
    """Each state has its pods, and a message that says why, empty where the selection or the count says it."""
    explained = explain(builders.sidecar_set(**wanted), found)
    assert explained.state is state
    assert explained.message.startswith(words)
    assert bool(explained.message) == bool(words)


def test_a_native_sidecar_is_explained_like_any_other() -> None:
    """A sidecar of initContainers moves in place, and its images are told under its name."""
    native = sidecarsets.Sidecar("logtail", builders.NEW, is_native=True)
    explained = explain(builders.sidecar_set(sidecars=(native,)), builders.pod(1, live={"is_native": True, "index": 0}))
    assert explained.state is State.MOVES_NOW
    assert explained.running is not None
    assert (explained.running.images, explained.latest.images) == ({"logtail": builders.OLD}, {"logtail": builders.NEW})


def test_what_runs_and_what_is_latest() -> None:
    """Spec hash, commit and time of the pod's annotation, beside those of the newest spec."""
    explained = explain(builders.sidecar_set(), builders.pod(1, move=builders.moved(ago=300)))
    assert explained.running == explanations.Spec({"logtail": builders.OLD}, f"v1-{builders.OLD}", "0000000")
    assert explained.latest == explanations.Spec({"logtail": builders.NEW}, f"v1-{builders.NEW}", builders.REVISION)
    assert explained.moved_at == builders.NOW - datetime.timedelta(seconds=300)


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        (builders.labelled(app="web"), 'label app is "web"'),
        (builders.labelled(app="api"), 'label app is "web", the set wants "api"'),
        (
            builders.labelled(app="api", tier="x"),
            'label app is "web", the set wants "api"; label tier is missing, the set wants "x"',
        ),
        (selectors.Selector(), "the set asks for no label"),
    ],
)
def test_the_selection_names_the_labels(selector: selectors.Selector, words: str) -> None:
    """All that the set asks for where it selects; where it does not, only what is not so."""
    assert explain(builders.sidecar_set(selector=selector), builders.pod(1)).selection == words


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        (("app", "In", ("api", "db")), 'label app is "web", the set wants "api" or "db"'),
        (("app", "NotIn", ("web",)), 'label app is "web", the set wants anything but "web"'),
        (("team", "Exists", ()), "label team is missing, the set wants any value"),
        (("app", "DoesNotExist", ()), 'label app is "web", the set wants it missing'),
        (("team", "DoesNotExist", ()), "label team is missing"),
    ],
)
def test_the_selection_names_each_requirement(requirement: tuple[str, str, tuple[str, ...]], words: str) -> None:
    """`matchExpressions` are told as what the label is and what it should be."""
    key, operator, values = requirement
    selector = selectors.Selector(requirements=(selectors.Requirement(key, selectors.Operator(operator), values),))
    assert explain(builders.sidecar_set(selector=selector), builders.pod(1)).selection == words


def test_a_namespace_that_is_not_selected_is_said() -> None:
    """The label is the namespace's; the pod's own, which match, are left out."""
    wanted = builders.sidecar_set(namespace_selector=builders.labelled(team="shop"))
    explained = explain(wanted, builders.pod(1), namespaces={"default": {"env": "test"}})
    assert explained.state is State.UNSELECTED
    assert explained.selection == 'namespace label team is missing, the set wants "shop"'


def test_namespaces_that_nobody_knows_are_no_verdict() -> None:
    """A saved list may lack the namespaces, and then a missing label proves little."""
    wanted = builders.sidecar_set(namespace_selector=builders.labelled(team="shop"))
    assert "only the namespace's name is known" in explain(wanted, builders.pod(1)).selection


def test_the_update_selector_is_explained_too() -> None:
    """A pod that counts and must not move is told by which label."""
    explained = explain(builders.sidecar_set(update=CANARY), builders.pod(1))
    assert explained.reason is plans.HoldReason.NOT_SELECTED
    assert explained.update_selection == 'label canary is missing, the update selector wants "yes"'


_TAIL = sidecarsets.Sidecar("tail", "tail:1")


@pytest.mark.parametrize(
    ("wanted", "found", "words"),
    [
        ({}, {}, "its annotation gitsidecar.io/sidecars names the set"),
        ({}, {"marks": ()}, 'not adopted: the set has no annotation gitsidecar.io/adopt: "true"'),
        ({"is_adopting": True}, {"marks": ()}, "adopted: it has all containers of the set"),
        ({"sidecars": (_TAIL,), "is_adopting": True}, {"marks": ()}, "container tail is missing"),
        ({"sidecars": (_TAIL,)}, {"marks": ()}, "container tail is missing"),
        ({}, {"containers": ()}, "container logtail is missing"),
        (
            {"is_adopting": True},
            {"marks": (), "live": {"is_native": True}},
            "container logtail is one of initContainers, the set has it in containers",
        ),
        ({}, {"is_deleting": True}, "it is being deleted"),
        ({}, {"phase": "Failed"}, "it has ended (Failed)"),
        ({}, {"fault": "broken"}, "it cannot be read, and counts as one that stays old"),
    ],
)
def test_the_count_is_explained(wanted: dict[str, Any], found: dict[str, Any], words: str) -> None:
    """Why a selected pod is one of the set's, or what it lacks."""
    assert explain(builders.sidecar_set(**wanted), builders.pod(1, **found)).counting == words


def test_the_turn_is_the_place_in_sending_order() -> None:
    """Of the pods that move now, the last in order is the third of three."""
    fleet = [builders.pod(number) for number in range(5)]
    wanted = builders.sidecar_set(max_unavailable=3)
    last = planned([wanted], pods.snapshot(fleet)).sets[0].actions[-1].pod
    assert explain(wanted, last, [pod for pod in fleet if pod is not last]).turn == explanations.Turn(3, 3)


def _lines(
    wanted: sidecarsets.SidecarSet, fleet: list[pods.Pod], asked: Iterable[policies.RolloutPolicy] = ()
) -> dict[str, tuple[str, int]]:
    """Return name → (reason, pods ahead) of the pods that stand in line."""
    snapshot = pods.snapshot(fleet)
    plan = planned([wanted], snapshot, asked)
    found = {pod.name: explaining.explain(plan, snapshot, pod).sets[0] for pod in fleet}
    return {name: (str(each.reason), each.line.ahead) for name, each in found.items() if each.line is not None}


def test_healthy_pods_wait_behind_healthy_pods() -> None:
    """The budget's line counts from the first that it holds; ailing pods in front cost no budget and don't delay it."""
    fleet = [builders.pod(number, ready=number > 1) for number in range(6)]  # the younger move first
    assert _lines(builders.sidecar_set(max_unavailable=1), fleet) == {
        "pod-0": ("BudgetExhausted", 0),
        "pod-4": ("BudgetExhausted", 0),
        "pod-3": ("BudgetExhausted", 1),
        "pod-2": ("BudgetExhausted", 2),
    }


def test_a_pace_is_one_line_for_all() -> None:
    """`podsPerMinute` is shared by ailing and healthy pods, in sending order."""
    fleet = [builders.pod(number, ready=number > 1) for number in range(4)]
    lines = _lines(builders.sidecar_set(max_unavailable=2), fleet, [policy(pods_per_minute=1)])
    assert lines == {
        "pod-0": ("PaceLimited", 0),
        "pod-3": ("PaceLimited", 1),
        "pod-2": ("PaceLimited", 2),
    }


def test_who_waits_for_others_to_settle_goes_before_who_waits_for_budget() -> None:
    """Both stand in the one line of healthy pods."""
    since = builders.NOW - datetime.timedelta(seconds=5)
    settled = builders.pod(9, builders.NEW, move=builders.moved(), ready_since=since)
    fleet = [*(builders.pod(number) for number in range(3)), settled]
    asked = [policy(min_ready=datetime.timedelta(seconds=60))]
    assert _lines(builders.sidecar_set(max_unavailable=1), fleet, asked) == {
        "pod-2": ("Settling", 0),
        "pod-1": ("BudgetExhausted", 1),
        "pod-0": ("BudgetExhausted", 2),
    }
    explained = explain(builders.sidecar_set(), settled, fleet[:3], asked=asked)
    assert (explained.state, explained.until) == (State.SETTLING, since + datetime.timedelta(seconds=60))


@_law
@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 3))
def test_a_partition_says_how_low_it_must_be(total: int, partition: int, updated: int) -> None:
    """At the number that is told the pod is not kept any more; at one more it still is."""
    fleet = builders.fleet(total, updated=min(updated, total))
    snapshot = pods.snapshot(fleet)
    plan = planned([builders.sidecar_set(partition=partition)], snapshot)
    for pod in fleet:
        line = explaining.explain(plan, snapshot, pod).sets[0].line
        if line is None or line.partition is None:
            continue
        kept = [
            builders.reasons(builders.plan_set(builders.sidecar_set(partition=line.partition + more), fleet))
            for more in (0, 1)
        ]
        number = pod.name.removeprefix("pod-")
        assert [each.get(number) == "PartitionKept" for each in kept] == [False, True]


@_law
@given(st.integers(2, 9), st.integers(1, 3))
def test_as_many_as_are_ahead_go_before(total: int, limit: int) -> None:
    """A healthy pod moves once maxUnavailable has room for those ahead of it and itself, and not before."""
    fleet = [builders.pod(number) for number in range(total)]
    for name, (_, ahead) in _lines(builders.sidecar_set(max_unavailable=limit), fleet).items():
        wider = [builders.sidecar_set(max_unavailable=limit + ahead + more) for more in (0, 1)]
        moves = [name.removeprefix("pod-") in builders.moves(builders.plan_set(each, fleet)) for each in wider]
        assert moves == [False, True]


def test_a_closed_window_is_told_in_the_plans_words() -> None:
    """The hold says when the window opens in the window's own zone; the policy says it too, with the time in UTC."""
    explained = explain(builders.sidecar_set(), builders.pod(1), asked=[policy(windows=(NIGHTS,))])
    assert explained.reason is plans.HoldReason.WINDOW_CLOSED
    assert "window opens Wed 2026-11-25 02:00 Europe/Berlin" in explained.message
    [answer] = explained.policies
    assert (answer.name, answer.is_open) == ("nights", False)
    assert "window opens Wed 2026-11-25 02:00 Europe/Berlin" in answer.message
    assert answer.until == datetime.datetime(2026, 11, 25, 1, tzinfo=datetime.UTC)


def test_each_policy_answers_for_itself() -> None:
    """Open ones say until when; those that cover other sets are left out."""
    asked = [
        policy("always"),
        policy("days", windows=(policies.Window(policies.WindowType.ALLOW, "0 8 * * *", datetime.timedelta(hours=8)),)),
        policy("elsewhere", targets=(policies.Target(names=("proxy",)),)),
        policy("refused", rejection="refused.yaml:1:1: no"),
    ]
    found = explain(builders.sidecar_set(), builders.pod(1), asked=asked).policies
    four = builders.NOW.replace(hour=16)
    assert [(each.name, each.is_open, each.message, each.until) for each in found] == [
        ("always", True, "", None),
        ("days", True, "", four),
        ("refused", False, "refused.yaml:1:1: no", None),
    ]


def test_a_missed_deadline_is_told_of_the_pod_that_missed_it() -> None:
    """The pod in flight says so; the others are held for it."""
    late = builders.flying(1, waiting="ErrImagePull")
    asked = [policy(progress_deadline=datetime.timedelta(seconds=5))]
    assert "missed its deadline by it" in explain(builders.sidecar_set(), late, [builders.pod(2)], asked=asked).message
    waiting = explain(builders.sidecar_set(), builders.pod(2), [late], asked=asked)
    assert (waiting.reason, waiting.line) == (plans.HoldReason.DEADLINE_EXCEEDED, None)


def test_two_sets_are_explained_one_by_one() -> None:
    """The first by name moves the pod; the second says that it waits for the first."""
    both = (builders.mark(), builders.mark(name="proxy"))
    containers = (builders.container(), builders.container("proxy", index=2))
    found = builders.pod(1, containers=containers, marks=both)
    snapshot = pods.snapshot([found])
    sets = [builders.sidecar_set(), builders.sidecar_set(name="proxy")]
    explained = explaining.explain(planned(sets, snapshot), snapshot, found).sets
    assert [(each.name, each.state) for each in explained] == [("logtail", State.MOVES_NOW), ("proxy", State.HELD)]
    assert explained[1].reason is plans.HoldReason.POD_BUSY
    assert explained[1].message.startswith("SidecarSet logtail moves the pod in this pass")


def test_a_pod_is_found_by_its_key() -> None:
    """By namespace and name, and not by anything less."""
    snapshot = pods.snapshot([builders.pod(1), builders.pod(2)])
    assert explaining.find(snapshot, "default/pod-2") is snapshot.pods[1]
    assert explaining.find(snapshot, "pod-2") is None
    assert explaining.find(pods.Snapshot(), "default/pod-2") is None


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("web-1", ("a/web-1", "b/web-1")),
        ("b/web-11", ("b/web-1", "b/web-2")),
        ("c/web-2", ("a/web-2", "b/web-2", "a/web-1", "b/web-1")),
        ("b/zzz", ()),
    ],
)
def test_near_names_are_offered(wanted: str, near: tuple[str, ...]) -> None:
    """Pods of that name, or with a name like it: in the namespace that was written, if there is such a one."""
    found = [builders.pod(f"{ns}{n}", namespace=ns, name=f"web-{n}") for ns in "ab" for n in (1, 2)]
    assert explaining.near(pods.snapshot(found), wanted) == near


@pytest.mark.parametrize("wanted", ["web-04321-x7z", "xeb-04321-x7q", "web-o4321-x7q", "web-04321-x7", "eb-04321-x7q"])
def test_a_near_name_is_found_among_very_many(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    """One typing error anywhere finds the pod among thousands, of which only some are looked at closely."""
    looked_at = []
    closely = difflib.get_close_matches

    def watch(name: str, names: list[str], most: int) -> list[str]:
        looked_at.append(len(names))
        return closely(name, names, most)

    monkeypatch.setattr(difflib, "get_close_matches", watch)
    found = [builders.pod(number, name=f"web-{number:05}-x7q") for number in range(6000)]
    assert explaining.near(pods.snapshot(found), f"default/{wanted}")[0] == "default/web-04321-x7q"
    assert looked_at == [2000]


@st.composite
def _pods(draw: st.DrawFn) -> list[pods.Pod]:
    found = []
    for number in range(draw(st.integers(1, 10))):
        move = draw(st.sampled_from((None, None, builders.moved(), builders.moved(origin="id-1", was_ready=False))))
        marks = draw(st.sampled_from(((builders.mark(move=move),), (builders.mark(builders.NEW, move=move),), ())))
        ready = draw(st.booleans())
        found.append(
            builders.pod(
                number,
                draw(st.sampled_from((builders.OLD, builders.NEW))),
                ready=ready,
                marks=marks,
                labels=draw(st.sampled_from(({"app": "web"}, {"app": "web", "canary": "yes"}, {"app": "db"}))),
                phase=draw(st.sampled_from(("Running", "Running", "Running", "Failed"))),
                fault=draw(st.sampled_from(("", "", "", "", "broken"))),
                ready_since=builders.NOW - datetime.timedelta(seconds=draw(st.integers(0, 90))) if ready else None,
            )
        )
    return found


_sets = st.builds(
    builders.sidecar_set,
    partition=st.integers(0, 4),
    max_unavailable=st.integers(0, 4),
    update=st.sampled_from(({}, {}, {}, {"paused": True}, CANARY)),
    is_adopting=st.booleans(),
)
_policies = st.builds(
    policy,
    pods_per_minute=st.none() | st.integers(1, 3),
    min_ready=st.sampled_from((0, 60)).map(lambda seconds: datetime.timedelta(seconds=seconds)),
    progress_deadline=st.sampled_from((None, None, datetime.timedelta(seconds=5))),
    windows=st.sampled_from(((), (), (NIGHTS,))),
)


@_law
@given(_sets, _pods(), st.lists(_policies, max_size=2))
def test_every_pod_is_explained_as_it_is_planned(
    one: sidecarsets.SidecarSet, found: list[pods.Pod], asked: list[policies.RolloutPolicy]
) -> None:
    """A pod counts, moves or is held exactly where the plan says so, and a held one for the plan's reason and words."""
    snapshot = pods.snapshot(found)
    rival = builders.sidecar_set(name="proxy", sidecars=one.sidecars, selector=builders.labelled(canary="yes"))
    plan = planned([one, rival], snapshot, asked)
    for pod in found:
        for each, its in zip(explaining.explain(plan, snapshot, pod).sets, plan.sets, strict=True):
            held = [(hold.reason, hold.message) for hold in its.holds if hold.pod is pod]
            moves = [action for action in its.actions if action.pod is pod]
            assert (each.name, each.is_counted) == (its.sidecar_set.name, pod in its.matched)
            assert (each.state is State.NOT_COUNTED) == (pod in its.missing)
            assert (each.state is State.HELD) == bool(held)
            assert (each.state is State.MOVES_NOW) == bool(moves)
            assert (each.state is State.SETTLING) == (not held and pod in its.settling)
            assert (each.state is State.UP_TO_DATE) == (not held and pod in its.finished)
            assert [(each.reason, each.message)] * bool(held) == held
