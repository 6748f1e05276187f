"""What a reviewer is told to look at, and what not."""

from __future__ import annotations

import datetime

import pytest

from gitsidecar.model import forecasts, pods, reviews
from gitsidecar.planning.reviews import cautions
from tests.support import pullrequests

Risk = reviews.Risk
_OLD = pullrequests.sidecar_set(pullrequests.OLD)
_FLEET = pods.snapshot(pullrequests.workload("shop", "Deployment/web", 10))
_FRIDAY = datetime.datetime(2026, 11, 27, 17, tzinfo=datetime.UTC)
_NIGHTS = pullrequests.policy(
    "  windows: [{type: Allow, schedule: 0 22 * * *, duration: 4h, timeZone: Europe/Berlin}]\n"
)


def _risks(
    after: pullrequests.Texts, before: pullrequests.Texts | None = None, snapshot: pods.Snapshot | None = _FLEET
) -> dict[Risk, tuple[int, tuple[str, ...]]]:
    review = pullrequests.review(before or {"a.yaml": _OLD}, after, snapshot)
    return {each.risk: (each.pods, each.details) for each in review.cautions}


def _set(update: str = "partition: 50%, maxUnavailable: 2", image: str = pullrequests.NEW) -> pullrequests.Texts:
    return {"a.yaml": pullrequests.sidecar_set(image, update=update)}


@pytest.mark.parametrize(
    ("image", "is_pinned"),
    [
        ("logtail:1", True),
        ("registry:5000/logtail:v1.2.3", True),
        ("logtail@sha256:" + "a" * 64, True),
        ("logtail:latest@sha256:" + "a" * 64, True),
        ("logtail", False),
        ("logtail:latest", False),
        ("registry:5000/logtail", False),
    ],
)
def test_an_image_is_pinned_by_tag_or_digest(image: str, is_pinned: bool) -> None:
    """A port is no tag, and latest no version."""
    assert cautions.is_pinned(image) is is_pinned
    assert (Risk.UNPINNED_IMAGE in _risks(_set(image=image))) is not is_pinned


def test_a_careful_change_is_no_risk() -> None:
    """A part of the pods first, two at a time: nothing to look at."""
    assert _risks(_set()) == {}


@pytest.mark.parametrize("budget", ["60%", "6", "100%"])
def test_most_pods_at_once_is_told_with_their_number(budget: str) -> None:
    """As the forecast counts them; with half of them or less, or with a pace, it is none."""
    [(number, details)] = [
        value
        for risk, value in _risks(_set(f"partition: 1, maxUnavailable: {budget}")).items()
        if risk is Risk.ALL_AT_ONCE
    ]
    assert (number, details) == (min(9, 6 if budget != "100%" else 9), (budget,))
    assert Risk.ALL_AT_ONCE not in _risks(_set("partition: 1, maxUnavailable: 50%"))
    paced = {**_set("maxUnavailable: 100%"), "p.yaml": pullrequests.policy("  podsPerMinute: 2\n")}
    assert Risk.ALL_AT_ONCE not in _risks(paced)


def test_all_pods_without_a_stop_is_told() -> None:
    """By partition or update selector somebody looks at the first ones; who lowers the partition has looked."""
    assert _risks(_set("maxUnavailable: 2")) == {Risk.NO_CANARY: (10, ())}
    assert _risks(_set("maxUnavailable: 2, selector: {matchLabels: {canary: 'yes'}}")) == {}
    new = pullrequests.NEW
    assert _risks(_set("maxUnavailable: 2", new), _set("partition: 50%, maxUnavailable: 2", new)) == {}
    assert _risks(_set("maxUnavailable: 2"), snapshot=None) == {Risk.NO_CANARY: (0, ())}


@pytest.mark.parametrize(("update", "word"), [("paused: true", "paused"), ("type: NotUpdate", "NotUpdate")])
def test_an_image_that_moves_nowhere_is_told(update: str, word: str) -> None:
    """A new image in a set that has stopped: was that meant?"""
    assert _risks(_set(update)) == {Risk.STOPS: (0, (word,))}


def test_pods_that_leave_and_enter_are_counted() -> None:
    """By labels that the selector asks for from now on, or no more."""
    labels = {"logging": "logtail", "tier": "front"}
    both = pods.snapshot(
        (
            *pullrequests.workload("shop", "Deployment/web", 3),
            *pullrequests.workload("shop", "Deployment/ui", 2, labels=labels),
        )
    )
    narrow = {"a.yaml": pullrequests.sidecar_set(pullrequests.OLD, selector="matchLabels: {tier: front}")}
    assert _risks(narrow, snapshot=both) == {Risk.PODS_LEAVE: (3, ("shop/web-000", "shop/web-001", "shop/web-002"))}
    assert _risks({"a.yaml": _OLD}, narrow, both) == {
        Risk.PODS_ENTER: (3, ("shop/web-000", "shop/web-001", "shop/web-002"))
    }


