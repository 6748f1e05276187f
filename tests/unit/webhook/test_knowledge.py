"""What the webhook remembers of a pass, and how new pods count in until the next."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.model import plans, pods, sidecarsets
from gitsidecar.planning import budgets
from gitsidecar.webhook import knowledge
from tests.unit.planning import builders
from tests.unit.webhook import passes

OLD = passes.logtail("1")
LABELS = {"app": "web"}


def _canary(partition: int | str = "70%") -> sidecarsets.SidecarSet:
    return passes.logtail("2", updateStrategy={"partition": partition})


def _admit(known: knowledge.Knowledge, wanted: sidecarsets.SidecarSet, count: int = 1) -> list[str]:
    """Let so many new pods in, and return the specs that they got."""
    specs = []
    for _ in range(count):
        choice = known.decide(LABELS, wanted)
        known.count(wanted, choice)
        specs.append(choice.spec.value)
    return specs


def test_it_is_ready_after_the_first_pass() -> None:
    """Before that nobody knows which sets there are; a pass without sets is one too."""
    known = knowledge.Knowledge()
    assert (known.is_ready, known.sets) == (False, ())
    known.note(passes.plan(), passes.history(OLD), {})
    assert (known.is_ready, known.sets) == (True, ())


def test_a_removed_set_is_forgotten() -> None:
    """The newest pass says which sets there are, and what labels namespaces have."""
    known = passes.knowing(passes.planned(OLD))
    assert (known.sets, known.namespaces) == ((OLD,), passes.NAMESPACES)
    known.note(passes.plan(), passes.history(OLD), {})
    assert (known.sets, known.namespaces) == ((), {})


def test_the_stable_form_is_restored_from_the_history() -> None:
    """A pod that comes too early gets the stable containers, with the revision that brought them."""
    latest = _canary("100%")
    known = passes.knowing(passes.planned(OLD, 10, 10), past=passes.history(OLD))
    known.note(passes.plan(passes.planned(latest, 10)), passes.history(OLD, latest), {})
    chosen = known.chosen(latest, known.decide(LABELS, latest))
    assert (chosen.sidecar_set, chosen.commit) == (
        dataclasses.replace(OLD, place=latest.place),
        f"commit-{OLD.spec_hash}",
    )


def test_after_a_start_in_mid_rollout_a_pod_tells_the_stable_commit() -> None:
    """What brought the stable spec stands on the pods that carry it."""
    latest = _canary("100%")
    mark = pods.Mark("logtail", OLD.spec_hash, OLD.shape_hash, "c0ffee1")
    roster = plans.Roster(matched=(builders.pod(1, marks=()), builders.pod(2, marks=(mark,))))
    known = passes.knowing(passes.planned(latest, 2, rosters=(roster,)), past=passes.history(OLD, latest))
    assert known.chosen(latest, known.decide(LABELS, latest)).commit == "c0ffee1"


def test_a_kept_spec_that_cannot_be_read_is_a_fault() -> None:
    """The latest one is no silent substitute, and nothing stands in."""
    latest = _canary("100%")
    broken = dataclasses.replace(OLD, document='{"spec":7}')
    known = passes.knowing(passes.planned(latest, 10), past=passes.history(broken, latest))
    choice = known.decide(LABELS, latest)
    assert (choice.document, known.stand_in(latest)) == ("", None)
    assert "cannot be read" in choice.fault


def test_the_stable_spec_stands_in_for_one_that_is_gone() -> None:
    """Whether it may is the failurePolicy's to say."""
    latest = passes.logtail("2", injectionStrategy={"revision": {"customVersion": "nine"}})
    known = passes.knowing(passes.planned(latest), past=passes.history(OLD, latest))
    assert "names nine" in known.decide(LABELS, latest).fault
    choice = known.stand_in(latest)
    assert choice is not None
    assert known.chosen(latest, choice).sidecar_set.sidecars == OLD.sidecars


def test_where_latest_is_stable_it_stands_in_itself() -> None:
    """The last rollout that completed is of the latest spec."""
    latest = passes.logtail("2", injectionStrategy={"revision": {"customVersion": "nine"}})
    known = passes.knowing(passes.planned(latest), past=passes.history(latest))
    choice = known.stand_in(latest)
    assert choice is not None
    assert choice.document == latest.document


