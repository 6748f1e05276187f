"""An eviction is one POST of that very pod; budgets have the last word, and no answer is ever taken for a refusal."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from gitsidecar import errors
from gitsidecar.cluster import answers, clusters, evictions
from gitsidecar.model import outcomes, plans, pods
from tests.support import scripted, watching
from tests.unit.cluster import fronts, rows

Kind = outcomes.OutcomeKind
NOW = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
DELETING = rows.pod("web", version="110", deletionTimestamp="2026-11-24T00:00:30Z")
DONE = scripted.reply({"kind": "Status", "status": "Success", "code": 201}, code=201)
UNREAD = scripted.refuse(500, "not yet")


def _eviction(pod: pods.Pod) -> plans.Eviction:
    return plans.Eviction(pod, "logtail", "it lacks the sidecars", NOW, NOW)


def _budget(words: str, *, code: int = 429, cause: str = "DisruptionBudget") -> dict[str, Any]:
    causes = [{"reason": cause, "message": words}]
    return {
        "kind": "Status",
        "code": code,
        "message": "Cannot evict pod as it would violate the pod's disruption budget.",
        "details": {"causes": causes},
    }


@pytest.mark.parametrize(
    ("code", "body", "kind", "words", "retry_after"),
    [
        (201, {}, Kind.APPLIED, "", None),
        (404, {"message": 'pods "web" not found'}, Kind.GONE, "the pod is gone", None),
        (
            429,
            _budget("The disruption budget web-pdb needs 3 healthy pods and has 3 currently"),
            Kind.DEFERRED,
            "the PodDisruptionBudget web-pdb allows none now",
            60.0,
        ),
        (429, _budget("no name in it"), Kind.DEFERRED, "a PodDisruptionBudget allows none now", 60.0),
        (429, {"message": "too many requests"}, Kind.DEFERRED, "the API server answered 429: too many requests", 5.0),
        (500, {"message": "boom"}, Kind.DEFERRED, "the API server answered 500: boom", 5.0),
        (
            500,
            {"message": "This pod has more than one PodDisruptionBudget, which is not supported."},
            Kind.DEFERRED,
            "several PodDisruptionBudgets select the pod, and the eviction API takes one only: remove the others",
            60.0,
        ),
        (
            403,
            {"message": 'pods "web" is forbidden: User "daemon" cannot create resource "pods/eviction"'},
            Kind.FORBIDDEN,
            'evicting pods is forbidden: User "daemon" cannot create resource "pods/eviction"; '
            "grant the verb create on pods/eviction to this user",
            None,
        ),
        (
            400,
            {"message": 'admission webhook "guard" denied the request'},
            Kind.FORBIDDEN,
            'the API server refuses the eviction of this pod (400): admission webhook "guard" denied the request',
            None,
        ),
    ],
)
def test_what_an_answer_means(
    code: int, body: dict[str, Any], kind: outcomes.OutcomeKind, words: str, retry_after: float | None
) -> None:
    """One ladder, one outcome."""
    answer = answers.Answer(code, json.dumps(body).encode(), retry_after=5.0)
    found = evictions.judge(_eviction(rows.row()), answer)
    assert (found.kind, found.message, found.retry_after) == (kind, words, retry_after)


@pytest.fixture(autouse=True)
def one_pod(server: scripted.ScriptedServer) -> None:
    """Let there be one pod to evict."""
    server.script("list pods", scripted.reply(scripted.page(rows.pod("web", version="90"))))


async def _evict(cluster: clusters.KubernetesCluster) -> outcomes.Evicted:
    (pod,) = (await cluster.observe()).pods
    return await cluster.evict(_eviction(pod))


async def test_it_names_the_very_pod(server: scripted.ScriptedServer) -> None:
    """The pod keeps its own time to end, and the next snapshot knows that it is going."""
    server.script("post pod", DONE)
    server.script("get pod", scripted.reply(DELETING))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        outcome = await _evict(cluster)
        (after,) = (await cluster.observe()).pods
    assert (outcome.kind, after.is_active) == (Kind.APPLIED, False)
    (request,) = server.seen("post pod")
    assert request.path == "/api/v1/namespaces/shop/pods/web/eviction"
    assert json.loads(request.body) == {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"namespace": "shop", "name": "web"},
        "deleteOptions": {"preconditions": {"uid": "uid-of-web"}},
    }


async def test_one_that_is_gone_at_once_is_not_there(server: scripted.ScriptedServer) -> None:
    """The watch may tell of it later; until then its row would pass for one to be evicted still."""
    server.script("post pod", DONE)
    server.script("get pod", scripted.refuse(404, "not found"))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        assert (await _evict(cluster)).kind is Kind.APPLIED
        assert (await cluster.observe()).pods == ()


@pytest.mark.parametrize("lost", [scripted.hang_up, scripted.refuse(504, "timeout")])
async def test_a_lost_answer_is_looked_into(server: scripted.ScriptedServer, lost: scripted.Step) -> None:
    """Who is going counts as evicted; who is not was not."""
    cluster = fronts.connect(server)
    server.script("post pod", lost)
    server.script("get pod", scripted.reply(rows.pod("web", version="105")), scripted.reply(DELETING))
    async with watching.started(cluster):
        assert (await _evict(cluster)).kind is Kind.DEFERRED
        assert (await _evict(cluster)).kind is Kind.APPLIED


async def test_nothing_is_planned_on_a_doubt(server: scripted.ScriptedServer) -> None:
    """As long as nobody can say what became of it, the next snapshot is refused."""
    server.script("post pod", scripted.hang_up)
    server.script("get pod", UNREAD, UNREAD, scripted.reply(DELETING))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        assert (await _evict(cluster)).kind is Kind.DEFERRED
        with pytest.raises(errors.TransientError, match=r"an eviction of shop/web is not known yet"):
            await cluster.observe()
        (after,) = (await cluster.observe()).pods
    assert after.is_deleting


async def test_a_budget_holds_back_one_pod_only(server: scripted.ScriptedServer) -> None:
    """Any other 429 holds back all writes for as long as it says."""
    budget = scripted.reply(_budget("The disruption budget web needs 1"), code=429, headers={"Retry-After": "10"})
    server.script("post pod", budget, scripted.refuse(429, "too many", headers={"Retry-After": "30"}))
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        (pod,) = (await cluster.observe()).pods
        first = await cluster.evict(_eviction(pod))
        assert await cluster.await_writes()
        second = await cluster.evict(_eviction(pod))
        third = await cluster.evict(_eviction(pod))
        fourth = await cluster.execute(rows.action(pod))
    assert (first.retry_after, second.retry_after) == (60.0, 30.0)
    assert [each.message for each in (third, fourth)] == ["the API server asked to wait with all writes"] * 2
    assert len(server.seen("post pod")) == 2


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (scripted.reply(rows.pod("web", version="110")), Kind.DEFERRED),
        (scripted.reply(rows.pod("web", version="110", uid="another")), Kind.GONE),
        (scripted.refuse(404, "not found"), Kind.GONE),
    ],
)
async def test_a_conflict_is_read(
    server: scripted.ScriptedServer, found: scripted.Step, kind: outcomes.OutcomeKind
) -> None:
    """The pod's UID was another one, or somebody changed it at the same moment."""
    server.script(
        "post pod", scripted.refuse(409, "Precondition failed: UID in precondition: x, UID in object meta: y")
    )
    server.script("get pod", found)
    cluster = fronts.connect(server)
    async with watching.started(cluster):
        assert (await _evict(cluster)).kind is kind
