"""What pods that are alike have in common, and that nobody gets another answer for it."""

from __future__ import annotations

import copy
import json
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from gitsidecar.injection import choosing, injecting
from gitsidecar.model import sidecarsets
from gitsidecar.webhook import knowledge, reviews, subjects
from tests.unit.injection import builders, drawing
from tests.unit.webhook import passes

LATEST = passes.logtail("2")


def _named(pod: Any, name: str, **metadata: Any) -> Any:
    """Return *pod* as another one of its ReplicaSet."""
    return {**pod, "metadata": {**(pod.get("metadata") or {}), "name": name, **metadata}}


def _find(memory: subjects.Subjects, pod: Any, namespace: str = "shop") -> subjects.Subject:
    return memory.find(json.dumps(pod).encode(), namespace)


def _given(known: knowledge.Knowledge, subject: subjects.Subject) -> list[subjects.Given]:
    return [(each, known.decide(subject.labels, each)) for each in subject.choice.sets]


def test_the_pods_of_a_replica_set_are_worked_out_once() -> None:
    """Their names differ, their owner and who writes them is no matter."""
    known = passes.knowing(passes.planned(LATEST))
    memory = subjects.Subjects(known)
    first = _find(memory, _named(builders.pod("web"), "web-1"))
    again = _find(memory, _named(builders.pod("web"), "web-2", uid="x", managedFields=[{"manager": "a"}]))
    assert again is first
    assert memory.inject(first, _given(known, first)) is memory.inject(again, _given(known, again))


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"labels": {"app": "web", "tier": "front"}}},
        {"metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}}},
        {"metadata": {"labels": {"app": "web"}, "deletionTimestamp": "2026-11-24T12:00:00Z"}},
        {"spec": {"containers": [{"name": "web", "image": "web:2"}]}},
        {"status": {"phase": "Failed"}},
    ],
)
def test_what_sidecars_may_hang_on_tells_pods_apart(change: Any) -> None:
    """So it does where two namespaces have the same pod."""
    memory = subjects.Subjects(passes.knowing(passes.planned(LATEST)))
    first = _find(memory, builders.pod("web"))
    assert _find(memory, {**builders.pod("web"), **change}) is not first
    assert _find(memory, builders.pod("web"), "other") is not first


def test_a_spec_that_is_another_ones_turn_is_put_in_anew() -> None:
    """The choice among specs is made for each pod, whether it was seen before or not."""
    latest = passes.logtail("2", updateStrategy={"partition": "80%"})
    known = passes.knowing(passes.planned(latest, 9, 1), past=passes.history(passes.logtail("1"), latest))
    reviewer = passes.reviewer(known)
    bodies = [passes.review(_named(builders.pod("web"), f"web-{n}"), uid=f"uid-{n}") for n in range(6)]
    images = [
        passes.response(reviewer.answer(body)).pod["spec"]["containers"][0]["image"].removeprefix("logtail:")
        for body in bodies
    ]
    assert images == ["2", "1", "1", "1", "1", "2"]


def test_another_pass_ends_what_was_remembered() -> None:
    """The next pod gets what the sets are then, and the namespaces."""
    choosy = passes.logtail("3", namespaceSelector={"matchLabels": {"team": "red"}})
    known = passes.knowing(passes.planned(LATEST))
    memory = subjects.Subjects(known)
    before = _find(memory, builders.pod("web"))
    known.note(passes.plan(passes.planned(choosy)), passes.history(choosy), {"shop": {"team": "blue"}})
    assert (before.choice.sets, _find(memory, builders.pod("web")).choice.sets) == ((LATEST,), ())


@pytest.mark.parametrize("pod", [b"[1]", b"7", b'{"metadata":[]}', b'{"metadata":{"labels":7}}'])
def test_what_is_no_pod_is_read_as_it_came(pod: bytes) -> None:
    """The words about it are those for the whole."""
    known = passes.knowing(passes.planned(LATEST))
    found = subjects.Subjects(known).find(pod, "shop").choice
    assert found == choosing.choose(json.loads(pod), known.sets, choosing.Namespace("shop", passes.NAMESPACES["shop"]))
    assert [each.reason for each in found.notes] == ["PodUnreadable"]


def test_what_is_not_json_is_not_read() -> None:
    """Whoever asks says so."""
    with pytest.raises(msgspec.DecodeError, match="malformed"):
        subjects.Subjects(passes.knowing(passes.planned(LATEST))).find(b'{"spec":{"a":}}', "shop")


_laws = hypothesis.settings(max_examples=100, deadline=None)


@_laws
@hypothesis.given(pod=drawing.some_pods(), sets=drawing.some_sets())
def test_what_is_remembered_is_what_the_whole_pod_gets(pod: Any, sets: list[sidecarsets.SidecarSet]) -> None:
    """The first and the second of two that are alike get what injection makes of each as it came."""
    known = passes.knowing(*map(passes.planned, sets))
    memory = subjects.Subjects(known)
    for number in range(2):
        whole = _named(pod, f"web-{number}", uid="x", ownerReferences=[{"kind": "ReplicaSet"}])
        subject = _find(memory, whole)
        given = _given(known, subject)
        found = memory.inject(subject, given)
        wanted = injecting.inject(whole, [known.chosen(*pair) for pair in given])
        assert (found.injected, found.notes) == (wanted.injected, wanted.notes)
        assert json.loads(found.patch or "[]") == list(wanted.patch)


@_laws
@hypothesis.given(data=st.data(), failing_closed=st.booleans())
def test_memory_changes_no_answer(data: st.DataObject, failing_closed: bool) -> None:
    """One that remembers answers as one that begins anew with each review, through passes and canaries."""
    seen = data.draw(st.lists(drawing.some_pods(), min_size=1, max_size=3))
    found, clock = data.draw(drawing.some_sets()), passes.Clock()
    one, other = knowledge.Knowledge(clock), knowledge.Knowledge(clock)
    remembering = _reviewer(one, failing_closed)
    for number in range(data.draw(st.integers(2, 8))):
        if not number or data.draw(st.integers(0, 3)) == 0:
            found = data.draw(st.permutations(found))[: data.draw(st.integers(0, 3))] or found
            matched, updated = data.draw(st.sampled_from([(0, 0), (9, 1), (9, 9)]))
            plan = passes.plan(*(passes.planned(each, matched, updated) for each in found))
            for known in (one, other):
                known.note(plan, passes.history(*found) if found else passes.history(LATEST), passes.NAMESPACES)
        pod = _named(data.draw(st.sampled_from(seen)), f"web-{number}")
        body = passes.review(copy.deepcopy(pod), uid=f"uid-{number}", dryRun=data.draw(st.booleans()))
        assert remembering.answer(body) == _reviewer(other, failing_closed).answer(body)


def _reviewer(known: knowledge.Knowledge, failing_closed: bool) -> reviews.Reviewer:
    return passes.reviewer(known, failing_closed=failing_closed)