def test_a_burst_between_two_passes_keeps_the_share() -> None:
    """Pods that were let in since the pass count like those that it saw: 3 of 10 may be new, and 4 of 15."""
    latest = _canary()
    clock = passes.Clock()
    known = passes.knowing(passes.planned(latest, 10, 3), past=passes.history(OLD, latest), clock=clock)
    clock.advance(1)
    assert _admit(known, latest, 5) == ["Stable", "Stable", "Stable", "Latest", "Stable"]


class Replica:
    """A replica in mid-canary, with room for 2 among 10 pods, that has held the Lease for so many seconds."""

    def __init__(self, latest: sidecarsets.SidecarSet, *, held_for: float) -> None:
        self.held_for = held_for
        self.clock = passes.Clock()
        self.latest = latest
        self.known = knowledge.Knowledge(self.clock, alone_for=lambda: self.held_for)
        self.note()

    def note(self) -> None:
        """Hear of a pass, made a second ago, that saw one pod with the latest spec."""
        plan = passes.plan(passes.planned(self.latest, 10, 1), now=self.clock.now - datetime.timedelta(seconds=1))
        self.known.note(plan, passes.history(OLD, self.latest), {})


def test_only_the_replica_that_holds_the_lease_counts_pods_in() -> None:
    """Two that count each for themselves would together let in more than partition has room for."""
    latest = _canary()
    holder, other = Replica(latest, held_for=60), Replica(latest, held_for=0)
    assert _admit(other.known, latest, 3) == ["Stable"] * 3
    assert "another replica counts" in other.known.decide(LABELS, latest).reason
    assert _admit(holder.known, latest, 3) == ["Latest", "Latest", "Stable"]


def test_a_replica_that_has_just_got_the_lease_waits_for_whom_others_let_in() -> None:
    """They are in the snapshot of a pass some seconds later; who lost the Lease stops at once."""
    latest = _canary()
    replica = Replica(latest, held_for=6)
    assert _admit(replica.known, latest, 1) == ["Stable"]
    replica.held_for = 6.1
    assert _admit(replica.known, latest, 1) == ["Stable"]
    replica.note()
    assert _admit(replica.known, latest, 1) == ["Latest"]
    replica.held_for = 0
    assert _admit(replica.known, latest, 1) == ["Stable"]


@pytest.mark.parametrize(
    "update", [{}, {"type": "NotUpdate"}, {"partition": "70%", "selector": {"matchLabels": {"app": "web"}}}]
)
def test_where_partition_bounds_nothing_every_replica_gives_the_latest(update: dict[str, Any]) -> None:
    """Then there is nothing to count."""
    latest = passes.logtail("2", updateStrategy=update)
    assert _admit(Replica(latest, held_for=0).known, latest, 3) == ["Latest"] * 3


@given(
    partition=st.integers(0, 100).map("{}%".format) | st.integers(0, 30),
    matched=st.integers(0, 40),
    share=st.floats(0, 1),
    burst=st.integers(1, 40),
    data=st.data(),
)
def test_partition_is_never_undercut_by_new_pods(
    partition: int | str, matched: int, share: float, burst: int, data: st.DataObject
) -> None:
    """Whatever a pass in the middle has seen of a burst, no more pods are new afterwards than partition allows."""
    latest = _canary(partition)
    updated = int(share * max(0, matched - budgets.kept(latest.update.partition, matched)))
    clock, past = passes.Clock(), passes.history(OLD, latest)
    known = passes.knowing(passes.planned(latest, matched, updated), past=past, clock=clock)
    admitted: list[str] = []
    for _ in range(burst):
        clock.advance(0.1)
        admitted += _admit(known, latest)
        if data.draw(st.booleans(), "pass"):
            seen = data.draw(st.integers(max(0, len(admitted) - 40), len(admitted)), "pods that it has seen")
            news = admitted[:seen]
            found = passes.planned(latest, matched + seen, updated + news.count("Latest"))
            known.note(passes.plan(found, now=clock.now), past, {})
    total = matched + burst
    fresh = updated + admitted.count("Latest")
    assert fresh <= max(updated, total - budgets.kept(latest.update.partition, total))


def test_with_the_whole_share_open_everybody_gets_the_latest() -> None:
    """Counting on the safe side costs nothing where partition keeps nobody back, also from no pod at all."""
    latest = _canary(0)
    known = passes.knowing(passes.planned(latest), past=passes.history(OLD, latest))
    assert set(_admit(known, latest, 50)) == {"Latest"}


