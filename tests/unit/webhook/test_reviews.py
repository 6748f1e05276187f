"""What the API server is answered, whatever it sends."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitsidecar.injection import choosing, injecting
from gitsidecar.model import findings
from gitsidecar.webhook import knowledge, reviews, verdicts
from tests.unit.injection import builders
from tests.unit.webhook import passes

LATEST = passes.logtail("2")
RIVAL = passes.logtail("9", name="mesh", containers=[{"name": "web", "image": "rival:1"}])
GONE = passes.logtail("2", injectionStrategy={"revision": {"customVersion": "nine"}})
OLD = passes.logtail("1")


def _answer(*sets: Any, pod: Any = None, failing_closed: bool = False, **fields: Any) -> reviews.Answer:
    known = passes.knowing(*(passes.planned(each) for each in sets or (LATEST,)))
    return passes.reviewer(known, failing_closed=failing_closed).answer(passes.review(pod, **fields))


def _names(found: passes.Response) -> list[str]:
    return [each["name"] for each in found.pod["spec"]["containers"]]


def test_a_new_pod_gets_its_sidecars() -> None:
    """The API server makes of our patch what `inject` makes of the pod, and shows no warning."""
    answer = _answer()
    found = passes.response(answer)
    assert (
        found.pod == injecting.inject(builders.pod("web"), [injecting.Chosen(LATEST, f"commit-{LATEST.spec_hash}")]).pod
    )
    assert (found.uid, found.is_allowed, found.warnings) == ("uid-1", True, ())
    assert answer.record.verdict.result is verdicts.Result.INJECTED
    assert (answer.record.namespace, answer.record.pod) == ("shop", "web-1")


def test_a_pod_without_a_name_is_called_by_what_its_name_is_made_of() -> None:
    """A ReplicaSet's pods get their names later."""
    pod = builders.pod("web")
    pod["metadata"] = {"generateName": "web-7f9c-", "labels": {"app": "web"}}
    assert _answer(pod=pod).record.pod == "web-7f9c-"


def test_injecting_again_changes_nothing() -> None:
    """The API server asks again when another webhook changed the pod after us."""
    pod = passes.response(_answer()).pod
    again = _answer(pod=pod, uid="uid-2")
    assert passes.response(again, pod).pod == pod
    assert again.record.verdict.reason == "AlreadyInjected"


