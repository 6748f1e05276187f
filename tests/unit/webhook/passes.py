"""What a pass hands to the webhook, and reviews as the API server sends them, in few words."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import json
from collections.abc import Callable, Mapping
from typing import Any

from gitsidecar.model import censuses, histories, plans, sidecarsets
from gitsidecar.webhook import knowledge, reviews
from tests.unit.injection import builders

NOW = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
NAMESPACES = {"shop": {"team": "red"}}
Json = dict[str, Any]


def logtail(version: str = "2", *, name: str = "logtail", **spec: Any) -> sidecarsets.SidecarSet:
    """Return a set for pods labelled ``app: web`` with one container, called like the set."""
    return builders.one(name, **{"containers": [{"name": name, "image": f"{name}:{version}"}], **spec})


def planned(wanted: sidecarsets.SidecarSet, matched: int = 0, updated: int = 0, **fields: Any) -> plans.SetPlan:
    """Return what a pass came to for a set of so many pods."""
    census = {censuses.MATCHED: matched, censuses.UPDATED: updated}
    return plans.SetPlan(wanted, 1, f"commit-{wanted.spec_hash}", census=census, **fields)


def plan(*sets: plans.SetPlan, now: datetime.datetime = NOW) -> plans.Plan:
    """Return a whole plan."""
    return plans.Plan(now, "4f2a9c1", sets)


def history(*kept: sidecarsets.SidecarSet, stable: str | None = None) -> histories.History:
    """Return a history in which the forms *kept*, oldest first, are of one set; the oldest is the stable one."""
    specs = {each.spec_hash: each.document for each in kept}
    known = histories.SetHistory(
        kept[-1], 2, "older", stable=kept[0].spec_hash if stable is None else stable, specs=specs
    )
    return histories.History(sets={kept[0].name: known})


class Clock:
    """The time of day, which tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime.datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time go by."""
        self.now += datetime.timedelta(seconds=seconds)


def knowing(
    *sets: plans.SetPlan, past: histories.History | None = None, clock: Callable[[], datetime.datetime] | None = None
) -> knowledge.Knowledge:
    """Return the knowledge of a webhook right after one pass."""
    known = knowledge.Knowledge(clock or Clock())
    known.note(plan(*sets), past or histories.History(), NAMESPACES)
    return known


def reviewer(
    known: knowledge.Knowledge, *, failing_closed: bool = False, own_namespace: str = "gitsidecar"
) -> reviews.Reviewer:
    """Return who answers from *known*."""
    return reviews.Reviewer(known, is_failing_closed=failing_closed, own_namespace=own_namespace)


def request(pod: Any = None, *, uid: str = "uid-1", namespace: str = "shop", **fields: Any) -> Json:
    """Return a request, with all that a real one has; the pod is one labelled ``app: web``."""
    return {
        "uid": uid,
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
        "namespace": namespace,
        "operation": "CREATE",
        "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller", "groups": ["a"]},
        "object": builders.pod("web") if pod is None else pod,
        "oldObject": None,
        "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        **fields,
    }


def review(pod: Any = None, **fields: Any) -> bytes:
    """Return a review's bytes."""
    return to_bytes(request(pod, **fields))


def to_bytes(asked: Mapping[str, Any]) -> bytes:
    """Return the review of a request."""
    return json.dumps({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": asked}).encode()


@dataclasses.dataclass(frozen=True, slots=True)
class Response:
    """An answer, read as the API server reads it; `pod` is the one it makes of the pod that it asked about."""

    uid: str
    is_allowed: bool
    warnings: tuple[str, ...]
    status: Json
    pod: Any


def response(answer: reviews.Answer, pod: Any = None) -> Response:
    """Read *answer*; raises AssertionError where the API server would refuse it."""
    assert answer.status == 200
    whole = json.loads(answer.body)
    assert (whole["apiVersion"], whole["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    found = whole["response"]
    assert ("patch" in found) == (found.get("patchType") == "JSONPatch")
    assert found["allowed"] or "patch" not in found
    patch = json.loads(base64.b64decode(found.get("patch", ""), validate=True) or b"[]")
    asked = builders.pod("web") if pod is None else pod
    warnings = tuple(found.get("warnings", ()))
    return Response(
        found["uid"],
        found["allowed"],
        warnings,
        found.get("status", {}),
        builders.applied(asked, patch) if patch else asked,
    )
