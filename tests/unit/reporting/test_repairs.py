"""What is told of repair: evictions, notes before them, what is kept of both, and the condition."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from gitsidecar.model import histories, outcomes, plans, pods, reports
from gitsidecar.reporting import changes, files, messages, repairs
from gitsidecar.reporting import histories as memories
from gitsidecar.reporting import plans as plan_texts
from gitsidecar.reporting import reports as summaries
from tests.unit.reporting import builders as b
from tests.unit.reporting import policies

Kind = outcomes.OutcomeKind
MINUTE = datetime.timedelta(minutes=1)
WANTED = plans.Repair(is_wanted=True)


def _bare(number: int) -> pods.Pod:
    return b.pod(number, containers=(pods.Container("app", "nginx:1", 0, is_ready=True),), marks=())


def _eviction(number: int, *, noted_at: datetime.datetime | None = None) -> plans.Eviction:
    return plans.Eviction(_bare(number), "logtail", "it lacks the sidecars", b.NOW, b.NOW - MINUTE, noted_at=noted_at)


def _attempt(number: int, *, ago: int = 1, is_made: bool = True) -> reports.Attempt:
    at = b.NOW - ago * MINUTE
    name = f"web-{number:03}"
    return reports.Attempt("shop", name, f"uid-{number}", "Deployment/web", b.NEW_SPEC, at, at, is_made=is_made)


def _plan(*evictions: plans.Eviction, repair: plans.Repair = WANTED) -> plans.Plan:
    planned = b.set_plan(done=[b.pod(900, b.NEW)], missing=[each.pod for each in evictions])
    return b.plan(dataclasses.replace(planned, evictions=evictions, repair=repair))


def _known(*attempts: reports.Attempt) -> histories.History:
    history = b.history()
    return dataclasses.replace(
        history, sets={"logtail": dataclasses.replace(history.sets["logtail"], attempts=attempts)}
    )


def _report(
    plan: plans.Plan, *evicted: outcomes.Evicted, history: histories.History | None = None
) -> reports.SetReport:
    [found] = summaries.summarise(plan, (), history or _known(), cluster="prod", evicted=evicted).sets
    return found


def test_a_new_one_is_noted() -> None:
    """It is not made yet, and no pod is told to be gone."""
    found = _report(_plan(_eviction(1)))
    assert found.attempts == (dataclasses.replace(_attempt(1, ago=0, is_made=False), after=b.NOW - MINUTE),)
    assert (found.evicted, found.missing) == ({}, 1)


def test_one_that_was_made_is_told() -> None:
    """Its time is that of the request, and its pod is missing no more: so the next pass will find it."""
    noted = _eviction(1, noted_at=b.NOW - 5 * MINUTE)
    done = outcomes.Evicted(dataclasses.replace(noted, at=b.NOW), Kind.APPLIED)
    found = _report(_plan(noted), done, history=_known(_attempt(1, ago=5, is_made=False)))
    [attempt] = found.attempts
    assert (attempt.at, attempt.is_made) == (b.NOW, True)
    assert (found.evicted, found.missing) == ({"shop/web-001": "it lacks the sidecars"}, 0)


@pytest.mark.parametrize("kind", [Kind.DEFERRED, Kind.FORBIDDEN, Kind.GONE, Kind.WITHDRAWN])
def test_one_that_was_not_made_stays_noted(kind: outcomes.OutcomeKind) -> None:
    """What hindered it is told with the next commit, if it is anything to tell."""
    noted = _attempt(1, ago=5, is_made=False)
    done = outcomes.Evicted(_eviction(1, noted_at=noted.at), kind, "no")
    found = _report(_plan(_eviction(1, noted_at=noted.at)), done, history=_known(noted))
    assert found.attempts == (noted,)
    is_told = kind in (Kind.DEFERRED, Kind.FORBIDDEN)
    assert found.failed == ({"shop/web-001": "not evicted: no"} if is_told else {})


def test_time_alone_changes_nothing() -> None:
    """What is over an hour old goes with the next eviction, and not before."""
    old = _attempt(1, ago=90)
    assert _report(_plan(), history=_known(old)).attempts == (old,)
    assert [each.pod for each in _report(_plan(_eviction(2)), history=_known(old)).attempts] == ["web-002"]


def test_it_comes_back_from_the_branch() -> None:
    """A new process remembers each attempt, and a damaged one is left out."""
    plan = _plan(_eviction(1))
    report = summaries.summarise(plan, (), _known(_attempt(2)), cluster="prod")
    content = files.render(report)
    history = memories.read(content, b.restore, policies.restore)
    assert history.sets["logtail"].attempts == report.sets[0].attempts
    assert len(report.sets[0].attempts) == 2
    file = "sets/logtail.yaml"
    damaged = {**content, file: content[file].replace(b"uid: uid-2", b"uid: [2]")}
    [left] = memories.read(damaged, b.restore, policies.restore).sets["logtail"].attempts
    assert left.pod == "web-001"


def test_notes_and_evictions_are_told_at_once() -> None:
    """Each is a transition; the message says whom and why, and the subject how many."""
    before = summaries.summarise(_plan(), (), _known(), cluster="prod")
    history = dataclasses.replace(_known(), recorded=before)
    noted = summaries.summarise(_plan(_eviction(1)), (), history, cluster="prod")
    assert changes.is_transition(noted, history)
    message = messages.write(noted, history, pass_id="p")
    assert message.partition("\n")[0].endswith(", 1 to evict")
    assert "To evict 1 pod for repair:\n  logtail\n  shop/web-001 of Deployment/web\n" in message
    history = dataclasses.replace(_known(*noted.sets[0].attempts), recorded=noted)
    sent = _eviction(1, noted_at=b.NOW)
    evicted = [outcomes.Evicted(sent, Kind.APPLIED)]
    made = summaries.summarise(_plan(sent), (), history, cluster="prod", evicted=evicted)
    assert changes.is_transition(made, history)
    message = messages.write(made, history, pass_id="p")
    assert message.partition("\n")[0].endswith(", 1 evicted")
    assert "Evicted 1 pod for repair:\n  logtail\n  shop/web-001: it lacks the sidecars\n" in message
    assert "To evict" not in message


@pytest.mark.parametrize(
    ("repair", "condition"),
    [
        (plans.Repair(), None),
        (WANTED, (False, "Repairing")),
        (plans.Repair(is_wanted=True, breaker="3 came back no better"), (True, "ComesBackBare")),
        (plans.Repair(is_wanted=True, refusal="forbidden"), (True, "EvictionsForbidden")),
        (plans.Repair(is_wanted=True, refusal="forbidden", breaker="3 came back"), (True, "ComesBackBare")),
    ],
)
def test_the_condition(repair: plans.Repair, condition: tuple[bool, str] | None) -> None:
    """It is there where repair is wanted, and true where a person has to look."""
    found = _report(_plan(repair=repair)).condition("RepairStopped")
    assert (None if found is None else (found.status, found.reason)) == condition


def test_a_refusal_is_told_in_its_own_pass() -> None:
    """In the same words as in the passes that rest after it."""
    done = outcomes.Evicted(_eviction(1, noted_at=b.NOW), Kind.FORBIDDEN, "evicting pods is forbidden")
    found = _report(_plan(_eviction(1, noted_at=b.NOW)), done).condition("RepairStopped")
    assert found == _report(_plan(repair=plans.Repair(is_wanted=True, refusal=done.message))).condition("RepairStopped")


def test_the_census_of_pods_of_another_shape_waits() -> None:
    """They are counted until they go."""
    shaped = dataclasses.replace(_eviction(1), is_bare=False)
    planned = b.set_plan(old=[shaped.pod])
    assert repairs.census(planned, [outcomes.Evicted(shaped, Kind.APPLIED)]) == planned.census


def test_a_plan_tells_evictions_after_moves() -> None:
    """In JSON and in words, with how many wait and why."""
    repair = plans.Repair(is_wanted=True, waiting=2, message="maxUnavailable 1 allows 1 to be down at once")
    planned = b.set_plan(actions=[b.pod(1)])
    plan = b.plan(dataclasses.replace(planned, evictions=(_eviction(2),), repair=repair))
    actions = plan_texts.to_json(plan)["sets"][0]["actions"]
    assert [each["kind"] for each in actions] == ["UpdateImages", "Evict"]
    assert actions[1] == {"pod": "shop/web-002", "kind": "Evict", "reason": "it lacks the sidecars"}
    text = plan_texts.to_text(plan)
    assert "logtail: 1 pod to evict for repair, after the moves\n  shop/web-002  it lacks the sidecars\n" in text
    assert "logtail: 2 pods to repair later: maxUnavailable 1 allows 1 to be down at once\n" in text