@pytest.mark.parametrize(
    ("fields", "pod", "reason"),
    [
        ({"namespace": "kube-system"}, None, "NamespaceExempt"),
        ({"namespace": "gitsidecar"}, None, "NamespaceExempt"),
        ({}, {"metadata": {"labels": {"app": "web", choosing.INJECT_LABEL: "false"}}, "spec": {}}, "OptedOut"),
        ({}, {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": []}}, "NotSelected"),
        ({}, {"spec": {"containers": []}}, "NotSelected"),
        ({"operation": "UPDATE"}, None, "NotANewPod"),
        ({"operation": "DELETE", "object": None}, None, "NotANewPod"),
        ({"subResource": "eviction"}, None, "NotANewPod"),
        ({"kind": {"group": "apps", "version": "v1", "kind": "Deployment"}}, None, "NotANewPod"),
        ({"object": None}, None, "PodUnreadable"),
        ({}, [], "PodUnreadable"),
        ({}, {"metadata": {"labels": {"app": 7}}}, "PodUnreadable"),
    ],
)
@pytest.mark.parametrize("failing_closed", [True, False])
def test_what_no_set_is_for_starts_as_it_is(
    fields: dict[str, Any], pod: Any, reason: str, failing_closed: bool
) -> None:
    """Neither policy keeps it back, though a set that cannot be put in anywhere is about."""
    answer = _answer(LATEST, RIVAL, GONE, pod=pod, failing_closed=failing_closed, **fields)
    assert passes.response(answer).is_allowed
    assert '"patch"' not in answer.body.decode()
    assert answer.record.verdict.reason == reason


def test_a_fault_keeps_the_pod_back_where_failing_closed() -> None:
    """The words name the set, its file and line, and what is wrong; nothing is half done."""
    answer = _answer(LATEST, RIVAL, failing_closed=True)
    found = passes.response(answer)
    assert (found.is_allowed, found.status["code"]) == (False, 403)
    assert found.status["message"].startswith(
        "SidecarSet mesh (mesh.yaml:1:1): ConflictingSets: the pod has a container"
    )
    assert answer.record.verdict.result is verdicts.Result.REFUSED


def test_a_fault_is_a_warning_where_failing_open() -> None:
    """The other sets are put in, and whoever creates the pod reads what is missing."""
    answer = _answer(LATEST, RIVAL)
    found = passes.response(answer)
    assert _names(found) == ["logtail", "web"]
    [warning] = found.warnings
    assert warning.startswith("gitsidecar: SidecarSet mesh (mesh.yaml:1:1): ConflictingSets: ")
    assert answer.record.verdict.reason == "ConflictingSets"


def test_a_namespace_that_is_not_known_is_a_fault_of_that_set_only() -> None:
    """A pod that is created right after its namespace is refused where failing closed: its owner tries again."""
    choosy = passes.logtail("2", namespaceSelector={"matchLabels": {"team": "red"}})
    found = passes.response(_answer(choosy, namespace="new", failing_closed=True))
    assert "NamespaceUnknown" in found.status["message"]
    assert passes.response(_answer(choosy, namespace="new")).is_allowed


def test_warnings_are_short_and_printable() -> None:
    """They go through HTTP headers to terminals: at most 256 bytes each, without control characters."""
    place = findings.Place("ü\x1b[31m" + 300 * "ü" + ".yaml", 1, 1)
    [warning] = passes.response(_answer(dataclasses.replace(RIVAL, place=place))).warnings
    assert len(warning.encode()) <= 256
    assert warning.isprintable()


def test_a_spec_that_is_gone_refuses_the_pod_where_failing_closed() -> None:
    """Never the latest in silence."""
    found = passes.response(_answer(GONE, failing_closed=True))
    assert (found.is_allowed, "SpecGone: injectionStrategy.revision names nine" in found.status["message"]) == (
        False,
        True,
    )


def test_a_spec_that_is_gone_leaves_the_set_out_where_failing_open() -> None:
    """There is no stable spec yet that could stand in."""
    found = passes.response(_answer(GONE))
    assert (_names(found), len(found.warnings)) == (["web"], 1)


def test_the_stable_spec_stands_in_where_failing_open() -> None:
    """With a warning, because it is not what was asked for."""
    known = passes.knowing(passes.planned(GONE), past=passes.history(OLD, GONE))
    answer = passes.reviewer(known).answer(passes.review())
    found = passes.response(answer)
    assert found.pod["spec"]["containers"][0]["image"] == "logtail:1"
    assert (len(found.warnings), answer.record.verdict.reason) == (1, "SpecGone")


def test_a_pod_that_carries_the_set_is_not_refused_for_a_spec_that_is_gone() -> None:
    """The API server may ask again after the spec went away in between."""
    pod = passes.response(_answer()).pod
    assert passes.response(_answer(GONE, pod=pod, failing_closed=True), pod).is_allowed


@pytest.mark.parametrize("failing_closed", [True, False])
def test_before_the_first_pass_the_policy_decides(failing_closed: bool) -> None:
    """Nobody knows then for which pods a set is; those that are for none in any case start."""
    reviewer = passes.reviewer(knowledge.Knowledge(), failing_closed=failing_closed)
    found = passes.response(reviewer.answer(passes.review()))
    assert found.is_allowed is not failing_closed
    assert "does not know the SidecarSets yet" in (found.status.get("message") or found.warnings[0])
    assert passes.response(reviewer.answer(passes.review(namespace="kube-system"))).is_allowed


def test_an_answer_before_the_first_pass_is_not_kept() -> None:
    """The same review gets its sidecars when it comes again later."""
    known = knowledge.Knowledge()
    reviewer = passes.reviewer(known)
    reviewer.answer(passes.review())
    known.note(passes.plan(passes.planned(LATEST)), passes.history(LATEST), {})
    assert _names(passes.response(reviewer.answer(passes.review()))) == ["logtail", "web"]


def _canary(**fields: Any) -> tuple[reviews.Reviewer, list[str]]:
    """Return a reviewer with room for one more, and which images the pods of two reviews then get."""
    latest = passes.logtail("2", updateStrategy={"partition": "80%"})
    known = passes.knowing(passes.planned(latest, 9, 1), past=passes.history(OLD, latest))
    reviewer = passes.reviewer(known)
    images = []
    for uid in ("uid-1", fields.pop("uid", "uid-2")):
        found = passes.response(reviewer.answer(passes.review(uid=uid, **fields)))
        images.append(found.pod["spec"]["containers"][0]["image"])
    return reviewer, images


def test_each_new_pod_counts() -> None:
    """The second is one too many for the share."""
    assert _canary()[1] == ["logtail:2", "logtail:1"]


def test_a_review_that_comes_again_counts_once_and_gets_the_same_answer() -> None:
    """As when our answer got lost on its way; the next pod is the second, not the third."""
    reviewer, images = _canary(uid="uid-1")
    assert images == ["logtail:2", "logtail:2"]
    later = passes.response(reviewer.answer(passes.review(uid="uid-3")))
    assert later.pod["spec"]["containers"][0]["image"] == "logtail:1"


def test_a_review_that_comes_again_is_told_from_the_first() -> None:
    """By what the log says; nothing of the pod is kept for it."""
    reviewer = passes.reviewer(passes.knowing(passes.planned(LATEST)))
    first, again = (reviewer.answer(passes.review()) for _ in range(2))
    assert (again.body, again.record.pod, again.record.verdict.patch) == (first.body, "web-1", b"")
    assert [each.reason for each in again.record.verdict.told] == ["SentAgain"]


@pytest.mark.parametrize("bound", ["_REMEMBERED", "_REMEMBERED_BYTES"])
def test_answers_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    """The oldest make room, by number and by bytes; then a review is answered like a new one."""
    size = len(_answer().body)
    monkeypatch.setattr(reviews, bound, 2 if bound == "_REMEMBERED" else 2 * size + 1)
    reviewer = passes.reviewer(passes.knowing(passes.planned(LATEST)))

    def is_known(uid: str) -> bool:
        return not reviewer.answer(passes.review(uid=uid)).record.verdict.given

    assert [is_known(uid) for uid in ("uid-1", "uid-2", "uid-2", "uid-3", "uid-2", "uid-1")] == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(("length", "status"), [(128, 200), (129, 400)])
def test_a_uid_is_no_longer_than_a_uid(length: int, status: int) -> None:
    """It goes back in the answer, which may be kept."""
    assert _answer(uid="u" * length).status == status


def test_names_are_cut_to_what_a_name_can_be() -> None:
    """Nobody fills the log by a pod that no API server would take."""
    pod = builders.pod("web")
    pod["metadata"]["name"] = "n" * 10_000
    record = _answer(pod=pod, namespace="s" * 10_000).record
    assert (len(record.pod), len(record.namespace)) == (253, 253)


@pytest.mark.parametrize("failing_closed", [True, False])
def test_what_no_pod_can_hold_is_not_put_in(failing_closed: bool) -> None:
    """What sidecars copy multiplies; the pod is left as it is, or refused, and is not counted."""
    containers = [
        {
            "name": f"log{number}",
            "image": "l:1",
            "transferEnv": [{"sourceContainerName": "web", "envNames": ["BIG"]}],
        }
        for number in range(4)
    ]
    web = {"name": "web", "image": "w:1", "env": [{"name": "BIG", "value": "x" * 500_000}]}
    pod = builders.pod(web)
    answer = _answer(passes.logtail(containers=containers), pod=pod, failing_closed=failing_closed)
    found = passes.response(answer, pod)
    assert (found.is_allowed, found.pod) == (not failing_closed, pod)
    words = found.status["message"] if failing_closed else found.warnings[0]
    assert "PatchTooLarge: SidecarSets logtail would add more than 1.5 MiB" in words
    assert (answer.record.verdict.reason, answer.record.verdict.given) == ("PatchTooLarge", ())


def test_a_namespace_that_is_not_known_has_its_name_as_a_label() -> None:
    """A set that selects by that alone is put in from the namespace's first pod on."""
    named = passes.logtail("2", namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "new"}})
    assert _names(passes.response(_answer(named, namespace="new"))) == ["logtail", "web"]


