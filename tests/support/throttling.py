"""Let a real API server answer 429, by its own priority and fairness, to one user's writes."""

from __future__ import annotations

import contextlib
import urllib.error
from collections.abc import Iterator
from typing import Any

from tests.support import apiservers, processes

_GROUP = "flowcontrol.apiserver.k8s.io"
_API = f"/apis/{_GROUP}/v1"
_NAME = "tests-throttled"


@contextlib.contextmanager
def throttled(server: apiservers.ApiServer, *, user: str = "daemon") -> Iterator[None]:
    """
    Take one patch of *user* at a time while the block runs; any other that comes meanwhile is refused with 429.

    The API server lets a single request through even where there is no room at all, so a client that retries as told
    gets on, slowly. The refusals carry ``Retry-After``.
    """
    level = server.call("POST", f"{_API}/prioritylevelconfigurations", _level())
    server.call("POST", f"{_API}/flowschemas", _schema(user))
    try:
        uid = level["metadata"]["uid"]
        processes.wait_until(lambda: _level_of_a_patch(server, user) == uid, what="throttling", timeout=10)
        yield
    finally:
        server.call("DELETE", f"{_API}/flowschemas/{_NAME}")
        server.call("DELETE", f"{_API}/prioritylevelconfigurations/{_NAME}")


def _level() -> dict[str, Any]:
    limited = {
        "nominalConcurrencyShares": 0,
        "lendablePercent": 0,
        "borrowingLimitPercent": 0,  # an idle server would lend all the room that other levels leave free
        "limitResponse": {"type": "Reject"},
    }
    return _object("PriorityLevelConfiguration", {"type": "Limited", "limited": limited})


def _schema(user: str) -> dict[str, Any]:
    patches = {"verbs": ["patch"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"]}
    spec = {
        "priorityLevelConfiguration": {"name": _NAME},
        "matchingPrecedence": 2,
        "rules": [{"subjects": [{"kind": "User", "user": {"name": user}}], "resourceRules": [patches]}],
    }
    return _object("FlowSchema", spec)


def _object(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": f"{_GROUP}/v1", "kind": kind, "metadata": {"name": _NAME}, "spec": spec}


def _level_of_a_patch(server: apiservers.ApiServer, user: str) -> str | None:
    """Ask for something that is refused anyway: the answer names the priority level it was served under."""
    try:
        server.call("PATCH", "/api/v1/namespaces/default/pods/no-such-pod", {}, user=user)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.headers.get("X-Kubernetes-PF-PriorityLevel-UID")
    return None
