"""What the manifests' reader says of a field is what the real API server says of a pod that has it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apiserver import test_injections as injections
from tests.support import apiservers, refusals


def _pod(case: refusals.Case) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": "app", "image": "app:1"}], "volumes": case.volumes}
    spec[case.field] = [*spec.get(case.field, ()), case.container]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1"}, "spec": spec}


@pytest.mark.parametrize("name", refusals.REFUSED)
def test_no_pod_can_have_it(apiserver_session: apiservers.ApiServer, name: str) -> None:
    """The API server refuses the pod."""
    assert injections.ask(apiserver_session, _pod(refusals.REFUSED[name])).refusal != ""


@pytest.mark.parametrize("name", refusals.TAKEN)
def test_pods_can_have_it(apiserver_session: apiservers.ApiServer, name: str) -> None:
    """The API server takes the pod."""
    assert injections.ask(apiserver_session, _pod(refusals.TAKEN[name])).refusal == ""