def test_a_window_that_takes_too_few_is_not_done() -> None:
    """Who was to move, and has not when the forecast ends, is counted with the reason."""
    slow = {**_set("maxUnavailable: 2"), "p.yaml": pullrequests.policy("  podsPerMinute: 1\n")}
    terms = forecasts.Terms(horizon=datetime.timedelta(minutes=4))
    review = pullrequests.review({"a.yaml": _OLD}, slow, _FLEET, terms=terms)
    [(number, [words])] = [(each.pods, each.details) for each in review.cautions if each.risk is Risk.NO_END]
    reach = review.reaches["logtail"]
    assert number == reach.matched - reach.moving > 0
    assert "podsPerMinute" in words


def test_windows_that_are_taken_away_are_told() -> None:
    """With the sets that have no other; one that has, and a policy without windows, are no risk."""
    before = {"a.yaml": _OLD, "p.yaml": _NIGHTS}
    assert _risks({"a.yaml": _OLD}, before)[Risk.POLICY_GONE] == (0, ("logtail",))
    days = pullrequests.policy("  windows: [{type: Deny, schedule: 0 8 * * *, duration: 8h}]\n", "days")
    assert Risk.POLICY_GONE not in _risks({"a.yaml": _OLD, "q.yaml": days}, {**before, "q.yaml": days})
    pace = pullrequests.policy("  podsPerMinute: 2\n")
    assert Risk.POLICY_GONE not in _risks({"a.yaml": _OLD}, {"a.yaml": _OLD, "p.yaml": pace})
    elsewhere = _NIGHTS.replace("[logtail]", "[other]")
    assert _risks({"a.yaml": _OLD, "p.yaml": elsewhere}, before)[Risk.POLICY_GONE] == (0, ("logtail",))


def test_a_set_that_comes_to_be_claimed_is_told_of_too() -> None:
    """Its pods stop as well, though the change does not touch it; a clash that was there is nothing new."""
    second = pullrequests.sidecar_set(pullrequests.OLD, "second")
    review = pullrequests.review({"a.yaml": _OLD}, {"a.yaml": _OLD, "b.yaml": second}, _FLEET)
    found = [(each.risk, each.name, each.pods) for each in review.cautions]
    assert found == [(Risk.COLLISION, "logtail", 10), (Risk.COLLISION, "second", 10)]
    both = {"a.yaml": _OLD, "b.yaml": second}
    assert Risk.COLLISION not in _risks({**both, "c.yaml": pullrequests.policy("  podsPerMinute: 2\n")}, both)


def test_pods_that_are_evicted_are_counted_apart() -> None:
    """They neither move nor stay, and their owners make new ones."""
    injected = pullrequests.sidecar_set(pullrequests.OLD, is_adopting=False)
    reshaped = pullrequests.sidecar_set(more="    env: [{name: A, value: b}]\n", is_adopting=False)
    repair = pullrequests.policy("  repair: Evict\n")
    fleet = pods.snapshot(
        pullrequests.workload("shop", "Deployment/web", 3, injected=pullrequests.desired({"a.yaml": injected}).sets[0])
    )
    before, after = ({"a.yaml": text, "p.yaml": repair} for text in (injected, reshaped))
    assert _risks(after, before, fleet)[Risk.EVICTIONS] == (3, ())
    reach = pullrequests.review(before, after, fleet).reaches["logtail"]
    assert (reach.matched, reach.moving, reach.staying, reach.done, reach.evicted) == (3, 0, 0, 0, 3)


@pytest.mark.parametrize("snapshot", [_FLEET, None], ids=["pods", "no pods"])
def test_friday_nights_are_told_only_when_asked(snapshot: pods.Snapshot | None) -> None:
    """In the zone of the windows, by the moves of the forecast or, without pods, by the windows."""
    before, after = {"a.yaml": _OLD, "p.yaml": _NIGHTS}, {**_set(), "p.yaml": _NIGHTS}

    def tells(at: datetime.datetime, texts: pullrequests.Texts = after, *, asked: bool = True) -> bool:
        review = pullrequests.review(before, texts, snapshot, at=at, tell_fridays=asked)
        return any(each.risk is Risk.FRIDAY_NIGHT for each in review.cautions)

    assert tells(_FRIDAY)
    assert not tells(_FRIDAY, asked=False)
    weekdays = {**after, "p.yaml": _NIGHTS.replace("* * *,", "* * MON-THU,")}
    assert not tells(_FRIDAY, weekdays)
    if snapshot is not None:
        assert not tells(_FRIDAY - datetime.timedelta(days=2))


def test_new_pods_that_can_have_no_spec_are_told() -> None:
    """A revision that is not among those kept makes new pods fail, or go without."""
    named = pullrequests.sidecar_set(
        more="  injectionStrategy: {revision: {revisionName: v1-0123456789abcdef}}\n", update="partition: 1"
    )
    number, [words] = _risks({"a.yaml": named})[Risk.NO_SPEC_FOR_NEW_PODS]
    assert number == 0
    assert "names v1-0123456789abcdef, which is not among the 2 specs kept" in words