def test_a_dry_run_counts_for_nothing() -> None:
    """It gets the answer that a real pod would get, and the next one gets it too."""
    assert _canary(dryRun=True)[1] == ["logtail:2", "logtail:2"]


def test_a_refused_pod_counts_for_nothing() -> None:
    """It takes no room from one that starts."""
    latest = passes.logtail("2", updateStrategy={"partition": "80%"})
    known = passes.knowing(passes.planned(latest, 9, 1), passes.planned(RIVAL), past=passes.history(OLD, latest))
    reviewer = passes.reviewer(known, failing_closed=True)
    for uid in ("uid-1", "uid-2"):
        assert not passes.response(reviewer.answer(passes.review(uid=uid))).is_allowed
    assert known.decide({"app": "web"}, latest).spec == "Latest"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":null}',
        passes.review().replace(b"io/v1", b"io/v1beta1", 1),
        passes.review(uid=""),
        passes.review().replace(b'"AdmissionReview"', b'"AdmissionResponse"'),
    ],
)
def test_what_is_no_review_is_said_to_be_none(body: bytes) -> None:
    """400, with words: then the API server does what failurePolicy says."""
    answer = passes.reviewer(passes.knowing(passes.planned(LATEST))).answer(body)
    assert (answer.status, answer.record.verdict.result) == (400, verdicts.Result.INVALID)
    assert answer.body.startswith(b"this is not a")


