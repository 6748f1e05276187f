"""Our one write on a pod, as a real API server takes it: nothing else of the pod changes, nothing is written twice."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gitsidecar import handoff
from gitsidecar.cluster import clusters, configurations
from gitsidecar.manifests import pods as reading
from gitsidecar.model import outcomes, plans, pods
from tests.support import apis, apiservers, podspecs, watching

Json = dict[str, Any]
Kind = outcomes.OutcomeKind

MARK = pods.Mark("logtail", "v1-00000000000000aa", "v1-00000000000000bb", "4f2a9c1", ("logtail",))
POLICIES = "/apis/admissionregistration.k8s.io/v1"


@pytest.fixture
async def api(apiserver: apiservers.ApiServer) -> AsyncIterator[apis.Api]:
    """Look at the cluster past the client under test."""
    async with apis.connected(apiserver) as connected:
        yield connected


@pytest.fixture
async def cluster(apiserver: apiservers.ApiServer) -> AsyncIterator[clusters.KubernetesCluster]:
    """Return a client, started, with the rights of the daemon."""
    cluster = clusters.connect(configurations.Target(apiserver.kubeconfig(user="daemon")))
    async with watching.started(cluster):
        yield cluster


async def _create(api: apis.Api, **members: Any) -> Json:
    (created,) = await api.create_pods([podspecs.pod("web", {"app": "nginx:1", "logtail": "logtail:1"}, **members)])
    return created


def _move(pod: Json, image: str = "logtail:2") -> plans.Action:
    row = reading.read_pod(json.dumps(pod).encode())
    live = row.container("logtail")
    assert live is not None
    change = plans.ImageChange("logtail", live.index, live.is_native, live.image, image)
    return plans.Action(row, "logtail", (change,), (MARK,))


async def test_the_rest_of_the_pod_stays(api: apis.Api, cluster: clusters.KubernetesCluster) -> None:
    """Between before and after, only the image, our annotation, the version, the generation and the owner of fields."""
    before = await _create(api, annotations={"other": "kept"}, labels={"app": "web"}, natives={"proxy": "proxy:1"})
    assert (await cluster.execute(_move(before))).kind is Kind.APPLIED
    after = await api.pod("web")
    before["spec"]["containers"][1]["image"] = "logtail:2"
    before["metadata"]["annotations"][pods.MARK_ANNOTATION] = handoff.write([MARK])
    managers = {entry["manager"] for entry in after["metadata"]["managedFields"]}
    for pod in (before, after):
        for field in ("resourceVersion", "generation", "managedFields"):
            del pod["metadata"][field]
    assert after == before
    assert "gitsidecar" in managers


async def test_annotations_that_come_meanwhile_are_not_wiped(
    api: apis.Api, cluster: clusters.KubernetesCluster
) -> None:
    """The pod had no annotations when it was seen; it has one when our patch arrives: conflict, and it is kept."""
    seen = await _create(api)
    await api.merge_patch("web", {"metadata": {"annotations": {"other": "new"}}})
    outcome = await cluster.execute(_move(seen))
    assert outcome.kind is Kind.CONFLICT
    assert "changed since" in outcome.message
    after = await api.pod("web")
    assert after["metadata"]["annotations"] == {"other": "new"}
    assert (await cluster.execute(_move(after))).kind is Kind.APPLIED
    assert (await api.pod("web"))["metadata"]["annotations"].keys() == {"other", pods.MARK_ANNOTATION}


async def test_annotations_that_go_meanwhile_are_a_conflict(api: apis.Api, cluster: clusters.KubernetesCluster) -> None:
    """Our annotation needs the map that was seen; without it nothing is written."""
    seen = await _create(api, annotations={"other": "old"})
    await api.merge_patch("web", {"metadata": {"annotations": None}})
    assert (await cluster.execute(_move(seen))).kind is Kind.CONFLICT
    assert podspecs.containers(await api.pod("web"))[1]["image"] == "logtail:1"


async def test_an_action_is_one_write(
    apiserver: apiservers.ApiServer, api: apis.Api, cluster: clusters.KubernetesCluster
) -> None:
    """The API server's own audit log has one patch of the daemon's for one action, and no other write."""
    earlier = len(apiserver.writes(user="daemon"))
    await cluster.execute(_move(await _create(api)))
    (write,) = apiserver.writes(user="daemon")[earlier:]
    assert (write.verb, write.pod, write.subresource, write.code) == ("patch", "default/web", "", 200)


async def test_a_status_write_in_between_does_no_harm(api: apis.Api, cluster: clusters.KubernetesCluster) -> None:
    """A kubelet may report at any time: a newer version alone is no conflict."""
    seen = await _create(api, annotations={"other": "kept"})
    await api.merge_patch("web", {"status": {"phase": "Running"}}, subresource="status")
    assert (await cluster.execute(_move(seen))).kind is Kind.APPLIED


async def test_an_invalid_image_is_a_refusal(api: apis.Api, cluster: clusters.KubernetesCluster) -> None:
    """The server would say the same again: a person must act, and is told what is invalid."""
    outcome = await cluster.execute(_move(await _create(api, annotations={"other": "kept"}), image=" "))
    assert outcome.kind is Kind.FORBIDDEN
    assert "spec.containers[1].image" in outcome.message


@pytest.fixture
def policy(apiserver: apiservers.ApiServer) -> Iterator[None]:
    """Let admission refuse pods that run logtail:2."""
    name = "tests-no-logtail-2"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["pods"]}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [
            {"expression": "object.spec.containers.all(c, c.image != 'logtail:2')", "message": "no logtail:2 here"}
        ],
    }
    binding = {"policyName": name, "validationActions": ["Deny"]}
    for kind, content in (("ValidatingAdmissionPolicy", spec), ("ValidatingAdmissionPolicyBinding", binding)):
        version = "admissionregistration.k8s.io/v1"
        body = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": content}
        apiserver.call("POST", f"{POLICIES}/{_plural(kind)}", body)
    yield
    for kind in ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"):
        apiserver.call("DELETE", f"{POLICIES}/{_plural(kind)}/{name}")


def _plural(kind: str) -> str:
    return f"{kind.lower()}s" if kind.endswith("Binding") else "validatingadmissionpolicies"


async def test_admission_refuses_this_pod(policy: None, api: apis.Api, cluster: clusters.KubernetesCluster) -> None:
    """A policy's denial is passed on with its words, as being about this pod."""
    outcome = await _denied(api, cluster)
    assert "admission refuses this pod" in outcome.message
    assert "no logtail:2 here" in outcome.message


async def _denied(api: apis.Api, cluster: clusters.KubernetesCluster) -> outcomes.Outcome:
    """Move pods until one is denied: a new policy takes a moment to be in force, and longer on a busy machine."""
    async with asyncio.timeout(60):
        for number in itertools.count():
            pod = podspecs.pod(f"web-{number}", {"app": "nginx:1", "logtail": "logtail:1"}, annotations={"a": "b"})
            (created,) = await api.create_pods([pod])
            outcome = await cluster.execute(_move(created))
            if outcome.kind is not Kind.APPLIED:
                assert outcome.kind is Kind.FORBIDDEN
                return outcome
    raise AssertionError("the policy did not come into force")