def test_after_the_window_new_pods_get_the_stable_spec() -> None:
    """Whether or not a pass has succeeded since it closed."""
    latest, clock = _canary(0), passes.Clock()
    planned = passes.planned(latest, 10, closes_at=passes.NOW + datetime.timedelta(minutes=1))
    known = passes.knowing(planned, past=passes.history(OLD, latest), clock=clock)
    assert known.decide(LABELS, latest).spec == "Latest"
    clock.advance(60)
    choice = known.decide(LABELS, latest)
    assert (choice.spec, choice.reason) == ("Stable", "the rollout window has closed")


def test_more_than_can_be_remembered_makes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where passes fail for long, or reviews are made up, memory is bounded, and too few get the latest spec."""
    monkeypatch.setattr(knowledge, "_MOST", 5)
    latest, clock = _canary(0), passes.Clock()
    known = passes.knowing(passes.planned(latest, 10), past=passes.history(OLD, latest), clock=clock)
    clock.advance(1)
    assert _admit(known, latest, 100) == ["Latest"] * 5 + ["Stable"] * 95
    assert known.decide(LABELS, latest).reason == "5 new pods got it since the last pass"
    known.note(passes.plan(passes.planned(latest, 110, 5), now=clock.now), passes.history(OLD, latest), {})
    clock.advance(6)
    known.note(passes.plan(passes.planned(latest, 110, 5), now=clock.now), passes.history(OLD, latest), {})
    assert known.decide(LABELS, latest).spec == "Latest"


def test_what_the_plan_is_about_to_move_counts_as_moved() -> None:
    """Planner and webhook share the room; a repeat on a pod that has the spec already takes none."""
    latest = _canary("50%")
    marks = (pods.Mark("logtail", latest.spec_hash, latest.shape_hash, "c0ffee1"),)
    actions = [plans.Action(builders.pod(number), "logtail", (), ()) for number in range(2)]
    repeat = plans.Action(builders.pod(3, marks=marks), "logtail", (), ())
    past = passes.history(OLD, latest)
    for its, spec in ((actions, "Stable"), ([actions[0], repeat], "Latest")):
        known = passes.knowing(passes.planned(latest, 9, 3, actions=tuple(its)), past=past)
        assert known.decide(LABELS, latest).spec == spec


def test_pods_that_never_show_up_make_no_room() -> None:
    """A quota that refuses a workload's pods again and again does not let others overtake the rollout."""
    latest = _canary("90%")
    clock = passes.Clock()
    known = passes.knowing(passes.planned(latest, 9, 1), past=passes.history(OLD, latest), clock=clock)
    stable = known.stand_in(latest)
    assert stable is not None
    for _ in range(30):
        known.count(latest, stable)
    assert known.decide(LABELS, latest).spec == "Latest"  # 4 of 40
    clock.advance(31)
    assert known.decide(LABELS, latest).spec == "Stable"  # 1 of 10


def test_a_new_spec_starts_from_none() -> None:
    """Who got the latest spec of a moment ago does not have the one after it."""
    first, second = _canary(), passes.logtail("3", updateStrategy={"partition": "70%"})
    clock = passes.Clock()
    known = passes.knowing(passes.planned(first, 10), past=passes.history(OLD, first), clock=clock)
    clock.advance(1)
    _admit(known, first, 3)
    known.note(passes.plan(passes.planned(second, 10), now=clock.now), passes.history(OLD, first, second), {})
    assert known.decide(LABELS, second).spec == "Latest"


def test_admissions_are_forgotten_once_a_pass_must_have_seen_them() -> None:
    """Whoever was let in long before a pass is in its numbers, or never came to be."""
    latest = _canary("80%")
    clock, past = passes.Clock(), passes.history(OLD, latest)
    known = passes.knowing(passes.planned(latest, 9, 1), past=past, clock=clock)
    clock.advance(1)
    assert _admit(known, latest) == ["Latest"]
    for seconds, spec in ((4, "Stable"), (9, "Latest")):
        clock.advance(seconds)
        known.note(passes.plan(passes.planned(latest, 9, 1), now=clock.now), past, {})
        assert known.decide(LABELS, latest).spec == spec