# Three laws: no bytes make it fail, what it answers is an answer, and nobody is kept back for another's set.

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
_FULL = {
    **builders.pod(
        {
            "name": "web",
            "image": "web:1",
            "env": [{"name": "TZ", "value": "UTC"}],
            "volumeMounts": [{"name": "logs", "mountPath": "/logs"}],
            "resources": {"limits": {"cpu": "1"}},
        },
        volumes=[{"name": "logs", "emptyDir": {}}],
        initContainers=[{"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}],
        imagePullSecrets=[{"name": "pull"}],
    ),
}
_FULL["metadata"] = {**_FULL["metadata"], "annotations": {"gitsidecar.io/sidecars": "{}", "a": "b"}}
_RICH = passes.logtail(
    "2",
    containers=[
        {
            "name": "logtail",
            "image": "logtail:2",
            "shareVolumePolicy": {"type": "enabled"},
            "transferEnv": [{"sourceContainerName": "web", "envNames": ["TZ"]}],
            "resourcesPolicy": {
                "targetContainersMode": "sum",
                "targetContainersNameRegex": ".*",
                "resourcesExpr": {"limits": {"cpu": "cpu*50%"}},
            },
        }
    ],
    patchPodMetadata=[{"annotations": {"a": '{"b":"c"}'}, "patchPolicy": "MergePatchJson"}],
    imagePullSecrets=[{"name": "own"}],
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, inner in items for found in _paths(inner, (*path, key)))]


@st.composite
def _mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a real request of which a part or two are something else, or gone."""
    asked = copy.deepcopy(passes.request(_FULL))
    for _ in range(draw(st.integers(1, 2))):
        *parents, last = draw(st.sampled_from([path for path in _paths(asked) if path]))
        holder = asked
        for part in parents:
            holder = holder[part]
        if draw(st.booleans()):
            holder[last] = draw(_JSON)
        else:
            del holder[last]
    return asked


def _fuzzed(failing_closed: bool) -> reviews.Reviewer:
    sets = (passes.planned(_RICH), passes.planned(RIVAL))
    return passes.reviewer(passes.knowing(*sets), failing_closed=failing_closed)


def _check(answer: reviews.Answer) -> None:
    if answer.status == 200:
        response = json.loads(answer.body)["response"]
        assert response["allowed"] or response["status"]["message"].startswith("SidecarSet ")
        assert all(len(each.encode()) <= 256 and each.isprintable() for each in response.get("warnings", ()))
    else:
        assert (answer.status, answer.record.verdict.result) == (400, verdicts.Result.INVALID)
        answer.body.decode()


@given(body=st.binary() | _JSON.map(json.dumps).map(str.encode), failing_closed=st.booleans())
def test_any_bytes_get_an_answer(body: bytes, failing_closed: bool) -> None:
    """An AdmissionReview or a 4xx, and never a fault of ours."""
    _check(_fuzzed(failing_closed).answer(body))


@given(asked=_mutated(), failing_closed=st.booleans())
def test_any_review_gets_the_same_answer_twice(asked: dict[str, Any], failing_closed: bool) -> None:
    """Also from another replica that knows the same."""
    body = passes.to_bytes(asked)
    answer = _fuzzed(failing_closed).answer(body)
    _check(answer)
    assert _fuzzed(failing_closed).answer(body) == answer


@given(asked=_mutated(), pod=_JSON, is_whole=st.booleans())
def test_nobody_is_kept_back_for_a_set_that_does_not_select_it(asked: dict[str, Any], pod: Any, is_whole: bool) -> None:
    """A pod starts unchanged, whatever it is, when no set's selector matches its labels."""
    sets = [
        dataclasses.replace(each, selector=builders.one(selector={"matchLabels": {"no": "pod"}}).selector)
        for each in (_RICH, RIVAL, GONE)
    ]
    reviewer = passes.reviewer(passes.knowing(*map(passes.planned, sets)), failing_closed=True)
    answer = reviewer.answer(passes.review(pod) if is_whole else passes.to_bytes(asked))
    if answer.status == 200:
        response = json.loads(answer.body)["response"]
        assert (response["allowed"], "patch" in response) == (True, False)
