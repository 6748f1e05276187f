"""Which sets are for a pod (reference §3.1, case 44), and which pods are for none (DESIGN §6)."""

from __future__ import annotations

from typing import Any

import pytest

from gitsidecar.injection import choosing
from tests.unit.injection import builders

_CONTAINERS = [{"name": "logtail", "image": "l:1"}]
_BY_TEAM = {"matchLabels": {"team": "red"}}
_BY_NAME = {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}


def _chosen(namespace: choosing.Namespace, pod: Any = None, **spec: Any) -> tuple[list[str], list[str]]:
    found = builders.one(containers=_CONTAINERS, **spec)
    choice = choosing.choose(builders.pod("app") if pod is None else pod, [found], namespace)
    return [each.name for each in choice.sets], [note.reason.value for note in choice.notes]


@pytest.mark.parametrize(
    ("labels", "selector", "is_chosen"),
    [
        ({"team": "red"}, None, True),
        (None, None, True),
        ({"team": "red"}, _BY_TEAM, True),
        ({"team": "blue"}, _BY_TEAM, False),
        ({}, _BY_TEAM, False),
        ({}, _BY_NAME, True),
        (None, _BY_NAME, True),
        (None, {"matchLabels": {"kubernetes.io/metadata.name": "other", "team": "red"}}, False),
    ],
)
def test_a_set_is_for_the_namespaces_that_its_selector_matches(
    labels: dict[str, str] | None, selector: dict[str, Any] | None, is_chosen: bool
) -> None:
    """Without a selector it is for all; every namespace has its name as a label."""
    spec = {} if selector is None else {"namespaceSelector": selector}
    assert _chosen(choosing.Namespace("shop", labels), **spec) == (["logging"] if is_chosen else [], [])


@pytest.mark.parametrize(
    "selector",
    [_BY_TEAM, {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}],
)
def test_a_namespace_whose_labels_are_not_known_is_no_guess(selector: dict[str, Any]) -> None:
    """It may be newer than what has been seen: the set is not put in, and failurePolicy decides on the pod."""
    assert _chosen(choosing.Namespace("shop"), namespaceSelector=selector) == ([], ["NamespaceUnknown"])


def test_a_pod_that_the_selector_does_not_match_gets_nothing() -> None:
    """And nothing is said: most sets are not for most pods."""
    assert _chosen(builders.SHOP, selector={"matchLabels": {"app": "other"}}) == ([], [])


def test_a_paused_injection_is_said() -> None:
    """Somebody will ask why the pod is bare."""
    assert _chosen(builders.SHOP, injectionStrategy={"paused": True}) == ([], ["Paused"])


@pytest.mark.parametrize(
    ("namespace", "reason"),
    [
        (choosing.Namespace("kube-system", {}), "NamespaceExempt"),
        (choosing.Namespace("sidecars", {}, is_own=True), "NamespaceExempt"),
    ],
)
def test_some_namespaces_are_never_touched(namespace: choosing.Namespace, reason: str) -> None:
    """What the cluster, or gitsidecar itself, needs to start must start without us."""
    assert _chosen(namespace) == ([], [reason])


@pytest.mark.parametrize(
    ("metadata", "status", "reason"),
    [
        ({"labels": {"app": "web", "gitsidecar.io/inject": "false"}}, {}, "OptedOut"),
        ({"deletionTimestamp": "2026-11-10T00:00:00Z"}, {}, "PodDeleting"),
        ({}, {"phase": "Succeeded"}, "PodEnded"),
        ({}, {"phase": "Failed"}, "PodEnded"),
        ({"annotations": {"kubernetes.io/config.mirror": "0f3a", "a": "b"}}, {}, "MirrorPod"),
        ({"annotations": {"kubernetes.io/config.mirror": ""}}, {}, "MirrorPod"),
        ({"labels": 5}, {}, "PodUnreadable"),
    ],
)
def test_some_pods_are_never_touched(metadata: dict[str, Any], status: dict[str, Any], reason: str) -> None:
    """Those that opted out, those that have had their time, and what a kubelet shows of a pod that it has as a file."""
    pod = builders.pod("app")
    pod["metadata"] |= metadata
    pod["status"] = status
    assert _chosen(builders.SHOP, pod) == ([], [reason])


@pytest.mark.parametrize("label", ["true", "False", ""])
def test_only_false_opts_out(label: str) -> None:
    """A label that is spelt otherwise must not leave a pod without its sidecars."""
    pod = builders.pod("app")
    pod["metadata"]["labels"]["gitsidecar.io/inject"] = label
    assert _chosen(builders.SHOP, pod) == (["logging"], [])


def test_the_sets_come_in_order_of_name() -> None:
    """In whatever order they are handed in."""
    sets = [builders.one(name, containers=_CONTAINERS) for name in "cab"]
    choice = choosing.choose(builders.pod("app"), sets, builders.SHOP)
    assert [each.name for each in choice.sets] == ["a", "b", "c"]
